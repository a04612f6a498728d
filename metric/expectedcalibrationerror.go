package metric

import (
	"fmt"
	"math"

	"braid"
	"braid/tensor"
)

// ExpectedCalibrationError is how far the confidence of the answers, the highest probability, is
// from how often they are right (Guo et al. 2017). Rows are put into equal bins of the confidence,
// from above k/Bins to (k+1)/Bins; the figure is the mean over the rows of the distance in their
// bin. Its figure is named by a number of bins that is not 15: "expected_calibration_error_10".
type ExpectedCalibrationError struct {
	Bins int `json:"bins,omitzero"` // 0 means 15
}

// maxBins bounds Bins.
const maxBins = 1 << 16

// Kind is "expected_calibration_error".
func (ExpectedCalibrationError) Kind() string { return "expected_calibration_error" }

// Name is the kind, and the number of bins if it is not 15.
func (m ExpectedCalibrationError) Name() string {
	if m.bins() == 15 {
		return m.Kind()
	}
	return fmt.Sprintf("%s_%d", m.Kind(), m.bins())
}

func (m ExpectedCalibrationError) bins() int {
	if m.Bins == 0 {
		return 15
	}
	return m.Bins
}

// Bind requires labels or numbers of the head's shape for a softmax, or one answer of a sigmoid.
func (m ExpectedCalibrationError) Bind(head braid.Spec, target Target) (Func, error) {
	o, err := readProbabilities(m, head, target)
	switch {
	case err != nil:
	case m.Bins < 0 || m.Bins > maxBins:
		err = mistake(m, head, "Bins = %d, want 1 to %d", m.Bins, maxBins)
	case o.several():
		_, err = readOne(m, head, target)
	}
	if err != nil {
		return nil, err
	}
	return eachStep(head, calibration{o, m.bins()}), nil
}

// calibration keeps of each row whether it is right, and the output that its
// confidence follows from. Its tally is the sum of the
// weights, then for each bin those of the right rows minus their confidences.
type calibration struct {
	outputs
	bins int
}

func (calibration) Width() int { return 2 }

func (f calibration) Rows(b Batch, numbers tensor.Rows[float32], lo, hi int) {
	for i, class := range f.predict(b, lo, hi, 0.5) {
		n, output := numbers.Row(lo+i), b.Output.Row(lo+i)
		n[0] = 0
		if f.class(&b, lo+i) == int(class) {
			n[0] = 1
		}
		if f.reading == yesNo {
			class = 0
		}
		n[1] = output[class]
	}
}

func (f calibration) Tally() int { return 1 + f.bins }

func (f calibration) Add(tally []float64, numbers []float32, weight float64) {
	confidence, bin := float64(numbers[1]), 0
	if f.reading == yesNo {
		confidence = max(confidence, 1-confidence) // not rounded to float32, which may change the bin
	}
	if confidence > 0 { // not NaN
		bin = min(int(math.Ceil(confidence*float64(f.bins)))-1, f.bins-1)
	}
	tally[0] += weight
	tally[1+bin] += float64(weight * (float64(numbers[0]) - confidence))
}

func (f calibration) Value(tally []float64) float64 {
	var sum float64
	for _, v := range tally[1:] {
		sum += math.Abs(v)
	}
	return sum / tally[0]
}
