package batchpredict

import (
	"fmt"
	"io"
	"runtime"

	"braid/data"
	"braid/feature"
	"braid/internal/value"
	"braid/predictor"
	"braid/tensor"
)

// IDX is a RowReader of the images of an IDX file, with questions and true answers from other
// files.
type IDX struct {
	file      *File
	images    *data.IDXReader
	model     *predictor.Model
	image     *predictor.Column // for the image
	input     int               // that it fills, by its index
	text      *predictor.Column // for the question; nil: there is none
	question  string            // of each image, unless there are questions
	questions *questions        // nil if there are none
	labels    []labels
	read      int // images read
	first     int // number of the block's first image
}

// NewIDX returns a reader of an IDX file. If the model reads a text, call Ask or Questions before
// rows are read. The reader closes the file.
func NewIDX(file *File, m *predictor.Model) (*IDX, error) {
	r := &IDX{file: file, model: m}
	r.text, _ = Text(m)
	for i := range m.Inputs {
		in := &m.Inputs[i]
		if r.image == nil && in.Column.ReadsFiles() && in.Alone() && in.Of.DType == tensor.Uint8 {
			r.image, r.input = in.Column, i
		}
	}
	if r.image == nil || len(m.Columns) > 2 || len(m.Columns) == 2 && r.text == nil {
		const text = "%s: IDX files hold images, for a model of an image and a text: " +
			"its inputs are %s; JSON lines can hold them"
		return nil, fmt.Errorf(text, file.name, Takes(m))
	}
	var err error
	if r.images, err = data.NewIDXReader(file.text); err != nil {
		return nil, fmt.Errorf("%s: %w", file.name, err)
	}
	if got, want := r.images.Shape()[1:], r.image.Inputs[0].Shape; !got.Equal(want) {
		const text = "%s has rows of %s, the model's %q takes %s"
		return nil, fmt.Errorf(text, file.name, value.Dims(got), r.image.Name, value.Dims(want))
	}
	return r, nil
}

// Ask sets the question of all images. The error is why the model cannot be asked it.
func (r *IDX) Ask(question string) error {
	r.question = question
	b := r.model.NewBatch(1)
	defer r.model.Free(b)
	_, err := r.text.Encode(b, 0, feature.Value{Text: question})
	return err
}

// count is the number of images.
func (r *IDX) count() int { return r.images.Shape()[0] }

// Questions takes the question of each image from a line of a file. The reader closes the file.
func (r *IDX) Questions(file *File) {
	r.questions = &questions{file: file, images: r.count()}
}

// Labels takes the true answers of a head, by its index, from an IDX file. The head must have
// Answers. The reader closes the file.
func (r *IDX) Labels(head int, file *File) error {
	l := labels{file: file, head: head, answers: len(Answers(&r.model.Heads[head]))}
	err := l.open(r.count())
	r.labels = append(r.labels, l)
	return err
}

func (r *IDX) fill(b *block) error {
	b.n, r.first = 0, b.first
	n, err := r.images.Next(b.rows.Bytes(r.input))
	if err != nil {
		return fmt.Errorf("%s: %w", r.file.name, err)
	}
	for row := range n {
		b.begin(row)
	}
	share(runtime.GOMAXPROCS(0), n, func(_, lo, hi int) { r.image.Standardize(b.rows, lo, hi) })
	for i := range r.labels {
		if err := r.labels[i].fill(b, n); err != nil {
			return err
		}
	}
	if r.text != nil {
		if err := r.ask(b, n); err != nil {
			return err
		}
	}
	b.n = n
	if r.read += n; r.read < r.count() {
		return nil
	}
	return io.EOF
}

func (r *IDX) at(row int, err error) error {
	return fmt.Errorf("%s: image %d: %w", r.file.name, r.first+row, err)
}

// ask writes the questions of the next n images to the block.
func (r *IDX) ask(b *block, n int) error {
	for row := range n {
		question, bad := r.question, error(nil)
		if r.questions != nil {
			var err error
			if question, bad, err = r.questions.next(); err != nil {
				return err
			}
		}
		if bad == nil {
			bad = b.encode(r.text, row, feature.Value{Text: question})
			if bad != nil && r.questions != nil {
				bad = r.questions.at(bad)
			}
		}
		b.bad[row] = bad
	}
	if r.questions != nil && r.read+n == r.count() {
		return r.questions.end()
	}
	return nil
}

// Progress counts images.
func (r *IDX) Progress() (done, total int64) { return int64(r.read), int64(r.count()) }

// Close closes the images, the questions and the labels.
func (r *IDX) Close() {
	r.file.Close()
	if r.questions != nil {
		r.questions.file.Close()
	}
	for _, l := range r.labels {
		l.file.Close()
	}
}
