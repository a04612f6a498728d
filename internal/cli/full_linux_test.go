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

// A run goes on while its disk is full. It ends with an error, and once there is space it can be
// resumed and ends with the same files.
func TestFullDisk(t *testing.T) {
	slow(t)
	t.Parallel()
	testFullDisk(t, "2m", words("train --log none --epochs 150 --batch 4", "--data", writeDataset(t)))
}

// TestFullDiskFile is TestFullDisk for own data.
func TestFullDiskFile(t *testing.T) {
	slow(t)
	t.Parallel()
	file := writeOwn(t, "trunk: {units: [8]}") // checkpoints are small
	testFullDisk(t, "8m", words("train --log none --epochs 400 --batch 4", file))
}

// testFullDisk fills the disk, of a size, of a run that begins with args.
func testFullDisk(t *testing.T, size string, args []string) {
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("skipped: no tmpfs can be mounted here: %v", err)
	}
	defer syscall.Unmount(small, 0)
	run := filepath.Join(small, "run")
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
		for { // removed checkpoints free space
			if _, err := file.Write(make([]byte, 512)); err != nil {
				break
			}
		}
		select {
		case <-done:
			ended = true
		case <-time.After(200 * time.Microsecond):
		}
	}
	code, unwritten := c.ProcessState.ExitCode(), "a checkpoint could not be written"
	if code != 1 || strings.Count(said.String(), unwritten) != 1 {
		t.Fatalf("exit code %d: %s", code, said.String())
	}
	checkContains(t, said.String(), "no space left on device")
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	file.Close()
	mustRun(t, "train", "--resume", run, "--log", "none")
	unbroken := filepath.Join(t.TempDir(), "run")
	mustRun(t, append(args, "--out", unbroken)...)
	if outcome(t, run) != outcome(t, unbroken) {
		t.Error("the run ends with other files")
	}

	// A run that starts on a full disk fails before it computes anything.
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
	info, err := file.Stat()
	if err == nil {
		err = file.Truncate(max(0, info.Size()-64<<10))
	}
	if err != nil {
		t.Fatal(err)
	}
	output, err := process(t, append(args, "--out", filepath.Join(small, "next"))...).CombinedOutput()
	if err == nil || !strings.Contains(string(output), "bytes free") {
		t.Errorf("%v: %s", err, output)
	}
}
