package cli

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"braid/internal/random"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dataset writes a small data set in MNIST's format: 300 training and 40 test images of 6x5, each
// with a bright row that tells the digit.
func writeDataset(t testing.TB) string {
	t.Helper()
	return datasetOf(t, 300)
}

// datasetOf is the same with so many training images.
func datasetOf(t testing.TB, train int) string {
	t.Helper()
	folder := t.TempDir()
	for name, rows := range map[string]int{"train": train, "t10k": 40} {
		draw := random.New(1, name)
		images := binary.BigEndian.AppendUint32([]byte{0, 0, 8, 3}, uint32(rows))
		images = append(images, 0, 0, 0, 6, 0, 0, 0, 5)
		labels := binary.BigEndian.AppendUint32([]byte{0, 0, 8, 1}, uint32(rows))
		for r := range rows {
			digit := draw.Bits(uint64(r)) % 10
			labels = append(labels, byte(digit))
			for p := range uint64(30) {
				v := byte(draw.Bits(uint64(r)<<8+p) % 40)
				if p/3 == digit {
					v += 200
				}
				images = append(images, v)
			}
		}
		var zipped bytes.Buffer
		w := gzip.NewWriter(&zipped)
		w.Write(images)
		w.Close()
		for file, content := range map[string][]byte{
			name + "-images-idx3-ubyte.gz": zipped.Bytes(), name + "-labels-idx1-ubyte": labels,
		} {
			if err := os.WriteFile(filepath.Join(folder, file), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return folder
}

// call runs the command as main does.
func call(args ...string) (code int, stdout, stderr string) { return callWith(nil, args...) }

// callWith runs it with something on standard input.
func callWith(in io.Reader, args ...string) (code int, stdout, stderr string) {
	if in == nil {
		in = strings.NewReader("")
	}
	var out, err bytes.Buffer
	code = Run(args, in, &out, &err)
	return code, out.String(), err.String()
}

func TestTrainEvalSummary(t *testing.T) {
	folder, run := writeDataset(t), filepath.Join(t.TempDir(), "run")
	code, out, errs := call("train", "--data", folder, "--epochs", "25", "--batch", "16", "--rate", "0.01", "--out", run)
	if code != 0 || errs != "" {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	for _, want := range []string{
		"300 training and 40 test images from " + folder, "both (Concatenate)     (batch, 38)", "19/19 - ",
		" - loss: ", " - digit_loss: ", " - answer_accuracy: ", " - val_answer_accuracy: ", "best", "last", "the run is in " + run,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the output does not say %q:\n%s", want, out)
		}
	}
	for _, file := range []string{"model.safetensors", "history.csv", "config.json", "curves.svg"} {
		if _, err := os.Stat(filepath.Join(run, file)); err != nil {
			t.Error(err)
		}
	}
	file, err := os.Open(filepath.Join(run, "history.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil || len(lines) != 26 {
		t.Fatalf("history has %d lines (%v), want 26", len(lines), err)
	}
	if got := strings.Join(lines[0], " "); !strings.HasPrefix(got, "epoch train_s eval_s loss digit_loss answer_loss digit_accuracy answer_accuracy val_loss") {
		t.Errorf("history's columns are %s", got)
	}

	code, out, errs = call("eval", run, "--data", folder, "--log", "json")
	var scores map[string]float64
	if err := json.Unmarshal([]byte(out), &scores); code != 0 || err != nil {
		t.Fatalf("exit code %d, %v: %s%s", code, err, out, errs)
	}
	last := map[string]string{}
	for i, name := range lines[0] {
		last[name] = lines[25][i]
	}
	for _, name := range []string{"loss", "digit_loss", "answer_loss", "digit_accuracy", "answer_accuracy"} {
		want, _ := json.Number(last["val_"+name]).Float64()
		if scores[name] != want {
			t.Errorf("eval's %s is %v, the last epoch's %v", name, scores[name], want)
		}
	}
	if both := scores["both_right"]; both < 0.3 || both > min(scores["digit_accuracy"], scores["answer_accuracy"]) {
		t.Errorf("both are right in %v of rows, digit in %v, answer in %v", both, scores["digit_accuracy"], scores["answer_accuracy"])
	}
	if code, out, _ = call("eval", filepath.Join(run, "model.safetensors"), "--data", folder); code != 0 || !strings.Contains(out, "both right") {
		t.Errorf("exit code %d: %s", code, out)
	}
	if code, out, _ = call("summary", run); code != 0 || !strings.Contains(out, "(batch, 6, 5)") {
		t.Errorf("exit code %d: %s", code, out)
	}
	if code, out, _ = call("summary"); code != 0 || !strings.Contains(out, "Total weights: 20,559") {
		t.Errorf("exit code %d: %s", code, out)
	}
}

// The same seed gives the same model file, whatever the number of workers and the log.
func TestSameSeedSameFile(t *testing.T) {
	folder := writeDataset(t)
	var first []byte
	for _, args := range [][]string{{"--workers", "1"}, {"--workers", "3", "--log", "none"}, {"--seed", "2"}} {
		run := filepath.Join(t.TempDir(), "run")
		if code, _, errs := call(append([]string{"train", "--data", folder, "--epochs", "2", "--out", run}, args...)...); code != 0 {
			t.Fatalf("exit code %d: %s", code, errs)
		}
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

// With --log json, standard output holds JSON lines alone; with none, nothing.
func TestLogs(t *testing.T) {
	t.Chdir(t.TempDir())
	folder := writeDataset(t)
	code, out, errs := call("train", "--data", folder, "--epochs", "2", "--log", "json", "--validate=false")
	if code != 0 || !strings.Contains(errs, "the run is in runs") {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines, want 2:\n%s", len(lines), out)
	}
	for i, line := range lines {
		var epoch map[string]float64
		if err := json.Unmarshal([]byte(line), &epoch); err != nil || epoch["epoch"] != float64(i+1) || epoch["train_s"] <= 0 {
			t.Errorf("line %d is %s (%v)", i, line, err)
		}
		if strings.Contains(line, `"val_`) {
			t.Errorf("line %d has validation figures: %s", i, line)
		}
	}
	if code, out, errs = call("train", "--data", folder, "--epochs", "1", "--log", "none"); code != 0 || out+errs != "" {
		t.Errorf("exit code %d: %q", code, out+errs)
	}
	if code, _, errs = call("summary", "runs/latest"); code != 0 {
		t.Errorf("runs/latest: %s", errs)
	}
	if runs, _ := os.ReadDir("runs"); len(runs) != 3 {
		t.Errorf("runs holds %v, want two runs and latest", runs)
	}
}

func TestMistakes(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "precious"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	folder := writeDataset(t)
	for want, args := range map[string][]string{
		"--epochs is 0, want 1 or more": {"train", "--epochs", "0"},
		"--batch is -1":                 {"train", "--batch", "-1"},
		"--workers is -1":               {"train", "--workers", "-1"},
		"--rate is NaN":                 {"train", "--rate", "NaN"},
		"--seed is 0":                   {"train", "--seed", "0"},
		`--log is "kears"`:              {"train", "--log", "kears"},
		`"digt", want one of "digit", "answer"; did you`: {"train", "--loss-weights", "digt=1"},
		`the weight of "digit" is "-1"`:                  {"train", "--loss-weights", "digit=-1"},
		`the weight of "answer" is "NaN"`:                {"train", "--loss-weights", "answer=NaN"},
		`names "digit" twice`:                            {"train", "--loss-weights", "digit=1,answer=1,digit=2"},
		"are all 0, want one above":                      {"train", "--loss-weights", "answer=0,digit=0"},
		`has "digit", want HEAD=WEIGHT`:                  {"train", "--loss-weights", "digit"},
		"unknown flag: --epoch":                          {"train", "--epoch", "3"},
		`unknown command "trian"`:                        {"trian"},
		"is not empty":                                   {"train", "--data", folder, "--out", full},
		"has no train-images-idx3-ubyte":                 {"train", "--data", full},
		"accepts 1 arg(s), received 0":                   {"eval"},
		"no model at":                                    {"eval", filepath.Join(full, "none")},
		"want a model file, or a run folder with":        {"summary", full},
		`--log is "xml", want text or json`:              {"eval", full, "--log", "xml"},
	} {
		code, out, errs := call(args...)
		if code != 1 || out != "" || !strings.Contains(errs, want) {
			t.Errorf("%v: exit code %d, output %q\ngot  %s\nwant %s", args, code, out, errs, want)
		}
	}
}

// A signal finishes the step, saves the run, tells how far it got, and shows in the exit code.
func TestInterrupt(t *testing.T) {
	folder, run := writeDataset(t), filepath.Join(t.TempDir(), "run")
	go func() {
		for range 200 { // until the run has begun
			time.Sleep(20 * time.Millisecond)
			if _, err := os.Stat(filepath.Join(run, "config.json")); err == nil {
				break
			}
		}
		time.Sleep(100 * time.Millisecond)
		syscall.Kill(os.Getpid(), syscall.SIGINT)
	}()
	code, out, errs := call("train", "--data", folder, "--epochs", "1000000", "--batch", "8", "--out", run)
	if code != 130 || !strings.Contains(errs, "stopped by signal: interrupt") || !strings.Contains(errs, "of 1000000 after step") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if !strings.Contains(out, "the run is in "+run) {
		t.Errorf("output ends %q", out[max(0, len(out)-200):])
	}
	if code, _, errs := call("eval", run, "--data", folder); code != 0 {
		t.Errorf("the saved model: %s", errs)
	}
}
