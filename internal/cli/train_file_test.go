package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"braid/experiment"
	"braid/internal/atomicfile"
	"braid/train"
)

// Training prints lines that fit a terminal and writes a complete run folder, from whose experiment
// file the same model is trained again.
func TestTrainFile(t *testing.T) {
	file, run := writeOwn(t), filepath.Join(t.TempDir(), "run")
	out, errs := mustCall(t, "train", file, "--out", run)
	if errs != "" {
		t.Fatal(errs)
	}
	checkContains(t, out,
		" training, ", " validation and ", " without any label are left out", "run folder: "+run,
		"validation             kind     weight\n",
		"epoch       loss   accuracy        MAE  best  left\n",
		"\n    1  ", " %", "    *\n",
		"head     metric ", "guessing   rows known", "kind     accuracy", "weight   MAE",
		"\nkept: epoch ", " of 6, the best on validation", "the run is in "+run,
	)
	times := regexp.MustCompile(`\nread in \d{1,2}\.\d s, trained in \d{1,2}\.\d s; the run is in `)
	if !times.MatchString(out) {
		t.Errorf("got %q, want %v", out, times)
	}
	for _, line := range strings.Split(out, "\n") {
		if utf8.RuneCountInString(line) > plainWidth && !strings.Contains(line, run) ||
			strings.HasSuffix(line, " ") {
			t.Errorf("a line is too wide, or ends in a space: %q", line)
		}
	}
	for _, name := range []string{
		"model.safetensors", "history.csv", "config.json", "curves.svg", experimentName, splitName,
	} {
		if _, err := os.Stat(filepath.Join(run, name)); err != nil {
			t.Error(err)
		}
	}
	split := readCSV(t, filepath.Join(run, splitName))
	parts := map[string]int{}
	for _, line := range split[1:] {
		parts[line[2]]++
	}
	content, err := os.ReadFile(filepath.Join(run, configName))
	if err != nil {
		t.Fatal(err)
	}
	var c fileConfig
	if err := json.Unmarshal(content, &c); err != nil || len(parts) != 3 {
		t.Fatalf("%v; parts are %v", err, parts)
	}
	for part, rows := range parts {
		if c.Rows[part] != rows {
			t.Errorf("config.json has %d rows for %s, split.csv %d", c.Rows[part], part, rows)
		}
	}
	if len(split)-1+c.Unlabeled != ownRows || c.Unlabeled == 0 || c.Parameters == 0 {
		t.Errorf("%d rows with and %d without a label, of %d", len(split)-1, c.Unlabeled, ownRows)
	}
	again := filepath.Join(t.TempDir(), "again")
	mustCall(t, "train", filepath.Join(run, experimentName), "--out", again, "--log", "none",
		"--workers", "3")
	if outcome(t, run) != outcome(t, again) {
		t.Error("the run's experiment file trains another model")
	}
}

// The logs for programs: a JSON line for each epoch and nothing else, or nothing.
func TestTrainFileLogs(t *testing.T) {
	t.Chdir(t.TempDir())
	file := writeOwn(t)
	out, errs := mustCall(t, "train", file, "--log", "json", "--epochs", "3", "--seed", "2", "--set",
		"train.batch=16")
	checkContains(t, errs, "the run is in runs", "guessing")
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines, want 3:\n%s", len(lines), out)
	}
	for i, line := range lines {
		var epoch map[string]float64
		if err := json.Unmarshal([]byte(line), &epoch); err != nil || epoch["epoch"] != float64(i+1) {
			t.Fatalf("%v in %s", err, line)
		}
		for _, name := range words("train_s loss kind_loss weight_loss kind_accuracy weight_mae " +
			"val_loss val_kind_accuracy val_weight_mae") {
			if _, ok := epoch[name]; !ok {
				t.Errorf("%s is not in %s", name, line)
			}
		}
	}
	if out, errs := mustCall(t, "train", file, "--log", "none"); out+errs != "" {
		t.Errorf("with --log none: %q", out+errs)
	}
	mustCall(t, "eval", "runs/latest")
	resolved, err := filepath.Glob("runs/*/" + experimentName)
	if err != nil || len(resolved) != 3 { // of which one is by the link
		t.Fatalf("%v %v", resolved, err)
	}
	content, err := os.ReadFile(resolved[0])
	if err != nil {
		t.Fatal(err)
	}
	checkContains(t, string(content), "epochs: 3, batch: 16", "seed: 2")
}

// A line for an epoch fits the terminal with any number of heads, and with long names.
func TestEpochTableFits(t *testing.T) {
	var heads, columns []string
	for i := range 30 {
		name := fmt.Sprintf("head %d with a very long name that ends in %d", i, i)
		heads = append(heads, "  "+name+": number")
		columns = append(columns, name)
	}
	folder := t.TempDir()
	var b strings.Builder
	b.WriteString("x," + strings.Join(columns, ",") + "\n")
	for i := range 100 {
		fmt.Fprintf(&b, "%d%s\n", i, strings.Repeat(fmt.Sprintf(",%d", 12345*i), 30))
	}
	writeFile(t, folder, "rows.csv", []byte(b.String()))
	file := writeFile(t, folder, "many.yaml", []byte("data: rows.csv\ninputs: {x: number}\nheads:\n"+
		strings.Join(heads, "\n")+"\ntrain: {epochs: 2}\n"))
	out, _ := mustCall(t, "train", file, "--out", filepath.Join(t.TempDir(), "run"))
	_, table, _ := strings.Cut(out, "validation  ")
	table, _, _ = strings.Cut("validation  "+table, "\n\n")
	checkContains(t, table, "…", " +", "MAE")
	lines := strings.Split(table, "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines, want 4: %s", len(lines), table)
	}
	for _, line := range lines {
		if n := utf8.RuneCountInString(line); n > plainWidth || n < 60 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// Mistakes in flags exit with 2, others with 1, and leave nothing behind.
func TestTrainFileMistakes(t *testing.T) {
	file := writeOwn(t)
	run, _ := trainOwn(t)
	folder := filepath.Dir(file)
	other := writeFile(t, folder, "other.yaml", []byte("data: rows.csv\ninputs: {siz: number, "+
		"colour: number}\nheads: {kind: category}\n"))
	out := filepath.Join(t.TempDir(), "out")
	for want, args := range map[string][]string{
		"--network belongs to digitqa":           {file, "--network", "record"},
		"--data belongs to digitqa":              {file, "--data", folder},
		`--log is "kears"`:                       {file, "--log", "kears"},
		"--workers is -1":                        {file, "--workers", "-1"},
		"--keep is 0":                            {file, "--keep", "0"},
		"accepts at most 1 arg(s)":               {file, file},
		"own.yaml and --resume":                  {file, "--resume", run},
		"--out and --resume":                     {"--resume", run, "--out", out},
		"keeps its settings, except for":         {"--resume", run, "--set", "train.rate=0.1"},
		"got train.seed=3":                       {"--resume", run, "--seed", "3"},
		"--on-nan is restore, the run in":        {"--resume", run, "--on-nan", "restore"},
		"--set data: digitqa lets keys of":       {"--set", "data=x"},
		`unknown key "epoch" in train; did you`:  {file, "--set", "train.epoch=3"},
		"--set x: want KEY=VALUE":                {file, "--set", "x"},
		`column "siz", want one of`:              {other},
		"has 6 epochs and 0 steps":               {"--resume", run, "--epochs", "2"},
		"holds a run: go on with it by --resume": {file, "--out", run},
		"no such file":                           {filepath.Join(folder, "none.yaml")},
		"no run at " + out:                       {"--resume", out},
	} {
		args = append([]string{"train"}, args...)
		if !strings.Contains(strings.Join(args, " "), "--out") && args[1] != "--resume" {
			args = append(args, "--out", out)
		}
		if printed := checkFails(t, want, args...); printed != "" {
			t.Errorf("%v: output %q", args, printed)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a mistake made a run folder")
	}
	for want, line := range map[string]string{ // exit code 2: see failedCode
		"--epochs is 0, want 1 or more\nRun":                    "--epochs 0",
		"--epochs is -2, want 1 or more\nRun":                   "--epochs=-2",
		`--epochs is "x", want a whole number` + "\nRun":        "--epochs x",
		"--batch is 0, want 1 or more\nRun":                     "--batch 0",
		"--rate is -1, want a number above 0\nRun":              "--rate -1",
		"--rate is +Inf, want a number above 0\nRun":            "--rate inf",
		`--rate is "0,1", want a number` + "\nRun":              "--rate 0,1",
		"--seed is 0, want 1 or more\nRun":                      "--seed 0",
		`--seed is "-1", want a whole number from 0` + "\nRun":  "--seed -1",
		`--checkpoint-every is "5", want a time such as`:        "--checkpoint-every 5",
		"--set foo: want KEY=VALUE, such as train.epochs=5":     "--set foo",
		"--set =3: want KEY=VALUE, such as train.epochs=5\nRun": "--set =3",
	} {
		checkFails(t, want, append(words("train "+line), file)...)
		if strings.Contains(line, "--set") {
			checkFails(t, want, words("train "+line)...)
		}
		checkFails(t, want, append(words("train "+line), "--resume", run)...)
	}
	for want, args := range map[int][]string{
		2: {"train", file, "--log", "x"}, 1: {"train", other, "--out", out}, 0: {"version"},
	} {
		if code, _, errs := call(args...); code != want {
			t.Errorf("%v: exit code %d, want %d: %s", args, code, want, errs)
		}
	}
}

// The line on the epoch that is kept is right also where no epoch is the best.
func TestKeptLine(t *testing.T) {
	h := &train.History{Names: []string{"loss", "val_loss"}}
	for _, v := range []float64{3, 1, 2} {
		h.Epochs = append(h.Epochs, train.Epoch{Values: []float64{v, v}})
	}
	none := &train.History{Names: h.Names, Epochs: []train.Epoch{
		{Values: []float64{3, math.NaN()}}, {Values: []float64{2, math.Inf(1)}}}}
	best := train.EarlyStopping{Sum: map[string]float64{"val_loss": 1}, RestoreBest: true}
	last := best
	last.RestoreBest = false
	for _, c := range []struct {
		rule train.EarlyStopping
		h    *train.History
		want string
	}{
		{best, h, "epoch 2 of 3, the best on validation relative to guessing"},
		{last, h, "epoch 3 of 3, the last"},
		{last, none, "epoch 2 of 2, the last"},
		{best, none, "epoch 2 of 2, the last: no epoch has finite figures on validation"},
	} {
		if got, err := keptLine(&experiment.Built{Keep: c.rule}, c.h); err != nil || got != c.want {
			t.Errorf("got %s, error %v, want %s", got, err, c.want)
		}
	}
}

// A verb on a run that was killed before it had a model says how to go on with it, and one that is
// resumed after its end says so and trains nothing.
func TestUnfinishedAndFinishedRun(t *testing.T) {
	run, _ := trainOwn(t)
	out, errs := mustCall(t, "train", "--resume", run)
	checkContains(t, errs, "the run in "+run+" was finished already: no epoch is left to train\n")
	checkContains(t, out, "kept: epoch ")
	if strings.Contains(errs, "going on") {
		t.Error(errs)
	}
	_, errs = mustCall(t, "train", "--resume", run, "--epochs", "7")
	if strings.Contains(errs, "already") {
		t.Errorf("with another epoch: %s", errs)
	}
	if err := os.Remove(filepath.Join(run, "model.safetensors")); err != nil {
		t.Fatal(err)
	}
	hint := "\nthe run has no model yet; go on with: braid train --resume " + run + "\n"
	for _, args := range [][]string{
		{"eval", run}, {"ask", run, "size=3"}, {"summary", filepath.Join(run, "model.safetensors")},
		{"predict", run, "--in", filepath.Join(run, splitName), "--out", "-"}, {"serve", run},
	} {
		checkFails(t, hint, args...)
	}
	if err := os.Remove(filepath.Join(run, configName)); err != nil {
		t.Fatal(err)
	}
	if _, _, errs := call("eval", run); strings.Contains(errs, "--resume") {
		t.Errorf("a folder without a run: %s", errs)
	}
}

// The end says which of the limits ended training.
func TestEndedLine(t *testing.T) {
	file := writeOwn(t)
	for want, set := range map[string]string{
		"ended: all epochs are done (train.epochs is 3)\n":         "train.epochs=3",
		"ended: 1 epoch brought no improvement (train.patience)\n": "train={epochs: 99, patience: 1}",
		"ended: the budget is spent (train.minutes is 0.0001)\n":   "train.minutes=1e-4",
	} {
		out, _ := mustCall(t, "train", file, "--out", filepath.Join(t.TempDir(), "run"), "--set", set)
		checkContains(t, out, want)
	}
}

// The time left is at most the rest of the budget, of which a resumed run has spent some.
func TestTimeLeft(t *testing.T) {
	h := &train.History{Epochs: []train.Epoch{{Train: 9 * time.Second, Evaluate: time.Second}}}
	for _, c := range []struct {
		epochs, patience int
		minutes          float64
		want             string
	}{
		{9, 5, 0, "> 50s"}, {3, 5, 0, "> 20s"}, {1, 5, 0, ""}, {9, 5, 10, "> 50s"}, {9, 5, 0.5, "20s"},
		{9, 5, 0.1, ""},
	} {
		b := &experiment.Built{
			Loaded: &experiment.Loaded{Experiment: &experiment.Experiment{
				Train: experiment.Train{Minutes: c.minutes}}},
			Keep: train.EarlyStopping{Patience: c.patience},
		}
		left := newTimeLeft(b, train.Start{History: h, Epochs: c.epochs})
		if got := left.text(1); got != c.want {
			t.Errorf("%+v: got %q", c, got)
		}
	}
}

// A run that cannot begin leaves no folder, unless there was one before.
func TestNoRunLeft(t *testing.T) {
	t.Chdir(t.TempDir())
	file := writeOwn(t)
	defer atomicfile.Inject(nil)
	for _, planted := range []string{splitName, configName, checkpointsName} {
		atomicfile.Inject(func(op atomicfile.Op, path string, _ int) (int, error) {
			if op != atomicfile.Create {
				return 0, nil
			}
			if strings.Contains(path, planted) {
				return 0, syscall.EROFS
			}
			if planted == checkpointsName { // a file where train.Fit wants a folder
				return 0, os.WriteFile(filepath.Join(filepath.Dir(path), planted), nil, 0o600)
			}
			return 0, nil
		})
		checkFails(t, planted, "train", file, "--out", "run")
		checkFails(t, planted, "train", file)
		if left, err := filepath.Glob("run*/*"); err != nil || left != nil {
			t.Errorf("%s: left %v, error %v", planted, left, err)
		}
		if _, err := os.Stat("run"); err == nil {
			t.Errorf("%s: the folder run is left", planted)
		}
	}
	if err := os.Mkdir("run", 0o777); err != nil {
		t.Fatal(err)
	}
	checkFails(t, "run/checkpoints", "train", file, "--out", "run")
	if _, err := os.Stat("run"); err != nil {
		t.Error(err)
	}
}

// interruptWhen sends an interrupt to the test's process once a file matches the pattern.
func interruptWhen(pattern string) {
	for range 1000 {
		if files, _ := filepath.Glob(pattern); files != nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	signalSelf(syscall.SIGINT)
}

// A run that is interrupted and resumed, or resumed for more epochs, ends with the bytes of one
// that was not.
func TestTrainFileResume(t *testing.T) {
	needSignals(t)
	file := writeOwn(t)
	folder := t.TempDir()
	run, whole := filepath.Join(folder, "run"), filepath.Join(folder, "whole")
	args := []string{"train", file, "--log", "none", "--epochs", "400"}
	mustCall(t, append(args, "--out", whole)...)
	go interruptWhen(filepath.Join(run, "checkpoints", "epoch*"))
	code, out, errs := call(append(args, "--out", run)...)
	if code != 130 || out != "" {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	checkContains(t, errs, "go on with: braid train --resume "+run)
	_, errs = mustCall(t, "train", "--resume", run, "--log", "none", "--workers", "1")
	checkContains(t, errs, "going on after ")
	if outcome(t, run) != outcome(t, whole) {
		t.Error("the resumed run ends with other files")
	}

	short := filepath.Join(folder, "short")
	mustCall(t, "train", file, "--log", "none", "--epochs", "4", "--out", short)
	mustCall(t, "train", "--resume", short, "--log", "none", "--set", "train.epochs=400")
	if outcome(t, short) != outcome(t, whole) {
		t.Error("the run of more epochs ends with other files")
	}
	// The run has 400 epochs from now on.
	mustCall(t, "train", "--resume", short, "--log", "none")
	if outcome(t, short) != outcome(t, whole) {
		t.Error("a run that was complete ends with other files")
	}
}

// A run goes on only with the rows that it began with, wherever they are.
func TestTrainFileOtherData(t *testing.T) {
	run, folder := trainOwn(t)
	rows := filepath.Join(folder, "rows.csv")
	resume := []string{"train", "--resume", run, "--log", "none", "--epochs", "8"}
	table := ownTable(ownRows)
	lines := strings.SplitAfter(strings.TrimSuffix(table, "\n"), "\n")
	line6 := strings.TrimSuffix(lines[5], "\n")
	before := outcome(t, run)
	for want, changed := range map[string]string{
		"rows.csv:6 differs from what was row ": strings.Replace(table, line6, line6+"7", 1),
		"is gone":                               strings.Join(lines[:ownRows], ""),
		"with a label, is new: there":           table + "9999,3,red,thing,warm,7\n",
		"braid train " + run + "/experiment":    table + "9999,3,red,thing,warm,7\n",
	} {
		writeFile(t, folder, "rows.csv", []byte(changed))
		checkFails(t, want, resume...)
	}
	if err := os.Remove(rows); err != nil {
		t.Fatal(err)
	}
	checkFails(t, "if the data have moved, say where to: braid train --resume "+run, resume...)
	checkFails(t, "if the data have moved, name the rows", "eval", run)
	if outcome(t, run) != before {
		t.Error("a mistake changed the run")
	}
	t.Chdir(t.TempDir())
	moved := strings.ReplaceAll(table, "id,", "code,") // is not read
	writeFile(t, ".", "moved.csv", []byte(moved))
	mustCall(t, append(resume, "--set", "data.file=moved.csv")...)
	whole := filepath.Join(t.TempDir(), "whole")
	again := []string{"train", filepath.Join(run, experimentName), "--out", whole, "--log", "none"}
	checkFails(t, `ignore: unknown column "id"`, again...)
	writeFile(t, ".", "moved.csv", []byte(table))
	mustCall(t, again...)
	if outcome(t, run) != outcome(t, whole) {
		t.Error("the run ends with other files")
	}
}

// A run folder in which a process died before the run began is begun again. Files of others stay.
func TestTrainFileUnfinished(t *testing.T) {
	file, run := writeOwn(t), filepath.Join(t.TempDir(), "run")
	mustCall(t, "train", file, "--log", "none", "--out", run)
	begun := t.TempDir()
	for _, name := range []string{splitName, experimentName} {
		content, err := os.ReadFile(filepath.Join(run, name))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, begun, name, content)
	}
	mustCall(t, "train", file, "--log", "none", "--out", begun)
	if outcome(t, run) != outcome(t, begun) {
		t.Error("the run ends with other files")
	}
	for _, name := range []string{splitName, experimentName} {
		precious := t.TempDir()
		path := writeFile(t, precious, name, []byte("mine"))
		checkFails(t, "is not empty", "train", file, "--out", precious)
		if content, err := os.ReadFile(path); string(content) != "mine" {
			t.Errorf("%s is %q (%v)", name, content, err)
		}
	}
}

// Files that cannot be written end in an error that says so, or are noted, and nothing is left half
// written.
func TestTrainFileDiskTakesNothing(t *testing.T) {
	defer atomicfile.Inject(nil)
	file := writeOwn(t)
	for _, name := range []string{splitName, experimentName, configName, "checkpoints", "model"} {
		run := filepath.Join(t.TempDir(), "run")
		atomicfile.Inject(func(op atomicfile.Op, path string, _ int) (int, error) {
			if op == atomicfile.Create && strings.Contains(path, name) {
				return 0, syscall.ENOSPC
			}
			return 0, nil
		})
		code, _, errs := call("train", file, "--out", run, "--log", "none")
		if code != 1 || !strings.Contains(errs, "no space left on device") {
			t.Errorf("%s: exit code %d: %s", name, code, errs)
		}
		atomicfile.Inject(nil)
		if left, _ := filepath.Glob(filepath.Join(run, ".*.tmp")); left != nil {
			t.Errorf("%s: %v is left", name, left)
		}
		switch name {
		case splitName, experimentName, configName: // the run can begin there
			mustCall(t, "train", file, "--out", run, "--log", "none")
		default:
			mustCall(t, "train", "--resume", run, "--log", "none")
		}
		mustCall(t, "eval", run)
	}
}

// A cell that is no number, and a picture that is not there, are named before anything is trained.
func TestTrainFileBadCells(t *testing.T) {
	file := writeOwn(t)
	folder := filepath.Dir(file)
	table := strings.Split(ownTable(ownRows), "\n")
	table[9] = "8,much,red,a thing,warm,1"
	table[12] = "11,3,red,a thing,warm,heavy"
	writeFile(t, folder, "rows.csv", []byte(strings.Join(table, "\n")))
	out := filepath.Join(t.TempDir(), "run")
	code, _, errs := call("train", file, "--out", out)
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	checkContains(t, errs, `rows.csv:13: column "weight": got "heavy"`,
		`rows.csv:10: column "size": got "much"`)
	checkFails(t, `picture "red": `, "train", file, "--out", out, "--set",
		"inputs={note: text, colour: image}", "--set", "heads={kind: category}")
	if _, err := os.Stat(out); err == nil {
		t.Error("there is a run folder")
	}
}

// A signal ends the reading of a large file at once.
func TestTrainFileStopsReading(t *testing.T) {
	slow(t)
	t.Parallel()
	file := writeOwnOf(t, 5)
	folder := filepath.Dir(file)
	table, err := os.Create(filepath.Join(folder, "rows.csv"))
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(ownTable(10_000), "\n")
	fmt.Fprintln(table, head)
	for range 200 {
		fmt.Fprint(table, rest)
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(folder, "run")
	c := process(t, "train", file, "--out", out)
	var said bytes.Buffer
	c.Stderr = &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	began := time.Now()
	c.Process.Signal(syscall.SIGINT)
	c.Wait()
	if took := time.Since(began); took > time.Second || c.ProcessState.ExitCode() != 130 {
		t.Errorf("exit code %d after %v: %s", c.ProcessState.ExitCode(), took, said.String())
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("there is a run folder: reading was over")
	}
}
