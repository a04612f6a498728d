package serve

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// digits returns the output digit for one row.
func (r *running) digits(t *testing.T, path string) []float32 {
	t.Helper()
	return tensorsOf(t, r.call(t, "POST", path, oneRow(t, 3, "odd number", ""))).Outputs[0].Data
}

// A changed file is served after Reload. A bad one is an error, and the model before it stays.
func TestReload(t *testing.T) {
	r := start(t)
	before, old := r.digits(t, inferPath), r.models[0].current.Load().Version()
	saveModel(t, r.path, 2)
	if now := r.digits(t, inferPath); !slices.Equal(now, before) {
		t.Error("the answers changed before the model was loaded")
	}
	if err := r.Reload(); err != nil {
		t.Fatal(err)
	}
	after, version := r.digits(t, inferPath), r.models[0].current.Load().Version()
	if slices.Equal(after, before) || version == old {
		t.Errorf("version %s answers %v, version %s %v", old, before, version, after)
	}
	content, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func() []byte{
		"cut":     func() []byte { return content[:len(content)/2] },
		"flipped": func() []byte { c := slices.Clone(content); c[len(c)-1000] ^= 4; return c },
		"empty":   func() []byte { return nil },
	} {
		if err := os.WriteFile(r.path, damage(), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := r.Reload(); err == nil || !strings.Contains(err.Error(), r.path) {
			t.Errorf("%s: error is %v", name, err)
		}
		if now := r.digits(t, inferPath); !slices.Equal(now, after) {
			t.Errorf("%s: the answers changed", name)
		}
		about := string(r.call(t, "GET", "/v2/models/digitqa", nil).body)
		if !strings.Contains(about, `"load_error":"`) || !strings.Contains(about, version) {
			t.Errorf("%s: the model says %s", name, about)
		}
	}
	metrics := string(r.call(t, "GET", "/metrics", nil).body)
	for _, want := range []string{
		`braid_model_loads_total{model="digitqa",result="failed"} 3`,
		`braid_model_loads_total{model="digitqa",result="loaded"} 2`,
		`braid_model_info{model="digitqa",version="` + version + `"} 1`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if strings.Contains(metrics, old) {
		t.Error("the metrics name a version that is not served")
	}
	if n := strings.Count(r.logs.String(), "model not loaded"); n != 3 {
		t.Errorf("the log has %d failures, want 3", n)
	}
	if err := os.WriteFile(r.path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.Reload(); err != nil {
		t.Error(err)
	}
	about := string(r.call(t, "GET", "/v2/models/digitqa", nil).body)
	if strings.Contains(about, "load_error") {
		t.Errorf("after a good load the model says %s", about)
	}
}

// A model whose answers to its samples are not those in its file is not served.
func TestReloadTriesSamples(t *testing.T) {
	r := start(t)
	before := r.digits(t, inferPath)
	spoilSamples(t, r.path)
	if err := r.Reload(); err == nil || !strings.Contains(err.Error(), "samples") {
		t.Errorf("error is %v", err)
	}
	if now := r.digits(t, inferPath); !slices.Equal(now, before) {
		t.Error("the answers changed")
	}
}

// A changed file is found without a signal, also through a link such as runs/latest.
func TestWatch(t *testing.T) {
	folder := t.TempDir()
	for seed, name := range []string{"a", "b"} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o700); err != nil {
			t.Fatal(err)
		}
		saveModel(t, filepath.Join(folder, name, "model.safetensors"), uint64(seed+1))
	}
	latest := filepath.Join(folder, "latest")
	if err := os.Symlink("a", latest); err != nil {
		t.Skipf("skipped: cannot make a link: %v", err)
	}
	r := start(t, func(c *Config) {
		c.Watch = 5 * time.Millisecond
		c.Models = []ModelPath{{Path: latest}}
	})
	before := r.digits(t, inferPath)
	if err := os.Symlink("b", latest+".new"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(latest+".new", latest); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return !slices.Equal(r.digits(t, inferPath), before) })
}

// A load that fails is tried again at each look, because its cause may pass without a change of the
// file. The log and the metrics have it once, until the load fails in another way or Reload is
// called.
func TestWatchRetries(t *testing.T) {
	r := start(t)
	m, before := r.models[0], r.digits(t, inferPath)
	other := filepath.Join(t.TempDir(), "other")
	saveModel(t, other, 2)
	good, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	flipped := slices.Clone(good)
	flipped[len(flipped)-1000] ^= 4
	when := time.Now().Add(-time.Hour)
	put := func(content []byte) { // keeps the file's time
		t.Helper()
		if err := os.WriteFile(r.path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(r.path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	watch := func() error { return r.reload(m, false) }
	for _, step := range []struct {
		name   string
		change func()
		look   func() error
		logged int // failures, so far
		fails  bool
	}{
		{"nothing changed", func() {}, watch, 0, false},
		{"damaged", func() { put(flipped) }, watch, 1, true},
		{"a second look", func() {}, watch, 1, true},
		{"a third look", func() {}, watch, 1, true},
		{"damaged otherwise", func() { put(make([]byte, len(good))) }, watch, 2, true},
		{"damaged as before", func() {
			when = when.Add(time.Minute)
			put(make([]byte, len(good)))
		}, watch, 3, true},
		{"a signal", func() {}, r.Reload, 4, true},
		{"a look after it", func() {}, watch, 4, true},
		{"gone", func() { os.Remove(r.path) }, watch, 5, true},
		{"still gone", func() {}, watch, 5, true},
		{"damaged again", func() { put(flipped) }, watch, 6, true},
		{"whole", func() { put(good) }, watch, 6, false},
		{"the same time", func() { put(flipped) }, watch, 6, false}, // counts as unchanged
	} {
		step.change()
		if err := step.look(); (err != nil) != step.fails {
			t.Errorf("%s: error is %v", step.name, err)
		}
		logged := strings.Count(r.logs.String(), "model not loaded")
		n := int(counted(t, r.metrics.loads.WithLabelValues("digitqa", "failed")))
		if logged != step.logged || n != step.logged {
			t.Errorf("%s: the log has %d failures, the metrics %d, want %d",
				step.name, logged, n, step.logged)
		}
		if failed := m.failed.Load() != nil; failed != step.fails {
			t.Errorf("%s: the model counts as failed: %v", step.name, failed)
		}
	}
	if now := r.digits(t, inferPath); slices.Equal(now, before) {
		t.Error("the file is whole, and the model before it answers")
	}
}

// A file that keeps failing is tried less and less often, but at once when it changes.
func TestWatchPauses(t *testing.T) {
	r := start(t, func(c *Config) { c.Watch = 20 * time.Second })
	m := r.models[0]
	if err := os.WriteFile(r.path, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, want := range []time.Duration{20, 40, 60, 60} { // s
		if r.reload(m, false) == nil || m.pause != want*time.Second {
			t.Errorf("attempt %d: the pause is %v, want %d s", i, m.pause, want)
		}
		if err := r.reload(m, false); err != nil {
			t.Errorf("attempt %d: tried again at once: %v", i, err)
		}
		m.tried = m.tried.Add(-want * time.Second)
	}
	m.tried = time.Now()
	if err := os.WriteFile(r.path, []byte("damaged otherwise"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r.reload(m, false) == nil || m.pause != 20*time.Second {
		t.Errorf("a changed file is not tried, or the pause is %v", m.pause)
	}
}

// A panic while a model is loaded counts as a failed load. Its stack is in the log, and the model
// before it stays.
func TestReloadPanics(t *testing.T) {
	r := start(t)
	r.digits(t, inferPath)
	saveModel(t, r.path, 2)
	whole := r.metrics.models
	r.metrics.models = nil // no file is known that makes Braid panic
	const panicked = `model "digitqa": panic: runtime error: invalid memory address`
	watch := func() error { return r.reload(r.models[0], false) }
	for _, look := range []func() error{r.Reload, watch} {
		if err := look(); err == nil || !strings.Contains(err.Error(), panicked) {
			t.Fatalf("error is %v, want a panic's", err)
		}
	}
	logs := r.logs.String()
	if n := strings.Count(logs, `"stack":"goroutine`); n != 1 ||
		!strings.Contains(logs, `"error":"panic: runtime error`) ||
		!strings.Contains(logs, "serve.(*Server).install") {
		t.Errorf("the log does not show once where the panic was: %s", logs)
	}
	about := string(r.call(t, "GET", "/v2/models/digitqa", nil).body)
	if !strings.Contains(about, `"load_error":"panic: `) || strings.Contains(about, "goroutine") {
		t.Errorf("the model says %s", about)
	}
	before := r.digits(t, inferPath)
	r.metrics.models = whole
	if err := watch(); err != nil {
		t.Error(err)
	}
	if now := r.digits(t, inferPath); slices.Equal(now, before) {
		t.Error("loaded again without a panic, the model does not answer")
	}
}

// Each model answers by its name. /ask means the first model, or the one that the request names.
func TestSeveralModels(t *testing.T) {
	folder := t.TempDir()
	for seed, name := range []string{"a", "b"} {
		saveModel(t, filepath.Join(folder, name), uint64(seed+1))
	}
	r := start(t, func(c *Config) {
		c.Models = []ModelPath{
			{"digits", filepath.Join(folder, "a")}, {"other", filepath.Join(folder, "b")},
		}
	})
	a, b := r.digits(t, "/v2/models/digits/infer"), r.digits(t, "/v2/models/other/infer")
	if slices.Equal(a, b) {
		t.Error("both models answer the same")
	}
	for path, want := range map[string][]float32{
		"/ask": a, "/ask?model=digits": a, "/ask?model=other": b,
	} {
		body := askJSON(pixelsJSON(t), "odd number")
		answer := answerOf(t, r.call(t, "POST", path, body, "Content-Type", asJSON))
		if float32(answer.Heads[0].Answers[4].Probability) != want[4] {
			t.Errorf("%s: %+v, want %v", path, answer, want)
		}
	}
	got := r.call(t, "POST", inferPath, oneRow(t, 1, "odd number", ""))
	const unknown = `unknown model "digitqa", want one of "digits", "other"; did you mean "digits"?`
	if got.status != 404 || got.text(t) != unknown {
		t.Errorf("status %d: %s", got.status, got.body)
	}
	for _, m := range r.models { // one scheduler for all versions
		saveModel(t, m.path, 7)
		before := m.current.Load()
		if err := r.Reload(); err != nil {
			t.Fatal(err)
		}
		now := m.current.Load()
		if now == before || now.batch.scheduler != &r.batches ||
			before.batch.scheduler != &r.batches {
			t.Errorf("%s: the version is the old one, or has another scheduler", m.name)
		}
	}
}

// A model is served under the name of its experiment in any script. What no address may begin with
// is left out.
func TestNames(t *testing.T) {
	var paths []ModelPath
	for _, name := range []string{"电影", "奇怪 <script>", "__.", "-größe"} {
		path := filepath.Join(t.TempDir(), "model")
		saveExperiment(t, path, "x,y\n"+strings.Repeat("1,a\n2,b\n", 30),
			fmt.Sprintf("name: %q\ndata: rows.csv\ninputs: {x: number}\nheads: {y: category}\n", name), nil)
		paths = append(paths, ModelPath{Path: path})
	}
	given := ParseModelPath("数字=" + paths[0].Path)
	r := start(t, func(c *Config) { c.Models = append(paths, given) })
	for i, want := range []string{"电影", "奇怪__script_", "model", "größe", "数字"} {
		if got := r.models[i].name; got != want {
			t.Errorf("model %d is named %q, want %q", i, got, want)
		}
		at := url.PathEscape(want)
		for _, path := range []string{"/v2/models/" + at, "/v2/models/" + at + "/ready",
			"/models/" + at + "/openapi.json"} {
			var reply any
			got := r.call(t, "GET", path, nil)
			if err := json.Unmarshal(got.body, &reply); err != nil || got.status != http.StatusOK ||
				!strings.Contains(string(got.body), want) {
				t.Errorf("%s: status %d (%v): %.200s", path, got.status, err, got.body)
			}
		}
		body := []byte(`{"inputs":[{"name":"x","datatype":"BYTES","shape":[1],"data":["2"]}]}`)
		if got := tensorsOf(t, r.call(t, "POST", "/v2/models/"+at+"/infer", body)); got.Model != want {
			t.Errorf("the answer is of %q, want %q", got.Model, want)
		}
		got := r.call(t, "POST", "/ask?model="+at, []byte(`{"x":1}`), "Content-Type", asJSON)
		if !strings.Contains(string(got.body), `"model":"`+want+`"`) {
			t.Errorf("/ask: status %d: %s", got.status, got.body)
		}
	}
}

func TestBadConfigs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	saveModel(t, path, 1)
	one := []ModelPath{{Path: path}}
	tokens := func(content string) Config {
		return Config{Models: one, Token: tokenFile(t, content)}
	}
	for want, c := range map[string]Config{
		"no model is given":                  {},
		"no model at":                        {Models: []ModelPath{{Path: path + "x"}}},
		`two models are named "digitqa"`:     {Models: []ModelPath{{Path: path}, {Path: path}}},
		`cannot be named "a/b"`:              {Models: []ModelPath{{"a/b", path}}},
		"Queue is -1":                        {Models: one, Queue: -1},
		"DrainWait is -2s":                   {Models: one, DrainWait: -2 * time.Second},
		"BatchWait is 5s":                    {Models: one, BatchWait: 5 * time.Second},
		"Rate is -2":                         {Models: one, Rate: -2},
		"a certificate and its key":          {Models: one, Cert: path},
		`Hosts has "http://a.org", want`:     {Models: one, Hosts: []string{"b.org", "http://a.org"}},
		`Hosts has "a.org:80", want`:         {Models: one, Hosts: []string{"a.org:80"}},
		`Hosts has "", want`:                 {Models: one, Hosts: []string{""}},
		"token file":                         {Models: one, Token: path + "x"},
		"it has no token":                    tokens("# none\n\n"),
		"line 2 has a token of 6 characters": tokens("# one\nsecret\n"),
		"line 1 has a space, want a token":   tokens("first-0123456789abcdef # Anna\n"),
		"failed to find any PEM data":        {Models: one, Cert: path, Key: path},
	} {
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

// WriteTime leaves time for an answer that comes at the deadline.
func TestWriteTime(t *testing.T) {
	if got := (Config{Deadline: time.Minute}).withDefaults().WriteTime; got != 85*time.Second {
		t.Errorf("with a deadline of a minute it is %v", got)
	}
	if got := Defaults().WriteTime; got != 30*time.Second {
		t.Errorf("it is %v", got)
	}
}
