package target

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"braid"
	"braid/feature"
	"braid/internal/kernel"
	"braid/internal/suggest"
	"braid/layer"
	"braid/loss"
	"braid/metric"
	"braid/tensor"
)

// Binary is a yes or no: any two texts, one of which is declared to be the yes, or without that 1
// and 0, true and false, yes and no, y and n, t and f, on and off, in upper or lower case.
type Binary struct {
	True string `json:"true,omitzero"` // the cell that is a yes
	// PositiveWeight multiplies the loss of a yes; 0 means 1.
	PositiveWeight float64 `json:"positive_weight,omitzero"`
	// Smoothing moves labels this share of the way to one half; nil means 0.1.
	Smoothing *float64 `json:"smoothing,omitzero"`
	// Threshold is the probability above which the answer is a yes, or auto: chosen on validation.
	Threshold Threshold `json:"threshold,omitzero"`
	Missing   []string  `json:"missing,omitzero"` // words that stand for a missing label
}

// Kind is "binary".
func (Binary) Kind() string { return "binary" }

// Check checks the settings.
func (t Binary) Check() error {
	errs := []error{checkSmoothing(smoothing(t.Smoothing)), t.Threshold.check(),
		feature.CheckMissing(t.Missing), checkPositiveWeight(t.PositiveWeight)}
	if t.True != strings.TrimSpace(t.True) {
		errs = append(errs, fmt.Errorf("true: got %q, want a text without spaces at its ends", t.True))
	}
	return errors.Join(errs...)
}

func checkPositiveWeight(w float64) error {
	if !(w >= 0 && w <= math.MaxFloat32) {
		return fmt.Errorf("positive_weight: got %v, want a finite number above 0, or 0, which means 1", w)
	}
	return nil
}

// Canonical is that of feature.Binary.
func (t Binary) Canonical(cell string) string {
	return feature.Binary{True: t.True, Missing: t.Missing}.Canonical(cell)
}

// word returns what a cell says if it is one of the words for yes and no.
func word(cell string) (yes, ok bool) {
	meaning := feature.Binary{}.Canonical(cell)
	return meaning == "true", meaning == "true" || meaning == "false"
}

// Learn learns the two texts and the share of the yes.
func (t Binary) Learn(c feature.Column) (Decoder, error) {
	err := t.Check()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	d := BinaryDecoder{PositiveWeight: t.PositiveWeight, Smoothing: smoothing(t.Smoothing),
		Threshold: t.Threshold.value(), AutoThreshold: t.Threshold.Auto, Missing: t.Missing}
	if t.True == "" {
		err = d.learnWords(c)
	} else {
		d.Declared, d.True = true, feature.Trim(t.True, nil)
		err = d.learnPair(c)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// learnWords learns from words for yes and no.
func (d *BinaryDecoder) learnWords(c feature.Column) error {
	spelt := map[bool]texts{true: {}, false: {}}
	err := eachCell(c, d.Missing, func(cell string, rows int) error {
		yes, ok := word(cell)
		if !ok {
			return fmt.Errorf("got %q, want a pair such as yes and no, or true: TEXT in the head's "+
				"settings, with the text of a yes", suggest.Shorten(cell))
		}
		spelt[yes][cell] += rows
		return nil
	})
	if err != nil {
		return err
	}
	d.True, d.False = spelt[true].most(), spelt[false].most()
	return d.learnCounts(c, spelt[true], spelt[false])
}

// learnPair learns from cells that are the declared yes, or one other text.
func (d *BinaryDecoder) learnPair(c feature.Column) error {
	yes, no := texts{}, texts{}
	// No cell is an error yet: the most frequent other text is the no.
	err := eachCell(c, d.Missing, func(cell string, rows int) error {
		if cell == d.True {
			yes[cell] += rows
		} else {
			no[cell] += rows
		}
		return nil
	})
	if err != nil {
		return err
	}
	d.False = no.most()
	if len(yes) == 0 && len(no) > 0 {
		return fmt.Errorf("%s has no cell %q, which true declares, in the training part; the most "+
			"frequent is %q", c.Name, suggest.Shorten(d.True), suggest.Shorten(d.False))
	}
	if len(no) > 1 {
		return eachCell(c, d.Missing, func(cell string, _ int) error {
			_, err := d.read(cell)
			return err
		})
	}
	return d.learnCounts(c, yes, no)
}

// learnCounts sets how many cells there are and how many are a yes.
func (d *BinaryDecoder) learnCounts(c feature.Column, yes, no texts) error {
	switch {
	case len(yes)+len(no) == 0:
		return noLabel(c.Name)
	case len(yes) == 0:
		return oneClass(c.Name, d.False)
	case len(no) == 0:
		return oneClass(c.Name, d.True)
	}
	for _, n := range yes {
		d.Yes += n
	}
	d.Rows = d.Yes
	for _, n := range no {
		d.Rows += n
	}
	return nil
}

// BinaryDecoder is what a Binary has learnt.
type BinaryDecoder struct {
	False    string `json:"false"`             // the answer of a no, as most cells have it
	True     string `json:"true"`              // the answer of a yes
	Declared bool   `json:"declared,omitzero"` // cells are exactly False and True
	Rows     int    `json:"rows,omitzero"`     // training rows with a label; 0: not known
	Yes      int    `json:"yes,omitzero"`      // of these, a yes

	PositiveWeight float64 `json:"positive_weight,omitzero"` // 0 means 1
	Smoothing      float64 `json:"smoothing"`
	Threshold      float64 `json:"threshold"`               // a yes is above it
	AutoThreshold  bool    `json:"auto_threshold,omitzero"` // Tune chooses it

	Missing []string `json:"missing,omitzero"`
}

// Kind is "binary".
func (BinaryDecoder) Kind() string { return "binary" }

func (d BinaryDecoder) check() error {
	switch {
	case d.True == d.False:
		return fmt.Errorf("true and false are both %q", d.True)
	case (d.Yes < 1 || d.Yes >= d.Rows) && (d.Rows != 0 || d.Yes != 0):
		return fmt.Errorf("yes = %d of %d rows, want 1 or more, and fewer than all", d.Yes, d.Rows)
	case !isProbability(d.Threshold):
		return fmt.Errorf("threshold = %v, want a number above 0 and below 1", d.Threshold)
	}
	return errors.Join(checkSmoothing(d.Smoothing), checkPositiveWeight(d.PositiveWeight))
}

// read returns what a cell says, which is not empty.
func (d BinaryDecoder) read(cell string) (yes bool, err error) {
	if d.Declared {
		if cell == d.True || cell == d.False {
			return cell == d.True, nil
		}
	} else if yes, ok := word(cell); ok {
		return yes, nil
	}
	return false, fmt.Errorf("got %q, want %q or %q", suggest.Shorten(cell), suggest.Shorten(d.True),
		suggest.Shorten(d.False))
}

// Label is 1 for a yes and 0 for a no.
func (BinaryDecoder) Label() (tensor.DType, tensor.Shape) { return tensor.Float32, tensor.Shape{1} }

// Encode writes 1 for a yes and 0 for a no.
func (d BinaryDecoder) Encode(cell string, row feature.Slot) (feature.Note, error) {
	cell = feature.Trim(cell, d.Missing)
	if row.Floats[0] = missing; cell == "" {
		return feature.Missing, nil
	}
	yes, err := d.read(cell)
	if err == nil {
		row.Floats[0] = oneIf(yes)
	}
	return 0, err
}

// missing stands for a missing label in a column of float32.
var missing = float32(math.NaN())

func oneIf(yes bool) float32 {
	if yes {
		return 1
	}
	return 0
}

// Head adds a sigmoid that reads skip.
func (BinaryDecoder) Head(g *braid.Graph, name string, _, skip *braid.Node) {
	head(g, name, 1, layer.Sigmoid, skip)
}

// Biases returns the logit of the share of the yes.
func (d BinaryDecoder) Biases() []float32 { return []float32{logit(d.share())} }

// share returns the share of the yes in the training part, or a half if it is not known.
func (d BinaryDecoder) share() float64 {
	if d.Rows == 0 {
		return 0.5
	}
	return float64(d.Yes) / float64(d.Rows)
}

// logit returns ln(p / (1-p)) of the share p, which is kept from 0 and 1.
func logit(p float64) float32 {
	p = min(max(p, 1e-6), 1-1e-6)
	return float32(kernel.Log64(p / (1 - p)))
}

// Loss is the binary cross-entropy of smoothed labels.
func (d BinaryDecoder) Loss() loss.Loss {
	l := loss.BinaryCrossentropy{Smoothing: d.Smoothing}
	if d.PositiveWeight != 0 {
		l.PositiveWeight = []float64{d.PositiveWeight}
	}
	return l
}

// Metrics are log_loss, accuracy and auroc.
func (d BinaryDecoder) Metrics() metric.List {
	return metric.List{metric.LogLoss{}, accuracyAt(d.Threshold), metric.AUROC{}}
}

// accuracyAt is the accuracy at a threshold, under the name that it has at 0.5.
func accuracyAt(threshold float64) metric.Metric {
	return ascending{named{metric.Accuracy{Threshold: threshold}, "accuracy"}}
}

// Deciding returns log_loss and accuracy.
func (BinaryDecoder) Deciding() (loss, answers string) { return "log_loss", "accuracy" }

// Guess returns the share of the yes.
func (d BinaryDecoder) Guess() []float32 {
	return []float32{float32(d.share())}
}

// isYes reports whether a probability is above the threshold.
func (d BinaryDecoder) isYes(p float32) bool { return float64(p) > d.Threshold }

// Answer is a yes if its probability is above the threshold.
func (d BinaryDecoder) Answer(outputs []float32) Answer {
	yes := float64(outputs[0])
	a := Answer{Text: d.False, Probability: 1 - yes,
		Choices: []Choice{{d.False, 1 - yes}, {d.True, yes}}}
	if d.isYes(outputs[0]) {
		a.Text, a.Probability = d.True, yes
	}
	return a
}

// known returns the outputs whose cell is known, and whether it is a yes.
func (d BinaryDecoder) known(outputs []float32, cells []string) ([]answered, error) {
	if err := checkOutputs(outputs, 1, cells); err != nil {
		return nil, err
	}
	var list []answered
	for r, cell := range cells {
		if cell = feature.Trim(cell, d.Missing); cell == "" {
			continue
		}
		yes, err := d.read(cell)
		if err != nil {
			return nil, err
		}
		list = append(list, answered{outputs[r], yes})
	}
	return list, nil
}

// Tunes reports whether the threshold is auto.
func (d BinaryDecoder) Tunes() bool { return d.AutoThreshold }

// Tune chooses the threshold if it is auto: that of the best balanced accuracy.
func (d BinaryDecoder) Tune(outputs []float32, cells []string) (Decoder, error) {
	list, err := d.known(outputs, cells)
	if d.AutoThreshold && len(list) >= minTuned {
		d.Threshold = bestThreshold(list, hits.balancedAccuracy)
	}
	return d, err
}

// Score measures accuracy, f1 of the yes, auroc, balanced_accuracy and log_loss.
func (d BinaryDecoder) Score(outputs []float32, cells []string) (Score, error) {
	list, err := d.known(outputs, cells)
	if err != nil {
		return Score{}, err
	}
	c := newCounts([]string{d.False, d.True})
	var probabilities, labels []float32
	for _, a := range list {
		c.add(int(oneIf(a.yes)), int(oneIf(d.isYes(a.p))))
		probabilities, labels = append(probabilities, a.p), append(labels, oneIf(a.yes))
	}
	f := f1(c.right[1], c.rows[1], c.predicted[1])
	if len(list) == 0 {
		f = math.NaN()
	}
	of := func(m metric.Metric) float64 {
		return figure(m, spec(1, braid.Sigmoid), probabilities, nil, labels)
	}
	return Score{Known: len(list), Classes: c.classes(), Figures: []Figure{
		{"accuracy", c.accuracy(), 1},
		{"f1", f, 1},
		{"auroc", of(metric.AUROC{}), 1},
		{"balanced_accuracy", c.balancedAccuracy(), 1},
		{"log_loss", of(metric.LogLoss{}), -1},
	}}, nil
}

var _ Tuner = BinaryDecoder{}
