package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"braid/internal/atomicfile"
	"braid/internal/report"
	"braid/modelfile"
	"braid/train"
)

// The verb writes what training wrote, byte for byte, and a report of other rows beside them.
func TestReportVerb(t *testing.T) {
	r := trainReported(t)
	path := filepath.Join(r.run, report.FileName)
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	checkContains(t, readPage(t, path).sections[""], "Run run; begun "+
		time.Now().UTC().Format("2 January 2006, "), " UTC; data: rows.csv; written by braid ")
	checkContains(t, readPage(t, path).sections["data"], filepath.Join(r.folder, "rows.csv"))
	model := filepath.Join(r.run, modelfile.FileName)
	for _, args := range [][]string{{r.run}, {model, "--workers", "3"}} {
		os.Remove(path)
		if out, _ := mustCall(t, append([]string{"report"}, args...)...); out != path+"\n" {
			t.Errorf("the verb prints %q", out)
		}
		again, err := os.ReadFile(path)
		if err != nil || string(again) != string(first) {
			t.Errorf("%v: the report has other bytes: %v", args, err)
		}
	}
	other := filepath.Join(r.folder, "test.csv")
	mustCall(t, "report", r.run, "--data", other)
	checkContains(t, readPage(t, other+".html").sections[""], "rows of test.csv.")
	named := filepath.Join(r.folder, "named.html")
	mustCall(t, "report", r.run, "--data", other, "--out", named)
	same := readPage(t, named)
	if fmt.Sprint(same.table("results", "figures")) !=
		fmt.Sprint(readPage(t, path).table("results", "figures")) {
		t.Error("the rows of the test part have other results in a file of their own")
	}
	unlabeled := [][]string{{"size", "colour", "note"}, {"1", "red", "thing"}}
	writeRows(t, other, unlabeled)
	mustCall(t, "report", r.run, "--data", other, "--out", named)
	checkContains(t, readPage(t, named).sections["results"], "no label is known")
	checkContains(t, readPage(t, named).sections["head-1"], "No row of test.csv has a label")

	checkFails(t, "want a folder with config.json", "report", r.folder)
	writeRows(t, other, [][]string{{"size", "color"}, {"1", "red"}})
	checkFails(t, `"colour" (did you mean "color"?), "note"`, "report", r.run, "--data", other)
	writeRows(t, other, [][]string{{"size", "colour", "note", "weight"}, {"1", "red", "", "ten"}})
	checkFails(t, "test.csv:2", "report", r.run, "--data", other)
	writeFile(t, r.folder, "rows.csv", []byte("size,colour,note,kind,weight,ok,tags,part\n"+
		"1,red,x,a,1,yes,warm,train\n2,red,x,b,1,no,warm,validation\n3,red,x,b,1,no,warm,test\n"))
	checkFails(t, "bring the data back as they were, or name the rows", "report", r.run)
	os.Remove(filepath.Join(r.folder, "rows.csv"))
	checkFails(t, "name the rows to measure with --data FILE", "report", r.run)
}

// digitqa's runs have a report as others have. Its accuracies are those of braid eval.
func TestReportOfDigits(t *testing.T) {
	folder, run := writeDataset(t), filepath.Join(t.TempDir(), "run")
	mustCall(t, "train", "--epochs", "9", "--rate", "0.01", "--log", "none", "--data", folder, "--out",
		run)
	path := filepath.Join(run, report.FileName)
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(path)
	mustCall(t, "report", run)
	if again, err := os.ReadFile(path); err != nil || string(again) != string(first) {
		t.Errorf("the verb writes other bytes: %v", err)
	}
	out, _ := mustCall(t, "eval", run, "--data", folder, "--log", "json")
	var scores map[string]float64
	if err := json.Unmarshal([]byte(out), &scores); err != nil {
		t.Fatal(err)
	}
	p := readPage(t, path)
	checked := 0
	for _, row := range p.table("results", "figures") {
		if row[0] != "" {
			same(t, row[0], row[2], scores[row[0]+"_accuracy"])
			checked++
		}
	}
	if checked != 2 || !strings.Contains(string(first), `alt="image: test-images#`) {
		t.Errorf("%d heads, or no picture", checked)
	}
	parts := p.table("data", "parts")
	images := fmt.Sprintf("Measured on %s rows of the test part.", parts[1][1])
	if len(parts) != 2 || parts[1][0] != "test" || !strings.Contains(p.sections[""], images) {
		t.Errorf("the parts are %v, of %s", parts, p.sections[""])
	}
	checkContains(t, p.sections["data"], folder,
		"The curves of validation are those of the test images.")
	other := writeDatasetOf(t, 50)
	named := filepath.Join(t.TempDir(), "other.html")
	mustCall(t, "report", run, "--data", other, "--out", named)
	if fmt.Sprint(readPage(t, named).table("data", "parts")[0]) != "[train 50]" {
		t.Error("--data does not name other images")
	}
	for _, name := range []string{historyName, modelfile.FileName} { // as if it was killed
		os.Remove(filepath.Join(run, name))
	}
	mustCall(t, "report", run)
	killed := readPage(t, path)
	checkContains(t, killed.sections["results"], "ended after epoch 9 of at most 9 without saving")
	if want, got := p.table("results", "figures"), killed.table("results", "figures"); fmt.Sprint(
		want) != fmt.Sprint(got) {
		t.Errorf("of a killed run: %v, want %v", got, want)
	}
}

// A training that is interrupted writes the report of what there is: its model is that of the epoch
// whose figures braid runs shows.
func TestReportOfInterruptedRun(t *testing.T) {
	needSignals(t)
	run := filepath.Join(t.TempDir(), "run")
	go interruptWhen(filepath.Join(run, "checkpoints", "epoch00002*"))
	code, _, errs := call("train", writeOwn(t), "--epochs", "100000", "--log", "none", "--out", run)
	if code != 130 || strings.Contains(errs, "no report") || strings.Contains(errs, "last step") {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	p := readPage(t, filepath.Join(run, report.FileName))
	checkContains(t, p.sections["results"], "stopped after epoch", "of at most 100000. ",
		", the best on validation")
	if len(p.table("results", "figures")) == 0 {
		t.Error("the report has no results")
	}
	listed := listRun(run)
	checkContains(t, p.sections["results"], fmt.Sprintf("that of epoch %d of %d", listed.Kept,
		listed.Epochs))
	var models [2]*modelfile.File
	for i := range models {
		var err error
		if models[i], err = modelfile.Open(filepath.Join(run, modelfile.FileName)); err != nil {
			t.Fatal(err)
		}
	}
	err := train.LoadEpoch(filepath.Join(run, checkpointsName), listed.Kept, models[0].Model)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range models[0].Model.Weights() {
		if other := models[1].Model.Weights()[i]; !slices.Equal(w.Values(), other.Values()) {
			t.Errorf("%s is not that of epoch %d", w.Name(), listed.Kept)
		}
	}
}

// A run that was killed has a report with the weights of its best checkpoint. Without one, the
// report says that there is no model.
func TestReportOfKilledRun(t *testing.T) {
	r := trainReported(t)
	path := filepath.Join(r.run, report.FileName)
	whole := readPage(t, path)
	remove := func(names ...string) {
		for _, name := range names {
			if err := os.Remove(filepath.Join(r.run, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	remove(historyName, modelfile.FileName, report.FileName)
	mustCall(t, "report", r.run)
	p := readPage(t, path)
	checkContains(t, p.sections["results"], "ended after epoch 9 of at most 9 without saving ",
		"from its checkpoint. Go on with braid train --resume.")
	for _, table := range [][2]string{
		{"results", "figures"}, {"head-1", "confusion"}, {"inputs", "lost"},
	} {
		want, got := whole.table(table[0], table[1]), p.table(table[0], table[1])
		if len(want) == 0 || fmt.Sprint(want) != fmt.Sprint(got) {
			t.Errorf("%s is %v\nwant %v", table, got, want)
		}
	}
	named := filepath.Join(r.folder, "named.html")
	mustCall(t, "report", r.run, "--data", filepath.Join(r.folder, "test.csv"), "--out", named)
	if want, got := whole.table("results", "figures"), readPage(t, named).table("results",
		"figures"); fmt.Sprint(want) != fmt.Sprint(got) {
		t.Errorf("with other data: %v, want %v", got, want)
	}

	unlock, err := atomicfile.Lock(r.run)
	if err != nil {
		t.Fatal(err)
	}
	mustCall(t, "report", r.run)
	unlock()
	checkContains(t, readPage(t, path).sections["results"],
		"The run goes on: 9 of at most 9 epochs are done.")

	if err := os.RemoveAll(filepath.Join(r.run, checkpointsName)); err != nil {
		t.Fatal(err)
	}
	mustCall(t, "report", r.run)
	p = readPage(t, path)
	checkContains(t, p.sections["results"], "There is no model yet. No epoch was trained whole.")
	checkContains(t, p.sections["data"], "validation")
	checkContains(t, p.sections["settings"], "colour: category")
}

// Training whose figures on validation are never finite keeps its last epoch, and its output, the
// report and braid runs all say so. Here the validation rows are too large for the loss.
func TestUndecided(t *testing.T) {
	folder, run := t.TempDir(), filepath.Join(t.TempDir(), "run")
	for name, scale := range map[string]string{
		"train.csv": "", "validation.csv": "e38", "test.csv": "",
	} {
		var rows strings.Builder
		rows.WriteString("a,weight\n")
		for i := range 60 {
			fmt.Fprintf(&rows, "%d,%d.5%s\n", i*i%17, i%3, scale)
		}
		writeFile(t, folder, name, []byte(rows.String()))
	}
	file := writeFile(t, folder, "large.yaml", []byte("data: {train: train.csv, "+
		"validation: validation.csv, test: test.csv}\ninputs: {a: number}\n"+
		"heads: {weight: number}\ntrain: {epochs: 30, patience: 3}\n"))
	out, _ := mustCall(t, "train", file, "--out", run)
	checkContains(t, out, "kept: epoch 3 of 3, the last: no epoch has finite figures on validation",
		"ended: 3 epochs brought no improvement")
	checkContains(t, content(t, filepath.Join(run, "report.html")),
		"The model is that of epoch 3, the last: no epoch has finite figures on validation. "+
			"Training ended as 3 epochs brought no improvement.")
	list, _ := listRuns(t, run)
	if got := list["run"].State; got != doneRun {
		t.Errorf("the run is %s", got)
	}
}
