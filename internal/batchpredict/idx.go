package batchpredict

import (
	"fmt"
	"io"
	"runtime"
	"slices"

	"braid/data"
	"braid/internal/value"
	"braid/predictor"
)

// IDX are the images of an IDX file, with questions and true answers from elsewhere.
type IDX struct {
	file      *File
	images    *data.IDXReader
	model     *predictor.Model
	image     int // which input
	text      int // which input, -1 if none
	pixels    []uint8
	unknown   Unknown
	question  reading    // of all, where there are no questions
	questions *questions // nil where there are none
	labels    []labels
	read      int
	first     int // of the block: the number of its first image
}

// NewIDX makes a source of an IDX file. Where the model reads a text, Ask or Questions must follow, and Labels may
// follow, before rows are read. The source closes the file.
func NewIDX(file *File, m *predictor.Model, unknown Unknown) (*IDX, error) {
	r := &IDX{file: file, model: m, unknown: unknown}
	r.image = slices.IndexFunc(m.Inputs, func(in predictor.Input) bool { return in.IsImage() })
	r.text = slices.IndexFunc(m.Inputs, func(in predictor.Input) bool { return in.IsText() })
	if r.image < 0 || len(m.Inputs) > 2 || len(m.Inputs) == 2 && r.text < 0 {
		return nil, fmt.Errorf("%s: IDX files hold images, for a model of an image and a text: its inputs are %s; JSON lines can hold them", file.name, Takes(m))
	}
	var err error
	if r.images, err = data.NewIDXReader(file.text); err != nil {
		return nil, fmt.Errorf("%s: %w", file.name, err)
	}
	image := &m.Inputs[r.image]
	shape := r.images.Shape()
	if !shape[1:].Equal(image.Shape) {
		return nil, fmt.Errorf("%s has rows of %s, the model's %q takes %s", file.name, value.Dims(shape[1:]), image.Name, value.Dims(image.Shape))
	}
	r.pixels = make([]uint8, PerBlock*image.Shape.Size())
	return r, nil
}

// Ask asks a question of all images.
func (r *IDX) Ask(question string) (err error) {
	r.question, err = r.texts().read(question)
	return err
}

func (r *IDX) texts() *texts { return &texts{in: &r.model.Inputs[r.text], unknown: r.unknown} }

// Questions asks of each image what stands in a line of a file. The source closes the file.
func (r *IDX) Questions(file *File) {
	r.questions = &questions{file: file, texts: *r.texts(), rows: r.images.Shape()[0]}
}

// Labels takes the true answers of a head, by its index, from an IDX file. It must be a head that has Answers. The
// source closes the file.
func (r *IDX) Labels(head int, file *File) error {
	l := labels{file: file, head: head, count: len(Answers(&r.model.Heads[head]))}
	err := l.open(r.images.Shape()[0])
	r.labels = append(r.labels, l)
	return err
}

func (r *IDX) fill(b *block) error {
	b.n, r.first = 0, b.first
	n, err := r.images.Next(r.pixels)
	if err != nil {
		return fmt.Errorf("%s: %w", r.file.name, err)
	}
	for row := range n {
		b.begin(row)
	}
	size := len(r.pixels) / PerBlock
	to := b.rows.Inputs[r.image].Float32s()
	standard := r.model.Inputs[r.image].Pixels
	share(runtime.GOMAXPROCS(0), n, func(_, lo, hi int) { standard.Floats(to[lo*size:hi*size], r.pixels[lo*size:hi*size]) })
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

func (r *IDX) at(row int, err error) error {
	return fmt.Errorf("%s: image %d: %w", r.file.name, r.first+row, err)
}

// ask fills in the questions of n rows.
func (r *IDX) ask(b *block, n int) error {
	for row := range n {
		question, bad := r.question, error(nil)
		if r.questions != nil {
			var err error
			if question, bad, err = r.questions.next(); err != nil {
				return err
			}
		}
		if bad != nil {
			b.bad[row] = bad
			continue
		}
		b.take(row, r.text, question)
	}
	if r.questions != nil && r.read+n == r.images.Shape()[0] {
		return r.questions.end()
	}
	return nil
}

// Progress counts images.
func (r *IDX) Progress() (done, total int64) { return int64(r.read), int64(r.images.Shape()[0]) }

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
