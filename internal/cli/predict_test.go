package cli

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"braid"
	"braid/digitqa"
	"braid/internal/batchpredict"
	"braid/layer"
	"braid/modelfile"
	"braid/predictor"
	"braid/tensor"
	"braid/vision"
)

// All ways to give the same rows give what the model itself says, and the scores that eval has.
func TestPredict(t *testing.T) {
	run, folder := trained(t)
	_, evaluated, _ := call("eval", run, "--data", folder, "--log", "json")
	var want struct {
		Digit  float64 `json:"digit_accuracy"`
		Answer float64 `json:"answer_accuracy"`
		Both   float64 `json:"both_right"`
	}
	if err := json.Unmarshal([]byte(evaluated), &want); err != nil || want.Both > 0.9 || want.Digit == want.Answer {
		t.Fatalf("%v: %s: want a model that makes mistakes, other ones with each head", err, evaluated)
	}
	m := manyRows(t, folder, 40)
	digits, answers := m.answers(t, run)
	dir := t.TempDir()
	images, labels := idxFile(m.pixels, 40, 6, 5), idxFile(m.labels, 40)
	var flat, nested strings.Builder
	for row := range m.rows() {
		fmt.Fprintln(&flat, m.jsonLine(row, false))
		fmt.Fprintf(&nested, "\r\n %s \r\n", m.jsonLine(row, true))
	}
	questions := put(t, dir, "questions", []byte(strings.Join(m.questions, "\r\n")))
	named := []string{"--questions", questions, "--labels", "digit=" + put(t, dir, "labels", labels)}
	for name, c := range map[string]struct {
		in    []byte
		stdin bool
		args  []string
	}{
		"IDX":                   {in: images, args: named},
		"IDX, packed":           {in: zip(images), args: []string{"--questions", put(t, dir, "q.gz", zip([]byte(strings.Join(m.questions, "\n")+"\n"))), "--labels", put(t, dir, "l=", zip(labels))}},
		"IDX, marked questions": {in: images, args: []string{"--questions", put(t, dir, "marked", []byte("\ufeff"+strings.Join(m.questions, "\n"))), "--labels", "digit=" + put(t, dir, "labels", labels)}},
		"IDX from a pipe":       {in: images, args: named, stdin: true},
		"JSON":                  {in: []byte(flat.String())},
		"JSON, nested, packed":  {in: zip([]byte("\ufeff" + nested.String()))},
		"JSON from a pipe":      {in: []byte(nested.String()), stdin: true},
	} {
		args := append([]string{"predict", run, "--probabilities", "--log", "json", "--in"}, put(t, dir, "in", c.in))
		var in io.Reader
		if c.stdin {
			args[len(args)-1], in = "-", bytes.NewReader(c.in)
		}
		code, out, errs := callWith(in, append(args, c.args...)...)
		if code != 0 {
			t.Errorf("%s: exit code %d: %s", name, code, errs)
			continue
		}
		list := parseLines(t, out)
		if len(list) != 40 {
			t.Fatalf("%s: %d rows", name, len(list))
		}
		for row, l := range list {
			d := digits[10*row:][:10]
			best := slices.Index(d, slices.Max(d))
			yes := answers[row]
			said := map[bool]string{true: "yes", false: "no"}[yes > 0.5]
			if l.Row != row || l.Digit != strconv.Itoa(best) || l.DigitProbability != d[best] ||
				l.Answer != said || l.AnswerProbability != max(yes, 1-yes) || l.Answers["yes"] != yes || l.Answers["no"] != 1-yes {
				t.Errorf("%s: row %d is %+v, want %v and %v", name, row, l, d, yes)
			}
			for i, p := range d {
				if l.Digits[strconv.Itoa(i)] != p {
					t.Errorf("%s: row %d: digit %d has %v, want %v", name, row, i, l.Digits[strconv.Itoa(i)], p)
				}
			}
		}
		var got struct {
			Rows       int
			Bad        int
			Digit      float64 `json:"digit_accuracy"`
			DigitRows  int     `json:"digit_rows"`
			Answer     float64 `json:"answer_accuracy"`
			AnswerRows int     `json:"answer_rows"`
			All        float64 `json:"all_right"`
			AllRows    int     `json:"all_right_rows"`
		}
		if err := json.Unmarshal([]byte(errs), &got); err != nil {
			t.Fatalf("%s: %v: %s", name, err, errs)
		}
		if got.Rows != 40 || got.Bad != 0 || got.Digit != want.Digit || got.Answer != want.Answer || got.All != want.Both ||
			got.DigitRows != 40 || got.AnswerRows != 40 || got.AllRows != 40 {
			t.Errorf("%s: scores are %s, eval's %s", name, errs, evaluated)
		}
	}
}

// What does not fit one block comes out as if it had, into a file too; and CSV says what JSON lines say.
func TestPredictBlocks(t *testing.T) {
	run, folder := trained(t)
	m := manyRows(t, folder, 2*batchpredict.PerBlock+37)
	dir := t.TempDir()
	images := put(t, dir, "images", idxFile(m.pixels, m.rows(), 6, 5))
	questions := put(t, dir, "questions", []byte(strings.Join(m.questions, "\n")))
	labels := put(t, dir, "labels", idxFile(m.labels, m.rows()))
	out := filepath.Join(dir, "out.CSV")
	code, said, errs := call("predict", run, "--in", images, "--questions", questions, "--labels", labels, "--out", out, "--probabilities", "--skip-bad")
	if code != 0 || said != "" || !strings.HasPrefix(errs, fmt.Sprintf("%d rows in ", m.rows())) || !strings.Contains(errs, "all right") {
		t.Fatalf("exit code %d: %s%s", code, said, errs)
	}
	file, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	table, err := csv.NewReader(file).ReadAll()
	if err != nil || len(table) != 1+m.rows() {
		t.Fatalf("%d lines: %v", len(table), err)
	}
	if got, want := strings.Join(table[0], " "), "row digit digit_probability digit_probability_0 digit_probability_1 digit_probability_2 digit_probability_3 "+
		"digit_probability_4 digit_probability_5 digit_probability_6 digit_probability_7 digit_probability_8 digit_probability_9 "+
		"answer answer_probability answer_probability_no answer_probability_yes error"; got != want {
		t.Errorf("columns are %s", got)
	}
	digits, answers := m.answers(t, run)
	for row, fields := range table[1:] {
		d := digits[10*row:][:10]
		best := slices.Index(d, slices.Max(d))
		want := []string{strconv.Itoa(row), strconv.Itoa(best), number(d[best])}
		for _, p := range d {
			want = append(want, number(p))
		}
		yes := answers[row]
		want = append(want, map[bool]string{true: "yes", false: "no"}[yes > 0.5], number(max(yes, 1-yes)), number(1-yes), number(yes), "")
		if !slices.Equal(fields, want) {
			t.Fatalf("row %d is  %v\nwant %v", row, fields, want)
		}
	}
	code, lines, errs := call("predict", run, "--in", images, "--questions", questions, "--log", "none")
	if list := parseLines(t, lines); code != 0 || errs != "" || len(list) != m.rows() || list[batchpredict.PerBlock].Digit != table[1+batchpredict.PerBlock][1] || list[m.rows()-1].Row != m.rows()-1 {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func number(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }

// Answers are compressed where the name says so, and are else the same; the name before .gz says what they are.
func TestPredictZipped(t *testing.T) {
	run, folder := trained(t)
	m := manyRows(t, folder, 7)
	dir := t.TempDir()
	in := put(t, dir, "images", idxFile(m.pixels, 7, 6, 5))
	for name, format := range map[string]string{"a.csv.gz": "csv", "a.CSV.GZ": "csv", "a.gz": "jsonl", "a.jsonl.gz": "jsonl"} {
		args := []string{"predict", run, "--in", in, "--question", "odd number"}
		_, want, _ := call(append(args, "--format", format)...)
		out := filepath.Join(dir, name)
		if code, _, errs := call(append(args, "--out", out)...); code != 0 {
			t.Fatal(errs)
		}
		file, err := os.Open(out)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		unzipped, err := gzip.NewReader(file)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(unzipped); err != nil || string(got) != want || want == "" {
			t.Errorf("%s holds (%v)\n%s\nwant\n%s", name, err, got, want)
		}
	}
}

// Rows that are compressed are read where zeros follow, or other members, as zcat reads them; other bytes are an
// error, so that no rows are lost without a word.
func TestPredictPadded(t *testing.T) {
	run, folder := trained(t)
	m := manyRows(t, folder, 7)
	lines := []byte(m.jsonLine(0, false) + "\n" + m.jsonLine(1, false) + "\n")
	zip := func(content []byte) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write(content)
		w.Close()
		return b.Bytes()
	}
	zeros := make([]byte, 600)
	for name, content := range map[string][]byte{"images": idxFile(m.pixels, 7, 6, 5), "lines": lines} {
		answers := func(file []byte) (int, string, string) {
			return call("predict", run, "--in", put(t, t.TempDir(), name, file), "--question", "odd number", "--log", "none")
		}
		_, want, _ := answers(content)
		for what, file := range map[string][]byte{
			"plain": zip(content), "zeros": append(zip(content), zeros...),
			"members": slices.Concat(zip(content[:9]), zip(nil), zeros, zip(content[9:]), zeros),
		} {
			if code, got, errs := answers(file); code != 0 || got != want || want == "" {
				t.Errorf("%s, %s: exit code %d: %s\n%s\nwant\n%s", name, what, code, errs, got, want)
			}
		}
		if code, _, errs := answers(append(zip(content), "junk"...)); code != 1 || !strings.Contains(errs, "other bytes follow the compressed data") {
			t.Errorf("%s, junk: exit code %d: %s", name, code, errs)
		}
	}
}

// What goes to a pipe and is compressed holds the rows before a bad one, too.
func TestPredictZippedPipe(t *testing.T) {
	run, folder := trained(t)
	m := manyRows(t, folder, 2)
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe.gz")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("skipped: no pipe can be made here: %v", err)
	}
	lines := put(t, dir, "lines", []byte(m.jsonLine(0, false)+"\n"+m.jsonLine(1, false)+"\n{}\n"))
	got := make(chan []byte, 1)
	go func() {
		content, _ := os.ReadFile(pipe)
		got <- content
	}()
	if code, _, errs := call("predict", run, "--in", lines, "--out", pipe); code != 1 || !strings.Contains(errs, "line 3") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(<-got))
	if err != nil {
		t.Fatal(err)
	}
	if content, err := io.ReadAll(unzipped); err != nil || strings.Count(string(content), "\n") != 2 {
		t.Errorf("the pipe holds %q (%v)", content, err)
	}
}

// A question for all that the model was not trained on is answered, with a note.
func TestPredictUntrained(t *testing.T) {
	run, folder := trained(t)
	m := manyRows(t, folder, 2)
	in := put(t, t.TempDir(), "images", idxFile(m.pixels, 2, 6, 5))
	const note = `"number odd" is none of the questions that the model was trained on: "lower half"`
	for _, c := range []struct {
		question, log string
		noted         bool
	}{{"number odd", "text", true}, {"number odd", "none", false}, {"number odd", "json", false}, {"odd number", "text", false}} {
		code, out, errs := call("predict", run, "--in", in, "--question", c.question, "--log", c.log)
		if code != 0 || strings.Count(out, "\n") != 2 || strings.Contains(errs, note) != c.noted {
			t.Errorf("%+v: exit code %d: %s%s", c, code, out, errs)
		}
	}
}

// One question is asked of all rows; in JSON lines, of those that have none of their own.
func TestPredictOneQuestion(t *testing.T) {
	run, folder := trained(t)
	m := manyRows(t, folder, 7)
	dir := t.TempDir()
	images := put(t, dir, "images", idxFile(m.pixels, 7, 6, 5))
	var lines strings.Builder
	for row := range m.rows() {
		var fields map[string]any
		json.Unmarshal([]byte(m.jsonLine(row, false)), &fields)
		m.questions[row] = "upper half"
		delete(fields, "question")
		if row%3 == 0 {
			m.questions[row] = "lower half"
			fields["question"] = []any{[]int{1, 3}, "Lower half."}[row/3%2]
		}
		line, _ := json.Marshal(fields)
		fmt.Fprintf(&lines, "%s\n", line)
	}
	rows := put(t, dir, "lines", []byte(lines.String()))
	compare := func(in string) {
		t.Helper()
		_, answers := m.answers(t, run)
		code, out, errs := call("predict", run, "--in", in, "--question", "Upper half!", "--log", "none", "--probabilities")
		if code != 0 {
			t.Fatalf("exit code %d: %s", code, errs)
		}
		for row, l := range parseLines(t, out) {
			if l.Answers["yes"] != answers[row] {
				t.Errorf("row %d says %v, want %v", row, l.Answers["yes"], answers[row])
			}
		}
	}
	compare(rows)
	for row := range m.questions {
		m.questions[row] = "upper half"
	}
	compare(images)
}

// True answers come from the rows; those that are not there follow from the rules; rows without count for
// nothing.
func TestPredictTruths(t *testing.T) {
	run, folder := trained(t)
	m := manyRows(t, folder, 9)
	digits, answers := m.answers(t, run)
	var lines strings.Builder
	var digit, answer, all batchpredict.Tally
	for row := range m.rows() {
		d := digits[10*row:][:10]
		said := slices.Index(d, slices.Max(d))
		yes := answers[row] > 0.5
		truths := ""
		switch row % 5 {
		case 0: // nothing is known
		case 1: // a wrong answer for each
			truths = fmt.Sprintf(`, "digit": %d, "answer": %v`, (said+1)%10, !yes)
			digit.Rows, answer.Rows, all.Rows = digit.Rows+1, answer.Rows+1, all.Rows+1
		case 2: // only the answer, right: nothing follows for the digit
			truths = fmt.Sprintf(`, "answer": %q, "digit": null`, map[bool]string{true: "yes", false: "no"}[yes])
			answer.Rows, answer.Right = answer.Rows+1, answer.Right+1
		case 3: // the digit, right, and the answer, wrong, whatever follows from the digit
			truths = fmt.Sprintf(`, "digit": "%d", "answer": %d`, said, map[bool]int{true: 0, false: 1}[yes])
			digit.Rows, digit.Right, answer.Rows, all.Rows = digit.Rows+1, digit.Right+1, answer.Rows+1, all.Rows+1
		case 4: // the digit alone: the answer follows
			truths = fmt.Sprintf(`, "digit": %d`, said)
			digit.Rows, digit.Right, answer.Rows, all.Rows = digit.Rows+1, digit.Right+1, answer.Rows+1, all.Rows+1
			if digitqa.Questions[row%4].True(int32(said)) == yes {
				answer.Right, all.Right = answer.Right+1, all.Right+1
			}
		}
		var fields map[string]any
		json.Unmarshal([]byte(m.jsonLine(row, false)), &fields)
		image, _ := json.Marshal(fields["image"])
		fmt.Fprintf(&lines, "{\"image\": %s, \"question\": %q%s}\n", image, m.questions[row], truths)
	}
	code, _, errs := callWith(strings.NewReader(lines.String()), "predict", run, "--in", "-", "--log", "json")
	got := map[string]float64{}
	if err := json.Unmarshal([]byte(errs), &got); err != nil || code != 0 {
		t.Fatalf("exit code %d: %v: %s", code, err, errs)
	}
	for name, want := range map[string]float64{
		"digit_rows": float64(digit.Rows), "digit_accuracy": digit.Share(), "answer_rows": float64(answer.Rows), "answer_accuracy": answer.Share(),
		"all_right_rows": float64(all.Rows), "all_right": all.Share(),
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
}

// Images in JSON lines may be PNG or JPEG, in base64 or a data URL: the answer is that of the pixels they give.
func TestPredictBase64(t *testing.T) {
	run, folder := trained(t)
	m := manyRows(t, folder, 4)
	model, err := predictor.Open(run)
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for row := range m.rows() {
		content := picture(t, m.pixels[30*row:][:30])
		seen, err := grey(content, &model.Inputs[0], mostDecoded)
		if err != nil {
			t.Fatal(err)
		}
		copy(m.pixels[30*row:], seen)
		coded := base64.StdEncoding.EncodeToString(content)
		if row%2 == 1 {
			coded = "data:image\\/png;base64," + coded
		}
		fmt.Fprintf(&lines, "{\"question\":%q,\"image\":\"%s\"}\n", m.questions[row], coded)
	}
	digits, _ := m.answers(t, run)
	code, out, errs := callWith(strings.NewReader(lines.String()), "predict", run, "--in", "-", "--probabilities")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	for row, l := range parseLines(t, out) {
		if want := digits[10*row+3]; l.Digits["3"] != want {
			t.Errorf("row %d: digit 3 has %v, want %v", row, l.Digits["3"], want)
		}
	}
}

// picture is a PNG of 6x5 pixels, each 20 wide and high.
func picture(t testing.TB, pixels []uint8) []byte {
	t.Helper()
	const scale = 20
	large := make([]uint8, len(pixels)*scale*scale)
	for i := range large {
		y, x := i/(5*scale), i%(5*scale)
		large[i] = pixels[y/scale*5+x/scale]
	}
	content, err := vision.PNG(large, 6*scale, 5*scale)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// other is a model of two inputs that are no images, and four heads, one of which gives numbers.
func other(t testing.TB) string {
	t.Helper()
	g := braid.NewGraph("other")
	sizes, ids := g.Input("sizes", tensor.Float32, 3), g.Input("ids", tensor.Int32, 2)
	both := g.Add("both", layer.Concatenate{}, sizes, g.Add("flat", layer.Flatten{}, g.Add("words", layer.Embedding{Vocabulary: 9, Width: 2}, ids)))
	g.Head("kind", layer.Dense{Units: 3, Activation: layer.Softmax}, both)
	g.Head("place", layer.Dense{Units: 2}, both)
	g.Head("price", layer.Dense{Units: 1}, both)
	g.Head("plain", layer.Dense{Units: 2, Activation: layer.Softmax}, both)
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "other.safetensors")
	f := &modelfile.File{Model: m, Labels: []modelfile.Labels{{Head: "kind", Labels: []string{"a", "b, \"c\"", "ü"}}}}
	if err := modelfile.Save(path, f); err != nil {
		t.Fatal(err)
	}
	return path
}

// A model of other inputs and heads is answered from JSON lines, by what its inputs and heads are.
func TestPredictOtherModel(t *testing.T) {
	path := other(t)
	in := "{\"sizes\": [0.5, -2e3, 7], \"ids\": [8, 0], \"kind\": 1}\n{\"ids\": [[3, 1]], \"sizes\": [1, 2, 3]}\n"
	if code, _, errs := callWith(strings.NewReader(in), "predict", path, "--in", "-"); code != 1 || !strings.Contains(errs, "line 2: \"ids\": its arrays are nested otherwise") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	in = strings.ReplaceAll(strings.ReplaceAll(in, "[[", "["), "]]", "]")
	code, out, errs := callWith(strings.NewReader(in), "predict", path, "--in", "-")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	m, err := modelfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := m.Model.Predict(braid.Tensors{
		"sizes": tensor.Floats([]float32{0.5, -2e3, 7, 1, 2, 3}, 2, 3), "ids": tensor.Ints([]int32{8, 0, 3, 1}, 2, 2),
	})
	if err != nil {
		t.Fatal(err)
	}
	row := 0
	for text := range strings.Lines(out) {
		var l struct {
			Kind, Plain string
			Place       [2]float32
			Price       [1]float32
		}
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		kinds := want["kind"].Float32s()[3*row:][:3]
		plain := want["plain"].Float32s()[2*row:][:2]
		if l.Kind != []string{"a", "b, \"c\"", "ü"}[slices.Index(kinds, slices.Max(kinds))] || l.Place != [2]float32(want["place"].Float32s()[2*row:]) ||
			l.Price[0] != want["price"].Float32s()[row] || l.Plain != strconv.Itoa(slices.Index(plain, slices.Max(plain))) {
			t.Errorf("row %d is %s", row, text)
		}
		row++
	}
	_, out, _ = callWith(strings.NewReader(in), "predict", path, "--in", "-", "--format", "csv", "--probabilities")
	table, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(table) != 3 || !slices.Equal(table[0], []string{
		"row", "kind", "kind_probability", "kind_probability_a", "kind_probability_b, \"c\"", "kind_probability_ü",
		"place_0", "place_1", "price", "plain", "plain_probability", "plain_probability_0", "plain_probability_1",
	}) || table[2][7] != number(want["place"].Float32s()[3]) {
		t.Errorf("%v: %q", err, table)
	}
	for in, want := range map[string]string{
		`{"sizes": [1, 2, 1e39], "ids": [1, 1]}`:                    "number 2 is 1e39, want a finite float32",
		`{"sizes": [1, 2], "ids": [1, 1]}`:                          "got 2 numbers, want 3",
		`{"sizes": [1, 2, 3], "ids": [1, 1], "price": 3}`:           `"price": the head gives numbers`,
		`{"sizes": [1, 2, 3]}`:                                      `"ids" is missing, want 2 ids`,
		string(idxFile(make([]byte, 30), 1, 6, 5)):                  `its inputs are "sizes" (3 numbers), "ids" (2 ids); JSON lines can hold them`,
		`{"sizes": "iVBORw0KGgo", "ids": [1, 1]}`:                   `"sizes": got "iVBORw0KGgo", want 3 numbers`,
		`{"sizes": [1, 2, 3], "ids": [1, 1], "kind": "b, \"d\""}`:   `unknown answer "b, \"d\""`,
		`{"sizes": [1, 2, 3], "ids": "odd number", "kind": "ü"}   `: `"ids": got "odd number", want 2 numbers`,
	} {
		if code, _, errs := callWith(strings.NewReader(in), "predict", path, "--in", "-"); code != 1 || !strings.Contains(errs, want) {
			t.Errorf("%q: exit code %d\ngot  %s\nwant %s", in, code, errs, want)
		}
	}
	if code, _, errs := callWith(strings.NewReader(in), "predict", path, "--in", "-", "--question", "odd number"); code != 1 || !strings.Contains(errs, "--question: the model takes no text") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// endless gives IDX images without keeping them, and looks at the heap as they are read.
type endless struct {
	header []byte
	left   int
	most   uint64
	reads  int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.reads++; e.reads%64 == 0 {
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		e.most = max(e.most, now.HeapAlloc)
	}
	if len(e.header) > 0 {
		n := copy(p, e.header)
		e.header = e.header[n:]
		return n, nil
	}
	n := min(len(p), e.left)
	for i := range p[:n] {
		p[i] = uint8((e.left - i) * 7)
	}
	if e.left -= n; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// counting counts lines and forgets them.
type counting struct{ lines int }

func (c *counting) Write(p []byte) (int, error) {
	c.lines += bytes.Count(p, []byte("\n"))
	return len(p), nil
}

// However many rows there are, the memory is the same.
func TestPredictConstantMemory(t *testing.T) {
	run, _ := trained(t)
	const rows, most = 300_000, 6 << 20 // bytes of heap more than before; the rows have 9 MB, the answers 27
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	in := &endless{header: idxFile(nil, rows, 6, 5), left: 30 * rows}
	var out counting
	var errs bytes.Buffer
	if code := Run([]string{"predict", run, "--in", "-", "--question", "odd number"}, in, &out, &errs); code != 0 || out.lines != rows {
		t.Fatalf("exit code %d, %d lines: %s", code, out.lines, errs.String())
	}
	t.Logf("%sthe heap grew from %d to %d bytes", errs.String(), before.HeapAlloc, in.most)
	if in.reads < 100 || in.most > before.HeapAlloc+most {
		t.Errorf("the heap grew from %d to %d bytes over %d reads", before.HeapAlloc, in.most, in.reads)
	}
}

func TestScorePrint(t *testing.T) {
	s := &batchpredict.Score{
		Rows: 1200, Bad: 3,
		Heads: []batchpredict.HeadScore{{Name: "digit", Tally: batchpredict.Tally{Rows: 800, Right: 700}}, {Name: "answer"}},
	}
	var b bytes.Buffer
	printScore(&b, s, 2*time.Second)
	want := "1200 rows in 2.0 s, 600 a second; 3 could not be answered\n\n" +
		"        head   accuracy   rows known\n       digit    87.50 %          800\n      answer                       0\n   all right                       0\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	b.Reset()
	printScoreJSON(&b, s, 2*time.Second)
	if got, want := b.String(), `{"rows":1200,"bad":3,"seconds":2.000,"digit_accuracy":0.875,"digit_rows":800}`+"\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
