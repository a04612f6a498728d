package cli

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"braid/internal/profile"
)

// inspectJSON returns the report that inspect --json writes.
func inspectJSON(t *testing.T, wantCode int, args ...string) profile.Report {
	t.Helper()
	code, out, failed := call(append([]string{"inspect", "--json"}, args...)...)
	if code != wantCode {
		t.Fatalf("exit code %d, want %d: %s", code, wantCode, failed)
	}
	var r profile.Report
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return r
}

func TestInspect(t *testing.T) {
	path := shopRows(t)
	mustCall(t, "init", path, "--heads", "kind,price")
	out, _ := mustCall(t, "inspect", "shop.yaml")
	checkContains(t, out, "shop.yaml: 120 rows, 5 columns", "in training", "rows with a label",
		"weights; an epoch of", "train would start")
	r := inspectJSON(t, 0, "shop.yaml", "--set", "train.batch=16")
	if !r.Trains || r.Rows != 120 || r.Parts.Train+r.Parts.Validation+r.Parts.Test != 120 ||
		r.Network.Parameters == 0 || r.Network.Batch != 16 || r.Network.Seconds <= 0 {
		t.Errorf("got %+v, network %+v", r, r.Network)
	}
	uses := map[string]string{}
	for _, c := range r.Columns {
		uses[c.Column] = c.Use + " " + c.Type
	}
	for column, want := range map[string]string{"id": "ignored ", "size": "input number",
		"colour": "input category", "kind": "head binary", "price": "head number"} {
		if uses[column] != want {
			t.Errorf("%s: got %q, want %q", column, uses[column], want)
		}
	}
}

func TestInspectData(t *testing.T) {
	path := shopRows(t)
	out, _ := mustCall(t, "inspect", path)
	checkContains(t, out, "in/shop.csv: 120 rows, 5 columns", "an identifier: named so")
	if r := inspectJSON(t, 0, path); r.Trains || len(r.Columns) != 5 || r.Network != nil {
		t.Errorf("got %+v", r)
	}
}

// A data file is read as init reads it.
func TestInspectFormat(t *testing.T) {
	t.Chdir(t.TempDir())
	table := strings.Repeat("Z\xfcrich| 1, 5| a\nGen\xe8ve| 2, 7| b\n", 20)
	writeFile(t, ".", "places.txt", []byte("city|size|kind\n"+table))
	out, _ := mustCall(t, "inspect", "places.txt", "--delimiter", "|", "--encoding", "latin1")
	checkContains(t, out, "places.txt: 40 rows, 3 columns", "Zürich 20")
	checkFails(t, "want one character of ASCII", "inspect", "places.txt", "--delimiter", "||")
	checkFails(t, "want utf-8 or latin1", "inspect", "places.txt", "--encoding", "latin9")
	writeFile(t, ".", "places.yaml", []byte("data: places.txt\n"))
	checkFails(t, "--encoding is for data files, and places.yaml is an experiment file: write it "+
		"there, in data, or use --set data.encoding=VALUE", "inspect", "places.yaml",
		"--encoding", "latin1")
}

// TestInspectRefuses checks that inspect exits with 1 where train would refuse, and says why.
func TestInspectRefuses(t *testing.T) {
	path := shopRows(t)
	mustCall(t, "init", path, "--heads", "kind,price")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bad := strings.Replace(string(content), "\nK003,", "\nK003,x", 1)
	if err := os.WriteFile(path, []byte(bad), 0o666); err != nil {
		t.Fatal(err)
	}
	out := checkFails(t, "train would refuse shop.yaml", "inspect", "shop.yaml")
	checkContains(t, out, "size: 1 cell cannot be read", "in/shop.csv:5: got \"x",
		"train would refuse")
	r := inspectJSON(t, 1, "shop.yaml")
	if r.Trains || len(r.Findings) == 0 || r.Findings[0].Column != "size" ||
		r.Findings[0].Level != profile.Error || len(r.Findings[0].Places) != 1 {
		t.Errorf("got findings %+v", r.Findings)
	}
	checkFails(t, `unknown key "epoch"`, "inspect", "shop.yaml", "--set", "train.epoch=5")
	if r := inspectJSON(t, 1, "shop.yaml", "--set", "train.epoch=5"); len(r.Findings) != 1 {
		t.Errorf("got findings %+v", r.Findings)
	}
	checkFails(t, "--set changes an experiment file", "inspect", path, "--set", "train.epochs=5")
	checkFails(t, "none.yaml", "inspect", "none.yaml")
}

// Rows of validation and test that training has too are named, if the data say which part is which.
func TestInspectRepeated(t *testing.T) {
	path := shopRows(t)
	lines := strings.SplitAfter(content(t, path), "\n")
	header, first := lines[0], lines[1]
	first = strings.Replace(first, "K000", "K999", 1) // ids are no inputs
	writeFile(t, "in", "held.csv", []byte(header+strings.Join(lines[90:], "")))
	writeFile(t, "in", "test.csv", []byte(header+first+strings.Join(lines[2:4], "")+"K7,1.25,,a,3\n"))
	writeFile(t, "in", "shop.csv", []byte(strings.Join(lines[:90], "")))
	const rest = "inputs: {size: number, colour: category}\nheads: {kind: category}\n" +
		"ignore: [id, price]\n"
	writeFile(t, ".", "parts.yaml", []byte(
		"data: {train: in/shop.csv, validation: in/held.csv, test: in/test.csv}\n"+rest))
	out, _ := mustCall(t, "inspect", "parts.yaml")
	checkContains(t, out, "warning  3 rows of test with the inputs of a training row: what training",
		"\n           in/test.csv:2\n", "in/test.csv:4\n", "train would start")
	if strings.Contains(out, "rows of validation") {
		t.Error(out)
	}
	writeFile(t, ".", "parts.yaml", []byte("data: {train: in/shop.csv, test: in/held.csv}\n"+rest))
	if out, _ := mustCall(t, "inspect", "parts.yaml"); strings.Contains(out, "of a training row") {
		t.Error(out)
	}
}
