package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ask answers one row of values by the names of columns.
func TestAskFile(t *testing.T) {
	run, _ := trainOwn(t)
	out, errs := mustCall(t, "ask", run, "size=30", "colour=blue", "note=blue thing, 3")
	lines := strings.Split(out, "\n")
	if errs != "" || len(lines) != 3 || !strings.HasPrefix(lines[0], "kind    large  ") ||
		!strings.Contains(lines[0], " %  ██") || !strings.HasPrefix(lines[1], "weight  ") {
		t.Errorf("%s%s", out, errs)
	}
	checkContains(t, lines[0], "then ", "small (", " %), warm (")
	out, _ = mustCall(t, "ask", run, "size=30000", "colour=a=b", "note=")
	checkContains(t, out, "Note: size \"30000\" is outside the range of training.",
		"Note: colour \"a=b\" is a value that training did not have, or rarely.")
	out, _ = mustCall(t, "ask", run, "note=zebra", "colour=")
	checkContains(t, out, "Note: no value is given for size.",
		"Note: note \"zebra\" has words that training did not have, or rarely.")
	out, _ = mustCall(t, "ask", run, "size=30", "colour=blue", "--json")
	var r reply
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil || strings.Count(out, "\n") != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	if r.Model != "own" || len(r.Version) != 12 || len(r.Heads) != 2 || len(r.Notes) != 1 {
		t.Errorf("%+v", r)
	}
	kind, weight := r.Heads[0], r.Heads[1]
	if kind.Head != "kind" || kind.Label != "large" || len(kind.Answers) != 3 || kind.Number != nil ||
		kind.Answers[0].Label != "large" || kind.Answers[0].Probability != kind.Probability {
		t.Errorf("%+v", kind)
	}
	if weight.Head != "weight" || weight.Number == nil || weight.Answers != nil ||
		*weight.Number < 5 || *weight.Number > 12 {
		t.Errorf("%+v", weight)
	}
	for want, args := range map[string][]string{
		`unknown column "sise", want one of "size", "colour", "note"; did you`: {run, "sise=3"},
		`"kind" is what the model predicts`:                                    {run, "kind=warm"},
		`"size" has two values`:                                                {run, "size=3", "size=4"},
		"got \"seven.png\", want COLUMN=VALUE, such as: braid ask size=":       {run, "seven.png"},
		"values are missing, want such as: braid ask size=":                    {run},
		`column "size": got "much"`:                                            {run, "size=much"},
	} {
		checkFails(t, want, append([]string{"ask"}, args...)...)
	}
	t.Chdir(t.TempDir())
	if err := os.Mkdir(runs, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(run, latestRun); err != nil {
		t.Fatal(err)
	}
	mustCall(t, "ask", "size=30", "colour=blue", "note=x") // of the latest run
	checkFails(t, "values are missing", "ask")
}

// The value of a picture is a file from the current folder, or standard input. Names of columns may
// have characters that names in a network have not.
func TestAskFilePicture(t *testing.T) {
	folder := t.TempDir()
	const rows = 60
	var table strings.Builder
	table.WriteString("photo=,km::h,50%20 off\n")
	for i := range rows {
		pixels := make([]uint8, 30)
		for p := range pixels {
			pixels[p] = uint8(i%2*200 + (i+p)%20)
		}
		name := string(rune('a'+i/26)) + string(rune('a'+i%26)) + ".png"
		writeFile(t, folder, name, encodePNG(t, pixels))
		table.WriteString(name + "," + words("dark bright")[i%2] + "," + words("1 5")[i%2] + "\n")
	}
	writeFile(t, folder, "rows.csv", []byte(table.String()))
	file := writeFile(t, folder, "own.yaml", []byte("data: rows.csv\ninputs:\n"+
		"  photo=: {type: image, size: 8}\nheads: {'km::h': category, "+
		"50%20 off: number}\ntrain: {epochs: 8}\n"))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	run := filepath.Join(t.TempDir(), "run")
	mustCall(t, "train", file, "--out", run, "--log", "none")
	t.Chdir(folder)
	writeFile(t, folder, "answers.csv", nil)
	mustCall(t, "predict", run, "--in", "rows.csv", "--out", "answers.csv")
	if columns, got := answersOf(t, "answers.csv"); len(got) != rows ||
		strings.Join(columns, ",") != "km::h,km::h_probability,50%20 off" || got[1][0] != "bright" {
		t.Errorf("%q %q", columns, got[:2])
	}
	out, _ := mustCall(t, "ask", run, "photo==ab.png")
	checkContains(t, out, "km::h      bright", "50%20 off  ")
	bright, err := os.Open("ab.png")
	if err != nil {
		t.Fatal(err)
	}
	defer bright.Close()
	if code, piped, errs := callWith(bright, "ask", run, "photo==-"); code != 0 || piped != out {
		t.Errorf("exit code %d: %s%s", code, piped, errs)
	}
	checkFails(t, `column "photo=": none.png: no such file`, "ask", run, "photo==none.png")
	checkFails(t, `column "photo="`, "ask", run, "photo==rows.csv")
	if s := evalOwn(t, run, "--data", "rows.csv"); s.Heads["km::h"].Known != rows {
		t.Errorf("%+v", s)
	}
}
