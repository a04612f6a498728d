package serve

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
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
}

func TestBadConfigs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	saved(t, path, 1)
	empty := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(empty, []byte("# none\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	short := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(short, []byte("# one\nsecret\n"), 0o600); err != nil {
		t.Fatal(err)
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
		"token file":                         {Models: one, Token: path + "x"},
		"it has no token":                    {Models: one, Token: empty},
		"line 2 has a token of 6 characters": {Models: one, Token: short},
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
