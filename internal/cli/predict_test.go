package cli

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"braid"
	"braid/digitqa"
	"braid/infer"
	"braid/layer"
	"braid/modelfile"
	"braid/tensor"
	"braid/text"
	"braid/vision"
)

// trained is a run on the small data set, not so good that it makes no mistakes, and the set's folder.
func trained(t testing.TB) (run, folder string) {
	t.Helper()
	folder, run = dataset(t), filepath.Join(t.TempDir(), "run")
	if code, _, errs := call("train", "--data", folder, "--epochs", "6", "--batch", "16", "--rate", "0.01", "--log", "none", "--out", run); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	return run, folder
}

// many are rows of the test images, as many as wanted: those of the set again and again, each time others first.
type many struct {
	pixels    []uint8 // [rows, 6, 5]
	labels    []uint8
	questions []string
}

func manyRows(t testing.TB, folder string, rows int) *many {
	t.Helper()
	images, err := digitqa.Finder{Dir: folder}.FindTest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m := &many{}
	have := images.Pixels.Shape()[0]
	for row := range rows {
		i := (row + row/have) % have
		m.pixels = append(m.pixels, images.Pixels.Uint8s()[30*i:][:30]...)
		m.labels = append(m.labels, images.Labels.Uint8s()[i])
		m.questions = append(m.questions, digitqa.Questions[row%4].Text)
	}
	return m
}

func (m *many) rows() int { return len(m.labels) }

// idxFile is an IDX file of bytes.
func idxFile(content []byte, axes ...int) []byte {
	file := []byte{0, 0, 8, byte(len(axes))}
	for _, n := range axes {
		file = binary.BigEndian.AppendUint32(file, uint32(n))
	}
	return append(file, content...)
}

func zip(content []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(content)
	w.Close()
	return b.Bytes()
}

// put writes a file into a folder, and gives its path.
func put(t testing.TB, folder, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// jsonLine is a row as a person would write it.
func (m *many) jsonLine(row int, nested bool) string {
	var image any
	pixels := m.pixels[30*row:][:30]
	if nested {
		var grid [][]int
		for y := range 6 {
			var line []int
			for _, v := range pixels[5*y:][:5] {
				line = append(line, int(v))
			}
			grid = append(grid, line)
		}
		image = grid
	} else {
		var list []int
		for _, v := range pixels {
			list = append(list, int(v))
		}
		image = list
	}
	line, _ := json.Marshal(map[string]any{"image": image, "question": m.questions[row], "digit": strconv.Itoa(int(m.labels[row]))})
	return string(line)
}

// answers is what the model itself says of rows.
func (m *many) answers(t testing.TB, run string) (digits, answers []float32) {
	t.Helper()
	f, err := modelfile.Open(run)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]float32, len(m.pixels))
	f.Inputs[0].Pixels.Floats(values, m.pixels)
	padded, err := text.PadSequences(f.Inputs[1].Text.Tokenizer.TextsToSequences(m.questions), f.Inputs[1].Text.Padding)
	if err != nil {
		t.Fatal(err)
	}
	out, err := f.Model.Predict(braid.Tensors{
		"image": tensor.Floats(values, m.rows(), 6, 5), "question": tensor.Ints(slices.Concat(padded...), m.rows(), 2),
	})
	if err != nil {
		t.Fatal(err)
	}
	return out["digit"].Float32s(), out["answer"].Float32s()
}

// line is a row of the output.
type line struct {
	Row               int
	Digit             string
	DigitProbability  float32            `json:"digit_probability"`
	Digits            map[string]float32 `json:"digit_probabilities"`
	Answer            string
	AnswerProbability float32            `json:"answer_probability"`
	Answers           map[string]float32 `json:"answer_probabilities"`
	Error             string
}

func parseLines(t testing.TB, output string) []line {
	t.Helper()
	var list []line
	for text := range strings.Lines(output) {
		var l line
		d := json.NewDecoder(strings.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&l); err != nil || !strings.HasSuffix(text, "}\n") {
			t.Fatalf("%q: %v", text, err)
		}
		list = append(list, l)
	}
	return list
}

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
		"IDX":                  {in: images, args: named},
		"IDX, packed":          {in: zip(images), args: []string{"--questions", put(t, dir, "q.gz", zip([]byte(strings.Join(m.questions, "\n")+"\n"))), "--labels", put(t, dir, "l=", zip(labels))}},
		"IDX from a pipe":      {in: images, args: named, stdin: true},
		"JSON":                 {in: []byte(flat.String())},
		"JSON, nested, packed": {in: zip([]byte("\ufeff" + nested.String()))},
		"JSON from a pipe":     {in: []byte(nested.String()), stdin: true},
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
	m := manyRows(t, folder, 2*blockRows+37)
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
	if list := parseLines(t, lines); code != 0 || errs != "" || len(list) != m.rows() || list[blockRows].Digit != table[1+blockRows][1] || list[m.rows()-1].Row != m.rows()-1 {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func number(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }

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
	var digit, answer, all tally
	for row := range m.rows() {
		d := digits[10*row:][:10]
		said := slices.Index(d, slices.Max(d))
		yes := answers[row] > 0.5
		truths := ""
		switch row % 5 {
		case 0: // nothing is known
		case 1: // a wrong answer for each
			truths = fmt.Sprintf(`, "digit": %d, "answer": %v`, (said+1)%10, !yes)
			digit.rows, answer.rows, all.rows = digit.rows+1, answer.rows+1, all.rows+1
		case 2: // only the answer, right: nothing follows for the digit
			truths = fmt.Sprintf(`, "answer": %q, "digit": null`, map[bool]string{true: "yes", false: "no"}[yes])
			answer.rows, answer.right = answer.rows+1, answer.right+1
		case 3: // the digit, right, and the answer, wrong, whatever follows from the digit
			truths = fmt.Sprintf(`, "digit": "%d", "answer": %d`, said, map[bool]int{true: 0, false: 1}[yes])
			digit.rows, digit.right, answer.rows, all.rows = digit.rows+1, digit.right+1, answer.rows+1, all.rows+1
		case 4: // the digit alone: the answer follows
			truths = fmt.Sprintf(`, "digit": %d`, said)
			digit.rows, digit.right, answer.rows, all.rows = digit.rows+1, digit.right+1, answer.rows+1, all.rows+1
			if digitqa.Questions[row%4].True(int32(said)) == yes {
				answer.right, all.right = answer.right+1, all.right+1
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
		"digit_rows": float64(digit.rows), "digit_accuracy": digit.share(), "answer_rows": float64(answer.rows), "answer_accuracy": answer.share(),
		"all_right_rows": float64(all.rows), "all_right": all.share(),
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
	model, err := infer.Open(run)
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for row := range m.rows() {
		content := picture(t, m.pixels[30*row:][:30])
		seen, err := grey(content, &model.Inputs[0], rowDecoded)
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

// Rows that cannot be answered: by default all before the first are answered; with --skip-bad all but they.
func TestPredictBadRows(t *testing.T) {
	run, folder := trained(t)
	m := manyRows(t, folder, blockRows+30)
	bad := map[int]string{
		blockRows + 2: `{"image": [1, 2], "question": "odd number", "digit": 1}`, blockRows + 7: `{"question": "odd number"}`,
		blockRows + 20: "{", blockRows + 21: `{"question": "blue, number", "digit": 3, "image": ` + strings.Repeat("[", 10000),
	}
	var lines strings.Builder
	for row := range m.rows() {
		if text, ok := bad[row]; ok {
			fmt.Fprintln(&lines, text)
			continue
		}
		fmt.Fprintln(&lines, m.jsonLine(row, row%2 == 0))
	}
	dir := t.TempDir()
	in, out := put(t, dir, "in.jsonl", []byte(lines.String())), put(t, dir, "out.jsonl", []byte("old"))
	wrong := fmt.Sprintf("%s: line %d: \"image\": got 2 numbers, want 30 (6 x 5) (--skip-bad goes on after such rows)", in, blockRows+3)
	code, said, errs := call("predict", run, "--in", in)
	if list := parseLines(t, said); code != 1 || !strings.Contains(errs, wrong) || len(list) != blockRows+2 {
		t.Errorf("exit code %d, %d rows: %s", code, len(list), errs)
	}
	code, said, errs = call("predict", run, "--in", in, "--out", out)
	if content, err := os.ReadFile(out); code != 1 || said != "" || !strings.Contains(errs, wrong) || string(content) != "old" {
		t.Errorf("exit code %d: %s; the file has %d bytes (%v)", code, errs, len(content), err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 2 {
		t.Errorf("%v is left", entries)
	}
	digits, _ := m.answers(t, run)
	code, _, errs = call("predict", run, "--in", in, "--out", out, "--skip-bad", "--probabilities")
	content, err := os.ReadFile(out)
	if code != 0 || err != nil || !strings.Contains(errs, fmt.Sprintf("%d rows in ", m.rows())) || !strings.Contains(errs, "; 4 could not be answered\n") {
		t.Fatalf("exit code %d: %v: %s", code, err, errs)
	}
	for row, l := range parseLines(t, string(content)) {
		if _, isBad := bad[row]; l.Row != row || (l.Error != "") != isBad || !isBad && l.Digits["0"] != digits[10*row] || isBad && l.Digit != "" {
			t.Fatalf("row %d is %+v", row, l)
		}
	}
	code, said, _ = call("predict", run, "--in", in, "--skip-bad", "--format", "csv", "--log", "none")
	table, err := csv.NewReader(strings.NewReader(said)).ReadAll()
	if code != 0 || err != nil || len(table) != 1+m.rows() {
		t.Fatalf("exit code %d, %d lines: %v", code, len(table), err)
	}
	if fields := table[1+blockRows+7]; fields[0] != strconv.Itoa(blockRows+7) || fields[1] != "" || !strings.Contains(fields[5], `"image" is missing, want an image of 6 x 5`) {
		t.Errorf("a bad row is %q", fields)
	}
	if fields := table[1+blockRows+8]; fields[1] == "" || fields[5] != "" {
		t.Errorf("a good row is %q", fields)
	}
	// A question that cannot be asked is a bad row of IDX images, too.
	m.questions[3] = "blue number"
	args := []string{
		"predict", run, "--in", put(t, dir, "images", idxFile(m.pixels, m.rows(), 6, 5)),
		"--questions", put(t, dir, "questions", []byte(strings.Join(m.questions, "\n"))),
	}
	code, said, errs = call(args...)
	if code != 1 || len(parseLines(t, said)) != 3 || !strings.Contains(errs, `questions: line 4: "blue number" has`) || !strings.Contains(errs, `"blue"`) {
		t.Errorf("exit code %d: %s", code, errs)
	}
	code, said, errs = call(append(args, "--skip-bad")...)
	if list := parseLines(t, said); code != 0 || len(list) != m.rows() || list[3].Error == "" || list[4].Error != "" || !strings.Contains(errs, "1 could not be answered") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestPredictMistakes(t *testing.T) {
	run, folder := trained(t)
	m := manyRows(t, folder, 5)
	dir := t.TempDir()
	images := put(t, dir, "images", idxFile(m.pixels, 5, 6, 5))
	labels := put(t, dir, "labels", idxFile(m.labels, 5))
	lines := put(t, dir, "lines", []byte(m.jsonLine(0, false)))
	files := 0
	file := func(content string) string {
		files++
		return put(t, dir, fmt.Sprint("file", files), []byte(content))
	}
	idx := func(args ...string) []string { return append([]string{"--in", images}, args...) }
	asked := func(args ...string) []string { return idx(append([]string{"--question", "odd number"}, args...)...) }
	for want, args := range map[string][]string{
		"--in is missing": {},
		"--question and --questions: want one of them":        idx("--question", "odd number", "--questions", lines),
		`--format is "xml", want one of "jsonl", "csv"`:       idx("--format", "xml"),
		`--log is "keras", want one of "text", "json"`:        idx("--log", "keras"),
		"is the file of --in, want another":                   asked("--out", images),
		"--out " + dir + " is a folder, want a file":          asked("--out", dir),
		"is a folder, want a file":                            {"--in", dir},
		"no such file or directory":                           {"--in", filepath.Join(dir, "none")},
		"is empty, want IDX images or JSON lines":             {"--in", file("")},
		"begins with 00 01 02 03":                             {"--in", file("\x00\x01\x02\x03")},
		"labels has rows of 1, the model's \"image\" takes 6": {"--in", labels, "--question", "odd number"},
		"a question with each image: --question \"odd number": idx(),
		`--question: "blue number" has`:                       idx("--question", "blue number"),
		`--question: "red number" has`:                        {"--in", lines, "--question", "red number"},
		"has 2 lines, there are 5 images":                     idx("--questions", file("odd number\nodd number")),
		"has more than 5 lines, there are 5":                  idx("--questions", file(strings.Repeat("even number\n", 6))),
		`line 1: "" asks nothing`:                             idx("--questions", file("\n"+strings.Repeat("odd number\n", 4))),
		"line 2: line is too long":                            idx("--questions", file("odd number\n"+strings.Repeat("x", mostQuestion+1)+strings.Repeat("\nodd number", 3))),
		`unknown head "digt"`:                                 asked("--labels", "digt="+labels),
		`--labels: head "digit" has two files`:                asked("--labels", labels, "--labels", "digit="+labels),
		"has shape [4], want a label for each of 5 images":    asked("--labels", file(string(idxFile(make([]byte, 4), 4)))),
		"has shape [5 1], want a label for each":              asked("--labels", file(string(idxFile(make([]byte, 5), 5, 1)))),
		"row 2 is 10, want a label from 0 to 9":               asked("--labels", file(string(idxFile([]byte{1, 2, 10, 3, 4}, 5)))),
		"row 0 is 2, want a label from 0 to 1":                asked("--labels", "answer="+file(string(idxFile([]byte{2, 0, 0, 0, 1}, 5))+"")),
		"no IDX file of bytes":                                asked("--labels", lines),
		"--questions is for IDX images":                       {"--in", lines, "--questions", lines},
		"--labels is for IDX images":                          {"--in", lines, "--labels", labels},
		"1 missing":                                           {"--in", file(string(idxFile(m.pixels[:149], 5, 6, 5))), "--question", "odd number"},
		"compressed file is cut short after":                  {"--in", file(string(zip(idxFile(m.pixels, 5, 6, 5))[:70])), "--question", "odd number"},
		"after line 0: compressed file is cut short":          {"--in", file(string(zip([]byte(m.jsonLine(0, false) + "\n"))[:60]))},
		"is one image, want rows":                             {"--in", file(string(picture(t, m.pixels[:30])))},
		"header of the compressed file":                       {"--in", file("\x1f\x8b\x00\x00")},
		"no model at":                                         {"--in", images},
		"accepts at most 1 arg(s)":                            {"two", "--in", images},
	} {
		model := run
		if want == "no model at" {
			model = filepath.Join(dir, "none")
		}
		code, out, errs := call(append([]string{"predict", model}, args...)...)
		rows := strings.Count(out, "\n") // before the mistake
		if code != 1 || rows > 1 || rows == 1 && !strings.Contains(want, "line 2") || !strings.Contains(errs, want) {
			t.Errorf("%v: exit code %d, output %q\ngot  %s\nwant %s", args, code, out, errs, want)
		}
	}
	t.Chdir(t.TempDir())
	if code, _, errs := call("predict", "--in", images); code != 1 || !strings.Contains(errs, "there is no run at runs/latest: train one") {
		t.Errorf("exit code %d: %s", code, errs)
	}
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

func TestScorePrint(t *testing.T) {
	m := &infer.Model{}
	s := newScore(m, []output{{Head: &infer.Head{Spec: braid.Spec{Name: "digit"}}}, {Head: &infer.Head{Spec: braid.Spec{Name: "answer"}}}})
	s.rows, s.bad, s.known[0], s.all = 1200, 3, tally{800, 700}, tally{0, 0}
	var b bytes.Buffer
	s.print(&b, 2*time.Second)
	want := "1200 rows in 2.0 s, 600 a second; 3 could not be answered\n\n" +
		"        head   accuracy   rows known\n       digit    87.50 %          800\n      answer                       0\n   all right                       0\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	b.Reset()
	s.printJSON(&b, 2*time.Second)
	if got, want := b.String(), `{"rows":1200,"bad":3,"seconds":2.000,"digit_accuracy":0.875,"digit_rows":800}`+"\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
