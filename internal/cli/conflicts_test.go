package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// train --conflicts writes how the heads' gradients agree, and the report shows it. A resumed run
// goes on with it.
func TestTrainConflicts(t *testing.T) {
	file := writeOwn(t)
	run := filepath.Join(t.TempDir(), "run")
	mustCall(t, "train", file, "--out", run, "--log", "none", "--conflicts", "--epochs", "2", "--set",
		"train.balance=upgrad")
	read := func(name string) string {
		t.Helper()
		content, err := os.ReadFile(filepath.Join(run, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	two := read("conflicts.csv")
	const header = "epoch,layer,head,other,cosine,head_norm,other_norm\n"
	if !strings.HasPrefix(two, header+"1,,kind,weight,") ||
		!strings.Contains(two, "\n2,,kind,weight,") {
		t.Errorf("conflicts.csv is\n%s", two)
	}
	checkContains(t, read("report.html"), "Conflicts of heads", "all shared weights")
	checkFails(t, "--conflicts is false, the run in", "train", "--resume", run, "--conflicts=false")
	mustCall(t, "train", "--resume", run, "--epochs", "3", "--log", "none")
	if three := read("conflicts.csv"); !strings.HasPrefix(three, two) ||
		!strings.Contains(three, "\n3,,kind,weight,") {
		t.Errorf("conflicts.csv is then\n%s", three)
	}
	mustCall(t, "report", run)
	checkContains(t, read("report.html"), "Conflicts of heads")

	alone := filepath.Join(t.TempDir(), "alone")
	checkFails(t, "--conflicts compares the gradients of the heads that are trained, want 2 or more: "+
		"the experiment has 1", "train", file, "--out", alone, "--conflicts", "--set",
		"heads.weight.measure=true")
	if _, err := os.Stat(alone); err == nil {
		t.Error("a mistake made a run folder")
	}
}
