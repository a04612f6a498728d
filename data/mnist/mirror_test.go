package mnist

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// If a mirror fails in any way, the next one is tried; if all fail, the error names all.
func TestBadMirrors(t *testing.T) {
	s := newSmall(t)
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter, r *http.Request, content []byte)
		want   string
	}{
		"404": {func(w http.ResponseWriter, r *http.Request, _ []byte) {
			http.NotFound(w, r)
		}, "404 Not Found"},
		"wrong bytes": {func(w http.ResponseWriter, _ *http.Request, content []byte) {
			w.Write(append([]byte{1}, content[1:]...))
		}, "SHA-256"},
		"another": {func(w http.ResponseWriter, _ *http.Request, _ []byte) {
			w.Write([]byte("<html>log in</html>"))
		}, "SHA-256"},
		"short": {func(w http.ResponseWriter, _ *http.Request, content []byte) {
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			w.Write(content[:10])
		}, "after 10 bytes: unexpected EOF"},
		"stalls": {func(w http.ResponseWriter, r *http.Request, content []byte) {
			w.Write(content[:10])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, "sent nothing for 200ms"},
		"silent": {func(_ http.ResponseWriter, r *http.Request, _ []byte) {
			<-r.Context().Done()
		}, "sent nothing for 200ms"},
		"endless": {func(w http.ResponseWriter, _ *http.Request, _ []byte) {
			for block := make([]byte, 1<<10); ; {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}, "sent over 65536 bytes"},
	} {
		bad := s.mirror(t, c.answer)
		find := func(mirrors ...string) (*Dataset, error) {
			f := s.finder(t, mirrors...)
			if strings.Contains(c.want, "200ms") {
				f.Stall = 200 * time.Millisecond
			}
			return f.Find(context.Background())
		}
		m, err := find(bad, s.mirror(t, nil))
		t.Run(name, func(t *testing.T) { s.check(t, m, err) })
		_, err = find(bad, bad)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %q", name, err, c.want)
			continue
		}
		for _, want := range []string{
			"the cache ", "no go command", "the mirrors", bad + "train-images",
			"Put train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, " +
				"t10k-labels-idx1-ubyte (or each with .gz) into a folder", "--data",
		} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: the error does not say %q:\n%v", name, want, err)
			}
		}
	}
}

// A mirror that sends a byte now and then never stalls, but reaches the timeout.
func TestDownloadTimeout(t *testing.T) {
	s := newSmall(t)
	drip := s.mirror(t, func(w http.ResponseWriter, r *http.Request, _ []byte) {
		for r.Context().Err() == nil {
			w.Write([]byte{1})
			w.(http.Flusher).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	})
	f := s.finder(t, drip, drip)
	f.Timeout = 100 * time.Millisecond
	began := time.Now()
	_, err := f.Find(context.Background())
	if err == nil || !strings.Contains(err.Error(), "downloading took longer than 100ms") {
		t.Errorf("error is %v, want the timeout's", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
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
