package cli

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid/internal/braidtest"
)

// Answers are compressed if the file's name ends in .gz. The extension before it sets the format.
func TestPredictZipped(t *testing.T) {
	run, folder := trainRun(t)
	m := newTestRows(t, folder, 7)
	dir := t.TempDir()
	args := []string{"predict", run, "--in", m.idx(t, dir), "--question", "odd number"}
	for name, format := range map[string]string{
		"a.csv.gz":   "csv",
		"a.CSV.GZ":   "csv",
		"a.gz":       "jsonl",
		"a.jsonl.gz": "jsonl",
	} {
		want, _ := mustCall(t, append(args, "--format", format)...)
		out := filepath.Join(dir, name)
		mustCall(t, append(args, "--out", out)...)
		content, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if got := gunzipped(t, content); got != want || want == "" {
			t.Errorf("%s contains\n%s\nwant\n%s", name, got, want)
		}
	}
}

func gunzipped(t *testing.T, content []byte) string {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Compressed rows may be followed by zeros or other gzip members, as zcat reads them. Other bytes
// are an error, so that no rows are lost silently.
func TestPredictPadded(t *testing.T) {
	run, folder := trainRun(t)
	m := newTestRows(t, folder, 7)
	lines := []byte(m.jsonLine(0, false) + "\n" + m.jsonLine(1, false) + "\n")
	zeros := make([]byte, 600)
	for name, content := range map[string][]byte{
		"images": braidtest.IDX(m.pixels, 7, 6, 5),
		"lines":  lines,
	} {
		args := func(file []byte) []string {
			in := writeFile(t, t.TempDir(), name, file)
			return words("predict --log none", run, "--in", in, "--question", "odd number")
		}
		want, _ := mustCall(t, args(content)...)
		first, second := braidtest.Gzip(content[:9]), braidtest.Gzip(content[9:])
		for what, file := range map[string][]byte{
			"plain":   braidtest.Gzip(content),
			"zeros":   append(braidtest.Gzip(content), zeros...),
			"members": slices.Concat(first, braidtest.Gzip(nil), zeros, second, zeros),
		} {
			if got, _ := mustCall(t, args(file)...); got != want || want == "" {
				t.Errorf("%s, %s: got\n%s\nwant\n%s", name, what, got, want)
			}
		}
		junk := append(braidtest.Gzip(content), "junk"...)
		checkFails(t, "other bytes follow the compressed data", args(junk)...)
	}
}

// A compressed pipe gets the rows before a bad one.
func TestPredictZippedPipe(t *testing.T) {
	run, folder := trainRun(t)
	m := newTestRows(t, folder, 2)
	dir := t.TempDir()
	pipe := makePipe(t, dir, "pipe.gz")
	text := m.jsonLine(0, false) + "\n" + m.jsonLine(1, false) + "\n{}\n"
	lines := writeFile(t, dir, "lines", []byte(text))
	got := make(chan []byte, 1)
	go func() {
		content, _ := os.ReadFile(pipe)
		got <- content
	}()
	checkFails(t, "lines:3: ", "predict", run, "--in", lines, "--out", pipe)
	if content := gunzipped(t, <-got); strings.Count(content, "\n") != 2 {
		t.Errorf("the pipe got %q", content)
	}
}
