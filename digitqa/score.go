package digitqa

import (
	"errors"
	"fmt"

	"braid"
	"braid/data"
	"braid/data/mnist"
	"braid/internal/kernel"
	"braid/tensor"
)

// Scores are the fractions of a table's rows for which the heads of a model are right.
type Scores struct{ Digit, Answer, Both float64 }

// Measure returns a model's scores on a table.
func Measure(m *braid.Model, table *data.Table) (Scores, error) {
	out, err := predict(m, table)
	if err != nil {
		return Scores{}, err
	}
	return scores(table, out["digit"].Float32s(), out["answer"].Float32s())
}

func predict(m *braid.Model, table *data.Table) (braid.Tensors, error) {
	in, err := table.Tensors("image", "question")
	if err != nil {
		return nil, err
	}
	return m.Predict(in)
}

// scores compares the probabilities of digits, [rows, 10], and of yes, [rows], with a table.
func scores(table *data.Table, digits, answers []float32) (s Scores, err error) {
	truth, err := table.Tensors("digit", "answer")
	if err != nil {
		return s, err
	}
	rows := table.Rows()
	if len(digits) != classes*rows || len(answers) != rows {
		return s, fmt.Errorf("digitqa: heads have %v and %v outputs for %d rows", len(digits),
			len(answers), rows)
	}
	best := make([]int32, rows)
	kernel.Default().ArgMax(kernel.ArgMax{
		Rows: rows, Width: classes, Index: best, X: digits, XRow: classes,
	})
	for i, answer := range answers {
		digitRight := truth["digit"].Int32s()[i] == best[i]
		answerRight := (truth["answer"].Float32s()[i] > 0.5) == (answer > 0.5)
		s.Digit += count(digitRight)
		s.Answer += count(answerRight)
		s.Both += count(digitRight && answerRight)
	}
	s.Digit, s.Answer, s.Both = s.Digit/float64(rows), s.Answer/float64(rows), s.Both/float64(rows)
	return s, nil
}

func count(right bool) float64 {
	if right {
		return 1
	}
	return 0
}

// View is an image moved by whole pixels. What moves in is black.
type View struct{ Down, Right int }

// FiveViews are an image as it is, and moved by one pixel in each direction.
var FiveViews = []View{{}, {Down: 1}, {Down: -1}, {Right: 1}, {Right: -1}}

// MeasureViews returns a model's scores on images with the questions of Table. Probabilities are
// means over the views of an image. s standardizes pixels.
func MeasureViews(
	m *braid.Model, images mnist.Images, s data.Standard, views []View,
) (Scores, error) {
	var table *data.Table
	var digits, answers []float32 // sums over the views
	for i, view := range views {
		var err error
		if table, err = Table(view.of(images), s); err != nil {
			return Scores{}, err
		}
		out, err := predict(m, table)
		if err != nil {
			return Scores{}, err
		}
		if i == 0 {
			digits, answers = out["digit"].Float32s(), out["answer"].Float32s()
			continue
		}
		kernel.Default().Add(digits, out["digit"].Float32s())
		kernel.Default().Add(answers, out["answer"].Float32s())
	}
	if table == nil {
		return Scores{}, errors.New("digitqa: no views, want one or more, such as FiveViews")
	}
	for _, sums := range [][]float32{digits, answers} {
		kernel.Default().Scale(sums, sums, 1/float32(len(views)))
	}
	return scores(table, digits, answers)
}

// of returns the view of each image.
func (v View) of(images mnist.Images) mnist.Images {
	shape := images.Pixels.Shape()
	height, width := shape[1], shape[2]
	from := images.Pixels.Uint8s()
	to := make([]uint8, len(from))
	left, right := max(v.Right, 0), min(width+v.Right, width)
	for row := range shape[0] * height { // of all images
		y := row%height - v.Down
		if y >= 0 && y < height && left < right {
			line := from[(row-v.Down)*width:][:width]
			copy(to[row*width+left:row*width+right], line[left-v.Right:])
		}
	}
	return mnist.Images{Pixels: tensor.Bytes(to, shape...), Labels: images.Labels}
}
