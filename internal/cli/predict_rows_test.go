package cli

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// endless gives IDX images without keeping them, and looks at the heap as they are read.
type endless struct {
	header []byte
	left   int
	most   uint64
	reads  int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.reads++; e.reads%64 == 0 {
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		e.most = max(e.most, now.HeapAlloc)
	}
	if len(e.header) > 0 {
		n := copy(p, e.header)
		e.header = e.header[n:]
		return n, nil
	}
	n := min(len(p), e.left)
	for i := range p[:n] {
		p[i] = uint8((e.left - i) * 7)
	}
	if e.left -= n; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// counting counts lines and forgets them.
type counting struct{ lines int }

func (c *counting) Write(p []byte) (int, error) {
	c.lines += bytes.Count(p, []byte("\n"))
	return len(p), nil
}

// However many rows there are, the memory is the same.
func TestPredictConstantMemory(t *testing.T) {
	run, _ := trained(t)
	const rows, most = 300_000, 6 << 20 // bytes of heap more than before; the rows have 9 MB, the answers 27
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	in := &endless{header: idxFile(nil, rows, 6, 5), left: 30 * rows}
	var out counting
	var errs bytes.Buffer
	if code := Run([]string{"predict", run, "--in", "-", "--question", "odd number"}, in, &out, &errs); code != 0 || out.lines != rows {
		t.Fatalf("exit code %d, %d lines: %s", code, out.lines, errs.String())
	}
	t.Logf("%sthe heap grew from %d to %d bytes", errs.String(), before.HeapAlloc, in.most)
	if in.reads < 100 || in.most > before.HeapAlloc+most {
		t.Errorf("the heap grew from %d to %d bytes over %d reads", before.HeapAlloc, in.most, in.reads)
	}
}

// A signal ends it although it waits for rows, and leaves the old file.
func TestPredictInterrupt(t *testing.T) {
	run, folder := trained(t)
	m := manyRows(t, folder, 1)
	r, w := io.Pipe()
	go func() {
		io.WriteString(w, m.jsonLine(0, false)+"\n")
		time.Sleep(50 * time.Millisecond)
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
	}()
	out := put(t, t.TempDir(), "out", []byte("old"))
	code, _, errs := callWith(r, "predict", run, "--in", "-", "--out", out)
	w.Close()
	if content, _ := os.ReadFile(out); code != 143 || !strings.Contains(errs, "stopped by signal") || string(content) != "old" {
		t.Errorf("exit code %d: %s; the file holds %q", code, errs, content)
	}
}

// What --out names is treated as what it is: a link leads to its file, a device stays one.
func TestWriteTo(t *testing.T) {
	dir := t.TempDir()
	target := put(t, dir, "target", []byte("old"))
	link := filepath.Join(dir, "link")
	if err := os.Symlink("target", link); err != nil {
		t.Skip(err)
	}
	write := func(w io.Writer) error {
		_, err := io.WriteString(w, "new")
		return err
	}
	if err := writeTo(streams{}, link, write); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(target); string(content) != "new" || err != nil {
		t.Errorf("the link's file holds %q (%v)", content, err)
	}
	if to, err := os.Readlink(link); to != "target" {
		t.Errorf("the link leads to %q (%v)", to, err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	got := make(chan string)
	go func() {
		content, _ := os.ReadFile(pipe)
		got <- string(content)
	}()
	if err := writeTo(streams{}, pipe, write); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(pipe); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Fatalf("the pipe is now %v (%v)", info.Mode(), err)
	}
	if content := <-got; content != "new" {
		t.Errorf("the pipe got %q", content)
	}
	if err := writeTo(streams{}, dir, write); err == nil || !strings.Contains(err.Error(), "is a folder, want a file") {
		t.Errorf("error is %v", err)
	}
}

func TestReadLine(t *testing.T) {
	r := bufio.NewReaderSize(strings.NewReader("a\r\n\n123456\n1234567\n"+strings.Repeat("x", 100)+"\r\nb\r"), 16)
	line := []byte("kept ")
	for _, want := range []string{"a", "", "123456", "too long", "too long", "b"} {
		var err error
		line, err = readLine(r, line[:5], 6)
		got := strings.TrimPrefix(string(line), "kept ")
		if errors.Is(err, errLong) {
			if got != "" || cap(line) > 50 {
				t.Errorf("of a line that is too long %q is left, and %d bytes of memory", got, cap(line))
			}
			got, err = "too long", nil
		}
		if got != want || err != nil {
			t.Errorf("got %q (%v), want %q", got, err, want)
		}
	}
	if _, err := readLine(r, nil, 6); err != io.EOF {
		t.Errorf("error at the end is %v", err)
	}
}
