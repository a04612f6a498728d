package metric

import (
	"cmp"
	"math"

	"braid"
	"braid/internal/kernel"
	"braid/tensor"
)

// outputs says what the numbers of a step of a head and of its target mean. A head of one axis has
// one step.
type outputs struct {
	reading reading
	width   int     // how many numbers a step has
	middle  float64 // outputs above it are a yes
}

// reading is what a step's target is.
type reading uint8

const (
	labels reading = iota // the class, an int32, of a head of shape [..., classes]
	oneHot                // a number for each class of a softmax: the class is the largest
	yesNo                 // for each number of the head a yes, above 0.5, or a no
)

// read returns the outputs of a head with answers of classes, or of yes and no.
func read(m Metric, head braid.Spec, target Target) (outputs, error) {
	steps, width := head.Shape.Steps()
	o := outputs{width: width, middle: 0.5}
	if target.Signs {
		o.middle = 0
	}
	same := target.DType == tensor.Float32 && target.Shape.Equal(head.Shape)
	softmax := head.Activation == braid.Softmax
	switch {
	case target.DType == tensor.Int32 && isLabel(target.Shape, head.Shape, steps):
		o.reading = labels
	case same && softmax:
		o.reading = oneHot
	case same:
		o.reading = yesNo
	default:
		return o, mistake(m, head, "it has shape %v a row and its target %v %s, want labels for "+
			"[classes] or [..., classes], or numbers of the head's shape", head.Shape, target.Shape,
			target.DType)
	}
	return o, nil
}

// isLabel reports whether a target has one number for each step of a head. [] and [1] are
// equivalent.
func isLabel(target, head tensor.Shape, steps int) bool {
	return len(head) > 0 && (target.Equal(head[:len(head)-1]) || steps == 1 && target.Size() == 1)
}

// readOne is read for metrics that want one answer of each step: a class, or a yes or no.
func readOne(m Metric, head braid.Spec, target Target) (outputs, error) {
	o, err := read(m, head, target)
	if err == nil && o.several() {
		err = mistake(m, head, "it gives %d answers of yes or no at once, want one", o.width)
	}
	return o, err
}

// readProbabilities is read for metrics that want probabilities.
func readProbabilities(m Metric, head braid.Spec, target Target) (outputs, error) {
	o, err := read(m, head, target)
	want := braid.Softmax
	if o.reading == yesNo {
		want = braid.Sigmoid
	}
	switch {
	case err != nil:
	case target.Signs:
		err = mistake(m, head, "its target has signs: the metric needs probabilities")
	case head.Activation != want:
		err = mistake(m, head, "activation %s, want %s: the metric needs probabilities",
			head.Activation, want)
	}
	return o, err
}

// checkThreshold checks the Threshold of a metric, which is for answers of yes and no.
func checkThreshold(
	m Metric, threshold float64, head braid.Spec, target Target, o outputs,
) error {
	switch {
	case target.Signs && (math.IsNaN(threshold) || math.IsInf(threshold, 0)):
		return mistake(m, head, "Threshold = %v, want a finite number: an output above it is a yes",
			threshold)
	case !target.Signs && !(threshold >= 0 && threshold < 1):
		return mistake(m, head, "Threshold = %v, want a number above 0 and below 1, or 0, which means %v",
			threshold, o.middle)
	case threshold != 0 && o.reading != yesNo:
		return mistake(m, head, "Threshold = %v, but the most probable of its classes counts: want none",
			threshold)
	}
	return nil
}

// threshold returns a Threshold with the default in place of 0.
func (o outputs) threshold(threshold float64) float64 { return cmp.Or(threshold, o.middle) }

// several reports whether a step has several answers of yes or no.
func (o outputs) several() bool { return o.reading == yesNo && o.width != 1 }

// classes returns how many classes there are: no and yes are two. With several answers it is the
// number of those.
func (o outputs) classes() int {
	if o.reading == yesNo && o.width == 1 {
		return 2
	}
	return o.width
}

// class returns the true class of a row, or -1 if the head has no such class.
func (o outputs) class(b *Batch, row int) int {
	switch o.reading {
	case labels:
		if c := int(b.Labels.Data[row*b.Labels.Stride]); c >= 0 && c < o.width {
			return c
		}
		return -1
	case oneHot:
		best := 0
		target := b.Target.Row(row)
		for i, v := range target {
			if v > target[best] {
				best = i
			}
		}
		return best
	}
	if b.Target.Data[row*b.Target.Stride] > 0.5 {
		return 1
	}
	return 0
}

// predict returns the predicted classes of the rows from lo to hi: the first of the largest
// outputs, or a yes if the only output is above the threshold.
func (o outputs) predict(b Batch, lo, hi int, threshold float64) []int32 {
	best := b.Scratch[lo:hi]
	if o.reading != yesNo {
		mostProbable(b.Output, best, lo)
		return best
	}
	for i := range best {
		best[i] = 0
		if float64(b.Output.Data[(lo+i)*b.Output.Stride]) > threshold {
			best[i] = 1
		}
	}
	return best
}

// mostProbable sets classes to the index of the first of the largest numbers of each row from lo.
func mostProbable(output tensor.Rows[float32], classes []int32, lo int) {
	if len(classes) == 0 {
		return
	}
	kernel.Default().ArgMax(kernel.ArgMax{
		Rows: len(classes), Width: output.Width, Index: classes,
		X: output.From(lo), XRow: output.Stride,
	})
}

// mean is embedded in metrics that average a number over the rows.
type mean struct{}

func (mean) Width() int { return 1 }

func (mean) Value(sums []float64, weight float64) float64 { return sums[0] / weight }
