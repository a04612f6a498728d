package cli

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"braid/internal/batchpredict"
	"braid/internal/braidtest"
)

// By default the rows before the first bad one are answered, with --skip-bad all but the bad ones.
func TestPredictBadRows(t *testing.T) {
	run, folder := trainRun(t)
	const block = 1024
	m := newTestRows(t, folder, block+30)
	deep := `{"question": "blue, number", "digit": 3, "image": ` + strings.Repeat("[", 10000)
	bad := map[int]string{
		block + 2:  `{"image": [1, 2], "question": "odd number", "digit": 1}`,
		block + 7:  `{"question": "odd number"}`,
		block + 20: "{",
		block + 21: deep,
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
	in := writeFile(t, dir, "in.jsonl", []byte(lines.String()))
	out := writeFile(t, dir, "out.jsonl", []byte("old"))
	predict := []string{"predict", run, "--in", in}
	wrong := fmt.Sprintf("%s:%d: column \"image\": got 2 numbers, want 30 (6 x 5) "+
		"(--on-error skip, empty or report goes on after such rows)", in, block+3)
	if list := parseLines(t, checkFails(t, wrong, predict...)); len(list) != block+2 {
		t.Errorf("%d rows", len(list))
	}
	said := checkFails(t, wrong, append(predict, "--out", out)...)
	if content, err := os.ReadFile(out); said != "" || string(content) != "old" {
		t.Errorf("output %q; the file has %d bytes (%v)", said, len(content), err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 2 {
		t.Errorf("%v is left", entries)
	}
	digits, _ := m.answers(t, run)
	_, errs := mustCall(t, append(predict, "--out", out, "--skip-bad", "--probabilities")...)
	checkContains(t, errs, fmt.Sprintf("%d rows in ", m.rows()-4), "4 rows could not be answered:\n  ",
		fmt.Sprintf("in.jsonl:%d: column \"image\": got 2 numbers", block+3))
	content, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for row, l := range parseLines(t, string(content)) {
		_, isBad := bad[row]
		if (l.Error != "") != isBad || isBad && l.Digit != "" ||
			!isBad && l.Digits["0"] != digits[10*row] {
			t.Fatalf("row %d is %+v", row, l)
		}
	}
	said, _ = mustCall(t, append(predict, words("--skip-bad --format csv --log none")...)...)
	table, err := csv.NewReader(strings.NewReader(said)).ReadAll()
	if err != nil || len(table) != 1+m.rows() {
		t.Fatalf("%d lines: %v", len(table), err)
	}
	fields := table[1+block+7]
	if strings.Join(fields[:4], "") != "" {
		t.Errorf("a bad row is %q", fields)
	}
	checkContains(t, fields[4], `"image" is missing, want an image of 6 x 5`)
	if fields := table[1+block+8]; fields[0] == "" || fields[4] != "" {
		t.Errorf("a good row is %q", fields)
	}
	// A question that cannot be asked makes a bad row of IDX images, too.
	m.questions[3] = "blue number"
	questions := writeFile(t, dir, "questions", []byte(strings.Join(m.questions, "\n")))
	predict = []string{"predict", run, "--in", m.idx(t, dir), "--questions", questions}
	const unknown = `questions:4: "blue number" has a word the model does not know: "blue"`
	if list := parseLines(t, checkFails(t, unknown, predict...)); len(list) != 3 {
		t.Errorf("%d rows", len(list))
	}
	said, errs = mustCall(t, append(predict, "--skip-bad")...)
	list := parseLines(t, said)
	if len(list) != m.rows() || list[3].Error == "" || list[4].Error != "" {
		t.Errorf("%d rows: %s", len(list), errs)
	}
	checkContains(t, errs, "1 row could not be answered")
	_, errs = mustCall(t, append(predict, "--on-error", "skip")...)
	checkContains(t, errs, fmt.Sprintf("%d rows in ", m.rows()-1), "1 row could not be answered")
}

// A row for which the network's numbers overflow has no answer and does not count. The other rows
// are answered.
func TestPredictOverflow(t *testing.T) {
	model := overflowingModel(t)
	pixels := make([]byte, 4*30)
	copy(pixels[2*30:], bytes.Repeat([]byte{200}, 30))
	dir := t.TempDir()
	in := writeFile(t, dir, "images", braidtest.IDX(pixels, 4, 6, 5))
	labels := writeFile(t, dir, "labels", braidtest.IDX([]byte{0, 1, 0, 0}, 4))
	const noAnswer = `head "place" gives NaN, which is no answer`
	want := in + `: image 2: ` + noAnswer
	code, out, errs := call("predict", model, "--in", in)
	if code != 1 || strings.Count(out, "\n") != 2 {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	checkContains(t, errs, want, "--on-error")
	out, errs = mustCall(t, "predict", model, "--in", in, "--labels", labels, "--skip-bad")
	list := strings.Split(strings.ReplaceAll(out, `\"`, `"`), "\n")
	if len(list) != 5 || strings.Count(out, `"error": null`) != 3 ||
		!strings.Contains(list[2], `"class": null, "class_probability": null, "error": "`+want) {
		t.Errorf("%s%s", out, errs)
	}
	checkContains(t, errs, "3 rows in ", "1 row could not be answered", "66.7 %")
	line := func(pixel string) string {
		return `{"x":[` + strings.Repeat(pixel+",", 29) + pixel + "]}\n"
	}
	lines := writeFile(t, dir, "lines", []byte("\n"+line("0")+"\n"+line("200")))
	checkFails(t, lines+":4: "+noAnswer, "predict", model, "--in", lines)
}

func TestPredictMistakes(t *testing.T) {
	run, folder := trainRun(t)
	m := newTestRows(t, folder, 5)
	dir := t.TempDir()
	images := m.idx(t, dir)
	labels := writeFile(t, dir, "labels", braidtest.IDX(m.labels, 5))
	second := writeFile(t, dir, "second", braidtest.IDX(m.labels, 5))
	lines := writeFile(t, dir, "lines", []byte(m.jsonLine(0, false)))
	model := filepath.Join(run, "model.safetensors")
	files := 0
	file := func(content []byte) string {
		files++
		return writeFile(t, dir, fmt.Sprint("file", files), content)
	}
	in := func(path string, args ...string) []string { return append([]string{"--in", path}, args...) }
	inFile := func(content []byte) []string { return in(file(content), "--question", "odd number") }
	idx := func(args ...string) []string { return in(images, args...) }
	asked := func(args ...string) []string {
		return append(in(images, "--question", "odd number"), args...)
	}
	labelled := func(content []byte, axes ...int) []string {
		return asked("--labels", file(braidtest.IDX(content, axes...)))
	}
	questions := func(text string) []string { return idx("--questions", file([]byte(text))) }
	tooLong := strings.Repeat("x", batchpredict.MostQuestion+1)
	for want, args := range map[string][]string{
		// flags
		"--in is missing": {},
		"--question and --questions: want one of them": asked("--questions", lines),

		"--skip-bad and --on-error: want one of them": idx("--skip-bad", "--on-error", "skip"),

		`--format is "xml", want one of "jsonl", "csv"`:       idx("--format", "xml"),
		`--log is "keras", want one of "text", "json"`:        idx("--log", "keras"),
		"accepts at most 1 arg(s)":                            {"two", "--in", images},
		"a question with each image: --question \"odd number": idx(),
		"--questions is for IDX images":                       in(lines, "--questions", lines),
		"--labels is for IDX images":                          in(lines, "--labels", labels),
		`--question: "blue number" has`:                       idx("--question", "blue number"),
		`--question: "red number" has`:                        in(lines, "--question", "red number"),
		`unknown head "digt"`:                                 asked("--labels", "digt="+labels),
		`--labels: head "digit" has two files`: asked(
			"--labels", labels, "--labels", "digit="+labels),

		// files that are the same
		"--out is empty, want a file":            asked("--out", ""),
		"is the file of --in, want another":      asked("--out", images),
		"is the file of the model, want another": asked("--out", model),
		"is the file of --labels, want another":  asked("--labels", labels, "--out", labels),
		"second is the file of --labels, want another": asked(
			"--labels", labels, "--labels", "answer="+second, "--out", second),
		"is the file of --questions, want another":    idx("--questions", lines, "--out", lines),
		"one file only, not --in and --questions":     in("-", "--questions", "-"),
		"one file only, not --labels and --questions": idx("--questions", "-", "--labels", "answer=-"),
		"one file only, not --in and --labels": in(
			"-", "--question", "odd number", "--labels", "-"),

		// files that are missing or of another kind
		"no model at": in(images),
		"--out " + dir + " is a folder, want a file":            asked("--out", dir),
		"/none: no such file or directory, want a file of rows": in(filepath.Join(dir, "none")),
		"--questions: stat " + dir + "/none: no such file": idx(
			"--questions", filepath.Join(dir, "none")),
		"no IDX file of bytes":           asked("--labels", lines),
		"is empty, want rows of a table": in(file(nil)),
		"begins with 00 01 02 03":        in(file([]byte("\x00\x01\x02\x03"))),
		"is one image, want rows":        in(file(encodePNG(t, m.image(0)))),
		"header of the compressed file":  in(file([]byte("\x1f\x8b\x00\x00"))),

		// contents
		"labels has rows of 1, the model's \"image\" takes 6": in(labels, "--question", "odd number"),

		"1 missing": inFile(braidtest.IDX(m.pixels[:149], 5, 6, 5)),
		"compressed file is cut short after": inFile(
			braidtest.Gzip(braidtest.IDX(m.pixels, 5, 6, 5))[:70]),
		"after line 0: compressed file is cut short": in(
			file(braidtest.Gzip([]byte(m.jsonLine(0, false) + "\n"))[:60])),
		"has 2 lines, there are 5 images":    questions("odd number\nodd number"),
		"has more than 5 lines, there are 5": questions(strings.Repeat("even number\n", 6)),
		`:1: "" asks nothing`:                questions("\n" + strings.Repeat("odd number\n", 4)),
		":2: line is too long": questions(
			"odd number\n" + tooLong + strings.Repeat("\nodd number", 3)),
		"has shape [4], want a label for each of 5 images": labelled(make([]byte, 4), 4),
		"has shape [5 1], want a label for each":           labelled(make([]byte, 5), 5, 1),
		"row 2 is 10, want a label from 0 to 9":            labelled([]byte{1, 2, 10, 3, 4}, 5),
		"row 0 is 2, want a label from 0 to 1": asked(
			"--labels", "answer="+file(braidtest.IDX([]byte{2, 0, 0, 0, 1}, 5))),
	} {
		model := run
		if want == "no model at" {
			model = filepath.Join(dir, "none")
		}
		out := checkFails(t, want, append([]string{"predict", model}, args...)...)
		rows := strings.Count(out, "\n") // before the mistake
		if rows > 1 || rows == 1 && !strings.Contains(want, ":2") {
			t.Errorf("%v: output %q", args, out)
		}
	}
	t.Chdir(t.TempDir())
	checkFails(t, "there is no run at runs/latest: train one", "predict", "--in", images)
}

// The error of a line that is no row names the line and the reason.
func TestPredictBadLines(t *testing.T) {
	run, folder := trainRun(t)
	m := newTestRows(t, folder, 1)
	_, rest, _ := strings.Cut(m.jsonLine(0, false), `"image":`)
	numbers := strings.Split(rest, "]")[0] + "]"
	row := func(more string) string {
		return `{"image": ` + numbers + `, "question": "odd number"` + more + `}`
	}
	question := func(value string) string {
		return `{"image": ` + numbers + `, "question": ` + value + `}`
	}
	image := func(value string) string { return `{"image": ` + value + `}` }
	const notJSON = "is not JSON: invalid character "
	const otherNesting = `"image": its arrays are nested otherwise than 6 x 5`
	for line, want := range map[string]string{
		// objects
		`[1, 2]`: "is an array, want a JSON object with the names of the model's inputs in each line: " +
			"jq -c '.[]' writes a list that way",
		"\x1b[31m\x8b": "is ?[31m\ufffd, want a JSON object",
		`7`:            "is 7, want a JSON object",
		`{`:            "is not JSON: unexpected end of JSON input at byte 1",
		`{}`:           `"image" is missing, want an image of 6 x 5`,
		`{"image" 1}`:  notJSON + "'1' after object key at byte 10",
		`{image: 1}`: notJSON + "'i' looking for beginning of object key string " +
			"at byte 2",
		row("") + " {}":                 notJSON + "'{' after top-level value at byte",
		row("")[:40]:                    "is not JSON: unexpected end of JSON input at byte 40",
		row(`, "image": [1]`):           `has two members named "image"`,
		row(`, "question": [1, 2]`):     `has two members named "question"`,
		row(`, "digit": 1, "digit": 1`): `has two members named "digit"`,

		// questions
		image(numbers): `"question" is missing, ` +
			`want such as "odd number", or --question for all rows`,
		question(`"blue number"`):     `"question": "blue number" has`,
		question(`null`):              `"question": "" asks nothing; it can be asked "lower half"`,
		question(`[1]`):               `"question": got 1 numbers, want 2`,
		question(`[1, 8]`):            `"question": id 1 is 8, want 0 to 7`,
		question(`[1, 2.0]`):          `"question": id 1 is 2.0, want 0 to 7`,
		question(`["odd", "number"]`): `"question": id 0 is "odd", want 0 to 7`,

		`{"image": ` + numbers + `, "question": "odd number` + "\n": "is not JSON: unexpected end of " +
			"JSON input",
		`{"question": "` + strings.Repeat("odd ", 100) + `numbers"}`: `has a word ` +
			`the model does not know: "numbers"`,

		// images
		`{"image": {"path": "/etc/passwd"}, "question": [1, 2]}`: `"image": ` +
			`got {"path": "/etc/passwd"}, want a picture in base64, or 6 x 5 pixels, or the ` +
			`path of a picture`,
		image(``):                        notJSON + "'}' looking for beginning of value at byte 11",
		image(`null`):                    `"image": a picture is missing`,
		image(`5`):                       `"image": got 5, want a picture in base64, or 6 x 5 pixels`,
		image(`[1, 2, 3]`):               `"image": got 3 numbers, want 30 (6 x 5)`,
		image(`[1, 2.5]`):                `"image": pixel 1 is 2.5, want a whole number from 0 to 255`,
		image(`[256]`):                   `pixel 0 is 256`,
		image(`[-1]`):                    `pixel 0 is -1`,
		image(`[01]`):                    notJSON + "'1' after array element at byte 13",
		image(`[1 2]`):                   notJSON + "'2' after array element at byte 14",
		image(`[1,]`):                    notJSON + "']' looking for beginning of value at byte 14",
		image(`[[1, 2, 3]]`):             `"image": an array within has 3 elements, want 5`,
		image(`[[1, 2, 3, 4, 5]]`):       `"image": got 1 arrays of numbers, want 6`,
		image(`[1, [2]]`):                otherNesting,
		image(`[[1, 2, 3, 4, 5], 6]`):    otherNesting,
		image(`[[[1]]]`):                 otherNesting,
		image(`"?"`):                     `"image": picture "?": ?: no such file`,
		image(`"data:;base64,?"`):        `"image": wrong base64: got "?" at byte 0; want`,
		image(`"data:;base64,aGVsbG8="`): `"image": got text ("hello"): want a PNG or a JPEG`,

		image(`[` + strings.Repeat("1,", 30) + `1]`):         `"image": got 31 numbers, want 30`,
		image(`[` + strings.Repeat("1e999,", 29) + `1e999]`): `pixel 0 is 1e999`,
		`{"image": ` + strings.Repeat("[", 1000000): notJSON + "'[' exceeded max depth at " +
			"byte 10010",
		image(`"` + strings.Repeat("A", batchpredict.MostLine) + `"`): `line is too long: ` +
			`want 16777216 bytes or less`,

		// labels
		row(`, "digit": 7 7`):        notJSON + "'7' after object key:value pair at byte",
		row(`, "digit": {"a": 1}`):   `"digit": got {"a": 1}, want a text, a number, true, false`,
		row(`, "answer": [["yes"]]`): `"answer": got a list with ["yes"], want texts, numbers`,
	} {
		in := strings.NewReader("\n" + row("") + "\n" + line)
		code, out, errs := callWith(in, "predict", run, "--in", "-")
		if code != 1 || len(parseLines(t, out)) != 1 || len(errs) > 1000 ||
			!strings.Contains(errs, "standard input:3: ") || !strings.Contains(errs, want) {
			t.Errorf("%.200s: exit code %d\ngot  %.500s\nwant %s", line, code, errs, want)
		}
	}
}
