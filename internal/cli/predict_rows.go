package cli

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"braid/infer"
	"braid/internal/names"
	"braid/tensor"
)

// blockRows is how many rows are answered at a time: enough that all processors have work.
const blockRows = 1024

// rowSource is where rows come from.
type rowSource interface {
	// fill reads the next rows into a block. With the last ones, or after them, the error is io.EOF; before
	// another error there may be rows, too.
	fill(b *block) error
	// progress is how much is read, of how much; total is 0 where it is not known.
	progress() (done, total int64)
	close()
}

// block is some rows on their way: what is asked, answered, and known of them. Rows that are not filled, and bad
// ones, hold other numbers that the model can be asked.
type block struct {
	rows   *infer.Rows
	first  int // the number of the first row
	n      int
	bad    []error // by row: why it cannot be asked
	truths [][]int // by head, by row: the true answer, -1 where it is not known
}

func newBlock(m *infer.Model) *block {
	b := &block{rows: m.Rows(blockRows), bad: make([]error, blockRows)}
	for range m.Heads {
		b.truths = append(b.truths, make([]int, blockRows))
	}
	return b
}

// begin forgets what a row held.
func (b *block) begin(row int) {
	b.bad[row] = nil
	for _, t := range b.truths {
		t[row] = -1
	}
}

// output is a head as its answers are written and compared.
type output struct {
	*infer.Head
	labels []string // what its answers are called; nil where it gives numbers
}

func outputs(m *infer.Model) []output {
	var list []output
	for i := range m.Heads {
		o := output{Head: &m.Heads[i]}
		for _, c := range o.Answer(make([]float32, o.Shape.Size())).Answers {
			o.labels = append(o.labels, c.Label)
		}
		list = append(list, o)
	}
	return list
}

// numbers are what the head gave for a row.
func (o *output) numbers(t tensor.Tensor, row int) []float32 {
	size := o.Shape.Size()
	return t.Float32s()[row*size:][:size]
}

// texts reads texts into ids. It keeps those it has read, for they repeat. Not for several goroutines.
type texts struct {
	in   *infer.Input
	read map[string]reading
}

type reading struct {
	ids []int32
	err error
}

// mostTexts and longestText bound what is kept.
const (
	mostTexts   = 256
	longestText = 256
)

func (t *texts) ids(text string) ([]int32, error) {
	r, ok := t.read[text]
	if !ok {
		r.ids = make([]int32, t.in.Shape.Size())
		r.err = t.in.ReadText(r.ids, text)
		if t.read == nil || len(t.read) >= mostTexts {
			t.read = map[string]reading{}
		}
		if len(text) <= longestText {
			t.read[strings.Clone(text)] = r
		}
	}
	return r.ids, r.err
}

// share deals n rows to so many goroutines.
func share(workers, n int, do func(worker, lo, hi int)) {
	workers = min(workers, n)
	var wait sync.WaitGroup
	for i := range workers {
		wait.Go(func() { do(i, n*i/workers, n*(i+1)/workers) })
	}
	wait.Wait()
}

// rowsFile is an opened file or standard input, unpacked.
type rowsFile struct {
	*bufio.Reader
	name string // for people
	size int64  // in bytes, 0 where it is not known
	file io.Closer
	raw  *counter
}

// counter counts what is read.
type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// readBuffer is how much is read from a file at a time.
const readBuffer = 1 << 18

// openRows opens a file, or standard input for -, and unpacks it if it is compressed.
func openRows(ctx context.Context, s streams, path string) (*rowsFile, error) {
	f := &rowsFile{name: spoken(path)}
	var from io.Reader
	if path == "-" {
		from = &waiting{ctx: ctx, r: s.in}
	} else {
		info, err := os.Stat(path)
		if err == nil && info.IsDir() {
			err = fmt.Errorf("%s is a folder, want a file", path)
		}
		if err != nil {
			return nil, err
		}
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		f.file, from = file, file
		if info.Mode().IsRegular() {
			f.size = info.Size()
		} else {
			from = &waiting{ctx: ctx, r: file}
		}
	}
	f.raw = &counter{Reader: from}
	f.Reader = bufio.NewReaderSize(f.raw, readBuffer)
	if head, _ := f.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(f.Reader)
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("%s: header of the compressed file: %w", f.name, err)
		}
		f.Reader = bufio.NewReaderSize(unpacked, readBuffer)
	}
	return f, nil
}

// Close closes the file.
func (f *rowsFile) Close() {
	if f.file != nil {
		f.file.Close()
	}
}

// waiting is a reader that others write to: a read ends with the context, and leaves a goroutine behind that waits
// for them.
type waiting struct {
	ctx    context.Context
	r      io.Reader
	buffer [1 << 16]byte
}

func (w *waiting) Read(p []byte) (int, error) {
	if w.ctx.Err() != nil {
		return 0, context.Cause(w.ctx)
	}
	type result struct {
		n   int
		err error
	}
	done := make(chan result, 1)
	part := w.buffer[:min(len(p), len(w.buffer))]
	go func() {
		n, err := w.r.Read(part)
		done <- result{n, err}
	}()
	select {
	case <-w.ctx.Done():
		return 0, context.Cause(w.ctx)
	case r := <-done:
		copy(p, part[:r.n])
		return r.n, r.err
	}
}

// source finds what kind of rows a file holds.
func (f *predictFlags) source(ctx context.Context, s streams, in *rowsFile, m *infer.Model, heads []output) (rowSource, error) {
	head, err := in.Peek(1)
	if start, _ := in.Peek(4); string(start) == "\x89PNG" || bytes.HasPrefix(start, []byte("\xff\xd8\xff")) {
		return nil, fmt.Errorf("%s is one image, want rows of IDX images or JSON lines: braid ask takes images", in.name)
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%s is empty, want IDX images or JSON lines", in.name)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", in.name, err)
	case f.question != "" && m.Input((*infer.Input).IsText) == nil:
		return nil, usage("--question: the model takes no text: its inputs are %s", takes(m))
	case head[0] == 0:
		return f.newIDXRows(ctx, s, in, m, heads)
	case f.questions != "":
		return nil, usage("--questions is for IDX images: in JSON lines the question stands in each")
	case f.labels != nil:
		return nil, usage("--labels is for IDX images: in JSON lines true answers stand in each, by the heads' names")
	}
	return newJSONRows(in, m, heads, f.question)
}

// takes tells what a model's inputs take.
func takes(m *infer.Model) string {
	var list []string
	for i := range m.Inputs {
		in := &m.Inputs[i]
		list = append(list, fmt.Sprintf("%q (%s)", in.Name, kind(in)))
	}
	return strings.Join(list, ", ")
}

// kind says what an input takes.
func kind(in *infer.Input) string {
	switch {
	case in.IsImage():
		return "an image of " + dims(in.Shape)
	case in.IsText():
		return fmt.Sprintf("a text of up to %d words", in.Shape.Size())
	case in.Pixels != nil:
		return dims(in.Shape) + " pixels"
	case in.DType == tensor.Int32:
		return dims(in.Shape) + " ids"
	}
	return dims(in.Shape) + " numbers"
}

// dims is a shape for people: 28 x 28.
func dims(shape tensor.Shape) string {
	if len(shape) == 0 {
		return "1"
	}
	list := []string{}
	for _, n := range shape {
		list = append(list, strconv.Itoa(n))
	}
	return strings.Join(list, " x ")
}

// position is where an input stands in the model's order.
func position(m *infer.Model, in *infer.Input) int {
	for i := range m.Inputs {
		if in == &m.Inputs[i] {
			return i
		}
	}
	return -1
}

// headNamed finds a head.
func headNamed(heads []output, name string) (int, error) {
	var have []string
	for i := range heads {
		if heads[i].Name == name {
			return i, nil
		}
		have = append(have, heads[i].Name)
	}
	return -1, names.Unknown("head", name, have)
}
