package cli

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"braid/internal/braidtest"
)

// A run of own data that is killed at any instant, also while it reads the data or makes its
// folder, and is resumed or begun again, ends with the same files.
func TestKillFile(t *testing.T) {
	slow(t)
	t.Parallel()
	file := writeOwnOf(t, 6000) // epochs of many checkpoints
	args := func(more ...string) []string {
		return append(words("train --log none --checkpoint-every 5ms"), more...)
	}
	testKill(t, args, func(run string) []string {
		return args(file, "--out", run, "--epochs", "5", "--batch", "4")
	})
}

// If two processes begin or resume a run of own data at once, exactly one succeeds.
func TestTwoWritersFile(t *testing.T) {
	slow(t)
	t.Parallel()
	file := writeOwn(t)
	for i := range braidtest.Cases(6, 30) {
		run := filepath.Join(t.TempDir(), "run")
		args := []string{"train", file, "--log", "none", "--out", run, "--epochs", "20"}
		if i%2 == 1 {
			mustRun(t, "train", file, "--log", "none", "--out", run, "--epochs", "1")
			args = []string{"train", "--resume", run, "--log", "none", "--epochs", "20"}
		}
		var errs [2]bytes.Buffer
		var both [2]*exec.Cmd
		for j := range both {
			both[j] = process(t, args...)
			// Slow enough that the first still runs when the second starts.
			both[j].Env = append(both[j].Env, "BRAID_DISK_DELAY=10ms")
			both[j].Stderr = &errs[j]
			if err := both[j].Start(); err != nil {
				t.Fatal(err)
			}
		}
		won := 0
		for j, c := range both {
			if c.Wait() == nil {
				won++
				continue
			}
			said := errs[j].String()
			if !strings.Contains(said, "is locked by process ") && !strings.Contains(said, "holds a run") {
				t.Errorf("the other process says: %s", said)
			}
		}
		if won != 1 {
			t.Errorf("%d processes wrote the run", won)
		}
	}
}
