package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// evalOwn measures a model and returns what programs read.
func evalOwn(t testing.TB, args ...string) scoresJSON {
	t.Helper()
	out, errs := mustCall(t, append([]string{"eval", "--json"}, args...)...)
	var s scoresJSON
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil || strings.Count(out, "\n") != 1 || errs != "" {
		t.Fatalf("%v: %s%s", err, out, errs)
	}
	return s
}

// A run is measured on its test part, also by its model file, or on the rows of a file.
func TestEvalFile(t *testing.T) {
	run, folder := trainOwn(t)
	s := evalOwn(t, run)
	split, test := readCSV(t, filepath.Join(run, splitName)), 0
	for _, line := range split {
		if line[2] == "test" {
			test++
		}
	}
	kind, weight := s.Heads["kind"], s.Heads["weight"]
	if s.Part != "test" || s.Rows != test || len(s.Heads) != 2 || kind.Type != "category" ||
		weight.Type != "number" || kind.Known < 20 || kind.Known >= s.Rows || weight.Known >= s.Rows {
		t.Errorf("%d test rows in split.csv: %+v", test, s)
	}
	for name, heads := range map[string][2]headJSON{
		"accuracy": {kind, kind}, "macro_f1": {kind, kind},
		"mae": {weight, weight}, "rmse": {weight, weight}, "r2": {weight, weight},
	} {
		got, guess := heads[0].Metrics[name], heads[1].Guessing[name]
		if got == nil || guess == nil || *got == *guess {
			t.Errorf("%s is %v, guessing %v", name, got, guess)
		}
	}
	file := evalOwn(t, filepath.Join(run, "model.safetensors"))
	if *file.Heads["kind"].Metrics["accuracy"] != *kind.Metrics["accuracy"] || file.Rows != test {
		t.Errorf("the model file has %+v, the run %+v", file, s)
	}

	rows := filepath.Join(folder, "rows.csv")
	all := evalOwn(t, run, "--data", rows)
	if all.Part != "rows.csv" || all.Rows != ownRows {
		t.Errorf("%+v", all)
	}
	out, _ := mustCall(t, "eval", run, "--data", rows)
	checkContains(t, out, "own on 300 rows: rows.csv\n", "head     metric", "guessing   rows known",
		"accuracy ", "macro F1", "MAE")
	copied := filepath.Join(t.TempDir(), "copied.safetensors")
	content, err := os.ReadFile(filepath.Join(run, "model.safetensors"))
	if err == nil {
		err = os.WriteFile(copied, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if again := evalOwn(t, copied, "--data", rows); again.Rows != ownRows {
		t.Errorf("%+v", again)
	}
	checkFails(t, "is in no run folder, so that its data are not known: name rows", "eval", copied)

	// Rows that were added may move no others, but the run did not have them.
	writeFile(t, folder, "rows.csv", []byte(ownTable(ownRows)+"9999,3,red,thing,warm,7\n"))
	_, errs := mustCall(t, "eval", run)
	checkContains(t, errs, "is new: there were ", "the scores may be on rows that it was trained on")
}

// Labels may be missing, unknown to training, or a head's column absent; inputs may not.
func TestEvalFileLabels(t *testing.T) {
	run, _ := trainOwn(t)
	folder := t.TempDir()
	write := func(name, content string) string { return writeFile(t, folder, name, []byte(content)) }
	partly := write("partly.csv", "note,kind,size,colour\nx,,1,red\ny,warm,2,red\nz,odd,3,blue\n")
	s := evalOwn(t, run, "--data", partly)
	if kind := s.Heads["kind"]; s.Rows != 3 || kind.Known != 2 || *kind.Metrics["accuracy"] > 0.5 {
		t.Errorf("%+v", s)
	}
	if weight := s.Heads["weight"]; weight.Known != 0 || weight.Metrics["mae"] != nil {
		t.Errorf("a head without labels: %+v", weight)
	}
	out, _ := mustCall(t, "eval", run, "--data", partly)
	checkContains(t, out, "no label is known",
		"kind: 1 row has a label that training did not have: wrong")
	for want, content := range map[string]string{
		`"size" (did you mean "sizes"?), "colour" (did`: "sizes,colours,note,kind\n1,a,x,b\n",
		`rows.csv: the model reads the column "note", `: "size,colour,kind\n1,red,warm\n",
		"none.csv: no label is known in 1 row":          "size,colour,note\n1,red,x\n",
		`unknown column "kind"`:                         "size,colour,note\n1,red,x\n",
		`bad.csv:3: column "weight": got "heavy"`:       "size,colour,note,weight\n1,,,3\n2,,,heavy\n",
		`much.csv:2: column "size": got "much"`:         "size,colour,note,weight\nmuch,red,x,3\n",
		"rows.csv has no rows":                          "size,colour,note,weight\n",
		"no such file":                                  "",
	} {
		name := strings.Fields(want)[0]
		name, _, _ = strings.Cut(name, ":")
		if !strings.HasSuffix(name, ".csv") {
			name = "rows.csv"
		}
		path := filepath.Join(folder, "none")
		if content != "" {
			path = write(name, content)
		}
		if out := checkFails(t, want, "eval", run, "--data", path); out != "" {
			t.Errorf("output %q", out)
		}
	}
	if code, _, _ := call("eval", run, "--workers", "-1"); code != 2 {
		t.Errorf("--workers -1: exit code %d", code)
	}
}

// The files of --data and --in are read as those of the run: its delimiter, encoding, and words for
// a missing cell.
func TestFileOptionsOfRun(t *testing.T) {
	file := writeOwn(t)
	folder := filepath.Dir(file)
	latin := strings.ReplaceAll(ownTable(ownRows), "blue", "bl\xe4u")
	latin = strings.ReplaceAll(latin, ",warm,", ",-,")
	writeFile(t, folder, "rows.csv", []byte(strings.ReplaceAll(latin, ",", "~")))
	run := filepath.Join(t.TempDir(), "run")
	mustCall(t, "train", file, "--out", run, "--log", "none", "--set",
		`data={file: rows.csv, delimiter: "~", encoding: latin1, missing: ["-"]}`)
	rows := writeFile(t, t.TempDir(), "new.csv", []byte(
		"size~colour~note~kind\n30~bl\xe4u~x~large\n30~bl\xe4u~x~-\n"))
	if s := evalOwn(t, run, "--data", rows); s.Rows != 2 || s.Heads["kind"].Known != 1 {
		t.Errorf("%+v", s)
	}
	out, errs := mustCall(t, "predict", run, "--in", rows, "--keep=colour", "--format", "csv")
	checkContains(t, out, "bläu,")
	if strings.Contains(errs, "rare value") {
		t.Errorf("a colour that training had is unknown: %s", errs)
	}
}
