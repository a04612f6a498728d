package serve

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// While one of three models of different kinds is changed again and again, all of them are asked.
// Each answer is that of the model and the version that it names, and models that do not change
// keep their version.
func TestSwapsBesideOthers(t *testing.T) {
	const versions = 3
	folder := t.TempDir()
	digits, films := filepath.Join(folder, "digits"), filepath.Join(folder, "films")
	odd := saveNumbers(t)
	saveModel(t, digits, 1)
	var files [versions][]byte
	for v := range versions {
		rows := "a,b,y\n"
		for i := range 60 {
			rows += fmt.Sprintf("%d,%d,%d\n", i*(v+2)%17, i%5, i*i%(v+7))
		}
		saveExperiment(t, films, rows, "name: films\ndata: rows.csv\n"+
			"inputs: {a: number, b: number}\nheads: {y: number}\n", nil)
		var err error
		if files[v], err = os.ReadFile(films); err != nil {
			t.Fatal(err)
		}
	}
	requests := map[string]string{
		"digitqa": string(askJSON(pixelsJSON(t), "odd number")),
		"films":   `{"a": 3, "b": 4}`,
		"odd":     `{"signal":[1,2,3,4,5,6.5],"ids":[1,2,3,5],"one":0.5}`,
	}
	paths := []ModelPath{{Path: digits}, {Path: films}, {Path: odd}}
	want := map[string]string{} // by model and version
	ask := func(url, model string) (answer answerJSON, status int, err error) {
		got, err := client.Post(url+"/ask?model="+model, asJSON, strings.NewReader(requests[model]))
		if err != nil {
			return answer, 0, err
		}
		defer got.Body.Close()
		content, err := io.ReadAll(got.Body)
		if err == nil {
			err = json.Unmarshal(content, &answer)
		}
		return answer, got.StatusCode, err
	}
	text := func(a answerJSON) string { return jsonOf(t, a.Heads) }
	for _, file := range files {
		if err := os.WriteFile(films, file, 0o600); err != nil {
			t.Fatal(err)
		}
		r := start(t, func(c *Config) { c.Models = paths })
		for model := range requests {
			answer, status, err := ask(r.url, model)
			if err != nil || status != http.StatusOK {
				t.Fatalf("%s: status %d, %v", model, status, err)
			}
			want[model+" "+answer.Version] = text(answer)
		}
	}
	if len(want) != versions+2 {
		t.Fatalf("%d versions of models, want %d", len(want), versions+2)
	}
	r := start(t, func(c *Config) { c.Models, c.BatchRows = paths, 3 })
	var stop atomic.Bool
	var wait sync.WaitGroup
	var asked atomic.Int64
	seen := sync.Map{}
	for range 2 {
		for model := range requests {
			wait.Go(func() {
				for !stop.Load() {
					answer, status, err := ask(r.url, model)
					key := model + " " + answer.Version
					if err != nil || status != http.StatusOK || answer.Model != model ||
						want[key] != text(answer) {
						t.Errorf("%s: status %d, %v: %s, want %s", key, status, err, text(answer), want[key])
						return
					}
					asked.Add(1)
					seen.Store(key, true)
				}
			})
		}
	}
	for i := range *swaps {
		if err := os.WriteFile(films, files[i%versions], 0o600); err != nil {
			t.Fatal(err)
		}
		if err := r.Reload(); err != nil {
			t.Errorf("change %d: %v", i, err)
		}
		// Metadata and documents are those of one version.
		for _, path := range []string{"/v2/models/films", "/models/films/openapi.json", "/models"} {
			if got := r.call(t, "GET", path, nil); got.status != 200 || !json.Valid(got.body) ||
				!bytes.Contains(got.body, []byte("films")) {
				t.Errorf("%s: status %d: %.200s", path, got.status, got.body)
			}
		}
	}
	stop.Store(true)
	wait.Wait()
	var keys []string
	seen.Range(func(key, _ any) bool { keys = append(keys, key.(string)); return true })
	slices.Sort(keys)
	if n := len(keys); n < 4 {
		t.Errorf("%d versions of models answered: %q", n, keys)
	}
	t.Logf("%d changes of a model, %d answers of %q", *swaps, asked.Load(), keys)
}
