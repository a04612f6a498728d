package cli

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"braid/internal/batchpredict"
)

// Rows that cannot be answered: by default all before the first are answered; with --skip-bad all but they.
func TestPredictBadRows(t *testing.T) {
	run, folder := trained(t)
	m := manyRows(t, folder, batchpredict.PerBlock+30)
	bad := map[int]string{
		batchpredict.PerBlock + 2: `{"image": [1, 2], "question": "odd number", "digit": 1}`, batchpredict.PerBlock + 7: `{"question": "odd number"}`,
		batchpredict.PerBlock + 20: "{", batchpredict.PerBlock + 21: `{"question": "blue, number", "digit": 3, "image": ` + strings.Repeat("[", 10000),
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
	wrong := fmt.Sprintf("%s: line %d: \"image\": got 2 numbers, want 30 (6 x 5) (--skip-bad goes on after such rows)", in, batchpredict.PerBlock+3)
	code, said, errs := call("predict", run, "--in", in)
	if list := parseLines(t, said); code != 1 || !strings.Contains(errs, wrong) || len(list) != batchpredict.PerBlock+2 {
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
	if fields := table[1+batchpredict.PerBlock+7]; fields[0] != strconv.Itoa(batchpredict.PerBlock+7) || fields[1] != "" || !strings.Contains(fields[5], `"image" is missing, want an image of 6 x 5`) {
		t.Errorf("a bad row is %q", fields)
	}
	if fields := table[1+batchpredict.PerBlock+8]; fields[1] == "" || fields[5] != "" {
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

// A row for which the network's numbers overflow has no answer, is not counted, and does not keep others from theirs.
func TestPredictOverflow(t *testing.T) {
	model := overflowing(t)
	pixels := make([]byte, 4*30)
	copy(pixels[2*30:], bytes.Repeat([]byte{200}, 30))
	dir := t.TempDir()
	in := put(t, dir, "images", idxFile(pixels, 4, 6, 5))
	labels := put(t, dir, "labels", idxFile([]byte{0, 1, 0, 0}, 4))
	want := in + `: image 2: head "place" gives NaN, which is no answer`
	code, out, errs := call("predict", model, "--in", in)
	if code != 1 || strings.Count(out, "\n") != 2 || !strings.Contains(errs, want) || !strings.Contains(errs, "--skip-bad") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	code, out, errs = call("predict", model, "--in", in, "--labels", labels, "--skip-bad")
	list := strings.Split(out, "\n")
	if code != 0 || len(list) != 5 || !strings.HasPrefix(strings.ReplaceAll(list[2], `\"`, `"`), `{"row":2,"error":"`+want) || strings.Count(out, "error") != 1 ||
		!strings.Contains(errs, "4 rows") || !strings.Contains(errs, "1 could not be answered") || !strings.Contains(errs, "66.67 %") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	black, white := strings.TrimSuffix(strings.Repeat("0,", 30), ","), strings.TrimSuffix(strings.Repeat("200,", 30), ",")
	lines := put(t, dir, "lines", []byte("\n{\"x\":["+black+"]}\n\n{\"x\":["+white+"]}\n"))
	if code, _, errs := call("predict", model, "--in", lines); code != 1 || !strings.Contains(errs, lines+`: line 4: head "place" gives NaN`) {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestPredictMistakes(t *testing.T) {
	run, folder := trained(t)
	m := manyRows(t, folder, 5)
	dir := t.TempDir()
	images := put(t, dir, "images", idxFile(m.pixels, 5, 6, 5))
	labels := put(t, dir, "labels", idxFile(m.labels, 5))
	second := put(t, dir, "second", idxFile(m.labels, 5))
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
		"--out is empty, want a file":                         asked("--out", ""),
		"is the file of the model, want another":              asked("--out", filepath.Join(run, "model.safetensors")),
		"is the file of --labels, want another":               asked("--labels", labels, "--out", labels),
		"second is the file of --labels, want another":        asked("--labels", labels, "--labels", "answer="+second, "--out", second),
		"is the file of --questions, want another":            idx("--questions", lines, "--out", lines),
		"one file only, not --in and --questions":             {"--in", "-", "--questions", "-"},
		"one file only, not --in and --labels":                {"--in", "-", "--question", "odd number", "--labels", "-"},
		"one file only, not --labels and --questions":         idx("--questions", "-", "--labels", "answer=-"),
		"--out " + dir + " is a folder, want a file":          asked("--out", dir),
		"--in: " + dir + " is a folder, want a file":          {"--in", dir},
		"--questions: stat " + dir + "/none: no such file":    idx("--questions", filepath.Join(dir, "none")),
		"--in: stat " + dir + "/none: no such file":           {"--in", filepath.Join(dir, "none")},
		"is empty, want IDX images or JSON lines":             {"--in", file("")},
		"begins with 00 01 02 03":                             {"--in", file("\x00\x01\x02\x03")},
		"labels has rows of 1, the model's \"image\" takes 6": {"--in", labels, "--question", "odd number"},
		"a question with each image: --question \"odd number": idx(),
		`--question: "blue number" has`:                       idx("--question", "blue number"),
		`--question: "red number" has`:                        {"--in", lines, "--question", "red number"},
		"has 2 lines, there are 5 images":                     idx("--questions", file("odd number\nodd number")),
		"has more than 5 lines, there are 5":                  idx("--questions", file(strings.Repeat("even number\n", 6))),
		`line 1: "" asks nothing`:                             idx("--questions", file("\n"+strings.Repeat("odd number\n", 4))),
		"line 2: line is too long":                            idx("--questions", file("odd number\n"+strings.Repeat("x", batchpredict.MostQuestion+1)+strings.Repeat("\nodd number", 3))),
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

// Every line that is no row says why, and on which line.
func TestPredictBadLines(t *testing.T) {
	run, folder := trained(t)
	m := manyRows(t, folder, 1)
	image := strings.Split(strings.TrimPrefix(m.jsonLine(0, false), `{"digit":"`), `"image":`)[1] // and the rest
	numbers := strings.Split(image, "]")[0] + "]"
	row := func(more string) string { return `{"image": ` + numbers + `, "question": "odd number"` + more + `}` }
	for line, want := range map[string]string{
		`[1, 2]`:                        "is an array, want a JSON object with the names of the model's inputs",
		"\x1b[31m\x8b":                  "is ?[31m\ufffd, want a JSON object",
		`7`:                             "is 7, want a JSON object",
		`{`:                             "is not JSON: unexpected end of JSON input at byte 1",
		`{}`:                            `"image" is missing, want an image of 6 x 5`,
		`{"image" 1}`:                   "is not JSON: invalid character '1' after object key at byte 10",
		`{"image": }`:                   "is not JSON: invalid character '}' looking for beginning of value at byte 11",
		`{image: 1}`:                    "is not JSON: invalid character 'i' looking for beginning of object key string at byte 2",
		row("") + " {}":                 "is not JSON: invalid character '{' after top-level value at byte",
		row("")[:40]:                    "is not JSON: unexpected end of JSON input at byte 40",
		row(`, "Image": 1`):             `unknown input or head "Image", want one of "image", "question", "digit", "answer"; did you mean "image"?`,
		row(`, "image": [1]`):           `has two members named "image"`,
		row(`, "question": [1, 2]`):     `has two members named "question"`,
		row(`, "digit": 1, "digit": 1`): `has two members named "digit"`,
		`{"image": ` + numbers + `}`:    `"question" is missing, want such as "odd number", or --question for all rows`,
		`{"image": ` + numbers + `, "question": "blue number"}`:     `"question": "blue number" has`,
		`{"image": ` + numbers + `, "question": null}`:              `"question": got null, want 2 numbers, or a text such as "odd number"`,
		`{"image": ` + numbers + `, "question": [1]}`:               `"question": got 1 numbers, want 2`,
		`{"image": ` + numbers + `, "question": [1, 8]}`:            `"question": id 1 is 8, want 0 to 7`,
		`{"image": ` + numbers + `, "question": [1, 2.0]}`:          `"question": id 1 is 2.0, want 0 to 7`,
		`{"image": ` + numbers + `, "question": ["odd", "number"]}`: `"question": id 0 is "odd", want 0 to 7, or a text`,
		`{"image": ` + numbers + `, "question": "odd number` + "\n": "is not JSON: unexpected end of JSON input",
		`{"image": {"path": "/etc/passwd"}, "question": [1, 2]}`:    `"image": got {"path": "/etc/passwd"}, want 30 (6 x 5) numbers`,
		`{"image": null}`:      `"image": got null, want 30 (6 x 5) numbers`,
		`{"image": 5}`:         `"image": got 5, want 30 (6 x 5) numbers`,
		`{"image": [1, 2, 3]}`: `"image": got 3 numbers, want 30 (6 x 5)`,
		`{"image": [` + strings.Repeat("1,", 30) + `1]}`: `"image": got 31 numbers, want 30`,
		`{"image": [1, 2.5]}`:                            `"image": pixel 1 is 2.5, want a whole number from 0 to 255`,
		`{"image": [256]}`:                               `pixel 0 is 256`,
		`{"image": [-1]}`:                                `pixel 0 is -1`,
		`{"image": [01]}`:                                "is not JSON: invalid character '1' after array element at byte 13",
		`{"image": [1 2]}`:                               "is not JSON: invalid character '2' after array element at byte 14",
		`{"image": [1,]}`:                                "is not JSON: invalid character ']' looking for beginning of value at byte 14",
		`{"image": [[1, 2, 3]]}`:                         `"image": an array within has 3 elements, want 5`,
		`{"image": [[1, 2, 3, 4, 5]]}`:                   `"image": got 1 arrays of numbers, want 6`,
		`{"image": [1, [2]]}`:                            `"image": its arrays are nested otherwise than 6 x 5`,
		`{"image": [[1, 2, 3, 4, 5], 6]}`:                `"image": its arrays are nested otherwise than 6 x 5`,
		`{"image": [[[1]]]}`:                             `"image": its arrays are nested otherwise than 6 x 5`,
		`{"image": "?"}`:                                 `"image": wrong base64: got "?" at byte 0; want`,
		`{"image": "aGVsbG8="}`:                          `"image": got text ("hello"): want a PNG or a JPEG`,
		row(`, "digit": "ten"`):                          `"digit": unknown answer "ten", want one of "0", "1"`,
		row(`, "digit": 10`):                             `"digit": true answer is 10, want a label as a string, or its index from 0 to 9`,
		row(`, "digit": -1`):                             `"digit": true answer is -1`,
		row(`, "digit": 1.5`):                            `"digit": true answer is 1.5`,
		row(`, "digit": true`):                           `"digit": true answer is true`,
		row(`, "digit": [7]`):                            `"digit": true answer is [7]`,
		row(`, "digit": 7 7`):                            "is not JSON: invalid character '7' after object key:value pair at byte",
		row(`, "answer": "maybe"`):                       `"answer": unknown answer "maybe", want one of "no", "yes"`,
		`{"image": "` + strings.Repeat("A", batchpredict.MostLine) + `"}`: `line is too long: want 16777216 bytes or less`,
		`{"image": ` + strings.Repeat("[", 1000000):                       "is not JSON: invalid character '[' exceeded max depth at byte 10010",
		`{"question": "` + strings.Repeat("odd ", 100) + `numbers"}`:      `has a word the model does not know: "numbers"`,
		`{"image": [` + strings.Repeat("1e999,", 29) + "1e999" + `]`:      `pixel 0 is 1e999`,
	} {
		code, out, errs := callWith(strings.NewReader("\n"+row("")+"\n"+line), "predict", run, "--in", "-")
		if code != 1 || len(parseLines(t, out)) != 1 || !strings.Contains(errs, "standard input: line 3: ") || !strings.Contains(errs, want) || len(errs) > 1000 {
			t.Errorf("%.200s: exit code %d\ngot  %.500s\nwant %s", line, code, errs, want)
		}
	}
}

// A signal ends it although it waits for rows, and leaves the old file.
func TestPredictInterrupt(t *testing.T) {
	run, folder := trained(t)
	m := manyRows(t, folder, 1)
	r, w := io.Pipe()
	go func() {
		io.WriteString(w, m.jsonLine(0, false)+"\n")
		time.Sleep(50 * time.Millisecond)
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
	}()
	out := put(t, t.TempDir(), "out", []byte("old"))
	code, _, errs := callWith(r, "predict", run, "--in", "-", "--out", out)
	w.Close()
	if content, _ := os.ReadFile(out); code != 143 || !strings.Contains(errs, "stopped by signal") || string(content) != "old" {
		t.Errorf("exit code %d: %s; the file holds %q", code, errs, content)
	}
}

// A pipe at whose other end nobody is does not keep a signal from ending all, whether it is read or written.
func TestPredictInterruptPipe(t *testing.T) {
	run, folder := trained(t)
	m := manyRows(t, folder, 1)
	dir := t.TempDir()
	pipe := func(name string) string {
		path := filepath.Join(dir, name)
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Skipf("skipped: no pipe can be made here: %v", err)
		}
		t.Cleanup(func() { // let go who still waits for the other end
			if both, err := os.OpenFile(path, os.O_RDWR, 0); err == nil {
				time.Sleep(50 * time.Millisecond)
				both.Close()
			}
		})
		return path
	}
	lines := put(t, dir, "lines", []byte(m.jsonLine(0, false)))
	for _, args := range [][]string{{"--in", pipe("in")}, {"--in", lines, "--out", pipe("out")}} {
		time.AfterFunc(100*time.Millisecond, func() { syscall.Kill(os.Getpid(), syscall.SIGTERM) })
		if code, _, errs := call(append([]string{"predict", run}, args...)...); code != 143 || !strings.Contains(errs, "stopped by signal") {
			t.Errorf("%v: exit code %d: %s", args, code, errs)
		}
	}
}

// What --out names is treated as what it is: a link leads to its file, a device stays one.
func TestWriteTo(t *testing.T) {
	dir := t.TempDir()
	target := put(t, dir, "target", []byte("old"))
	link := filepath.Join(dir, "link")
	if err := os.Symlink("target", link); err != nil {
		t.Skipf("skipped: no link can be made here: %v", err)
	}
	write := func(w io.Writer) error {
		_, err := io.WriteString(w, "new")
		return err
	}
	if err := writeTo(t.Context(), streams{}, link, write); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(target); string(content) != "new" || err != nil {
		t.Errorf("the link's file holds %q (%v)", content, err)
	}
	if to, err := os.Readlink(link); to != "target" {
		t.Errorf("the link leads to %q (%v)", to, err)
	}
	early := filepath.Join(dir, "early")
	if err := os.Symlink("later", early); err != nil {
		t.Fatal(err)
	}
	if err := writeTo(t.Context(), streams{}, early, write); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(filepath.Join(dir, "later")); string(content) != "new" || err != nil {
		t.Errorf("what a link leads to, which was not there, holds %q (%v)", content, err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("skipped: no pipe can be made here: %v", err)
	}
	got := make(chan string)
	go func() {
		content, _ := os.ReadFile(pipe)
		got <- string(content)
	}()
	if err := writeTo(t.Context(), streams{}, pipe, write); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(pipe); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Fatalf("the pipe is now %v (%v)", info.Mode(), err)
	}
	if content := <-got; content != "new" {
		t.Errorf("the pipe got %q", content)
	}
	if err := writeTo(t.Context(), streams{}, dir, write); err == nil || !strings.Contains(err.Error(), "is a folder, want a file") {
		t.Errorf("error is %v", err)
	}
}

// What is open already, under a name such as /dev/stdout, keeps what it holds; a file of the memory's file system in
// /dev is a file like others.
func TestWriteToDev(t *testing.T) {
	write := func(w io.Writer) error {
		_, err := io.WriteString(w, "new")
		return err
	}
	log, err := os.OpenFile(put(t, t.TempDir(), "log", []byte("old, ")), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	open := fmt.Sprintf("/dev/fd/%d", log.Fd())
	if _, err := os.Stat(open); err != nil {
		t.Skipf("skipped: there is no such name here: %v", err)
	}
	if err := writeTo(t.Context(), streams{}, open, write); err != nil {
		t.Error(err)
	}
	if content, err := os.ReadFile(log.Name()); string(content) != "old, new" || err != nil {
		t.Errorf("what was open holds %q (%v)", content, err)
	}
	folder, err := os.MkdirTemp("/dev/shm", "braid")
	if err != nil {
		t.Skipf("skipped: no file can be made in /dev/shm: %v", err)
	}
	defer os.RemoveAll(folder)
	file := put(t, folder, "file", []byte("old, "))
	if err := writeTo(t.Context(), streams{}, file, write); err != nil {
		t.Error(err)
	}
	if content, err := os.ReadFile(file); string(content) != "new" || err != nil {
		t.Errorf("the file holds %q (%v)", content, err)
	}
}
