package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"

	"braid/data"
	"braid/infer"
)

// idxRows are the images of an IDX file, with questions and true answers from elsewhere.
type idxRows struct {
	name      string
	images    *data.IDXReader
	standard  data.Standard
	image     int // which input
	text      int // which input, -1 if none
	pixels    []uint8
	question  []int32   // of all, nil where each has its own
	questions *textRows // nil where there are none
	labels    []labelRows
	read      int
}

// newIDXRows opens what --questions and --labels name beside the images.
func (f *predictFlags) newIDXRows(ctx context.Context, s streams, in *rowsFile, m *infer.Model, heads []output) (_ rowSource, err error) {
	image, text := m.Input((*infer.Input).IsImage), m.Input((*infer.Input).IsText)
	if image == nil || len(m.Inputs) > 2 || len(m.Inputs) == 2 && text == nil {
		return nil, fmt.Errorf("%s: IDX files hold images, for a model of an image and a text: its inputs are %s; JSON lines can hold them", in.name, takes(m))
	}
	r := &idxRows{name: in.name, image: position(m, image), text: position(m, text), standard: *image.Pixels}
	if r.images, err = data.NewIDXReader(in); err != nil {
		return nil, fmt.Errorf("%s: %w", in.name, err)
	}
	shape := r.images.Shape()
	if !shape[1:].Equal(image.Shape) {
		return nil, fmt.Errorf("%s has rows of %s, the model's %q takes %s", in.name, dims(shape[1:]), image.Name, dims(image.Shape))
	}
	r.pixels = make([]uint8, blockRows*image.Shape.Size())
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	switch {
	case f.questions != "" && text == nil:
		return nil, usage("--questions: the model takes no text: its inputs are %s", takes(m))
	case f.questions != "":
		file, err := openRows(ctx, s, f.questions)
		if err != nil {
			return nil, err
		}
		r.questions = &textRows{file: file, texts: texts{in: text}, rows: shape[0]}
	case f.question != "":
		r.question = make([]int32, text.Shape.Size())
		if err := text.ReadText(r.question, f.question); err != nil {
			return nil, fmt.Errorf("--question: %w", err)
		}
	case text != nil:
		return nil, usage("the model reads a question with each image: --question %q for all, or --questions FILE with a line for each", suggest(text))
	}
	for _, flag := range f.labels {
		l, err := openLabels(ctx, s, flag, heads, shape[0])
		if err != nil {
			return nil, fmt.Errorf("--labels: %w", err)
		}
		if slices.ContainsFunc(r.labels, func(other labelRows) bool { return other.head == l.head }) {
			l.file.Close()
			return nil, usage("--labels: head %q has two files", heads[l.head].Name)
		}
		r.labels = append(r.labels, l)
	}
	return r, nil
}

// suggest is a text that an input can be asked.
func suggest(in *infer.Input) string {
	if len(in.Text.Questions) > 0 {
		return in.Text.Questions[len(in.Text.Questions)-1]
	}
	words := in.Text.Tokenizer.Words()
	return strings.Join(words[:min(len(words), in.Shape.Size())], " ")
}

func (r *idxRows) fill(b *block) error {
	b.n = 0
	n, err := r.images.Next(r.pixels)
	if err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	for row := range n {
		b.begin(row)
	}
	size := len(r.pixels) / blockRows
	to := b.rows.Inputs[r.image].Float32s()
	share(runtime.GOMAXPROCS(0), n, func(_, lo, hi int) { r.standard.Floats(to[lo*size:hi*size], r.pixels[lo*size:hi*size]) })
	for i := range r.labels {
		if err := r.labels[i].fill(b, n); err != nil {
			return err
		}
	}
	if r.text >= 0 {
		if err := r.ask(b, n); err != nil {
			return err
		}
	}
	b.n = n
	if r.read += n; r.read < r.images.Shape()[0] {
		return nil
	}
	return io.EOF
}

// ask fills in the questions of n rows.
func (r *idxRows) ask(b *block, n int) error {
	to := b.rows.Inputs[r.text].Int32s()
	for row := range n {
		ids, bad := r.question, error(nil)
		if r.questions != nil {
			var err error
			if ids, bad, err = r.questions.next(); err != nil {
				return err
			}
		}
		if bad != nil {
			b.bad[row] = bad
			continue
		}
		copy(to[row*len(ids):], ids)
	}
	if r.questions != nil && r.read+n == r.images.Shape()[0] {
		return r.questions.end()
	}
	return nil
}

func (r *idxRows) progress() (done, total int64) { return int64(r.read), int64(r.images.Shape()[0]) }

func (r *idxRows) close() {
	if r.questions != nil {
		r.questions.file.Close()
	}
	for _, l := range r.labels {
		l.file.Close()
	}
}

// textRows are a file with a text a line.
type textRows struct {
	file  *rowsFile
	texts texts
	line  []byte
	lines int
	rows  int // there shall be
}

// next gives the ids of the next line. Bad is why it cannot be asked.
func (t *textRows) next() (ids []int32, bad, err error) {
	t.line, err = readLine(t.file.Reader, t.line[:0], mostQuestion)
	if err == io.EOF {
		return nil, nil, fmt.Errorf("%s has %d lines, there are %d images: want a question for each, or --question for all", t.file.name, t.lines, t.rows)
	}
	t.lines++
	if errors.Is(err, errLong) {
		return nil, t.at(err), nil
	}
	if err != nil {
		return nil, nil, t.at(err)
	}
	ids, bad = t.texts.ids(string(t.line))
	if bad != nil {
		bad = t.at(bad)
	}
	return ids, bad, nil
}

// end tests that no line is left.
func (t *textRows) end() error {
	if _, err := readLine(t.file.Reader, nil, mostQuestion); err != io.EOF {
		return fmt.Errorf("%s has more than %d lines, there are %d images: want a question for each, or --question for all", t.file.name, t.rows, t.rows)
	}
	return nil
}

func (t *textRows) at(err error) error {
	return fmt.Errorf("%s: line %d: %w", t.file.name, t.lines, err)
}

// mostQuestion is how long a line with a question may be, in bytes.
const mostQuestion = 1 << 16

// errLong is the error of a line that is too long.
var errLong = errors.New("line is too long")

// readLine appends the next line, without its end, to line. A line that is too long is read past. At the end of
// the file the error is io.EOF.
func readLine(r *bufio.Reader, line []byte, most int) ([]byte, error) {
	from, long := len(line), false
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part)-from > most+len("\r\n") {
			long = true
		} else {
			line = append(line, part...)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && (len(line) > from || long):
		case err != nil:
			return line[:from], err
		}
		end := len(bytes.TrimSuffix(bytes.TrimSuffix(line[from:], []byte("\n")), []byte("\r")))
		if long || end > most {
			return line[:from], fmt.Errorf("%w: want %d bytes or less", errLong, most)
		}
		return line[:from+end], nil
	}
}

// labelRows are an IDX file with the true answers of a head.
type labelRows struct {
	file  *rowsFile
	read  *data.IDXReader
	head  int
	count int // of the head's answers
	bytes []uint8
}

// openLabels opens what --labels names, as HEAD=FILE or FILE alone.
func openLabels(ctx context.Context, s streams, flag string, heads []output, rows int) (l labelRows, err error) {
	path := flag
	l.head = max(0, slices.IndexFunc(heads, func(o output) bool { return o.labels != nil }))
	if name, rest, ok := strings.Cut(flag, "="); ok {
		if head, err := headNamed(heads, name); err == nil {
			l.head, path = head, rest
		} else if _, missing := os.Stat(flag); missing != nil { // it is no file with = in its name
			return l, err
		}
	}
	if l.count = len(heads[l.head].labels); l.count == 0 {
		return l, fmt.Errorf("head %q gives numbers, not one of some answers", heads[l.head].Name)
	}
	if l.file, err = openRows(ctx, s, path); err != nil {
		return l, err
	}
	l.bytes = make([]uint8, blockRows)
	if l.read, err = data.NewIDXReader(l.file); err != nil {
		err = l.name(err)
	} else if shape := l.read.Shape(); len(shape) != 1 || shape[0] != rows {
		err = fmt.Errorf("%s has shape %v, want a label for each of %d images", l.file.name, shape, rows)
	}
	if err != nil {
		l.file.Close()
	}
	return l, err
}

// fill fills in the true answers of n rows.
func (l *labelRows) fill(b *block, n int) error {
	got, err := l.read.Next(l.bytes)
	if err != nil {
		return l.name(err)
	}
	if got != n {
		panic(fmt.Sprintf("%d labels for %d rows", got, n))
	}
	for row, label := range l.bytes[:n] {
		if int(label) >= l.count {
			return l.name(fmt.Errorf("row %d is %d, want a label from 0 to %d", b.first+row, label, l.count-1))
		}
		b.truths[l.head][row] = int(label)
	}
	return nil
}

// name puts the file before an error.
func (l *labelRows) name(err error) error { return fmt.Errorf("%s: %w", l.file.name, err) }
