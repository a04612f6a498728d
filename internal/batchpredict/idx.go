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

// IDX is a RowReader of the images of an IDX file, with questions and true answers from other
// files.
type IDX struct {
	file      *File
	images    *data.IDXReader
	model     *predictor.Model
	image     int     // index of the input for the image
	text      int     // index of the input for the question, -1 if there is none
	pixels    []uint8 // of a block
	unknown   Unknown
	question  reading    // of each image, unless there are questions
	questions *questions // nil if there are none
	labels    []labels
	read      int // images read
	first     int // number of the block's first image
}

// NewIDX returns a reader of an IDX file. If the model reads a text, call Ask or Questions before
// rows are read. The reader closes the file.
func NewIDX(file *File, m *predictor.Model, unknown Unknown) (*IDX, error) {
	r := &IDX{file: file, model: m, unknown: unknown}
	r.image = slices.IndexFunc(m.Inputs, func(in predictor.Input) bool { return in.Files != nil })
	r.text = slices.IndexFunc(m.Inputs, func(in predictor.Input) bool { return in.Text != nil })
	if r.image < 0 || len(m.Inputs) > 2 || len(m.Inputs) == 2 && r.text < 0 {
		const text = "%s: IDX files hold images, for a model of an image and a text: " +
			"its inputs are %s; JSON lines can hold them"
		return nil, fmt.Errorf(text, file.name, Takes(m))
	}
	var err error
	if r.images, err = data.NewIDXReader(file.text); err != nil {
		return nil, fmt.Errorf("%s: %w", file.name, err)
	}
	image := &m.Inputs[r.image]
	if got := r.images.Shape()[1:]; !got.Equal(image.Shape) {
		const text = "%s has rows of %s, the model's %q takes %s"
		return nil, fmt.Errorf(text, file.name, value.Dims(got), image.Name, value.Dims(image.Shape))
	}
	r.pixels = make([]uint8, PerBlock*image.Shape.Size())
	return r, nil
}

// Ask sets the question of all images.
func (r *IDX) Ask(question string) (err error) {
	r.question, err = r.texts().read(question)
	return err
}

// count is the number of images.
func (r *IDX) count() int { return r.images.Shape()[0] }

func (r *IDX) texts() *texts { return &texts{in: &r.model.Inputs[r.text], unknown: r.unknown} }

// Questions takes the question of each image from a line of a file. The reader closes the file.
func (r *IDX) Questions(file *File) {
	r.questions = &questions{file: file, texts: *r.texts(), images: r.count()}
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
	share(runtime.GOMAXPROCS(0), n, func(_, lo, hi int) {
		standard.Floats(to[lo*size:hi*size], r.pixels[lo*size:hi*size])
	})
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
		if bad != nil {
			b.bad[row] = bad
			continue
		}
		b.setText(row, r.text, question)
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
