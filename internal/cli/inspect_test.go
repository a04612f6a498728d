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
