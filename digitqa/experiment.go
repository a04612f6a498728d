package digitqa

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"

	"braid/data"
	"braid/data/mnist"
	"braid/experiment"
	"braid/feature"
	"braid/layer"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

//go:embed digitqa.yaml
var bookFile []byte

//go:embed record.yaml
var recordFile []byte

// Experiment returns the experiment of digitqa.yaml: Network with the training of Plan. set holds
// settings as for experiment.Read.
func Experiment(set ...string) (*experiment.Experiment, error) {
	return experiment.Parse("digitqa.yaml", bookFile, set...)
}

// RecordExperiment returns the experiment of record.yaml: RecordNetwork with the training of
// RecordPlan.
func RecordExperiment(set ...string) (*experiment.Experiment, error) {
	return experiment.Parse("record.yaml", recordFile, set...)
}

// Names of the images' files in cells.
const (
	trainImages = "train-images"
	testImages  = "test-images"
)

// Parts returns the rows of each part for Load: the training images, and the test images for
// validation. holdOut validates on the last of the training images instead, as HoldOut does.
func Parts(digits *mnist.Dataset, holdOut bool) (parts [experiment.Parts][]int32, err error) {
	training := digits.Train.Labels.Shape()[0]
	kept, all := training, training+digits.Test.Labels.Shape()[0]
	if holdOut {
		all = training
		if kept, err = keptOf(training); err != nil {
			return parts, err
		}
	}
	rows := make([]int32, all)
	for i := range rows {
		rows[i] = int32(i)
	}
	parts[experiment.TrainPart], parts[experiment.ValidationPart] = rows[:kept:kept], rows[kept:]
	return parts, nil
}

// Load returns the rows of an experiment whose inputs are the images with the questions of Table,
// and whose heads are the digits and the answers. Row i of the parts is a training image, or after
// them a test image. The network and the schedule of the learning rate are fitted to the size of
// the images and to the number of steps.
func Load(
	e *experiment.Experiment, digits *mnist.Dataset, parts [experiment.Parts][]int32,
) (*experiment.Loaded, error) {
	size := digits.Train.Pixels.Shape()
	whole := *e
	whole.Inputs = slices.Clone(e.Inputs)
	for i, in := range e.Inputs {
		if f, ok := in.Feature.(feature.Digit); ok {
			f.Height, f.Width = size[1], size[2]
			f.Arrays = map[string]tensor.Tensor{
				trainImages: digits.Train.Pixels, testImages: digits.Test.Pixels,
			}
			whole.Inputs[i].Feature = f
		}
	}
	network := *e.Network
	whole.Network, network.Layers = &network, slices.Clone(network.Layers)
	for i, l := range network.Layers {
		if _, ok := l.Layer.(layer.Reshape); ok {
			network.Layers[i].Layer = layer.Reshape{Shape: []int{size[1], size[2], 1}}
		}
	}
	whole.Train.Optimizer = fitted(e.Train, len(parts[experiment.TrainPart]))
	frame, err := newFrame(digits)
	if err != nil {
		return nil, err
	}
	return whole.LoadParts(frame, parts)
}

// fitted returns the optimizer of a training on so many rows: the steps of its schedule, if they
// are those of a piecewise linear one, are scaled to those of the training.
func fitted(t experiment.Train, rows int) optim.Optimizer {
	o, ok := t.Optimizer.(optim.AdamW)
	s, isPiecewise := o.Schedule.(optim.PiecewiseLinear)
	if !ok || !isPiecewise || t.Epochs == 0 || t.Batch == 0 || slices.Max(s.Steps) == 0 {
		return t.Optimizer
	}
	plan := train.Plan{
		Epochs: t.Epochs, Batch: t.Batch, DropLast: t.DropLast == nil || *t.DropLast,
	}
	steps, all := slices.Clone(s.Steps), s.Steps[len(s.Steps)-1]
	for i := range steps {
		if steps[i] = steps[i] * Steps(plan, rows) / all; i > 0 {
			steps[i] = max(steps[i], steps[i-1]+1)
		}
	}
	s.Steps = steps
	o.Schedule = s
	return o
}

// Rate returns the learning rate of the optimizer of digitqa.yaml, or the highest rate of that of
// record.yaml.
func Rate(o optim.Optimizer) float64 {
	switch o := o.(type) {
	case optim.Adam:
		return o.Rate
	case optim.AdamW:
		if s, ok := o.Schedule.(optim.PiecewiseLinear); ok {
			return slices.Max(s.Rates)
		}
	}
	return 0
}

// newFrame returns the columns image, question, digit and answer of all images.
func newFrame(digits *mnist.Dataset) (*data.Frame, error) {
	labels := slices.Concat(digits.Train.Labels.Uint8s(), digits.Test.Labels.Uint8s())
	questions, answers := make([]uint8, 0, len(labels)), make([]uint8, 0, len(labels))
	for _, half := range []mnist.Images{digits.Train, digits.Test} {
		for i, label := range half.Labels.Uint8s() {
			kind := i % len(Questions)
			questions = append(questions, uint8(kind))
			answers = append(answers, uint8(count(Questions[kind].True(int32(label)))))
		}
	}
	var texts, numbers []string
	for _, q := range Questions {
		texts = append(texts, q.Text)
	}
	for i := range 256 { // labels beyond 9 are the user's mistake
		numbers = append(numbers, strconv.Itoa(i))
	}
	frame, err := data.FrameOf(digits.Origin,
		data.Pictures("image",
			data.PictureFile{Name: trainImages, Count: digits.Train.Pixels.Shape()[0]},
			data.PictureFile{Name: testImages, Count: digits.Test.Pixels.Shape()[0]}),
		data.Codes("question", texts, questions),
		data.Codes("digit", numbers, labels),
		data.Codes("answer", noYes, answers),
	)
	if err != nil {
		return nil, fmt.Errorf("digitqa: %w", err)
	}
	return frame, nil
}
