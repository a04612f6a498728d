package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTrainEvalSummary(t *testing.T) {
	folder, run := writeDataset(t), filepath.Join(t.TempDir(), "run")
	train := words("train --epochs 25 --batch 16 --rate 0.01", "--data", folder, "--out", run)
	out, errs := mustCall(t, train...)
	if errs != "" {
		t.Fatal(errs)
	}
	checkContains(t, out,
		"300 training and 40 test images from "+folder,
		"both (Concatenate)     (batch, 38)",
		"19/19 - ",
		" - loss: ", " - digit_loss: ", " - answer_accuracy: ", " - val_answer_accuracy: ",
		"best", "last",
		"the run is in "+run,
	)
	for _, file := range []string{"model.safetensors", "history.csv", "config.json", "curves.svg"} {
		if _, err := os.Stat(filepath.Join(run, file)); err != nil {
			t.Error(err)
		}
	}
	lines := readCSV(t, filepath.Join(run, "history.csv"))
	if len(lines) != 26 {
		t.Fatalf("history has %d lines, want 26", len(lines))
	}
	const columns = "epoch train_s eval_s loss digit_loss answer_loss " +
		"digit_accuracy answer_accuracy val_loss"
	if got := strings.Join(lines[0], " "); !strings.HasPrefix(got, columns) {
		t.Errorf("history's columns are %s", got)
	}

	out, _ = mustCall(t, "eval", run, "--data", folder, "--log", "json")
	var scores map[string]float64
	if err := json.Unmarshal([]byte(out), &scores); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	last := map[string]string{}
	for i, name := range lines[0] {
		last[name] = lines[25][i]
	}
	for _, name := range words("loss digit_loss answer_loss digit_accuracy answer_accuracy") {
		want, _ := json.Number(last["val_"+name]).Float64()
		if scores[name] != want {
			t.Errorf("eval's %s is %v, the last epoch's %v", name, scores[name], want)
		}
	}
	digit, answer := scores["digit_accuracy"], scores["answer_accuracy"]
	if both := scores["both_right"]; both < 0.3 || both > min(digit, answer) {
		const format = "both are right in %v of rows, digit in %v, answer in %v"
		t.Errorf(format, both, digit, answer)
	}
	out, _ = mustCall(t, "eval", filepath.Join(run, "model.safetensors"), "--data", folder)
	checkContains(t, out, "both right")
	out, _ = mustCall(t, "summary", run)
	checkContains(t, out, "(batch, 6, 5)")
	out, _ = mustCall(t, "summary")
	checkContains(t, out, "Total weights: 20,559")
}

func readCSV(t testing.TB, path string) [][]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// The same seed gives the same model file with any number of workers and any log.
func TestSameSeedSameFile(t *testing.T) {
	folder := writeDataset(t)
	var first []byte
	for _, args := range [][]string{
		{"--workers", "1"},
		{"--workers", "3", "--log", "none"},
		{"--seed", "2"},
	} {
		run := filepath.Join(t.TempDir(), "run")
		train := words("train --epochs 2", "--data", folder, "--out", run)
		mustCall(t, append(train, args...)...)
		file, err := os.ReadFile(filepath.Join(run, "model.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = file
		}
		if same := bytes.Equal(file, first); same != (args[0] == "--workers") {
			t.Errorf("with %v the file is the same: %v", args, same)
		}
	}
}

// With --log json, standard output contains only JSON lines; with none, nothing.
func TestLogs(t *testing.T) {
	t.Chdir(t.TempDir())
	folder := writeDataset(t)
	train := words("train --epochs 2 --log json --validate=false", "--data", folder)
	out, errs := mustCall(t, train...)
	checkContains(t, errs, "the run is in runs")
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines, want 2:\n%s", len(lines), out)
	}
	for i, line := range lines {
		var epoch map[string]float64
		err := json.Unmarshal([]byte(line), &epoch)
		if err != nil || epoch["epoch"] != float64(i+1) || epoch["train_s"] <= 0 {
			t.Errorf("line %d is %s (%v)", i, line, err)
		}
		if strings.Contains(line, `"val_`) {
			t.Errorf("line %d has validation figures: %s", i, line)
		}
	}
	out, errs = mustCall(t, words("train --epochs 1 --log none", "--data", folder)...)
	if out+errs != "" {
		t.Errorf("with --log none: %q", out+errs)
	}
	mustCall(t, "summary", "runs/latest")
	if runs, _ := os.ReadDir("runs"); len(runs) != 3 {
		t.Errorf("runs contains %v, want two runs and latest", runs)
	}
}

func TestMistakes(t *testing.T) {
	full := t.TempDir()
	writeFile(t, full, "precious", nil)
	folder := writeDataset(t)
	for want, args := range map[string][]string{
		"--epochs is 0, want 1 or more": {"train", "--epochs", "0"},
		"--batch is -1":                 {"train", "--batch", "-1"},
		"--workers is -1":               {"train", "--workers", "-1"},
		"--rate is NaN":                 {"train", "--rate", "NaN"},
		"--rate is 0":                   {"train", "--rate", "0"},
		"--rate is +Inf":                {"train", "--rate", "Inf"},
		"--seed is 0":                   {"train", "--seed", "0"},
		`--log is "kears"`:              {"train", "--log", "kears"},
		`"digt", want one of "digit", "answer"; did you`: {"train", "--loss-weights", "digt=1"},
		`the weight of "digit" is "-1"`:                  {"train", "--loss-weights", "digit=-1"},
		`the weight of "answer" is "NaN"`:                {"train", "--loss-weights", "answer=NaN"},
		`names "digit" twice`: {
			"train", "--loss-weights", "digit=1,answer=1,digit=2",
		},
		"are all 0, want one above":               {"train", "--loss-weights", "answer=0,digit=0"},
		`has "digit", want HEAD=WEIGHT`:           {"train", "--loss-weights", "digit"},
		"unknown flag: --epoch":                   {"train", "--epoch", "3"},
		`unknown command "trian"`:                 {"trian"},
		"is not empty":                            {"train", "--data", folder, "--out", full},
		"has no train-images-idx3-ubyte":          {"train", "--data", full},
		"accepts 1 arg(s), received 0":            {"eval"},
		"no model at":                             {"eval", filepath.Join(full, "none")},
		"want a model file, or a run folder with": {"summary", full},
		`--log is "xml", want text or json`:       {"eval", full, "--log", "xml"},
	} {
		if out := checkFails(t, want, args...); out != "" {
			t.Errorf("%v: output %q", args, out)
		}
	}
}

// A signal finishes the step, saves the run, says how far it got, and sets the exit code.
func TestInterrupt(t *testing.T) {
	needSignals(t)
	folder, run := writeDataset(t), filepath.Join(t.TempDir(), "run")
	go func() {
		for range 200 { // until the run has begun
			time.Sleep(20 * time.Millisecond)
			if _, err := os.Stat(filepath.Join(run, "config.json")); err == nil {
				break
			}
		}
		time.Sleep(100 * time.Millisecond)
		signalSelf(syscall.SIGINT)
	}()
	train := words("train --epochs 1000000 --batch 8", "--data", folder, "--out", run)
	code, out, errs := call(train...)
	if code != 130 {
		t.Errorf("exit code %d", code)
	}
	checkContains(t, errs, "stopped by signal: interrupt", "of 1000000 after step")
	checkContains(t, out[max(0, len(out)-200):], "the run is in "+run)
	mustCall(t, "eval", run, "--data", folder)
}
