package batchpredict

import (
	"fmt"
	"io"
	"slices"

	"braid/data"
	"braid/feature"
	"braid/internal/value"
	"braid/predictor"
	"braid/tensor"
)

// IDX is the images of an IDX file, with questions and labels from other files.
type IDX struct {
	file      *File
	images    *data.IDXReader
	model     *predictor.Model
	p         *Prediction
	image     int        // the column of the image, by its index
	input     int        // that it fills, by its index
	text      int        // the column of the question; -1: there is none
	questions *questions // nil if there are none
	labels    []labels
	seen      int // images read
}

// NewIDX returns the images of a file. If the model reads a text, a question comes from the
// prediction, or each one from Questions. The images close the file.
func NewIDX(file *File, m *predictor.Model) (*IDX, error) {
	r := &IDX{file: file, model: m, image: -1, text: -1}
	asked, _ := Text(m)
	for i := range m.Columns {
		if &m.Columns[i] == asked {
			r.text = i
		}
	}
	for i := range m.Inputs {
		if in := &m.Inputs[i]; r.image < 0 && isPixels(in) {
			r.input = i
			r.image = slices.IndexFunc(m.Columns, func(c predictor.Column) bool {
				return c.Name == in.Column.Name
			})
		}
	}
	if r.image < 0 || len(m.Columns) > 2 || len(m.Columns) == 2 && r.text < 0 {
		const text = "%s: IDX files hold images, for a model of an image and a text: " +
			"its inputs are %s; JSON lines can hold them"
		return nil, fmt.Errorf(text, file.name, Takes(m))
	}
	var err error
	if r.images, err = data.NewIDXReader(file.text); err != nil {
		return nil, fmt.Errorf("%s: %w", file.name, err)
	}
	column := &m.Columns[r.image]
	if got, want := r.images.Shape()[1:], column.Inputs[0].Shape; !got.Equal(want) {
		const text = "%s has rows of %s, the model's %q takes %s"
		return nil, fmt.Errorf(text, file.name, value.Dims(got), column.Name, value.Dims(want))
	}
	return r, nil
}

// isPixels reports whether an input is the pixels of a picture, and nothing else is made of it.
func isPixels(in *predictor.Input) bool {
	return in.Column.ReadsFiles() && in.Alone() && in.Of.DType == tensor.Uint8
}

// TakesPixels reports whether a model has an input of pixels, which an IDX file can hold.
func TakesPixels(m *predictor.Model) bool {
	for i := range m.Inputs {
		if isPixels(&m.Inputs[i]) {
			return true
		}
	}
	return false
}

// count is the number of images.
func (r *IDX) count() int { return r.images.Shape()[0] }

// Questions takes the question of each image from a line of a file, which Close closes.
func (r *IDX) Questions(file *File) {
	r.questions = &questions{file: file, images: r.count()}
}

// Labels takes the labels of a head, by its index, from an IDX file of their indices. The head must
// have Answers. Close closes the file.
func (r *IDX) Labels(head int, file *File) error {
	l := labels{file: file, head: head, answers: Answers(&r.model.Heads[head])}
	err := l.open(r.count())
	r.labels = append(r.labels, l)
	return err
}

// Close closes the images, the questions and the labels.
func (r *IDX) Close() error {
	err := r.file.Close()
	if r.questions != nil {
		r.questions.file.Close()
	}
	for _, l := range r.labels {
		l.file.Close()
	}
	return err
}

func (r *IDX) prepare(p *Prediction) error {
	r.p = p
	if len(p.Keep) > 0 {
		return fmt.Errorf("%s holds images, which have no columns to keep", r.file.name)
	}
	return nil
}

func (r *IDX) most() int { return mostJSON }

func (r *IDX) read(b *block, most int) error {
	size := r.images.Shape()[1:].Size()
	b.pixels = slices.Grow(b.pixels, most*size)[:most*size]
	n, err := r.images.Next(b.pixels)
	if err != nil && err != io.EOF {
		return fmt.Errorf("%s: %w", r.file.name, err)
	}
	b.begin(n, r.p)
	err = r.readRest(b)
	if r.seen += b.n; err != nil {
		b.n = 0
		return err
	}
	if r.seen < r.count() {
		return nil
	}
	return io.EOF
}

// readRest reads the labels and questions of a block of images.
func (r *IDX) readRest(b *block) error {
	for i := range r.labels {
		if err := r.labels[i].read(b); err != nil {
			return err
		}
	}
	if r.questions == nil {
		return nil
	}
	for i := range b.n {
		question, bad, err := r.questions.next()
		if err != nil {
			return err
		}
		b.asked, b.fail[i] = append(b.asked, question), bad
	}
	if r.seen+b.n == r.count() {
		return r.questions.end()
	}
	return nil
}

// progress counts images.
func (r *IDX) progress() (done, total int64) { return int64(r.seen), int64(r.count()) }

func (r *IDX) convert(_ int, b *block, batch *predictor.Batch, lo, hi int) {
	size := r.images.Shape()[1:].Size()
	copy(batch.Bytes(r.input)[lo*size:hi*size], b.pixels[lo*size:hi*size])
	r.model.Columns[r.image].Standardize(batch, lo, hi)
	for i := lo; i < hi && r.text >= 0; i++ {
		if b.fail[i] != nil {
			continue
		}
		var v feature.Value
		if r.questions != nil {
			v.Text = b.asked[i]
		}
		err := r.p.encode(b, batch, r.text, i, v)
		switch {
		case err != nil && r.questions != nil:
			b.fail[i] = r.questions.at(b.first+i+1, err)
		case err != nil:
			b.fail[i] = r.at(b, i, err)
		}
	}
}

func (r *IDX) at(b *block, row int, err error) error {
	return fmt.Errorf("%s: image %d: %w", r.file.name, b.first+row, err)
}

func (r *IDX) finish() error { return nil }
