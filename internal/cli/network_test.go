package cli

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"braid/data/mnist"
	"braid/digitqa"
	"braid/feature"
	"braid/modelfile"
	"braid/serve"
	"braid/vision"
)

// trainRecord trains the convolutional network on 110 images of 13x12.
func trainRecord(t *testing.T, args ...string) (run, folder, out string) {
	t.Helper()
	folder, run = writeImages(t, 120, 13, 12), filepath.Join(t.TempDir(), "run")
	train := words("train --network record --batch 12", "--data", folder, "--out", run)
	out, errs := mustCall(t, append(train, args...)...)
	if errs != "" {
		t.Fatal(errs)
	}
	return run, folder, out
}

// The convolutional network is trained, measured, asked and served like the default network. It
// holds out a twelfth of the training images, drops the last batch, and divides pixels by 255.
func TestRecord(t *testing.T) {
	run, folder, out := trainRecord(t, "--epochs", "5")
	checkContains(t, out,
		"110 training, 10 validation and 40 test images from "+folder, "pixels: divided by 255\n",
		"middle (Cropping2D)", "(batch, 9, 8, 1)", "9/9 - ", "val_answer_accuracy",
		"\nmeasure it on the test images with: braid eval "+run+"\n",
	)
	if lines := readCSV(t, filepath.Join(run, "history.csv")); len(lines) != 6 {
		t.Errorf("history has %d lines, want 6", len(lines))
	}
	f, err := modelfile.Open(run)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Features[0].Encoder.(*feature.DigitEncoder).Standard; got != digitqa.RecordStandard {
		t.Errorf("the pixels are standardized by %+v", got)
	}
	for _, want := range []string{
		`"drop_last":true`, `"kind":"piecewise_linear"`, `"average":{"momentum":0.995,`,
		`"augment":{"image":[{"kind":"affine"`, `"rows":110`,
	} {
		checkContains(t, string(f.Training), want)
	}
	config, err := os.ReadFile(filepath.Join(run, configName))
	if err != nil {
		t.Fatal(err)
	}
	checkContains(t, string(config), `"network": "record"`, `"validation": 10`, `"epochs": 5`,
		`"rate": 0.004`)

	images, err := mnist.Finder{Dir: folder}.FindTest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	table, err := digitqa.Table(images, digitqa.RecordStandard)
	if err != nil {
		t.Fatal(err)
	}
	want, err := digitqa.Measure(f.Model, table)
	if err != nil {
		t.Fatal(err)
	}
	if want.Digit < 0.8 {
		t.Errorf("the trained model has %+v", want)
	}
	out, _ = mustCall(t, "eval", run, "--data", folder, "--log", "json")
	var scores map[string]float64
	if err := json.Unmarshal([]byte(out), &scores); err != nil {
		t.Fatal(err)
	}
	if scores["digit_accuracy"] != want.Digit || scores["answer_accuracy"] != want.Answer ||
		scores["both_right"] != want.Both || scores["rows"] != 40 {
		t.Errorf("eval says %s, want %+v", out, want)
	}

	in := filepath.Join(folder, "t10k-images-idx3-ubyte.gz")
	labels := "digit=" + filepath.Join(folder, "t10k-labels-idx1-ubyte")
	out, _ = mustCall(t, "predict", run, "--in", in, "--question", "odd number", "--labels", labels)
	right := 0
	for i, l := range parseLines(t, out) {
		if int(l.Digit[0]-'0') == int(images.Labels.Uint8s()[i]) {
			right++
		}
	}
	if float64(right)/40 != want.Digit {
		t.Errorf("predict is right about %d of 40, want %v", right, want.Digit)
	}
	sameAnswers(t, run, images.Pixels.Uint8s()[:13*12])
}

// sameAnswers compares ask and serve for an image of 13x12.
func sameAnswers(t *testing.T, run string, pixels []uint8) {
	t.Helper()
	const scale = 20
	large := make([]uint8, len(pixels)*scale*scale)
	for i := range large {
		large[i] = pixels[i/(12*scale)/scale*12+i%(12*scale)/scale]
	}
	png, err := vision.PNG(large, 13*scale, 12*scale)
	if err != nil {
		t.Fatal(err)
	}
	path := writeFile(t, t.TempDir(), "image.png", png)
	out, _ := mustCall(t, "ask", run, path, "even number", "--json")
	type answers struct {
		Heads []struct{ Name, Label string }
	}
	var asked, served answers
	if err := json.Unmarshal([]byte(out), &asked); err != nil {
		t.Fatal(err)
	}
	s, err := serve.New(serve.Config{Models: []serve.ModelPath{{Name: "m", Path: run}}})
	if err != nil {
		t.Fatal(err)
	}
	content, err := json.Marshal(map[string]any{"image": png, "question": "even number"})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/ask", strings.NewReader(string(content)))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), &served); err != nil || w.Code != 200 {
		t.Fatalf("status %d: %s (%v)", w.Code, w.Body, err)
	}
	if len(asked.Heads) != 2 || len(served.Heads) != 2 {
		t.Fatalf("ask has %s, serve %s", out, w.Body)
	}
	for i, h := range asked.Heads {
		if served.Heads[i] != h || h.Label == "" {
			t.Errorf("ask says %+v, serve %+v", h, served.Heads[i])
		}
	}
}

// A run goes on from a checkpoint within an epoch, with other workers, to the same files. It keeps
// its network and its number of epochs.
func TestRecordResumes(t *testing.T) {
	args := words("--epochs 3 --checkpoint-every 1ns --keep 99 --workers 2")
	run, folder, _ := trainRecord(t, args...)
	want := outcome(t, run)
	files, err := filepath.Glob(filepath.Join(run, "checkpoints", "epoch*"))
	if err != nil {
		t.Fatal(err)
	}
	// The first step's checkpoint finds the disk idle: it is always written.
	if len(files) == 0 || filepath.Base(files[0]) != "epoch00000-step00000001.safetensors" {
		t.Fatalf("the checkpoints are %v", files)
	}
	for _, path := range append(files[1:], filepath.Join(run, modelfile.FileName)) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	resume := words("train --log none --resume", run, "--data", folder)
	for want, args := range map[string][]string{
		"--epochs is 5, the run in ":     {"--epochs", "5"},
		"the network record falls to 0 ": {"--epochs", "5"},
		"--network is book, the run in ": {"--network", "book"},
		"--batch is 64, the run in ":     {"--batch", "64"},
		"--rate is 0.5, the run in ":     {"--rate", "0.5"},
	} {
		checkFails(t, want, append(resume, args...)...)
	}
	_, errs := mustCall(t, append(resume, words("--workers 5 --epochs 3 --network record")...)...)
	checkContains(t, errs, "going on after 0 epochs and 1 of 9 steps")
	if outcome(t, run) != want {
		t.Error("the resumed run ends with other files")
	}
}

// A config.json without a network is one of the default network.
func TestOldConfig(t *testing.T) {
	folder, run := writeDataset(t), filepath.Join(t.TempDir(), "run")
	mustCall(t, words("train --epochs 1 --log none", "--data", folder, "--out", run)...)
	path := filepath.Join(run, configName)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	old := strings.Replace(string(content), "    \"network\": \"book\",\n", "", 1)
	if old == string(content) {
		t.Fatalf("no network in %s", content)
	}
	writeFile(t, run, configName, []byte(old))
	mustCall(t, words("train --epochs 2 --network book --log none --resume", run)...)
}

func TestNetworkMistakes(t *testing.T) {
	tiny := writeDataset(t)
	for want, args := range map[string][]string{
		`--network: unknown network "recrod", want one of "book", "record"; did you mean "record"?`: {
			"train", "--network", "recrod",
		},
		"the images are 6 x 5, the network record wants 12 x 12 pixels or more": {
			"train", "--network", "record", "--data", tiny,
		},
		"--epochs is 0, want 1 or more": {"train", "--network", "record", "--epochs", "0"},
		`unknown network "x"`:           {"summary", "--network", "x"},
		"--network and a model":         {"summary", tiny, "--network", "record"},
	} {
		checkFails(t, want, args...)
	}
	out, _ := mustCall(t, "summary", "--network", "record")
	checkContains(t, out, "Total weights: 151,308", "(batch, 24, 24, 1)")
}

// The defaults of --help are those of the networks' files.
func TestDefaultsInHelp(t *testing.T) {
	for _, n := range networks {
		e, err := n.declare()
		if err != nil {
			t.Fatal(err)
		}
		rate := digitqa.Rate(e.Train.Optimizer)
		if e.Train.Epochs != n.epochs || e.Train.Batch != n.batch || rate != n.rate {
			t.Errorf("%s: the file has %+v, --help %d, %d and %v", n.name, e.Train, n.epochs, n.batch,
				n.rate)
		}
	}
	out, _ := mustCall(t, "train", "--help")
	checkContains(t, out, "(default 20; record: 12)", "(default 64; record: 128)",
		"(default 0.001; record: 0.004)", "book (the book's), record (convolutions)")
}
