package digitqa

import (
	"fmt"

	"braid"
	"braid/augment"
	"braid/data"
	"braid/layer"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// RecordStandard divides pixels by 255.
var RecordStandard = data.Standard{Std: 255}

// recordMargin is the width of the border that the network does not see, in pixels. A test image
// that is shifted by one pixel still shows all that the network sees.
const recordMargin = 2

// RecordNetwork returns a convolutional network with the inputs and heads of Network, for images of
// at least 12 x 12 pixels. Its truth of a question for a digit is a number; those of the ten digits
// are weighted by the digits' probabilities:
//
//	logit of the answer = sum over the digits of probability · truth
func RecordNetwork(height, width int) *braid.Graph {
	g := braid.NewGraph("record")
	image := g.Input("image", tensor.Float32, height, width)
	question := g.Input("question", tensor.Int32, questionWords)

	const m = recordMargin
	x := g.Add("pixels", layer.Reshape{Shape: []int{height, width, 1}}, image)
	x = g.Add("middle", layer.Cropping2D{Cropping: layer.Sides{{m, m}, {m, m}}}, x)
	for i, block := range []struct {
		channels int
		pool     bool
	}{{24, true}, {48, true}, {64, false}, {64, true}, {128, false}} {
		name := func(part string) string { return fmt.Sprint(part, i+1) }
		x = g.Add(name("conv"), layer.Conv2D{
			Filters: block.channels, Size: layer.Pair{3, 3}, Padding: layer.Same, NoBias: true,
			Kernel: layer.Weight{Init: layer.HeNormal},
		}, x)
		if block.pool {
			x = g.Add(name("pool"), layer.MaxPooling2D{}, x)
		}
		x = g.Add(name("norm"), layer.BatchNormalization{Momentum: new(0.9), Epsilon: 1e-5}, x)
		x = g.Add(name("relu"), layer.Activation{Function: layer.ReLU}, x)
	}
	features := g.Add("features", layer.GlobalAveragePooling2D{}, x)
	digit := g.Head("digit", layer.Dense{Units: classes, Activation: layer.Softmax}, features)

	words := g.Add("words", layer.Embedding{Vocabulary: maxWords, Width: embeddingWidth}, question)
	asked := g.Add("asked", layer.LSTM{Units: 8}, words)
	truths := g.Add("truths", layer.Dense{Units: classes}, asked)
	weighted := g.Add("weighted", layer.Multiply{}, digit, truths)
	truth := g.Add("truth", layer.Sum{KeepDims: true}, weighted)
	g.Head("answer", layer.Activation{Function: layer.Sigmoid}, truth)
	return g
}

// RecordPlan returns the training of RecordNetwork on a number of rows: 12 epochs in batches of
// 128, on images that are changed at random.
func RecordPlan(rows int) train.Plan {
	p := train.Plan{
		Epochs: 12, Batch: 128, DropLast: true, Heads: Heads(),
		Augment: map[string]augment.List{"image": {augment.Affine{
			Rotation: 10, Shear: 5.7, ShiftY: 1.5 / 28, ShiftX: 1.5 / 28, // 1.5 pixels of MNIST's
			ScaleY: augment.Range{Low: 1 / 1.1, High: 1 / 0.9},
			ScaleX: augment.Range{Low: 1 / 1.1, High: 1 / 0.9},
		}}},
		EMA: &train.EMA{Momentum: 0.995, Warmup: true, State: true},
	}
	p.Optimizer = RecordOptimizer(4e-3, Steps(p, rows))
	return p
}

// RecordOptimizer returns the optimizer of a training with a number of steps. Its rate rises to
// peak in the first quarter and falls to 0 in the rest. Only kernels on the image's path decay.
func RecordOptimizer(peak float64, steps int) optim.AdamW {
	top := max(steps/4, 1)
	return optim.AdamW{
		Schedule: optim.PiecewiseLinear{
			Steps: []int{0, top, max(steps, top+1)}, Rates: []float64{peak / 20, peak, 0},
		},
		Beta2: new(0.99), Epsilon: 1e-8,
		WeightDecay: optim.Decay{Rate: 0.1, Except: []string{"words.", "asked.", "truths."}},
	}
}

// Steps returns the number of steps of a plan on a number of rows.
func Steps(p train.Plan, rows int) int {
	batch := min(p.Batch, rows)
	if p.DropLast {
		return p.Epochs * (rows / batch)
	}
	return p.Epochs * ((rows + batch - 1) / batch)
}

// HoldOut divides a table: its last twelfth validates a training on the other rows. Of MNIST's
// training images it holds out 5,000.
func HoldOut(table *data.Table) (training, validation *data.Table, err error) {
	rows := table.Rows()
	kept, err := keptOf(rows)
	if err != nil {
		return nil, nil, err
	}
	if training, err = table.Slice(0, kept); err != nil {
		return nil, nil, err
	}
	validation, err = table.Slice(kept, rows)
	return training, validation, err
}

// keptOf returns how many of so many rows HoldOut trains on.
func keptOf(rows int) (int, error) {
	kept := rows - max(rows/12, 1)
	if kept < 1 {
		return 0, fmt.Errorf("digitqa: %d rows cannot be divided, want 2 or more", rows)
	}
	return kept, nil
}
