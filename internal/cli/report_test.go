package cli

import (
	"braid/internal/report"
	"braid/modelfile"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The verb writes what training wrote, byte for byte, and a report of other rows beside them.
func TestReportVerb(t *testing.T) {
	r := trainReported(t)
	path := filepath.Join(r.run, report.FileName)
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
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
	other := writeDatasetOf(t, 50)
	named := filepath.Join(t.TempDir(), "other.html")
	mustCall(t, "report", run, "--data", other, "--out", named)
	if fmt.Sprint(readPage(t, named).table("data", "parts")[0]) != "[train 50]" {
		t.Error("--data does not name other images")
	}
}

// A training that is interrupted writes the report of what there is.
func TestReportOfInterruptedRun(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	go interruptWhen(filepath.Join(run, "checkpoints", "epoch*"))
	code, _, errs := call("train", writeOwn(t), "--epochs", "100000", "--log", "none", "--out", run)
	if code != 130 || strings.Contains(errs, "no report") {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	p := readPage(t, filepath.Join(run, report.FileName))
	checkContains(t, p.sections["results"], "stopped after epoch", "of at most 100000. ",
		"was the best on validation")
	if len(p.table("results", "figures")) == 0 {
		t.Error("the report has no results")
	}
}

// A run that was stopped says so, and one that has no model yet.
func TestReportOfStoppedRun(t *testing.T) {
	r := trainReported(t)
	history := filepath.Join(r.run, historyName)
	lines := readCSV(t, history)
	writeRows(t, history, lines[:4])
	mustCall(t, "report", r.run)
	p := readPage(t, filepath.Join(r.run, report.FileName))
	checkContains(t, p.sections["results"], "stopped after epoch 3 of at most 9")
	for _, name := range []string{historyName, modelfile.FileName} {
		os.Remove(filepath.Join(r.run, name))
	}
	mustCall(t, "report", r.run)
	p = readPage(t, filepath.Join(r.run, report.FileName))
	checkContains(t, p.sections["results"], "There is no model yet")
	checkContains(t, p.sections["data"], "validation")
	checkContains(t, p.sections["settings"], "colour: category")
}
