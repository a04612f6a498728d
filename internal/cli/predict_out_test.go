package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"braid/data"
)

func checkFile(t *testing.T, path, want string) {
	t.Helper()
	if content, err := os.ReadFile(path); string(content) != want || err != nil {
		t.Errorf("%s contains %q (%v), want %q", path, content, err, want)
	}
}

// newAnswers is what writeNew writes.
const newAnswers = "digit\nnew\n"

// writeNew writes answers to a path.
func writeNew(t *testing.T, path string) error {
	f := predictFlags{out: path, format: "csv"}
	sink, err := f.sink(t.Context(), streams{}, []data.Field{{Name: "digit"}})
	if err != nil {
		return err
	}
	defer sink.Abort()
	return errors.Join(sink.Write([]string{"new"}), sink.Close())
}

// Answers replace the target of a link, and go to a pipe.
func TestPredictSink(t *testing.T) {
	dir := t.TempDir()
	target := writeFile(t, dir, "target", []byte("old"))
	link := filepath.Join(dir, "link")
	if err := os.Symlink("target", link); err != nil {
		t.Skipf("skipped: no link can be made here: %v", err)
	}
	if err := writeNew(t, link); err != nil {
		t.Fatal(err)
	}
	checkFile(t, target, newAnswers)
	if to, err := os.Readlink(link); to != "target" {
		t.Errorf("the link leads to %q (%v)", to, err)
	}
	early := filepath.Join(dir, "early")
	if err := os.Symlink("later", early); err != nil {
		t.Fatal(err)
	}
	if err := writeNew(t, early); err != nil {
		t.Fatal(err)
	}
	checkFile(t, filepath.Join(dir, "later"), newAnswers)
	pipe := makePipe(t, dir, "pipe")
	got := make(chan string)
	go func() {
		content, _ := os.ReadFile(pipe)
		got <- string(content)
	}()
	if err := writeNew(t, pipe); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(pipe); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Fatalf("the pipe is now %v (%v)", info.Mode(), err)
	}
	if content := <-got; content != newAnswers {
		t.Errorf("the pipe got %q", content)
	}
	err := writeNew(t, dir)
	if err == nil || !strings.Contains(err.Error(), "is a folder, want a file") {
		t.Errorf("error is %v", err)
	}
}

// Answers are appended to an open file, such as /dev/stdout, and replace any other file, such as
// one in /dev/shm.
func TestPredictSinkDev(t *testing.T) {
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
	if err := writeNew(t, open); err != nil {
		t.Error(err)
	}
	checkFile(t, path, "old, "+newAnswers)
	folder, err := os.MkdirTemp("/dev/shm", "braid")
	if err != nil {
		t.Skipf("skipped: no file can be made in /dev/shm: %v", err)
	}
	defer os.RemoveAll(folder)
	file := writeFile(t, folder, "file", []byte("old, "))
	if err := writeNew(t, file); err != nil {
		t.Error(err)
	}
	checkFile(t, file, newAnswers)
}

// A signal ends a prediction that waits for rows. The output file stays as it was.
func TestPredictInterrupt(t *testing.T) {
	needSignals(t)
	run, folder := trainRun(t)
	m := newTestRows(t, folder, 1)
	r, w := io.Pipe()
	go func() {
		io.WriteString(w, m.jsonLine(0, false)+"\n")
		time.Sleep(50 * time.Millisecond)
		signalSelf(syscall.SIGTERM)
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
	needSignals(t)
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
		time.AfterFunc(100*time.Millisecond, func() { signalSelf(syscall.SIGTERM) })
		code, _, errs := call(append([]string{"predict", run}, args...)...)
		if code != 143 || !strings.Contains(errs, "stopped by signal") {
			t.Errorf("%v: exit code %d: %s", args, code, errs)
		}
	}
}

// A row that cannot be answered ends a prediction, though more rows may come.
func TestPredictEndsPipe(t *testing.T) {
	run, _ := trainRun(t)
	r, w := io.Pipe()
	defer w.Close()
	go func() {
		for range 1025 { // of which the first block is full
			io.WriteString(w, "{}\n")
		}
	}()
	code, _, errs := callWith(r, "predict", run, "--in", "-")
	if code != 1 || !strings.Contains(errs, `standard input:1: "image" is missing`) {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// What --out is called decides the format and the compression.
func TestPredictNames(t *testing.T) {
	run, folder := trainRun(t)
	dir := t.TempDir()
	args := []string{"predict", run, "--in", newTestRows(t, folder, 3).idx(t, dir), "--question",
		"odd number", "--out"}
	for name, begin := range map[string]string{
		"a": `{"digit": "`, "a.tsv": "digit\tdigit_prob", "a.parquet": "PAR1", "a.jsonl": `{"digit"`,
		"a.csv.zst": "\x28\xb5\x2f\xfd", "a.zst": "\x28\xb5\x2f\xfd",
	} {
		path := filepath.Join(dir, name)
		mustCall(t, append(args, path)...)
		if content, err := os.ReadFile(path); !strings.HasPrefix(string(content), begin) {
			t.Errorf("%s: %.40q (%v)", name, content, err)
		}
	}
	pipe := makePipe(t, dir, "pipe.csv")
	got := make(chan string)
	go func() {
		content, _ := os.ReadFile(pipe)
		got <- string(content)
	}()
	mustCall(t, append(args, pipe)...)
	if content := <-got; !strings.HasPrefix(content, "digit,digit_probability") {
		t.Errorf("the pipe got %q", content)
	}
}
