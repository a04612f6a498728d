package cli

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"braid/internal/atomicfile"
)

// listRuns returns what braid runs --json prints, by the name of the run, and the names in order.
func listRuns(t *testing.T, args ...string) (runs map[string]listedRun, names []string) {
	t.Helper()
	out, errs := mustCall(t, append([]string{"runs", "--json"}, args...)...)
	if errs != "" {
		t.Fatal(errs)
	}
	runs = map[string]listedRun{}
	for line := range strings.Lines(out) {
		var r listedRun
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&r); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		runs[r.Run], names = r, append(names, r.Run)
	}
	return runs, names
}

// begin sets when a run began.
func begin(t *testing.T, run, when string) {
	t.Helper()
	path := filepath.Join(run, configName)
	var c map[string]any
	if err := json.Unmarshal([]byte(content(t, path)), &c); err != nil {
		t.Fatal(err)
	}
	c["started"] = when
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, run, configName, text)
}

// Runs of all states are listed in the order in which they began, with the settings that differ
// among those of one experiment and the figures of the kept epoch.
func TestRuns(t *testing.T) {
	t.Chdir(t.TempDir())
	out, errs := mustCall(t, "runs")
	if out != "" || errs != "braid: there are no runs in runs; braid train makes one\n" {
		t.Errorf("without a folder: %s%s", out, errs)
	}
	file := writeOwn(t)
	train := func(name string, args ...string) {
		t.Helper()
		mustCall(t, append([]string{"train", "--log", "none", "--out", "runs/" + name}, args...)...)
	}
	mustCall(t, "train", "--log", "none", file) // which runs/latest links to
	own, err := os.Readlink("runs/latest")
	if err != nil {
		t.Fatal(err)
	}
	train("other", file, "--set", "inputs.note={type: text, width: 8}", "--seed", "2", "--epochs", "3")
	train("held", file)
	train("killed", file, "--keep", "4")
	train("patient", file, "--epochs", "400", "--set", "train.patience=3", "--rate", "0.1")
	train("digits", "digitqa", "--epochs", "2", "--data", writeDataset(t))
	train("torn", file)
	train("short", file, "--set", "inputs.note=", "--epochs", "2")
	begin(t, "runs/held", "2020-01-01T00:00:00Z")
	begin(t, "runs/digits", "2019-01-01T00:00:00Z")
	unlock, err := atomicfile.Lock("runs/held")
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	for _, gone := range []string{"model.safetensors", "history.csv"} {
		if err := os.Remove("runs/killed/" + gone); err != nil {
			t.Fatal(err)
		}
	}
	name := strings.Join([]string{"process 1", "since long ago"}, " on this machine ")
	writeFile(t, "runs/killed", atomicfile.LockName, []byte(name))
	if err := os.Truncate("runs/torn/model.safetensors", 100); err != nil {
		t.Fatal(err)
	}
	for folder, config := range map[string]string{"bare": "", "cut": "{", "none": "{}"} {
		if err := os.Mkdir("runs/"+folder, 0o777); err != nil {
			t.Fatal(err)
		}
		if config != "" {
			writeFile(t, "runs/"+folder, configName, []byte(config))
		}
	}
	writeFile(t, "runs", "notes.txt", nil)

	list, names := listRuns(t)
	if len(names) != 10 || slices.Contains(names, "bare") || names[0] != "digits" ||
		names[1] != "held" {
		t.Fatalf("got %q", names)
	}
	for run, want := range map[string]struct {
		state, experiment string
		epochs, planned   int
	}{
		own: {doneRun, "own", 6, 6}, "other": {doneRun, "own", 3, 3}, "held": {activeRun, "own", 6, 6},
		"killed": {stoppedRun, "own", 6, 6}, "digits": {doneRun, "digitqa", 2, 2},
		"patient": {doneRun, "own", list["patient"].Kept + 3, 400},
		"torn":    {brokenRun, "own", 0, 6}, "short": {doneRun, "own", 2, 2},
		"cut":  {brokenRun, "", 0, 0},
		"none": {brokenRun, "digitqa", 0, 0},
	} {
		got := list[run]
		if got.State != want.state || got.Experiment != want.experiment || got.Epochs != want.epochs ||
			got.Planned != want.planned || (got.Problem != "") != (want.state == brokenRun) ||
			(got.Holder != "") != (want.state == activeRun) || got.Path != filepath.Join("runs", run) {
			t.Errorf("%s: got %+v, want %+v", run, got, want)
		}
	}
	for key, want := range map[string][]string{ // of the runs own, other, patient and killed
		"inputs.note.width": {"", "8", "", ""}, "inputs.note.type": {"text", "text", "text", "text"},
		"train.seed": {"1", "2", "1", "1"}, "train.rate": {"0.004", "0.004", "0.1", "0.004"},
		"train.patience": {"1000", "1000", "3", "1000"}, "heads.kind.type": {"", "", "", ""},
	} {
		for i, run := range []string{own, "other", "patient", "killed"} {
			if got := list[run].Settings[key]; got != want[i] {
				t.Errorf("%s of %s is %q, want %q", key, run, got, want[i])
			}
		}
	}
	checkRunScores(t, list[own])
	checkRunScores(t, list["digits"])
	checkTestScores(t, list["patient"])
	for _, run := range []string{"killed", "digits", "torn"} {
		if got := list[run].Test; got != nil {
			t.Errorf("%s has scores on a test part: %v", run, got)
		}
	}

	for run, want := range map[string]bool{"short": true, "other": false} {
		value, ok := list[run].Settings["inputs.note"]
		if ok != want || value != "" {
			t.Errorf("%s: the setting inputs.note is %q, %v", run, value, ok)
		}
	}

	out, errs = mustCall(t, "runs")
	checkContains(t, out, "\nheld ", " running\n", "    config.json: ", "\nother ", " 3 of 3 ",
		"train.rate=0.1, train.patience=3", " %  ", ", inputs.note=\n")
	tables := strings.Split(out, "\n\n")
	if len(tables) != 3 || errs != "" || strings.Contains(out, "  +") {
		t.Errorf("%d tables, want those of digitqa, own, and the broken: %s%s", len(tables), out, errs)
	}
	checkContains(t, tables[0], " digit    answer\n", " kept  accuracy  accuracy  state\n")
	checkContains(t, tables[1], " kept  accuracy     test     MAE    test  state\n")
	checkContains(t, tables[2], "cut ", "broken")
	runs, err := readRuns("runs")
	if err != nil {
		t.Fatal(err)
	}
	var narrow strings.Builder
	if err := printRuns(&narrow, runs, 80); err != nil {
		t.Fatal(err)
	}
	checkContains(t, narrow.String(), " accuracy     test  state\n", "\nrun  ", " experiment ")
	var wide strings.Builder
	if err := printRuns(&wide, runs, 160); err != nil {
		t.Fatal(err)
	}
	checkContains(t, wide.String(), "\nrun                  began             experiment  rows ")
	for line := range strings.Lines(narrow.String()) {
		if n := utf8.RuneCountInString(line); n > 81 {
			t.Errorf("a line for 80 columns has %d characters: %s", n, line)
		}
	}
	if one, names := listRuns(t, "runs/other"); len(one) != 1 || names[0] != "other" {
		t.Errorf("a run's own folder lists %q", names)
	}
	checkFails(t, `did you mean "runs"?`, "runs", "rusn")
}

// checkRunScores compares the scores of a run with the line of the kept epoch in its history.
func checkRunScores(t *testing.T, r listedRun) {
	t.Helper()
	lines := readCSV(t, filepath.Join(r.Path, "history.csv"))
	if r.Kept < 1 || r.Kept >= len(lines) {
		t.Fatalf("%s: epoch %d is kept of %d", r.Run, r.Kept, len(lines)-1)
	}
	names := lines[0][slices.Index(lines[0], "loss"):]
	figures := lines[r.Kept][len(lines[0])-len(names):]
	if len(r.Scores) != len(names) {
		t.Errorf("%s has %d scores, want %q", r.Run, len(r.Scores), names)
	}
	for i, name := range names {
		want, err := strconv.ParseFloat(figures[i], 64)
		got := r.Scores[name]
		if err != nil || (got == nil) != math.IsNaN(want) || got != nil && *got != want {
			t.Errorf("%s: %s is %v, want %v (%v)", r.Run, name, got, want, err)
		}
	}
}

// checkTestScores compares the scores of a run on the test part with those of braid eval.
func checkTestScores(t *testing.T, r listedRun) {
	t.Helper()
	out, _ := mustCall(t, "eval", r.Path, "--json")
	var eval scoresJSON
	if err := json.Unmarshal([]byte(out), &eval); err != nil {
		t.Fatal(err)
	}
	want := 0
	for head, scores := range eval.Heads {
		for metric, v := range scores.Metrics {
			want++
			got := r.Test[head+"_"+metric]
			if (got == nil) != (v == nil) || got != nil && *got != *v {
				t.Errorf("%s: %s of %s is %v, eval says %v", r.Run, metric, head, got, v)
			}
		}
	}
	if len(r.Test) != want || want < 4 {
		t.Errorf("%s has %d scores on the test part, eval %d", r.Run, len(r.Test), want)
	}
}

// Scores of an earlier model, as a run has them that was resumed and stopped again, are not shown;
// other damage is the run's problem.
func TestRunsOldScores(t *testing.T) {
	run, _ := trainOwn(t)
	for old, change := range map[string]string{
		`"epochs":6`: `"epochs":5`, `"kept_epoch":6`: `"kept_epoch":4`,
		`"part":"test"`: `"part":"validation"`,
	} {
		scores := content(t, filepath.Join(run, scoresName))
		changed := strings.Replace(scores, old, change, 1)
		if changed == scores {
			t.Fatalf("no %s in %s", old, scores)
		}
		writeFile(t, run, scoresName, []byte(changed))
		list, _ := listRuns(t, run)
		if r := list["run"]; r.Test != nil || r.State != doneRun {
			t.Errorf("with %s: %s, %v", change, r.State, r.Test)
		}
		out, _ := mustCall(t, "runs", run)
		if strings.Contains(out, " test ") {
			t.Errorf("with %s: %s", change, out)
		}
		writeFile(t, run, scoresName, []byte(scores))
	}
	writeFile(t, run, scoresName, []byte("{"))
	list, _ := listRuns(t, run)
	if r := list["run"]; r.State != brokenRun || !strings.HasPrefix(r.Problem, "scores.json: ") {
		t.Errorf("with half a file: %s, %s", r.State, r.Problem)
	}
}
