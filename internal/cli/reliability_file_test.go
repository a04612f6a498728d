package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"braid/internal/braidtest"
)

// A run of own data that is killed at any instant, also while it reads the data or makes its
// folder, and is resumed or begun again, ends with the same files.
func TestKillFile(t *testing.T) {
	slow(t)
	t.Parallel()
	kills := cmp.Or(*kills, braidtest.Cases(6, 20))
	file := writeOwnOf(t, 2000)
	args := func(more ...string) []string {
		return append(words("train --log none --checkpoint-every 5ms"), more...)
	}
	begin := func(run string) []string {
		return args(file, "--out", run, "--epochs", "12", "--batch", "4")
	}
	unbroken := filepath.Join(t.TempDir(), "run")
	if _, err := program(); err != nil { // built before the run is timed
		t.Fatal(err)
	}
	began := time.Now()
	mustRun(t, begin(unbroken)...)
	took, want := time.Since(began), outcome(t, unbroken)
	resumed, within, begun, late := 0, 0, 0, 0
	for killed := 0; killed < kills; {
		run := filepath.Join(t.TempDir(), "run")
		// One kill in each of as many spans of time, so that few kills find a run at all stages.
		after := time.Duration((float64(killed) + rand.Float64()) / float64(kills) * float64(took))
		c := process(t, begin(run)...)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(after)
		c.Process.Kill()
		if c.Wait() == nil {
			if late++; late > 10+kills {
				t.Fatalf("%d runs were over before they were killed", late)
			}
			took = took * 9 / 10
			continue
		}
		killed++
		next := args("--resume", run, "--workers", fmt.Sprint(1+killed%3))
		if _, err := os.Stat(filepath.Join(run, configName)); errors.Is(err, fs.ErrNotExist) {
			next, begun = begin(run), begun+1
		} else if files, _ := filepath.Glob(filepath.Join(run, "checkpoints", "epoch*")); files != nil {
			resumed++
			if !strings.HasSuffix(files[len(files)-1], "step00000000.safetensors") {
				within++
			}
		}
		if output, err := process(t, next...).CombinedOutput(); err != nil {
			t.Errorf("killed after %v, then: %v\n%s", after, err, output)
			continue
		}
		if outcome(t, run) != want {
			t.Errorf("killed after %v, the run ends with other files", after)
		}
	}
	t.Logf("%d kills of a run of %v: %d went on from a checkpoint, %d of them within an epoch, "+
		"%d had not begun; %d were over too soon", kills, took, resumed, within, begun, late)
	if resumed < kills/2 || within < kills/10 {
		t.Errorf("of %d runs only %d went on from a checkpoint, %d of them within an epoch", kills,
			resumed, within)
	}
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
