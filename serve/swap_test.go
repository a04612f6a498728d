package serve

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

var swaps = flag.Int("swaps", 50, "how often TestSwaps changes the model")

// While a model is changed again and again, each request is answered by one version, the one that
// the reply names.
func TestSwaps(t *testing.T) {
	const versions = 4
	folder := t.TempDir()
	want := map[string]string{} // the outputs of each version
	var files [versions][]byte
	for v := range versions {
		path := filepath.Join(folder, fmt.Sprint("model", v))
		saveModel(t, path, uint64(v+1))
		var err error
		if files[v], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
		r := start(t, func(c *Config) { c.Models = []ModelPath{{"digitqa", path}} })
		got := r.call(t, "POST", inferPath, oneRow(t, 3, "odd number", ""))
		version, outputs := versionOf(t, got.body)
		want[version] = outputs
	}
	if len(want) != versions {
		t.Fatalf("%d versions, want %d", len(want), versions)
	}
	r := start(t, func(c *Config) { c.BatchRows = 3 })
	var stop atomic.Bool
	var wait sync.WaitGroup
	var asked, bad atomic.Int64
	seen := sync.Map{}
	for range 6 {
		wait.Go(func() {
			body := oneRow(t, 3, "odd number", "")
			for !stop.Load() {
				got, err := client.Post(r.url+inferPath, asJSON, bytes.NewReader(body))
				if err != nil {
					bad.Add(1)
					t.Error(err)
					return
				}
				content, err := io.ReadAll(got.Body)
				got.Body.Close()
				asked.Add(1)
				if err != nil || got.StatusCode != http.StatusOK {
					bad.Add(1)
					t.Errorf("status %d, %v: %s", got.StatusCode, err, content)
					return
				}
				version, outputs := versionOf(t, content)
				if want[version] != outputs {
					bad.Add(1)
					t.Errorf("version %s answers %s, want %s", version, outputs, want[version])
					return
				}
				seen.Store(version, true)
			}
		})
	}
	for i := range *swaps {
		if err := os.WriteFile(r.path, files[i%versions], 0o600); err != nil {
			t.Fatal(err)
		}
		if err := r.Reload(); err != nil {
			t.Errorf("change %d: %v", i, err)
		}
	}
	stop.Store(true)
	wait.Wait()
	n := 0
	seen.Range(func(any, any) bool { n++; return true })
	if n < 2 {
		t.Errorf("%d versions answered", n)
	}
	t.Logf("%d changes of the model, %d requests, %d of them lost or wrong; %d versions answered",
		*swaps, asked.Load(), bad.Load(), n)
}

// versionOf splits a reply into the version and the outputs.
func versionOf(t *testing.T, body []byte) (version, outputs string) {
	var reply struct {
		Version string          `json:"model_version"`
		Outputs json.RawMessage `json:"outputs"`
	}
	if err := json.Unmarshal(body, &reply); err != nil {
		t.Errorf("%v: %s", err, body)
	}
	return reply.Version, string(reply.Outputs)
}
