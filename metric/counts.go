package metric

import (
	"strconv"
	"strings"

	"braid"
	"braid/internal/suggest"
	"braid/tensor"
)

// counts is embedded in metrics of how the rows' true and predicted classes agree. Each answer has
// two numbers, the true and the predicted class; for several answers of yes and no, 0 or 1.
type counts struct {
	outputs
	threshold float64
}

func (f counts) Width() int {
	if f.several() {
		return 2 * f.width
	}
	return 2
}

func (f counts) Rows(b Batch, numbers tensor.Rows[float32], lo, hi int) {
	if !f.several() {
		for i, class := range f.predict(b, lo, hi, f.threshold) {
			n := numbers.Row(lo + i)
			n[0], n[1] = float32(f.class(&b, lo+i)), float32(class)
		}
		return
	}
	for r := lo; r < hi; r++ {
		n, target := numbers.Row(r), b.Target.Row(r)
		clear(n)
		for i, v := range b.Output.Row(r) {
			if target[i] > 0.5 {
				n[2*i] = 1
			}
			if float64(v) > f.threshold {
				n[2*i+1] = 1
			}
		}
	}
}

// weights has the weights of rows: of all, and of those of each class.
type weights struct {
	all                      float64
	actual, predicted, right []float64 // right: both
}

// weigh returns the weights in a tally.
func (f counts) weigh(tally []float64) weights {
	n := f.classes()
	return weights{tally[0], tally[1 : 1+n], tally[1+n : 1+2*n], tally[1+2*n:]}
}

func (f counts) Tally() int { return 1 + 3*f.classes() }

func (f counts) Add(tally []float64, numbers []float32, weight float64) {
	w := f.weigh(tally)
	tally[0] += weight
	if !f.several() {
		class, predicted := int(numbers[0]), int(numbers[1])
		w.predicted[predicted] += weight
		if class >= 0 {
			w.actual[class] += weight
		}
		if class == predicted {
			w.right[class] += weight
		}
		return
	}
	for i := range f.width {
		yes, predicted := numbers[2*i] == 1, numbers[2*i+1] == 1
		if yes {
			w.actual[i] += weight
		}
		if predicted {
			w.predicted[i] += weight
		}
		if yes && predicted {
			w.right[i] += weight
		}
	}
}

// classFigure is the figure of a class: of the weights of the rows that are rightly in it, truly in
// it, and predicted to be.
type classFigure func(right, actual, predicted float64) float64

// averaged averages a figure over the classes.
type averaged struct {
	counts
	average Average
	figure  classFigure
}

// bindAveraged checks the settings of Precision, Recall and F1.
func bindAveraged(
	m Metric, average Average, threshold float64, figure classFigure, head braid.Spec, target Target,
) (Func, error) {
	o, err := read(m, head, target)
	switch {
	case err != nil:
	case !averages.Has(average):
		err = mistake(m, head, "Average = %v, want one of %s", average, suggest.List(averages.List))
	case average == Binary && (o.several() || o.classes() != 2):
		err = mistake(m, head, "Average = binary, but it has %d classes: want macro, micro or weighted",
			o.classes())
	default:
		err = checkThreshold(m, threshold, head, target, o)
	}
	if err != nil {
		return nil, err
	}
	return eachStep(head, averaged{counts{o, o.threshold(threshold)}, average, figure}), nil
}

// averagedName returns the name of a figure of Precision, Recall and F1. It has what is not the
// default.
func averagedName(kind string, average Average, threshold float64) string {
	if average != Binary {
		kind += "_" + average.String()
	}
	return thresholdName(kind, threshold)
}

// thresholdName returns the name of a figure. It has a threshold that is not the default.
func thresholdName(kind string, threshold float64) string {
	if threshold != 0 && threshold != 0.5 {
		kind += "_at_"
		if threshold < 0 {
			kind, threshold = kind+"minus_", -threshold
		}
		kind += strings.ReplaceAll(strconv.FormatFloat(threshold, 'f', -1, 64), ".", "_")
	}
	return kind
}

func (f averaged) Value(tally []float64) float64 {
	w := f.weigh(tally)
	var sum, total float64
	switch f.average {
	case Binary:
		sum, total = f.figure(w.right[1], w.actual[1], w.predicted[1]), 1
	case Micro:
		sum, total = f.figure(add(w.right), add(w.actual), add(w.predicted)), 1
	case Macro:
		for i, right := range w.right {
			sum += f.figure(right, w.actual[i], w.predicted[i])
		}
		total = float64(len(w.right))
	case Weighted:
		for i, right := range w.right {
			sum += float64(w.actual[i] * f.figure(right, w.actual[i], w.predicted[i]))
		}
		total = add(w.actual)
	}
	return defined(ratio(sum, total), w)
}

// defined returns a figure, or NaN if no row weighs anything.
func defined(figure float64, w weights) float64 { return figure + 0/w.all }

// ratio returns a / b, or 0 if b is 0.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func add(list []float64) float64 {
	var sum float64
	for _, v := range list {
		sum += v
	}
	return sum
}

// dot returns the sum of a[i] * b[i].
func dot(a, b []float64) float64 {
	var sum float64
	for i, v := range a {
		sum += float64(v * b[i])
	}
	return sum
}

// agreement is a figure of the classes' weights.
type agreement struct {
	counts
	figure func(w weights) float64
}

func (f agreement) Value(tally []float64) float64 { return f.figure(f.weigh(tally)) }
