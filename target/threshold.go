package target

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"braid/internal/suggest"
)

// Threshold is the probability above which the answer is a yes. In JSON it is a number or "auto".
type Threshold struct {
	// Auto chooses it on the validation part, by Tune.
	Auto  bool
	Value float64 // 0 means 0.5
}

// MarshalJSON writes the number, or auto.
func (t Threshold) MarshalJSON() ([]byte, error) {
	if t.Auto {
		return json.Marshal("auto")
	}
	return json.Marshal(t.value())
}

// UnmarshalJSON reads a number, or auto.
func (t *Threshold) UnmarshalJSON(text []byte) error {
	*t = Threshold{Auto: string(text) == `"auto"`}
	if t.Auto {
		return nil
	}
	if err := json.Unmarshal(text, &t.Value); err != nil || !isProbability(t.Value) {
		return fmt.Errorf("threshold: got %s, want auto, or a number above 0 and below 1",
			suggest.Shorten(string(text)))
	}
	return nil
}

// value returns the threshold until Tune chooses one.
func (t Threshold) value() float64 { return cmp.Or(t.Value, 0.5) }

func (t Threshold) check() error {
	if !isProbability(t.value()) {
		return fmt.Errorf("threshold: got %v, want auto, or a number above 0 and below 1", t.Value)
	}
	return nil
}

// isProbability reports whether p is above 0 and below 1.
func isProbability(p float64) bool { return p > 0 && p < 1 }

// Tuner is a Decoder with settings that are chosen when the training is over.
type Tuner interface {
	Decoder
	// Tunes reports whether there is a setting to choose.
	Tunes() bool
	// Tune returns the decoder with the settings that are best for outputs, [rows, outputs] after
	// the activation, and the cells of true labels.
	Tune(outputs []float32, cells []string) (Decoder, error)
}

// Tunes reports whether Tune chooses a setting of a decoder.
func Tunes(d Decoder) bool {
	t, ok := d.(Tuner)
	return ok && t.Tunes()
}

// Tune chooses the settings of a decoder on the validation part: the threshold, if it is auto. It
// is the one with the best balanced accuracy; of labels, with the best micro F1. With fewer than 50
// known rows, or with rows of one class, it stays 0.5.
func Tune(d Decoder, outputs []float32, cells []string) (Decoder, error) {
	if t, ok := d.(Tuner); ok && t.Tunes() {
		return t.Tune(outputs, cells)
	}
	return d, nil
}

// minTuned is the number of known rows from which a threshold is chosen.
const minTuned = 50

// hits counts answers of yes and no: those that are a yes and are predicted to be, those that are
// no yes but are predicted to be one, and all that are a yes and a no.
type hits struct{ right, wrong, yes, no int }

func (h hits) balancedAccuracy() float64 {
	return (float64(h.right)/float64(h.yes) + float64(h.no-h.wrong)/float64(h.no)) / 2
}

func (h hits) f1() float64 { return f1(h.right, h.yes, h.right+h.wrong) }

// answered is the probability of a yes, and whether it is one.
type answered struct {
	p   float32
	yes bool
}

// bestThreshold returns the threshold with the highest figure: 0.5 if none is better, else the
// middle between two outputs, of several the nearest to 0.5. It reorders the answers.
func bestThreshold(list []answered, figure func(hits) float64) float64 {
	var all hits
	for _, a := range list {
		if a.yes {
			all.yes++
		} else {
			all.no++
		}
	}
	if all.yes == 0 || all.no == 0 {
		return 0.5
	}
	half := all
	for _, a := range list {
		half.count(a, a.p > 0.5)
	}
	slices.SortFunc(list, func(a, b answered) int { return cmp.Compare(b.p, a.p) })
	best, threshold := figure(half), 0.5
	for i, a := range list[:len(list)-1] {
		all.count(a, true)
		next := list[i+1].p
		if next == a.p {
			continue
		}
		middle, value := float64((float64(a.p)+float64(next))/2), figure(all)
		nearer := math.Abs(middle-0.5) < math.Abs(threshold-0.5)
		if value > best || value == best && nearer {
			best, threshold = value, middle
		}
	}
	return threshold
}

// count counts an answer that is predicted to be a yes or not.
func (h *hits) count(a answered, predicted bool) {
	switch {
	case predicted && a.yes:
		h.right++
	case predicted:
		h.wrong++
	}
}
