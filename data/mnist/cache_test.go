package mnist

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestMirrorThenCache(t *testing.T) {
	s := newSmall(t)
	f := s.finder(t, s.mirror(t, nil))
	progress := map[string]int64{}
	f.Progress = func(file string, done, total int64) {
		if done > total {
			t.Errorf("%s: %d of %d bytes", file, done, total)
		}
		progress[file] = done
	}
	m, err := f.Find(context.Background())
	s.check(t, m, err)
	for name, content := range s.zipped {
		if progress[name] != int64(len(content)) {
			t.Errorf("progress of %s ended at %d of %d", name, progress[name], len(content))
		}
	}
	f.Mirrors = []string{} // cached files need no mirror
	m, err = f.Find(context.Background())
	s.check(t, m, err)
	if !strings.Contains(m.Origin, f.Cache) {
		t.Errorf("origin is %q, want the cache", m.Origin)
	}
	test, err := f.FindTest(context.Background())
	if err != nil || test.Labels.Len() != 2 {
		t.Errorf("test half: %v (%v)", test.Labels.Shape(), err)
	}
}

// Only a damaged file is noted and downloaded again.
func TestDamagedCache(t *testing.T) {
	s := newSmall(t)
	var asked, noted []string
	counting := func(w http.ResponseWriter, r *http.Request, content []byte) {
		asked = append(asked, r.URL.Path)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}
	f := s.finder(t, s.mirror(t, counting))
	f.Note = func(message string) { noted = append(noted, message) }
	if _, err := f.FindTest(context.Background()); err != nil || len(asked) != 2 || noted != nil {
		t.Fatalf("asked for %q, noted %q (%v)", asked, noted, err)
	}
	asked = nil
	if _, err := f.Find(context.Background()); err != nil || len(asked) != 2 || noted != nil {
		t.Fatalf("with the test half there: asked for %q, noted %q (%v)", asked, noted, err)
	}
	const name = "train-labels-idx1-ubyte"
	path, whole := filepath.Join(f.Cache, name), s.plain[name]
	changed := bytes.Clone(whole)
	changed[9] ^= 1
	for what, content := range map[string][]byte{
		"changed": changed, "empty": nil, "short": whole[:9], "long": append(whole[:11:11], 0),
		"zipped": s.zipped[name],
	} {
		asked, noted = nil, nil
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := f.Find(context.Background())
		s.check(t, m, err)
		if now, _ := os.ReadFile(path); !bytes.Equal(now, whole) {
			t.Errorf("%s: the file is still in the cache", what)
		}
		if got := fmt.Sprint(asked); got != "[/"+name+".gz]" {
			t.Errorf("%s: asked for %s", what, got)
		}
		if len(noted) != 1 || !strings.HasPrefix(noted[0], path+" is downloaded again: ") {
			t.Errorf("%s: noted %q, want the path", what, noted)
		}
		if want := "the cache " + f.Cache + " and the mirrors"; m.Origin != want {
			t.Errorf("%s: origin is %q, want %q", what, m.Origin, want)
		}
	}
}

// An error of writing to the cache is noted, and Find succeeds.
func TestCacheCannotBeWritten(t *testing.T) {
	s := newSmall(t)
	f := s.finder(t, s.mirror(t, nil))
	var noted []string
	f.Note = func(message string) { noted = append(noted, message) }
	// a file in place of the folder
	if err := os.WriteFile(filepath.Dir(f.Cache), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := f.Find(context.Background())
	s.check(t, m, err)
	if got := strings.Count(fmt.Sprint(noted), "is not kept in the cache"); got != 4 {
		t.Errorf("noted %q, want all four files", noted)
	}
}

// Several goroutines that fill one cache at once all get the data, and leave only the four files.
func TestCacheFilledAtOnce(t *testing.T) {
	s := newSmall(t)
	f := s.finder(t, s.mirror(t, nil))
	f.Note = func(message string) { t.Errorf("noted %q", message) }
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			m, err := f.Find(context.Background())
			if err != nil {
				t.Error(err)
				return
			}
			s.check(t, m, err)
		})
	}
	wait.Wait()
	entries, err := os.ReadDir(f.Cache)
	if err != nil || len(entries) != 4 {
		t.Errorf("the cache holds %v (%v), want four files", entries, err)
	}
	for name, want := range s.plain {
		if got, err := os.ReadFile(filepath.Join(f.Cache, name)); !bytes.Equal(got, want) {
			t.Errorf("%s in the cache is %v, want %v (%v)", name, got, want, err)
		}
	}
}

// BenchmarkCache measures Find with a full cache.
func BenchmarkCache(b *testing.B) {
	if _, err := (Finder{}).Find(context.Background()); err != nil {
		b.Skipf("no MNIST: %v", err)
	}
	b.SetBytes(60000*785 + 10000*785)
	for b.Loop() {
		if _, err := (Finder{}).Find(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}
