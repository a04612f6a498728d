package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// gate is a writer that blocks while it is locked.
type gate struct {
	sync.Mutex
	to   bytes.Buffer
	fail error
}

func (g *gate) Write(p []byte) (int, error) {
	g.Lock()
	defer g.Unlock()
	if g.fail != nil {
		return 0, g.fail
	}
	return g.to.Write(p)
}

// awaitTaken waits until a write has taken all that is queued.
func awaitTaken(t *testing.T, q *lineQueue) {
	t.Helper()
	for range 10_000 {
		q.mu.Lock()
		empty := len(q.pending) == 0 && q.lost == 0
		q.mu.Unlock()
		if empty {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the queue is not written")
}

// A full queue drops lines. A notice with their number replaces them.
func TestLineQueue(t *testing.T) {
	var to gate
	q := newLineQueue(&to, func(lost int) []byte { return fmt.Appendf(nil, "lost %d\n", lost) })
	line := func(i int) string { return fmt.Sprintf("%07d%s\n", i, strings.Repeat("x", 1016)) }
	to.Lock()
	const lines = 5000 // more than twice what the queue holds
	for i := range lines {
		if n, err := io.WriteString(q, line(i)); n != 1024 || err != nil {
			t.Fatalf("a line that is queued or dropped: %d, %v", n, err)
		}
		if i == 0 { // from here on a write blocks, and takes no more lines
			awaitTaken(t, q)
		}
	}
	dropped := int(q.dropped.Load())
	if kept := (lines - dropped) << 10; kept != mostQueued+1024 {
		t.Errorf("%d bytes are kept, want the line in the write and %d", kept, mostQueued)
	}
	to.Unlock()
	awaitTaken(t, q)
	io.WriteString(q, "last\n")
	q.close(10 * time.Second)
	var want strings.Builder
	for i := range lines - dropped {
		want.WriteString(line(i))
	}
	fmt.Fprintf(&want, "lost %d\nlast\n", dropped)
	if got := to.to.String(); got != want.String() {
		t.Errorf("%d bytes were written, want %d", len(got), want.Len())
	}
	if n := q.dropped.Load(); n != uint64(dropped) {
		t.Errorf("%d lines count as dropped, want %d", n, dropped)
	}
}

// Lines that are longer than the queue, cannot be written, or come after the end are dropped.
func TestLineQueueLosses(t *testing.T) {
	to := gate{fail: errors.New("closed")}
	q := newLineQueue(&to, nil)
	q.Write(make([]byte, mostQueued+1))
	q.close(10 * time.Second)
	io.WriteString(q, "late\n")
	if n := q.dropped.Load(); n != 2 {
		t.Errorf("%d lines count as dropped, want 2", n)
	}
	q = newLineQueue(&to, nil)
	io.WriteString(q, "a\n")
	io.WriteString(q, "b\n")
	q.close(10 * time.Second)
	if n := q.dropped.Load(); n != 2 {
		t.Errorf("%d lines count as dropped where none can be written, want 2", n)
	}
}

// close waits for a slow reader, but only so long.
func TestLineQueueEnds(t *testing.T) {
	var to gate
	to.Lock()
	defer to.Unlock()
	q := newLineQueue(&to, nil)
	io.WriteString(q, "a\n")
	began := time.Now()
	q.close(20 * time.Millisecond)
	if took := time.Since(began); took < 20*time.Millisecond || took > 10*time.Second {
		t.Errorf("the end took %v", took)
	}
}

// freeAddress returns a local address on which nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// fill fills a pipe's buffer.
func fill(t *testing.T, w *os.File) {
	t.Helper()
	if err := w.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 1<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the pipe takes all: %v", err)
	}
}

// A server whose log and standard output are not read, or closed, answers and ends.
func TestUnreadOutput(t *testing.T) {
	slow(t)
	t.Parallel()
	run, _ := trainRun(t)
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		closed   bool // the reading end of each pipe
		requests int
	}{
		{"unread", false, 2 * mostQueued / 300}, // lines are longer: over twice what the queue holds
		{"closed", true, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			address := freeAddress(t)
			cmd := exec.Command(path, "serve", run, "--addr", address, "--log-level", "debug")
			var ends [2]*os.File
			for i, to := range []*io.Writer{&cmd.Stdout, &cmd.Stderr} {
				r, w, err := os.Pipe()
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				defer w.Close()
				*to, ends[i] = w, r
				if i == 0 && !c.closed {
					fill(t, w) // standard output blocks from the start
				}
			}
			for _, r := range ends {
				if c.closed {
					r.Close()
				}
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer cmd.Process.Kill()
			client := &http.Client{Timeout: 10 * time.Second}
			get := func(path string) (string, error) {
				r, err := http.NewRequest(http.MethodGet, "http://"+address+path, nil)
				if err != nil {
					return "", err
				}
				r.Header.Set("X-Request-Id", strings.Repeat("x", 128)) // which the log repeats
				got, err := client.Do(r)
				if err != nil {
					return "", err
				}
				defer got.Body.Close()
				content, err := io.ReadAll(got.Body)
				return string(content), err
			}
			for i := 0; ; i++ {
				if _, err := get("/v2/health/live"); err == nil {
					break
				} else if i == 1000 {
					t.Fatal(err)
				}
				time.Sleep(10 * time.Millisecond)
			}
			unknown := "/none/" + strings.Repeat("x", 200) // the log repeats it as well
			for range c.requests {
				if _, err := get(unknown); err != nil {
					t.Fatal(err)
				}
			}
			text, err := get("/metrics")
			count := regexp.MustCompile(`(?m)^braid_log_lines_dropped_total (\S+)$`)
			found := count.FindStringSubmatch(text)
			if err != nil || found == nil {
				t.Fatalf("%v: the metrics lack the lines that were dropped:\n%.300s", err, text)
			}
			if n, err := strconv.ParseFloat(found[1], 64); err != nil || n < 100 {
				t.Errorf("%s lines of the log were dropped, want 100 or more", found[1])
			}
			began := time.Now()
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("the server ended with %v", err)
			}
			if took := time.Since(began); took > 8*time.Second {
				t.Errorf("the end took %v", took)
			}
		})
	}
}
