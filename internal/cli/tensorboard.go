package cli

import (
	"fmt"
	"image"
	"math"
	"slices"

	"braid"
	"braid/experiment"
	"braid/feature"
	"braid/internal/suggest"
	"braid/tensor"
	"braid/train"
	"braid/train/tensorboard"
)

// samplePictures is the number of rows whose pictures TensorBoard shows.
const samplePictures = 8

// board returns the callback that writes event files: the figures of each epoch, histograms of the
// weights and their gradients, the graph, and pictures with their answers.
func (b *baseTraining) board(dir string) train.Callback {
	l := tensorboard.Log{Dir: dir, Histograms: 1, Gradients: 1}
	if s := b.samples(); s != nil {
		l.Images = s.images
	}
	return l.Callback()
}

// samples are rows whose pictures and answers are shown.
type samples struct {
	*experiment.Built
	part     experiment.Part
	pictures []feature.Input
}

// samples returns the first rows of the validation part, or of the training part without one. It is
// nil if the network reads no pictures.
func (b *baseTraining) samples() *samples {
	s := &samples{Built: b.Built, part: experiment.ValidationPart}
	if b.Tables[s.part] == nil {
		s.part = experiment.TrainPart
	}
	for _, f := range b.Features {
		for _, in := range f.Encoder.Inputs(f.Column) {
			if n := len(in.Shape); in.DType == tensor.Uint8 && (n == 2 || n == 3) {
				s.pictures = append(s.pictures, in)
			}
		}
	}
	if s.pictures == nil {
		return nil
	}
	return s
}

// images returns the pictures of the rows as the network sees them, with the answers under them.
func (s *samples) images(m *braid.Model, _ int) ([]tensorboard.Image, error) {
	table := s.Tables[s.part]
	rows, err := table.Slice(0, min(samplePictures, table.Rows()))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, in := range m.Inputs() {
		names = append(names, in.Name)
	}
	in, err := rows.Tensors(names...)
	if err != nil {
		return nil, err
	}
	out, err := m.Predict(in)
	if err != nil {
		return nil, err
	}
	var list []tensorboard.Image
	for row := range rows.Rows() {
		lines, err := s.answers(row, out)
		if err != nil {
			return nil, err
		}
		for _, p := range s.pictures {
			size := p.Shape.Size()
			pixels := bytesOf(in[p.Name].Float32s()[row*size:][:size], p)
			captioned, err := caption(pictureOfPixels(pixels, p.Shape), lines)
			if err != nil {
				return nil, err
			}
			list = append(list, tensorboard.Image{
				Tag: fmt.Sprintf("%s/%d", p.Name, row+1), Image: captioned,
			})
		}
	}
	return list, nil
}

// answers returns a line for each head: its answer, how sure it is, and the label.
func (s *samples) answers(row int, out braid.Tensors) (lines []string, err error) {
	for _, t := range s.Targets {
		outputs := out[feature.Name(t.Column)].Float32s()
		n := len(outputs) / out[feature.Name(t.Column)].Shape()[0]
		a := t.Decoder.Answer(outputs[row*n:][:n])
		line := fmt.Sprintf("%s: %s", suggest.Printable(t.Column), suggest.Printable(a.Text))
		if a.Choices != nil {
			line += fmt.Sprintf(", %.0f %%", 100*a.Probability)
		}
		if label, ok, err := s.label(t.Column, row); err != nil {
			return nil, err
		} else if ok {
			line += fmt.Sprintf(" (label: %s)", suggest.Printable(label))
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// label returns the label of a row as its cell has it. The rows of the training part are not in the
// order of its cells if files are mixed.
func (s *samples) label(column string, row int) (label string, known bool, err error) {
	mixed := s.part == experiment.TrainPart && s.Train.Mix == experiment.Equal
	if mixed || !slices.Contains(s.Frame.Names(), column) {
		return "", false, nil
	}
	cells, err := s.Frame.Cells(column)
	if err != nil {
		return "", false, err
	}
	label = cells.At(int(s.Rows[s.part][row]))
	return label, label != "", nil
}

// bytesOf returns the pixels of a standardized picture.
func bytesOf(values []float32, in feature.Input) []uint8 {
	pixels := make([]uint8, len(values))
	for i, v := range values {
		pixel := math.Round(float64(float64(v)*in.Standard.Std) + in.Standard.Mean)
		pixels[i] = uint8(min(max(pixel, 0), 255))
	}
	return pixels
}

// pictureOfPixels returns a picture of [height, width] or [height, width, channels].
func pictureOfPixels(pixels []uint8, shape tensor.Shape) image.Image {
	height, width, channels := shape[0], shape[1], len(pixels)/(shape[0]*shape[1])
	p := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range height * width {
		from, to := pixels[i*channels:][:channels], p.Pix[4*i:][:4]
		for k := range 3 {
			to[k] = from[k*channels/3] // a grey pixel has one number
		}
		to[3] = 255
	}
	return p
}
