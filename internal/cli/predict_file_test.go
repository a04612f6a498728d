package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"braid/data"
	"braid/data/datafile"
)

// newRows are rows to answer, without labels: the second has an unknown colour and no size.
const newRows = "name,note,colour,size\na,x,red,3\n\"b, c\",y,pink,\nd,,blue,45\n"

// answersOf reads the rows of a file of answers.
func answersOf(t testing.TB, path string) (columns []string, rows [][]string) {
	t.Helper()
	s, err := datafile.Open(path, datafile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var r data.Record
	for {
		err := s.Read(&r)
		if err == io.EOF {
			return s.Columns(), rows
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, append([]string{}, r.Cells...))
	}
}

// The same rows in any format give the same answers in any format.
func TestPredictFileFormats(t *testing.T) {
	run, _ := trainOwn(t)
	folder := t.TempDir()
	in := writeFile(t, folder, "new.csv", []byte(newRows))
	columns, rows := answersOf(t, in)
	inputs := []string{in}
	for _, name := range words("new.tsv new.jsonl new.parquet new.csv.gz new.tsv.zst") {
		path := filepath.Join(folder, name)
		var fields []data.Field
		for _, c := range columns {
			fields = append(fields, data.Field{Name: c})
		}
		sink, err := datafile.Create(path, fields, datafile.Options{})
		for _, row := range rows {
			if err == nil {
				err = sink.Write(row)
			}
		}
		if err == nil {
			err = sink.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		inputs = append(inputs, path)
	}
	var want [][]string
	for i, in := range inputs {
		for _, name := range words("a.csv a.tsv.gz a.jsonl.zst a.parquet") {
			out := filepath.Join(folder, strconv.Itoa(i)+name)
			stdout, errs := mustCall(t, "predict", run, "--in", in, "--out", out, "--keep=name")
			if stdout != "" {
				t.Errorf("output %q", stdout)
			}
			checkContains(t, errs, "3 rows in ", "size    1 missing",
				"colour  1 with an unknown or rare value")
			columns, got := answersOf(t, out)
			if strings.Join(columns, " ") != "name kind kind_probability weight" || len(got) != 3 {
				t.Fatalf("%s: columns %q, %d rows", name, columns, len(got))
			}
			if want == nil {
				want = got
			}
			for row := range got {
				for c := range got[row] {
					if got[row][c] != want[row][c] {
						t.Errorf("%s from %s: row %d has %q, want %q", name, in, row, got[row], want[row])
					}
				}
			}
		}
	}
	if want[1][0] != "b, c" || want[0][1] != "warm" || want[2][1] != "large" {
		t.Errorf("%q", want)
	}
}

// predict writes the columns that it is asked for.
func TestPredictFileColumns(t *testing.T) {
	run, folder := trainOwn(t)
	in := writeFile(t, t.TempDir(), "new.csv", []byte(newRows))
	predict := func(args ...string) string {
		t.Helper()
		out, _ := mustCall(t, append([]string{"predict", run, "--in", in, "--log", "none"}, args...)...)
		return out
	}
	first := func(out string) string { return strings.SplitN(out, "\n", 2)[0] }
	for want, args := range map[string][]string{
		"name,note,colour,size,kind,kind_probability,weight": {"--keep", "--format", "csv"},
		"size,name,kind,kind_probability,weight":             {"--keep=size,name", "--format", "csv"},
		"kind\tkind_probability\tweight":                     {"--format", "tsv"},
		"kind,kind_probability,kind_p_large,kind_p_small,kind_p_warm,weight": {
			"--probabilities", "--format", "csv",
		},
	} {
		if got := first(predict(args...)); got != want {
			t.Errorf("%q: columns %s, want %s", args, got, want)
		}
	}
	var row map[string]any
	if err := json.Unmarshal([]byte(first(predict("--probabilities"))), &row); err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, class := range words("large small warm") {
		sum += row["kind_p_"+class].(float64)
	}
	if sum < 0.999 || sum > 1.001 || row["kind_probability"] != row["kind_p_"+row["kind"].(string)] {
		t.Errorf("%v", row)
	}
	// All columns are those that no head has, so that labels are not taken for answers.
	out, _ := mustCall(t, "predict", run, "--in", filepath.Join(folder, "rows.csv"), "--keep",
		"--format", "csv", "--log", "none")
	if got := first(out); got != "id,size,colour,note,kind,kind_probability,weight" {
		t.Errorf("columns %s", got)
	}
}

// What happens to rows that cannot be read, and to files that lack columns.
func TestPredictFileBad(t *testing.T) {
	run, folder := trainOwn(t)
	in := writeFile(t, folder, "new.csv", []byte(
		"note,colour,size\nx,red,3\ny,blue,much\nz,blue,45\n"))
	out := filepath.Join(folder, "out.csv")
	predict := []string{"predict", run, "--in", in, "--out", out}
	checkFails(t, `new.csv:3: column "size": got "much"`, predict...)
	if _, err := os.Stat(out); err == nil {
		t.Error("there is a file of answers")
	}
	_, errs := mustCall(t, append(predict, "--on-error", "skip")...)
	checkContains(t, errs, "2 rows in ", "1 row could not be answered:\n  ", "new.csv:3: ")
	if _, rows := answersOf(t, out); len(rows) != 2 {
		t.Errorf("%q", rows)
	}
	_, errs = mustCall(t, append(predict, "--on-error", "empty", "--log", "json")...)
	if _, rows := answersOf(t, out); len(rows) != 3 || strings.Join(rows[1], "") != "" {
		t.Errorf("%q", rows)
	}
	var sum summaryJSON
	if err := json.Unmarshal([]byte(errs), &sum); err != nil || sum.Rows != 2 || sum.Failed != 1 ||
		sum.Heads != nil || sum.Notes["size"].Rows != 2 {
		t.Errorf("%v: %s", err, errs)
	}
	rows := filepath.Join(folder, "rows.csv")
	lacking := writeFile(t, folder, "lacking.csv", []byte("note,color,sise\nx,red,3\n"))
	ragged := writeFile(t, folder, "ragged.csv", []byte("note,colour,size\nx,red,3\ny,blue\n"))
	const missing = `lacking.csv: the model reads the columns "size" (did you mean "sise"?), ` +
		`"colour" (did you mean "color"?), which are missing; there are "note", "color", "sise"`
	for want, args := range map[string][]string{
		missing:                               {run, "--in", lacking},
		"ragged.csv:3: ":                      {run, "--in", ragged, "--on-error", "skip"},
		"no such file":                        {run, "--in", filepath.Join(folder, "none.csv")},
		"--question: the model reads no qu":   {run, "--in", in, "--question", "odd number"},
		"--unknown: the model reads no ques":  {run, "--in", in, "--unknown", "drop"},
		"--labels is for IDX images":          {run, "--in", in, "--labels", in},
		`--on-error is "ignore"`:              {run, "--in", in, "--on-error", "ignore"},
		`--in-format is "xml"`:                {run, "--in", in, "--in-format", "xml"},
		`unknown column "nam"`:                {run, "--in", in, "--keep=nam"},
		"is a folder, want a file":            {run, "--in", in, "--out", folder},
		"is the file of --in":                 {run, "--in", in, "--out", in},
		"does not say which format to write":  {run, "--in", in, "--out", filepath.Join(folder, "a.xls")},
		"would have two columns \"weight\"":   {run, "--in", rows, "--keep=weight"},
		"is read from a file, want CSV, TSV ": {run, "--in", "-", "--in-format", "parquet"},
	} {
		checkFails(t, want, append([]string{"predict"}, args...)...)
	}
	checkFails(t, "--labels is for IDX images", "predict", run, "--in", folder, "--labels", in)
	checkFailsWith(t, strings.NewReader("{}"), "on a pipe are not known before its end", "predict",
		run, "--in", "-", "--keep")
	digits, _ := trainRun(t)
	checkFails(t, `new.csv: the model reads the columns "image", "question", which are missing`,
		"predict", digits, "--in", in)
}

// Rows come from standard input and from pipes, and answers go to pipes.
func TestPredictFilePipes(t *testing.T) {
	run, folder := trainOwn(t)
	lines := `{"size": 3, "colour": "red", "note": "x", "name": "a", "other": [1, 2]}` + "\n" +
		`{"note": "y"}` + "\n"
	var zipped bytes.Buffer
	path := filepath.Join(folder, "new.csv.gz")
	sink, err := datafile.Create(path, []data.Field{{Name: "size"}, {Name: "colour"}, {Name: "note"}},
		datafile.Options{})
	if err == nil {
		err = sink.Write([]string{"3", "red", "x"})
	}
	if err == nil {
		err = sink.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	zipped.Write(content)
	for _, c := range []struct {
		in   string
		args []string
		rows int
		want string
	}{
		{newRows, []string{"--keep=name"}, 3, `{"name": "a", "kind": "warm"`},
		{newRows, []string{"--in-format", "csv", "--keep"}, 3, `{"name": "a", "note": "x"`},
		{strings.ReplaceAll(newRows, ",", "\t"), []string{"--in-format", "tsv"}, 3, `"kind": "warm"`},
		{lines, []string{"--keep=name"}, 2, `{"name": "a", "kind": "warm"`},
		{zipped.String(), nil, 1, `"kind": "warm"`},
	} {
		args := append([]string{"predict", run, "--in", "-", "--log", "none"}, c.args...)
		code, out, errs := callWith(strings.NewReader(c.in), args...)
		if code != 0 || strings.Count(out, "\n") != c.rows || !strings.Contains(out, c.want) {
			t.Errorf("%q: exit code %d: %s%s", c.args, code, out, errs)
		}
	}
	checkFailsWith(t, strings.NewReader("note,colour,size\nx,red,much\n"),
		`standard input:2: column "size": got "much"`, "predict", run, "--in", "-")

	in := writeFile(t, folder, "new.csv", []byte(newRows))
	if info, err := os.Stat(os.DevNull); err == nil { // is not replaced by a file
		mustCall(t, "predict", run, "--in", in, "--out", os.DevNull)
		if now, err := os.Stat(os.DevNull); err != nil || now.Mode() != info.Mode() {
			t.Fatalf("%s is %v now", os.DevNull, now)
		}
	}
	answers, rows := makePipe(t, folder, "answers"), makePipe(t, folder, "pipe")
	read := make(chan string, 1)
	go func() {
		content, _ := os.ReadFile(answers)
		read <- string(content)
	}()
	go os.WriteFile(rows, []byte(newRows), 0)
	mustCall(t, "predict", run, "--in", rows, "--out", answers, "--format", "csv")
	if got := <-read; strings.Count(got, "\n") != 4 {
		t.Errorf("the pipe had %q", got)
	}
	link := filepath.Join(folder, "link.csv")
	if err := os.Symlink("target.csv", link); err != nil {
		t.Fatal(err)
	}
	mustCall(t, "predict", run, "--in", in, "--out", link)
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v (%v)", info, err)
	}
	if _, rows := answersOf(t, filepath.Join(folder, "target.csv")); len(rows) != 3 {
		t.Errorf("the link's target has %q", rows)
	}
}

// Scores are printed where labels are known: those that eval computes of the same rows.
func TestPredictFileScores(t *testing.T) {
	run, folder := trainOwn(t)
	rows := filepath.Join(folder, "rows.csv")
	_, errs := mustCall(t, "predict", run, "--in", rows, "--out", filepath.Join(folder, "a.csv"))
	checkContains(t, errs, "300 rows in ", "head     metric", "score   guessing   rows known")
	_, errs = mustCall(t, "predict", run, "--in", rows, "--out", filepath.Join(folder, "a.csv"),
		"--log", "json")
	var sum summaryJSON
	if err := json.Unmarshal([]byte(errs), &sum); err != nil {
		t.Fatalf("%v: %s", err, errs)
	}
	all := evalOwn(t, run, "--data", rows)
	for _, head := range words("kind weight") {
		got, want := sum.Heads[head], all.Heads[head]
		if got.Known != want.Known {
			t.Errorf("%s: %d labels, want %d", head, got.Known, want.Known)
		}
		for name, v := range want.Metrics {
			if g := got.Metrics[name]; g == nil || *g != *v {
				t.Errorf("%s: %s is %v, want %v", head, name, g, *v)
			}
		}
	}
	// A label that cannot be read is no reason not to answer.
	bad := writeFile(t, folder, "bad.csv", []byte(
		"size,colour,note,weight\n1,red,x,heavy\n2,red,y,3\n"))
	_, errs = mustCall(t, "predict", run, "--in", bad, "--out", filepath.Join(folder, "a.csv"))
	checkContains(t, errs, "2 rows in ", "1 label could not be read:\n"+
		"  "+bad+`:2: column "weight": got "heavy"`)
}

// A folder of pictures is a table too, also with a slash at its end.
func TestPredictFolder(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	folder := t.TempDir()
	for i := range 40 {
		pixels := make([]uint8, 30)
		for p := range pixels {
			pixels[p] = uint8(i%2*200 + (i+p)%20)
		}
		label := filepath.Join(folder, "pictures", words("dark bright")[i%2])
		if err := os.MkdirAll(label, 0o700); err != nil {
			t.Fatal(err)
		}
		writeFile(t, label, strconv.Itoa(i)+".png", encodePNG(t, pixels))
	}
	file := writeFile(t, folder, "own.yaml", []byte("data: pictures\ninputs: {image: {type: image, "+
		"size: 8}}\nheads: {label: category}\ntrain: {epochs: 2}\n"))
	run := filepath.Join(t.TempDir(), "run")
	mustCall(t, "train", file, "--out", run, "--log", "none")
	for _, in := range []string{filepath.Join(folder, "pictures"), folder + "/pictures/"} {
		out, errs := mustCall(t, "predict", run, "--in", in, "--keep", "--format", "csv")
		if strings.Count(out, "\n") != 41 || !strings.HasPrefix(out, "image,label,label_prob") {
			t.Errorf("%s%s", out, errs)
		}
		if s := evalOwn(t, run, "--data", in); s.Heads["label"].Known != 40 {
			t.Errorf("%+v", s)
		}
	}
}
