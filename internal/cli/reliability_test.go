package cli

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"braid/internal/atomicfile"
	"braid/internal/braidtest"
)

var kills = flag.Int("kills", 0, "number of runs that TestKill kills; 0: 6, or 20 of all cases")

// program builds the command, once, and returns its path.
var program = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "braid")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "braid")
	output, err := exec.Command("go", "build", "-o", path, "braid/cmd/braid").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building braid: %w\n%s", err, output)
	}
	return path, nil
})

// process returns the command with a slow disk, so that a signal often finds it writing.
func process(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(path, args...)
	c.Env = append(os.Environ(), "BRAID_DISK_DELAY=2ms")
	return c
}

// slow skips a test of many processes with -short.
func slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs many processes: not with -short")
	}
}

// outcome returns the results of a run that are the same each time: the model, the curves, and the
// history without its times.
func outcome(t testing.TB, run string) string {
	t.Helper()
	var b strings.Builder
	for _, name := range []string{"model.safetensors", "curves.svg"} {
		content, err := os.ReadFile(filepath.Join(run, name))
		if err != nil {
			t.Fatal(err)
		}
		b.Write(content)
	}
	for _, line := range readCSV(t, filepath.Join(run, "history.csv")) {
		fmt.Fprintln(&b, line[0], line[3:])
	}
	return b.String()
}

// mustRun runs a process, which must succeed.
func mustRun(t testing.TB, args ...string) {
	t.Helper()
	if output, err := process(t, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, output)
	}
}

// A run that is killed at any instant and resumed ends with the same files.
func TestKill(t *testing.T) {
	slow(t)
	t.Parallel()
	data := writeDatasetOf(t, braidtest.Cases(3000, 6000))
	args := func(more ...string) []string {
		return append(words("train --log none --checkpoint-every 5ms", "--data", data), more...)
	}
	testKill(t, args, func(run string) []string {
		return args("--out", run, "--epochs", "8", "--batch", "1")
	})
}

// testKill kills runs that begin with begin, and resumes them with args.
func testKill(
	t *testing.T, args func(more ...string) []string, begin func(run string) []string,
) {
	kills := cmp.Or(*kills, braidtest.Cases(6, 20))
	unbroken := filepath.Join(t.TempDir(), "run")
	if _, err := program(); err != nil { // built before the run is timed
		t.Fatal(err)
	}
	began := time.Now()
	mustRun(t, begin(unbroken)...)
	took, want := time.Since(began), outcome(t, unbroken)
	t.Logf("an unbroken run takes %v", took)
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
		if c.Wait() == nil { // the run had ended: the machine is faster now than before
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
		if left, _ := filepath.Glob(filepath.Join(run, "checkpoints", ".*.tmp")); left != nil {
			t.Errorf("killed after %v, %v is left", after, left)
		}
	}
	t.Logf("%d kills: %d runs went on from a checkpoint, %d of them within an epoch, "+
		"%d had not begun; %d were over too soon", kills, resumed, within, begun, late)
	if resumed < kills/2 || within < kills/10 {
		const format = "of %d runs only %d went on from a checkpoint, %d of them within an epoch"
		t.Errorf(format, kills, resumed, within)
	}
}

// If two processes start or resume a run at once, exactly one succeeds.
func TestTwoWriters(t *testing.T) {
	slow(t)
	t.Parallel()
	data := writeDataset(t)
	for i := range braidtest.Cases(12, 50) {
		run := filepath.Join(t.TempDir(), "run")
		start := words("train --log none --batch 4", "--data", data, "--out", run)
		args := append(start, "--epochs", "20")
		if i%2 == 1 {
			mustRun(t, append(start, "--epochs", "1")...)
			args = words("train --log none --epochs 20", "--resume", run)
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
			locked := strings.Contains(said, "is locked by process ")
			if !locked && !strings.Contains(said, "holds a run") {
				t.Errorf("the other process says: %s", said)
			}
		}
		if won != 1 {
			t.Errorf("%d processes wrote the run", won)
		}
	}
}

// The first signal finishes the step and saves it. A second ends the process at once.
func TestSignals(t *testing.T) {
	slow(t)
	t.Parallel()
	data := writeDataset(t)
	args := words("train --epochs 3000 --batch 4 --log none", "--data", data, "--out")
	for signal, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		run := filepath.Join(t.TempDir(), "run")
		c := process(t, append(args, run)...)
		var said bytes.Buffer
		c.Stderr = &said
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		waitFor(t, filepath.Join(run, "checkpoints", "epoch*"))
		c.Process.Signal(signal)
		c.Wait()
		if got := c.ProcessState.ExitCode(); got != code {
			t.Errorf("%v: exit code %d", signal, got)
		}
		checkContains(t, said.String(), "go on with: braid train --resume "+run)
		if err := savedWhereStopped(run, said.String()); err != nil {
			t.Errorf("%v: %v", signal, err)
		}
	}
	run := filepath.Join(t.TempDir(), "run")
	c := process(t, append(args, run)...)
	c.Env = append(os.Environ(), "BRAID_DISK_DELAY=200ms") // the last checkpoint takes a while
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, filepath.Join(run, "checkpoints"))
	c.Process.Signal(syscall.SIGTERM)
	time.Sleep(200 * time.Millisecond)
	began := time.Now()
	c.Process.Signal(syscall.SIGTERM)
	c.Wait()
	status := c.ProcessState.Sys().(syscall.WaitStatus)
	took := time.Since(began)
	killed := status.Signaled() && status.Signal() == syscall.SIGTERM
	if !killed || took > time.Second {
		t.Errorf("a second signal: %v after %v", c.ProcessState, took)
	}
}

// savedWhereStopped checks that a run's newest checkpoint is of the step after which the run says
// it stopped. After an epoch's last step it may be of the next epoch's beginning.
func savedWhereStopped(run, said string) error {
	var epoch, epochs, step, steps int
	_, stopped, _ := strings.Cut(said, "stopped in ")
	const format = "epoch %d of %d after step %d of %d"
	if _, err := fmt.Sscanf(stopped, format, &epoch, &epochs, &step, &steps); err != nil {
		return fmt.Errorf("%w: it says %q", err, said)
	}
	may := []string{fmt.Sprintf("epoch%05d-step%08d.safetensors", epoch-1, step)}
	if step == steps {
		may = append(may, fmt.Sprintf("epoch%05d-step%08d.safetensors", epoch, 0))
	}
	files, err := filepath.Glob(filepath.Join(run, "checkpoints", "epoch*"))
	if err != nil || files == nil {
		return errors.Join(errors.New("no checkpoint"), err)
	}
	if newest := filepath.Base(files[len(files)-1]); !slices.Contains(may, newest) {
		return fmt.Errorf("the newest checkpoint is %s, want one of %q", newest, may)
	}
	return nil
}

// waitFor waits until a file matches the pattern.
func waitFor(t *testing.T, pattern string) {
	t.Helper()
	for range 1000 {
		if files, _ := filepath.Glob(pattern); files != nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("nothing matches %s", pattern)
}

// Checkpoints that cannot be written do not stop training. The first is noted, all at the end.
func TestDiskTakesNothing(t *testing.T) {
	defer atomicfile.Inject(nil)
	data := writeDataset(t)
	for _, planted := range []error{syscall.ENOSPC, syscall.EROFS, syscall.EDQUOT} {
		run := filepath.Join(t.TempDir(), "run")
		atomicfile.Inject(func(op atomicfile.Op, path string, _ int) (int, error) {
			if op == atomicfile.Create && strings.Contains(path, "checkpoints") {
				return 0, planted
			}
			return 0, nil
		})
		code, out, errs := call("train", "--data", data, "--epochs", "4", "--out", run)
		if code != 1 || strings.Count(errs, "a checkpoint could not be written") != 1 {
			t.Errorf("%v: exit code %d: %s", planted, code, errs)
		}
		checkContains(t, errs,
			"checkpoints could not be written, none was written", planted.Error())
		checkContains(t, out[max(0, len(out)-200):], "4 epochs; read in")
		mustCall(t, "eval", run, "--data", data)
	}
}

func TestResumeMistakes(t *testing.T) {
	data, run, other := writeDataset(t), filepath.Join(t.TempDir(), "run"), t.TempDir()
	mustCall(t, words("train --epochs 2 --log none", "--data", data, "--out", run)...)
	content, err := os.ReadFile(filepath.Join(run, configName))
	if err != nil {
		t.Fatal(err)
	}
	damaged := func(name, content string) string {
		folder := filepath.Join(other, name)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		writeFile(t, folder, configName, []byte(content))
		return folder
	}
	negative := strings.Replace(string(content), `"batch": 64`, `"batch": -64`, 1)
	before := outcome(t, run)
	for want, args := range map[string][]string{
		"no run at " + other:             {other},
		"--batch is 32, the run in":      {run, "--batch", "32"},
		"--seed is 7, the run in":        {run, "--seed", "7"},
		"--on-nan is restore, the run":   {run, "--on-nan", "restore"},
		"--validate is false, the run":   {run, "--validate=false"},
		"--out and --resume":             {run, "--out", "x"},
		"has 2 epochs and 0 steps":       {run, "--epochs", "1"},
		"column image: it has CRC-32C":   {run, "--data", otherDataset(t)},
		"at most 1048576 are read":       {damaged("long", strings.Repeat(" ", 2<<20))},
		"config.json: unexpected end":    {damaged("cut", string(content[:len(content)/2]))},
		"--batch is -64, want 1 or more": {damaged("batch", negative)},
		"holds a run: go on with it":     nil,
		"Checkpoint.Best: unknown":       {run, "--best", "los"},
		"--keep is 0":                    {run, "--keep", "0"},
		"--checkpoint-every is -1s":      {run, "--checkpoint-every", "-1s"},
	} {
		full := append([]string{"train", "--resume"}, args...)
		if args == nil {
			full = []string{"train", "--data", data, "--out", run}
		}
		checkFails(t, want, full...)
	}
	if outcome(t, run) != before {
		t.Error("a mistake changed the run")
	}
	foreign := writeFile(t, other, ".model.safetensors.0123456789abcdef.tmp", nil)
	checkFails(t, "is not empty", "train", "--data", data, "--out", other)
	if _, err := os.Stat(foreign); err != nil {
		t.Errorf("a folder that was refused lost a file: %v", err)
	}
	if _, err := os.Stat(filepath.Join(other, atomicfile.LockName)); err == nil {
		t.Error("a folder that was refused got a lock")
	}
	_, errs := mustCall(t, words("train --epochs 3 --log none", "--resume", run)...)
	checkContains(t, errs, "going on after 2 epochs")
}

// otherDataset writes a data set whose training images are the test images.
func otherDataset(t *testing.T) string {
	folder := writeDataset(t)
	for from, to := range map[string]string{
		"t10k-images-idx3-ubyte.gz": "train-images-idx3-ubyte.gz",
		"t10k-labels-idx1-ubyte":    "train-labels-idx1-ubyte",
	} {
		content, err := os.ReadFile(filepath.Join(folder, from))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, folder, to, content)
	}
	return folder
}

// Any config.json ends in an error or a plan.
func FuzzConfig(f *testing.F) {
	f.Add([]byte(`{"options":{"epochs":3,"batch":64,"loss_weights":"digit=0.5","rate":0.1,` +
		`"seed":1,"keep":2,"on_nan":"stop"}}`))
	f.Add([]byte(`{"options":{"network":"record","epochs":1}}`))
	f.Add([]byte(`{"options":{"loss_weights":",=,digit=1e999"}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		if c, err := parseConfig(content); err == nil {
			if n, err := findNetwork(c.Options.Network); (err == nil) != (n.declare != nil) {
				t.Errorf("network %q: %+v, error %v", c.Options.Network, n, err)
			}
			trainFlags{options: c.Options, log: "none"}.check()
		}
	})
}
