package cli

import (
	"bytes"
	"encoding/csv"
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
)

var kills = flag.Int("kills", 20, "how often TestKill kills")

// program is the real command, built once.
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

// process is the command with a slow disk, so that it is often found writing.
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

// slow skips a test of processes, which no instrumented build of the test itself changes.
func slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs many processes: not with -short")
	}
}

// outcome is what a run leaves that must be the same each time: model, curves, and history but for its
// times.
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
	file, err := os.Open(filepath.Join(run, "history.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		fmt.Fprintln(&b, line[0], line[3:])
	}
	return b.String()
}

// A run that is killed at any instant goes on to the same files.
func TestKill(t *testing.T) {
	slow(t)
	data := writeDatasetOf(t, 6000)
	args := func(more ...string) []string {
		return append([]string{"train", "--data", data, "--log", "none", "--checkpoint-every", "5ms"}, more...)
	}
	begin := func(run string) []string {
		return args("--out", run, "--epochs", "8", "--batch", "1")
	}
	whole := filepath.Join(t.TempDir(), "run")
	began := time.Now()
	if output, err := process(t, begin(whole)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	took, want := time.Since(began), outcome(t, whole)
	t.Logf("a whole run takes %v", took)
	resumed, within, begun, late := 0, 0, 0, 0
	for killed := 0; killed < *kills; {
		run := filepath.Join(t.TempDir(), "run")
		after := rand.N(took)
		c := process(t, begin(run)...)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(after)
		c.Process.Kill()
		if c.Wait() == nil { // it was over: the machine is faster now than it was
			if late++; late > 10+*kills {
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
	t.Logf("%d kills: %d runs went on from a checkpoint, %d of them within an epoch, %d had not begun; %d were over too soon", *kills, resumed, within, begun, late)
	if resumed < *kills/2 || within < *kills/10 {
		t.Errorf("of %d runs only %d went on from a checkpoint, %d of them within an epoch", *kills, resumed, within)
	}
}

// Of two processes that begin, or go on with, one run at once, exactly one does.
func TestTwoWriters(t *testing.T) {
	slow(t)
	data := writeDataset(t)
	for i := range 50 {
		run := filepath.Join(t.TempDir(), "run")
		args := []string{"train", "--data", data, "--log", "none", "--epochs", "20", "--batch", "4", "--out", run}
		if i%2 == 1 {
			if output, err := process(t, "train", "--data", data, "--log", "none", "--epochs", "1", "--batch", "4", "--out", run).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			args = []string{"train", "--resume", run, "--log", "none", "--epochs", "20"}
		}
		var errs [2]bytes.Buffer
		var both [2]*exec.Cmd
		for j := range both {
			both[j] = process(t, args...)
			both[j].Env = append(both[j].Env, "BRAID_DISK_DELAY=10ms") // so that the first is there when the second comes
			both[j].Stderr = &errs[j]
			if err := both[j].Start(); err != nil {
				t.Fatal(err)
			}
		}
		won := 0
		for j, c := range both {
			if c.Wait() == nil {
				won++
			} else if said := errs[j].String(); !strings.Contains(said, "is locked by process ") && !strings.Contains(said, "holds a run") {
				t.Errorf("the other process says: %s", said)
			}
		}
		if won != 1 {
			t.Errorf("%d processes wrote the run", won)
		}
	}
}

// The first signal ends the step and saves it, a second ends the process at once.
func TestSignals(t *testing.T) {
	slow(t)
	data := writeDataset(t)
	whole := filepath.Join(t.TempDir(), "run")
	args := []string{"train", "--data", data, "--epochs", "3000", "--batch", "4", "--log", "none", "--out"}
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
		if c.ProcessState.ExitCode() != code || !strings.Contains(said.String(), "go on with: braid train --resume "+run) {
			t.Errorf("%v: exit code %d: %s", signal, c.ProcessState.ExitCode(), said.String())
		}
		if err := savedWhereStopped(run, said.String()); err != nil {
			t.Errorf("%v: %v", signal, err)
		}
	}
	c := process(t, append(args, whole)...)
	c.Env = append(os.Environ(), "BRAID_DISK_DELAY=1s") // the last checkpoint takes a while
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, filepath.Join(whole, "checkpoints"))
	c.Process.Signal(syscall.SIGTERM)
	time.Sleep(200 * time.Millisecond)
	began := time.Now()
	c.Process.Signal(syscall.SIGTERM)
	c.Wait()
	status := c.ProcessState.Sys().(syscall.WaitStatus)
	if took := time.Since(began); !status.Signaled() || status.Signal() != syscall.SIGTERM || took > time.Second {
		t.Errorf("a second signal: %v after %v", c.ProcessState, took)
	}
}

// savedWhereStopped checks that a run's newest checkpoint stands where the run told that it stopped. A whole
// epoch's last step, when it was measured too, is the next one's beginning.
func savedWhereStopped(run, said string) error {
	var epoch, epochs, step, steps int
	_, told, _ := strings.Cut(said, "stopped in ")
	if _, err := fmt.Sscanf(told, "epoch %d of %d after step %d of %d", &epoch, &epochs, &step, &steps); err != nil {
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

// waitFor waits until a file matches.
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

// A disk that takes no checkpoints does not stop training: it is told once, and at the end.
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
		if code != 1 || strings.Count(errs, "a checkpoint could not be written") != 1 || !strings.Contains(errs, "checkpoints could not be written, none was written") || !strings.Contains(errs, planted.Error()) {
			t.Errorf("%v: exit code %d: %s", planted, code, errs)
		}
		if !strings.Contains(out, "4 epochs in") {
			t.Errorf("%v: output ends %q", planted, out[max(0, len(out)-200):])
		}
		if code, _, errs := call("eval", run, "--data", data); code != 0 {
			t.Errorf("%v: the model: %s", planted, errs)
		}
	}
}

func TestResumeMistakes(t *testing.T) {
	data, run, other := writeDataset(t), filepath.Join(t.TempDir(), "run"), t.TempDir()
	if code, _, errs := call("train", "--data", data, "--epochs", "2", "--log", "none", "--out", run); code != 0 {
		t.Fatal(errs)
	}
	content, err := os.ReadFile(filepath.Join(run, configName))
	if err != nil {
		t.Fatal(err)
	}
	damaged := func(name, content string) string {
		folder := filepath.Join(other, name)
		if err := errors.Join(os.MkdirAll(folder, 0o700), os.WriteFile(filepath.Join(folder, configName), []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
		return folder
	}
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
		"--batch is -64, want 1 or more": {damaged("batch", strings.Replace(string(content), `"batch": 64`, `"batch": -64`, 1))},
		"holds a run: go on with it":     nil,
		"Checkpoint.Best: unknown":       {run, "--best", "los"},
		"--keep is 0":                    {run, "--keep", "0"},
		"--checkpoint-every is -1s":      {run, "--checkpoint-every", "-1s"},
	} {
		full := append([]string{"train", "--resume"}, args...)
		if args == nil {
			full = []string{"train", "--data", data, "--out", run}
		}
		if code, _, errs := call(full...); code != 1 || !strings.Contains(errs, want) {
			t.Errorf("%v: exit code %d\ngot  %s\nwant %s", full, code, errs, want)
		}
	}
	if outcome(t, run) != before {
		t.Error("a mistake changed the run")
	}
	foreign := filepath.Join(other, ".model.safetensors.0123456789abcdef.tmp")
	if err := os.WriteFile(foreign, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := call("train", "--data", data, "--out", other); code != 1 || !strings.Contains(errs, "is not empty") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Errorf("a folder that was refused lost a file: %v", err)
	}
	if _, err := os.Stat(filepath.Join(other, atomicfile.LockName)); err == nil {
		t.Error("a folder that was refused got a lock")
	}
	if code, _, errs := call("train", "--resume", run, "--epochs", "3", "--log", "none"); code != 0 || !strings.Contains(errs, "going on after 2 epochs") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// dataset2 is a data set of other images.
func otherDataset(t *testing.T) string {
	folder := writeDataset(t)
	path := filepath.Join(folder, "train-images-idx3-ubyte.gz")
	if err := os.Rename(filepath.Join(folder, "t10k-images-idx3-ubyte.gz"), path); err != nil {
		t.Fatal(err)
	}
	labels, err := os.ReadFile(filepath.Join(folder, "t10k-labels-idx1-ubyte"))
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "train-labels-idx1-ubyte"), labels, 0o600)
	}
	content, err2 := os.ReadFile(path)
	if err := errors.Join(err, err2, os.WriteFile(filepath.Join(folder, "t10k-images-idx3-ubyte.gz"), content, 0o600)); err != nil {
		t.Fatal(err)
	}
	return folder
}

// Whatever a run's config.json holds, reading it ends in an error or in a plan.
func FuzzConfig(f *testing.F) {
	f.Add([]byte(`{"options":{"epochs":3,"batch":64,"loss_weights":"digit=0.5","rate":0.1,"seed":1,"keep":2,"on_nan":"stop"}}`))
	f.Add([]byte(`{"options":{"loss_weights":",=,digit=1e999"}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		if c, err := parseConfig(content); err == nil {
			trainFlags{options: c.Options, log: "none"}.plan()
		}
	})
}
