package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"braid/digitqa"
	"braid/feature"
	"braid/internal/batchpredict"
	"braid/internal/braidtest"
	"braid/modelfile"
	"braid/predictor"
)

// All formats of the same rows give the model's answers and the scores of eval.
func TestPredict(t *testing.T) {
	run, folder := trainRun(t)
	evaluated, _ := mustCall(t, "eval", run, "--data", folder, "--log", "json")
	var want struct {
		Digit  float64 `json:"digit_accuracy"`
		Answer float64 `json:"answer_accuracy"`
		Both   float64 `json:"both_right"`
	}
	err := json.Unmarshal([]byte(evaluated), &want)
	if err != nil || want.Both > 0.9 || want.Digit == want.Answer {
		t.Fatalf("%v: %s: want heads that make different mistakes", err, evaluated)
	}
	m := newTestRows(t, folder, 40)
	digits, answers := m.answers(t, run)
	dir := t.TempDir()
	images, labels := braidtest.IDX(m.pixels, 40, 6, 5), braidtest.IDX(m.labels, 40)
	var flat, nested strings.Builder
	for row := range m.rows() {
		fmt.Fprintln(&flat, m.jsonLine(row, false))
		fmt.Fprintf(&nested, "\r\n %s \r\n", m.jsonLine(row, true))
	}
	questions := []byte(strings.Join(m.questions, "\n") + "\n")
	crlf := []byte(strings.Join(m.questions, "\r\n"))
	marked := []byte("\ufeff" + strings.Join(m.questions, "\n"))
	with := func(questions []byte, labelFlag string, labels []byte) []string {
		folder := t.TempDir()
		q, l := writeFile(t, folder, "questions", questions), writeFile(t, folder, "l=", labels)
		return []string{"--questions", q, "--labels", labelFlag + l}
	}
	for name, c := range map[string]struct {
		in    []byte
		stdin bool
		args  []string
	}{
		"IDX":      {in: images, args: with(crlf, "digit=", labels)},
		"IDX, BOM": {in: images, args: with(marked, "digit=", labels)},
		"IDX, gzip": {
			in:   braidtest.Gzip(images),
			args: with(braidtest.Gzip(questions), "", braidtest.Gzip(labels)),
		},
		"IDX from a pipe": {in: images, args: with(crlf, "digit=", labels), stdin: true},

		"JSON":               {in: []byte(flat.String())},
		"JSON, nested, gzip": {in: braidtest.Gzip([]byte("\ufeff" + nested.String()))},
		"JSON from a pipe":   {in: []byte(nested.String()), stdin: true},
	} {
		args := words("predict --probabilities --log json", run, "--in", writeFile(t, dir, "in", c.in))
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
			if l.Digit != strconv.Itoa(best) || l.DigitProbability != d[best] ||
				l.Answer != yesNo(yes > 0.5) || l.AnswerProbability != max(yes, 1-yes) ||
				l.Answers["yes"] != yes || l.Answers["no"] != 1-yes {
				t.Errorf("%s: row %d is %+v, want %v and %v", name, row, l, d, yes)
			}
			for i, p := range d {
				if got := l.Digits[strconv.Itoa(i)]; got != p {
					t.Errorf("%s: row %d: digit %d has %v, want %v", name, row, i, got, p)
				}
			}
		}
		got := readSummary(t, errs)
		digit, answer := got.Heads["digit"], got.Heads["answer"]
		if got.Rows != 40 || got.Failed != 0 ||
			digit.Known != 40 || answer.Known != 40 || got.AllRightRows != 40 ||
			*digit.Metrics["accuracy"] != want.Digit || *answer.Metrics["accuracy"] != want.Answer ||
			*got.AllRight != want.Both {
			t.Errorf("%s: scores are %s, eval's %s", name, errs, evaluated)
		}
	}
}

// readSummary reads the output of --log json.
func readSummary(t testing.TB, text string) (s summaryJSON) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return s
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// Rows in several blocks are answered in order. CSV and JSON lines have the same answers.
func TestPredictBlocks(t *testing.T) {
	run, folder := trainRun(t)
	m := newTestRows(t, folder, 2*1024+37)
	dir := t.TempDir()
	questions := writeFile(t, dir, "questions", []byte(strings.Join(m.questions, "\n")))
	labels := writeFile(t, dir, "labels", braidtest.IDX(m.labels, m.rows()))
	out := filepath.Join(dir, "out.CSV")
	predict := []string{"predict", run, "--in", m.idx(t, dir), "--questions", questions}
	toFile := words("--probabilities --skip-bad", "--labels", labels, "--out", out)
	said, errs := mustCall(t, slices.Concat(predict, toFile)...)
	if said != "" || !strings.HasPrefix(errs, fmt.Sprintf("%d rows in ", m.rows())) {
		t.Fatalf("%s%s", said, errs)
	}
	checkContains(t, errs, "all right")
	table := readCSV(t, out)
	if len(table) != 1+m.rows() {
		t.Fatalf("%d lines", len(table))
	}
	const columns = "digit digit_probability digit_p_0 digit_p_1 digit_p_2 digit_p_3 digit_p_4 " +
		"digit_p_5 digit_p_6 digit_p_7 digit_p_8 digit_p_9 " +
		"answer answer_probability answer_p_no answer_p_yes error"
	if got := strings.Join(table[0], " "); got != columns {
		t.Errorf("columns are %s", got)
	}
	digits, answers := m.answers(t, run)
	for row, fields := range table[1:] {
		d := digits[10*row:][:10]
		best := slices.Index(d, slices.Max(d))
		want := []string{strconv.Itoa(best), number(d[best])}
		for _, p := range d {
			want = append(want, number(p))
		}
		yes := answers[row]
		want = append(want,
			yesNo(yes > 0.5), number(max(yes, 1-yes)), number(1-yes), number(yes), "")
		if !slices.Equal(fields, want) {
			t.Fatalf("row %d is  %v\nwant %v", row, fields, want)
		}
	}
	lines, errs := mustCall(t, append(predict, "--log", "none")...)
	list := parseLines(t, lines)
	if errs != "" || len(list) != m.rows() {
		t.Fatalf("%d lines: %s", len(list), errs)
	}
	for row, l := range list {
		if l.Digit != table[1+row][0] {
			t.Errorf("row %d is %+v, want %v", row, l, table[1+row])
		}
	}
}

func number(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }

// A --question that the model was not trained on is answered, with a note.
func TestPredictUntrained(t *testing.T) {
	run, folder := trainRun(t)
	in := newTestRows(t, folder, 2).idx(t, t.TempDir())
	const note = `"number odd" is none of the texts that the model was trained on: "lower half"`
	for _, c := range []struct {
		question, log string
		noted         bool
	}{
		{"number odd", "text", true},
		{"number odd", "none", false},
		{"number odd", "json", false},
		{"odd number", "text", false},
	} {
		out, errs := mustCall(t,
			"predict", run, "--in", in, "--question", c.question, "--log", c.log)
		if strings.Count(out, "\n") != 2 || strings.Contains(errs, note) != c.noted {
			t.Errorf("%+v: %s%s", c, out, errs)
		}
	}
}

// --question is asked of all IDX images, and of the JSON lines without a question.
func TestPredictOneQuestion(t *testing.T) {
	run, folder := trainRun(t)
	m := newTestRows(t, folder, 7)
	dir := t.TempDir()
	images := m.idx(t, dir)
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
	rows := writeFile(t, dir, "lines", []byte(lines.String()))
	compare := func(in string) {
		t.Helper()
		_, answers := m.answers(t, run)
		out, _ := mustCall(t, words("predict --log none --probabilities", run,
			"--in", in, "--question", "Upper half!")...)
		for row, l := range parseLines(t, out) {
			if yes := l.Answers["yes"]; yes != answers[row] {
				t.Errorf("row %d: yes has %v, want %v", row, yes, answers[row])
			}
		}
	}
	compare(rows)
	for row := range m.questions {
		m.questions[row] = "upper half"
	}
	compare(images)
}

// The scores use the true answers of the rows, and those that follow from the rules. Rows without
// true answers do not count.
func TestPredictTruths(t *testing.T) {
	run, folder := trainRun(t)
	m := newTestRows(t, folder, 9)
	digits, answers := m.answers(t, run)
	var lines strings.Builder
	var digit, answer, all tally
	for row := range m.rows() {
		d := digits[10*row:][:10]
		said := slices.Index(d, slices.Max(d))
		yes := answers[row] > 0.5
		count := func(t *tally, right bool) {
			t.rows++
			if right {
				t.right++
			}
		}
		truths := ""
		switch row % 5 {
		case 0: // nothing is known
		case 1: // both answers are wrong
			truths = fmt.Sprintf(`, "digit": %d, "answer": %v`, (said+1)%10, !yes)
			count(&digit, false)
			count(&answer, false)
			count(&all, false)
		case 2: // the answer is right; nothing follows for the digit
			truths = fmt.Sprintf(`, "answer": %q, "digit": null`, yesNo(yes))
			count(&answer, true)
		case 3: // the digit is right, and the answer wrong, whatever follows from the digit
			index := slices.Index([]string{"no", "yes"}, yesNo(!yes))
			truths = fmt.Sprintf(`, "digit": "%d", "answer": %d`, said, index)
			count(&digit, true)
			count(&answer, false)
			count(&all, false)
		case 4: // the digit is right; the answer follows from it
			truths = fmt.Sprintf(`, "digit": %d`, said)
			right := digitqa.Questions[row%4].True(int32(said)) == yes
			count(&digit, true)
			count(&answer, right)
			count(&all, right)
		}
		var fields map[string]any
		json.Unmarshal([]byte(m.jsonLine(row, false)), &fields)
		image, _ := json.Marshal(fields["image"])
		fmt.Fprintf(&lines, "{\"image\": %s, \"question\": %q%s}\n", image, m.questions[row], truths)
	}
	in := strings.NewReader(lines.String())
	code, _, errs := callWith(in, "predict", run, "--in", "-", "--log", "json")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	sum := readSummary(t, errs)
	for name, want := range map[string]tally{"digit": digit, "answer": answer} {
		got := sum.Heads[name]
		if got.Known != want.rows || *got.Metrics["accuracy"] != share(want.right, want.rows) {
			t.Errorf("%s: %s, want %+v", name, errs, want)
		}
	}
	if sum.AllRightRows != all.rows || *sum.AllRight != share(all.right, all.rows) {
		t.Errorf("%s, want %+v", errs, all)
	}
}

// tally counts rows whose label is known.
type tally struct{ rows, right int }

// An image in a JSON line may be a PNG or a JPEG, in base64 or a data URL.
func TestPredictBase64(t *testing.T) {
	run, folder := trainRun(t)
	m := newTestRows(t, folder, 4)
	model, err := predictor.Open(run)
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for row := range m.rows() {
		content := encodePNG(t, m.image(row))
		b := model.NewBatch(1)
		if _, err := model.Columns[0].Encode(b, 0, feature.Value{Content: content}); err != nil {
			t.Fatal(err)
		}
		copy(m.image(row), b.Bytes(0))
		encoded := base64.StdEncoding.EncodeToString(content)
		if row%2 == 1 {
			encoded = "data:image\\/png;base64," + encoded
		}
		fmt.Fprintf(&lines, "{\"question\":%q,\"image\":\"%s\"}\n", m.questions[row], encoded)
	}
	digits, _ := m.answers(t, run)
	in := strings.NewReader(lines.String())
	code, out, errs := callWith(in, "predict", run, "--in", "-", "--probabilities")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	for row, l := range parseLines(t, out) {
		if want := digits[10*row+3]; l.Digits["3"] != want {
			t.Errorf("row %d: digit 3 has %v, want %v", row, l.Digits["3"], want)
		}
	}
}

// The rows of digits come from tables and folders of pictures too, as the rows of any model.
func TestPredictDigitTables(t *testing.T) {
	run, folder := trainRun(t)
	pictures, _ := writePNGs(t, folder, 4)
	m := newTestRows(t, folder, 4)
	dir := filepath.Dir(pictures)
	name := filepath.Base(pictures)
	var csv, lines strings.Builder
	csv.WriteString("id,image,digit\n")
	for i := range 4 {
		path := fmt.Sprintf("%s/%02d.png", name, i)
		fmt.Fprintf(&csv, "%d,%s,%d\n", i, path, m.labels[i])
		fmt.Fprintf(&lines, "{\"id\": %d, \"image\": \"%s\", \"digit\": %d}\n", i, path, m.labels[i])
	}
	var want [][]string
	for name, content := range map[string]string{"a.csv": csv.String(), "a.jsonl": lines.String()} {
		in, out := writeFile(t, dir, name, []byte(content)), filepath.Join(dir, "out.parquet")
		_, errs := mustCall(t, "predict", run, "--in", in, "--out", out, "--keep",
			"--question", "odd number", "--log", "json")
		columns, rows := answersOf(t, out)
		const wanted = "id image digit digit_probability answer answer_probability"
		if got := strings.Join(columns, " "); got != wanted || len(rows) != 4 || rows[3][0] != "3" {
			t.Fatalf("%s: columns %s, rows %q", name, got, rows)
		}
		if want == nil {
			want = rows
		}
		for i := range rows {
			if !slices.Equal(rows[i], want[i]) {
				t.Errorf("%s: row %d is %q, want %q", name, i, rows[i], want[i])
			}
		}
		if sum := readSummary(t, errs); sum.Rows != 4 || sum.Labeled != 4 || sum.AllRightRows != 4 {
			t.Errorf("%s: %s", name, errs)
		}
	}
	answers, _ := mustCall(t, "predict", run, "--in", pictures, "--question", "odd number",
		"--keep=image", "--format", "csv")
	for i, line := range strings.Split(answers, "\n")[1:5] {
		if !strings.HasPrefix(line, strings.Join(want[i][1:3], ",")+",") {
			t.Errorf("row %d is %s, want %q", i, line, want[i])
		}
	}
}

func TestSummaryPrint(t *testing.T) {
	sum := &batchpredict.Summary{
		Rows: 1200, Failed: 3, First: []error{errors.New("a.csv:2: bad"), errors.New("a.csv:7: bad")},
		Scores: &batchpredict.Scores{Labeled: 900, AllRight: 3, AllKnown: 8},
	}
	m := &modelfile.File{}
	sum.Scores.Rows = 800
	var b bytes.Buffer
	printSummary(&b, m, sum, 2*time.Second)
	want := "1200 rows in 2.0 s, 600 a second\n" +
		"3 rows could not be answered:\n  a.csv:2: bad\n  a.csv:7: bad\n  and 1 more\n\n" +
		"scores of 800 rows, drawn at random from 900 with labels (braid eval measures all):\n" +
		"head   metric   score   guessing   rows known\n" +
		"all right: 37.50 % of 8 rows with labels of all heads\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	b.Reset()
	if err := printLine(&b, summaryOf(sum, 2*time.Second)); err != nil {
		t.Fatal(err)
	}
	want = `{"rows":1200,"failed":3,"seconds":2,"notes":null,"labeled":900,"scored":800,` +
		`"all_right":0.375,"all_right_rows":8}` + "\n"
	if b.String() != want {
		t.Errorf("got %s, want %s", b.String(), want)
	}
}
