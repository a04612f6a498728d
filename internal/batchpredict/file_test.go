package batchpredict

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"braid/internal/braidtest"
)

// Files come out decompressed, and count what is read of them as stored.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	text := strings.Repeat("a line of text\n", 1000)
	for name, content := range map[string][]byte{
		"plain": []byte(text), "zipped": braidtest.Gzip([]byte(text)),
		"members": append(braidtest.Gzip([]byte(text[:700])), braidtest.Gzip([]byte(text[700:]))...),
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Open(t.Context(), path, broken{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(f.text)
		if err != nil || string(got) != text {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if f.size != int64(len(content)) || f.raw.n != f.size || f.name != path {
			t.Errorf("%s: %d bytes of %d of %s are read", name, f.raw.n, f.size, f.name)
		}
		f.Close()
		if _, err := f.file.(*os.File).Stat(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: error of a closed file is %v", name, err)
		}
		f = stdin(t, content)
		if got, err := io.ReadAll(f.text); err != nil || string(got) != text || f.size != 0 {
			t.Errorf("%s as standard input: %d bytes, %v", name, len(got), err)
		}
		f.Close()
	}
}

// A read that waits ends with the context. What arrives later does not reach the caller's buffer.
func TestInterruptible(t *testing.T) {
	r, w := io.Pipe()
	ctx, cancel := context.WithCancelCause(t.Context())
	reader := Interruptible(ctx, r)
	go io.WriteString(w, "early")
	buffer := make([]byte, 8)
	if n, err := reader.Read(buffer); string(buffer[:n]) != "early" || err != nil {
		t.Errorf("%q, %v", buffer[:n], err)
	}
	stopped := errors.New("stopped")
	time.AfterFunc(10*time.Millisecond, func() { cancel(stopped) })
	if n, err := reader.Read(buffer); n != 0 || err != stopped {
		t.Errorf("%d bytes, %v", n, err)
	}
	io.WriteString(w, "late") // until it is read
	if string(buffer) != "early\x00\x00\x00" {
		t.Errorf("the buffer is %q", buffer)
	}
	ready := strings.NewReader("ready")
	if n, err := Interruptible(ctx, ready).Read(buffer); n != 0 || err != stopped {
		t.Errorf("%d bytes, %v", n, err)
	}
	if time.Sleep(5 * time.Millisecond); ready.Len() < len("ready") {
		t.Error("a read begins after the context ended")
	}
	path := filepath.Join(t.TempDir(), "out")
	if _, err := OpenPipe(ctx, path, os.O_WRONLY|os.O_CREATE); err != stopped {
		t.Errorf("error is %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file is made after the context ended")
	}
	long := Interruptible(t.Context(), strings.NewReader(strings.Repeat("ab", 1<<17)))
	if got, err := io.ReadAll(long); err != nil || string(got) != strings.Repeat("ab", 1<<17) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
