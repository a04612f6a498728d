package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A disk that fills up while a run goes on: training ends, what was saved opens, and with room again the run
// goes on to the same end.
func TestFullDisk(t *testing.T) {
	slow(t)
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("this machine lets no tmpfs be mounted, so no disk was filled: %v", err)
	}
	defer syscall.Unmount(small, 0)
	data, run := writeDataset(t), filepath.Join(small, "run")
	args := []string{"train", "--data", data, "--log", "none", "--epochs", "400", "--batch", "4"}
	c := process(t, append(args, "--out", run)...)
	var said bytes.Buffer
	c.Stderr = &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, filepath.Join(run, "checkpoints", "epoch*"))
	filler := filepath.Join(small, "filler")
	file, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	stop := time.Now().Add(20 * time.Second)
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	for ended := false; !ended && time.Now().Before(stop); {
		for { // what is pruned makes room
			if _, err := file.Write(make([]byte, 512)); err != nil {
				break
			}
		}
		select {
		case <-done:
			ended = true
		default:
		}
	}
	if code := c.ProcessState.ExitCode(); code != 1 || strings.Count(said.String(), "a checkpoint could not be written") != 1 || !strings.Contains(said.String(), "no space left on device") {
		t.Fatalf("exit code %d: %s", code, said.String())
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	file.Close()
	if output, err := process(t, "train", "--resume", run, "--log", "none").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	whole := filepath.Join(t.TempDir(), "run")
	if output, err := process(t, append(args, "--out", whole)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if outcome(t, run) != outcome(t, whole) {
		t.Error("the run ends with other files")
	}

	// With no room from the start, it is told before anything is computed.
	file, err = os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for {
		if _, err := file.Write(make([]byte, 4096)); err != nil {
			break
		}
	}
	if err := file.Truncate(max(0, size(t, filler)-64<<10)); err != nil {
		t.Fatal(err)
	}
	output, err := process(t, append(args, "--out", filepath.Join(small, "next"))...).CombinedOutput()
	if err == nil || !strings.Contains(string(output), "bytes free") {
		t.Errorf("%v: %s", err, output)
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
