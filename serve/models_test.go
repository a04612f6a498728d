package serve

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// digits are the answer of the head digit to one row.
func (r *running) digits(t *testing.T, path string) []float32 {
	t.Helper()
	return tensorsOf(t, r.call(t, "POST", path, one(t, 3, "odd number", ""))).Outputs[0].Data
}

// A changed file is served after Reload; a bad one is told of, and leaves the old one serving.
func TestReload(t *testing.T) {
	r := start(t)
	before, old := r.digits(t, inferPath), r.models[0].current.Load().Version()
	saved(t, r.path, 2)
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
		`braid_model_loads_total{model="digitqa",result="failed"} 3`, `braid_model_loads_total{model="digitqa",result="loaded"} 2`,
		`braid_model_info{model="digitqa",version="` + version + `"} 1`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if strings.Contains(metrics, old) {
		t.Error("the metrics tell of a version that is not served")
	}
	if n := strings.Count(r.logs.String(), "model not loaded"); n != 3 {
		t.Errorf("the log tells of %d failures, want 3", n)
	}
	if err := os.WriteFile(r.path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.Reload(); err != nil {
		t.Error(err)
	}
	if about := string(r.call(t, "GET", "/v2/models/digitqa", nil).body); strings.Contains(about, "load_error") {
		t.Errorf("all is well, and the model says %s", about)
	}
}

// A model whose answers to its own samples are not those of its file is not served.
func TestReloadTriesSamples(t *testing.T) {
	r := start(t)
	before := r.digits(t, inferPath)
	wrong(t, r.path)
	if err := r.Reload(); err == nil || !strings.Contains(err.Error(), "samples") {
		t.Errorf("error is %v", err)
	}
	if now := r.digits(t, inferPath); !slices.Equal(now, before) {
		t.Error("the answers changed")
	}
}

// A changed file is found without a signal, also where runs/latest leads to it.
func TestWatch(t *testing.T) {
	folder := t.TempDir()
	for seed, name := range []string{"a", "b"} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o700); err != nil {
			t.Fatal(err)
		}
		saved(t, filepath.Join(folder, name, "model.safetensors"), uint64(seed+1))
	}
	latest := filepath.Join(folder, "latest")
	if err := os.Symlink("a", latest); err != nil {
		t.Skipf("skipped: no link can be made here: %v", err)
	}
	r := start(t, func(c *Config) {
		c.Watch = 5 * time.Millisecond
		c.Models = []Source{{Path: latest}}
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

// A load that fails is tried again at each look, for the cause may pass without a trace at the file. The log and the
// metrics tell of it once, until it fails otherwise or somebody asks.
func TestWatchRetries(t *testing.T) {
	r := start(t)
	m, before := r.models[0], r.digits(t, inferPath)
	other := filepath.Join(t.TempDir(), "other")
	saved(t, other, 2)
	good, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	flipped := slices.Clone(good)
	flipped[len(flipped)-1000] ^= 4
	when := time.Now().Add(-time.Hour)
	put := func(content []byte) { // leaves the file's mark as it is
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
		told   int // failures, so far
		fails  bool
	}{
		{"nothing changed", func() {}, watch, 0, false},
		{"damaged", func() { put(flipped) }, watch, 1, true},
		{"a second look", func() {}, watch, 1, true},
		{"a third look", func() {}, watch, 1, true},
		{"damaged otherwise", func() { put(make([]byte, len(good))) }, watch, 2, true},
		{"damaged as before", func() { when = when.Add(time.Minute); put(make([]byte, len(good))) }, watch, 3, true},
		{"a signal", func() {}, r.Reload, 4, true},
		{"a look after it", func() {}, watch, 4, true},
		{"gone", func() { os.Remove(r.path) }, watch, 5, true},
		{"still gone", func() {}, watch, 5, true},
		{"damaged again", func() { put(flipped) }, watch, 6, true},
		{"whole", func() { put(good) }, watch, 6, false},
		{"a look at what is whole", func() { put(flipped) }, watch, 6, false}, // its mark says that nothing changed
	} {
		step.change()
		if err := step.look(); (err != nil) != step.fails {
			t.Errorf("%s: error is %v", step.name, err)
		}
		told := strings.Count(r.logs.String(), "model not loaded")
		var counted dto.Metric
		if err := r.metrics.loads.WithLabelValues("digitqa", "failed").Write(&counted); err != nil {
			t.Fatal(err)
		}
		if n := int(counted.Counter.GetValue()); told != step.told || n != step.told {
			t.Errorf("%s: the log tells of %d failures, the metrics of %d, want %d", step.name, told, n, step.told)
		}
		if failed := m.failed.Load() != nil; failed != step.fails {
			t.Errorf("%s: the model counts as failed: %v", step.name, failed)
		}
	}
	if now := r.digits(t, inferPath); slices.Equal(now, before) {
		t.Error("the file is whole, and the model before it answers")
	}
}

// A file that fails for long is tried ever less often, but at once where it changes.
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

// A panic while a model is loaded is a failure like another, but for its stack in the log: the model before it goes on.
func TestReloadPanics(t *testing.T) {
	r := start(t)
	r.digits(t, inferPath)
	saved(t, r.path, 2)
	whole := r.metrics.models
	r.metrics.models = nil // no file is known that makes Braid panic
	for _, look := range []func() error{r.Reload, func() error { return r.reload(r.models[0], false) }} {
		if err := look(); err == nil || !strings.Contains(err.Error(), `model "digitqa": panic: runtime error: invalid memory address`) {
			t.Fatalf("error is %v, want a panic's", err)
		}
	}
	logs := r.logs.String()
	if n := strings.Count(logs, `"stack":"goroutine`); n != 1 || !strings.Contains(logs, `"error":"panic: runtime error`) || !strings.Contains(logs, "serve.(*Server).install") {
		t.Errorf("the log does not show once where the panic was: %s", logs)
	}
	if about := string(r.call(t, "GET", "/v2/models/digitqa", nil).body); !strings.Contains(about, `"load_error":"panic: `) || strings.Contains(about, "goroutine") {
		t.Errorf("the model says %s", about)
	}
	before := r.digits(t, inferPath)
	r.metrics.models = whole
	if err := r.reload(r.models[0], false); err != nil {
		t.Error(err)
	}
	if now := r.digits(t, inferPath); slices.Equal(now, before) {
		t.Error("loaded again without a panic, the model does not answer")
	}
}

// Models are told apart by their names; /ask means the first, or the one that is named.
func TestSeveralModels(t *testing.T) {
	folder := t.TempDir()
	for seed, name := range []string{"a", "b"} {
		saved(t, filepath.Join(folder, name), uint64(seed+1))
	}
	r := start(t, func(c *Config) {
		c.Models = []Source{{"digits", filepath.Join(folder, "a")}, {"other", filepath.Join(folder, "b")}}
	})
	a, b := r.digits(t, "/v2/models/digits/infer"), r.digits(t, "/v2/models/other/infer")
	if slices.Equal(a, b) {
		t.Error("both models answer the same")
	}
	for path, want := range map[string][]float32{"/ask": a, "/ask?model=digits": a, "/ask?model=other": b} {
		got := r.call(t, "POST", path, []byte(`{"image":`+jsonOf(t, ints(picture(3)))+`,"question":"odd number"}`), "Content-Type", "application/json")
		var told answerJSON
		if err := json.Unmarshal(got.body, &told); err != nil || len(told.Heads) != 2 || float32(told.Heads[0].Answers[4].Probability) != want[4] {
			t.Errorf("%s: %s, want %v", path, got.body, want)
		}
	}
	if got := r.call(t, "POST", inferPath, one(t, 1, "odd number", "")); got.status != 404 || got.text(t) != `unknown model "digitqa", want one of "digits", "other"; did you mean "digits"?` {
		t.Errorf("status %d: %s", got.status, got.body)
	}
	for _, m := range r.models { // one scheduler for all versions
		saved(t, m.path, 7)
		before := m.current.Load()
		if err := r.Reload(); err != nil {
			t.Fatal(err)
		}
		if now := m.current.Load(); now == before || now.batch.scheduler != &r.batches || before.batch.scheduler != &r.batches {
			t.Errorf("%s: the version, or its scheduler, is not that of the server", m.name)
		}
	}
}

func TestBadConfigs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	saved(t, path, 1)
	tokens := func(content string) (path string) {
		path = filepath.Join(t.TempDir(), "tokens")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one := []Source{{Path: path}}
	for want, c := range map[string]Config{
		"no model is given":                  {},
		"no model at":                        {Models: []Source{{Path: path + "x"}}},
		`two models are named "digitqa"`:     {Models: []Source{{Path: path}, {Path: path}}},
		`cannot be named "a/b"`:              {Models: []Source{{"a/b", path}}},
		"Queue is -1":                        {Models: one, Queue: -1},
		"DrainWait is -2s":                   {Models: one, DrainWait: -2 * time.Second},
		"BatchWait is 5s":                    {Models: one, BatchWait: 5 * time.Second},
		"Rate is -2":                         {Models: one, Rate: -2},
		"a certificate and its key":          {Models: one, Cert: path},
		`Hosts has "http://a.org", want`:     {Models: one, Hosts: []string{"b.org", "http://a.org"}},
		`Hosts has "a.org:80", want`:         {Models: one, Hosts: []string{"a.org:80"}},
		`Hosts has "", want`:                 {Models: one, Hosts: []string{""}},
		"token file":                         {Models: one, Token: path + "x"},
		"it has no token":                    {Models: one, Token: tokens("# none\n\n")},
		"line 2 has a token of 6 characters": {Models: one, Token: tokens("# one\nsecret\n")},
		"line 1 has a space, want a token":   {Models: one, Token: tokens("first-0123456789abcdef # Anna\n")},
		"failed to find any PEM data":        {Models: one, Cert: path, Key: path},
	} {
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

// An answer that may take long to come is not cut off before.
func TestWriteTime(t *testing.T) {
	if got := (Config{Deadline: time.Minute}).withDefaults().WriteTime; got != 85*time.Second {
		t.Errorf("with a deadline of a minute it is %v", got)
	}
	if got := Defaults().WriteTime; got != 30*time.Second {
		t.Errorf("it is %v", got)
	}
}
