package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func checkFile(t *testing.T, path, want string) {
	t.Helper()
	if content, err := os.ReadFile(path); string(content) != want || err != nil {
		t.Errorf("%s contains %q (%v), want %q", path, content, err, want)
	}
}

func writeNew(w io.Writer) error {
	_, err := io.WriteString(w, "new")
	return err
}

// writeTo replaces the target of a link, and writes to a pipe.
func TestWriteTo(t *testing.T) {
	dir := t.TempDir()
	target := writeFile(t, dir, "target", []byte("old"))
	link := filepath.Join(dir, "link")
	if err := os.Symlink("target", link); err != nil {
		t.Skipf("skipped: no link can be made here: %v", err)
	}
	if err := writeTo(t.Context(), streams{}, link, writeNew); err != nil {
		t.Fatal(err)
	}
	checkFile(t, target, "new")
	if to, err := os.Readlink(link); to != "target" {
		t.Errorf("the link leads to %q (%v)", to, err)
	}
	early := filepath.Join(dir, "early")
	if err := os.Symlink("later", early); err != nil {
		t.Fatal(err)
	}
	if err := writeTo(t.Context(), streams{}, early, writeNew); err != nil {
		t.Fatal(err)
	}
	checkFile(t, filepath.Join(dir, "later"), "new")
	pipe := makePipe(t, dir, "pipe")
	got := make(chan string)
	go func() {
		content, _ := os.ReadFile(pipe)
		got <- string(content)
	}()
	if err := writeTo(t.Context(), streams{}, pipe, writeNew); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(pipe); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Fatalf("the pipe is now %v (%v)", info.Mode(), err)
	}
	if content := <-got; content != "new" {
		t.Errorf("the pipe got %q", content)
	}
	err := writeTo(t.Context(), streams{}, dir, writeNew)
	if err == nil || !strings.Contains(err.Error(), "is a folder, want a file") {
		t.Errorf("error is %v", err)
	}
}

// writeTo appends to an open file, such as /dev/stdout, and replaces any other file, such as one in
// /dev/shm.
func TestWriteToDev(t *testing.T) {
	path := writeFile(t, t.TempDir(), "log", []byte("old, "))
	log, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	open := fmt.Sprintf("/dev/fd/%d", log.Fd())
	if _, err := os.Stat(open); err != nil {
		t.Skipf("skipped: there is no such name here: %v", err)
	}
	if err := writeTo(t.Context(), streams{}, open, writeNew); err != nil {
		t.Error(err)
	}
	checkFile(t, path, "old, new")
	folder, err := os.MkdirTemp("/dev/shm", "braid")
	if err != nil {
		t.Skipf("skipped: no file can be made in /dev/shm: %v", err)
	}
	defer os.RemoveAll(folder)
	file := writeFile(t, folder, "file", []byte("old, "))
	if err := writeTo(t.Context(), streams{}, file, writeNew); err != nil {
		t.Error(err)
	}
	checkFile(t, file, "new")
}

// A signal ends a prediction that waits for rows. The output file stays as it was.
func TestPredictInterrupt(t *testing.T) {
	run, folder := trainRun(t)
	m := newTestRows(t, folder, 1)
	r, w := io.Pipe()
	go func() {
		io.WriteString(w, m.jsonLine(0, false)+"\n")
		time.Sleep(50 * time.Millisecond)
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
	}()
	out := writeFile(t, t.TempDir(), "out", []byte("old"))
	code, _, errs := callWith(r, "predict", run, "--in", "-", "--out", out)
	w.Close()
	if code != 143 || !strings.Contains(errs, "stopped by signal") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	checkFile(t, out, "old")
}

// A signal ends a prediction that waits for the other end of a pipe, to read or to write.
func TestPredictInterruptPipe(t *testing.T) {
	run, folder := trainRun(t)
	m := newTestRows(t, folder, 1)
	dir := t.TempDir()
	pipe := func(name string) string {
		path := makePipe(t, dir, name)
		t.Cleanup(func() { // release a goroutine that still waits for the other end
			if both, err := os.OpenFile(path, os.O_RDWR, 0); err == nil {
				time.Sleep(50 * time.Millisecond)
				both.Close()
			}
		})
		return path
	}
	lines := writeFile(t, dir, "lines", []byte(m.jsonLine(0, false)))
	for _, args := range [][]string{{"--in", pipe("in")}, {"--in", lines, "--out", pipe("out")}} {
		time.AfterFunc(100*time.Millisecond, func() { syscall.Kill(os.Getpid(), syscall.SIGTERM) })
		code, _, errs := call(append([]string{"predict", run}, args...)...)
		if code != 143 || !strings.Contains(errs, "stopped by signal") {
			t.Errorf("%v: exit code %d: %s", args, code, errs)
		}
	}
}
