package target

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"braid"
	"braid/feature"
	"braid/layer"
	"braid/loss"
	"braid/metric"
	"braid/tensor"
)

// Labels is any number of classes at once, separated in the cell: "red;round". An empty cell is
// missing; a separator alone, ";", means that no class applies.
type Labels struct {
	Separator string `json:"separator,omitzero"` // "" means ";"
	// MinCount is the number of training rows from which a class is learnt; others are ignored, in all
	// parts.
	MinCount int `json:"min_count,omitzero"`
	// Threshold is the probability above which a class applies, or auto: chosen on validation.
	Threshold Threshold `json:"threshold,omitzero"`
	Missing   []string  `json:"missing,omitzero"` // words that stand for missing labels
}

// Kind is "labels".
func (Labels) Kind() string { return "labels" }

// Check checks the settings.
func (t Labels) Check() error {
	return errors.Join(t.Threshold.check(), checkMinCount(t.MinCount), feature.CheckMissing(t.Missing))
}

func (t Labels) separator() string { return cmp.Or(t.Separator, ";") }

// Canonical is the sorted classes. Without one it is the separator.
func (t Labels) Canonical(cell string) string {
	f := feature.Labels{Separator: t.Separator, Missing: t.Missing}
	if classes := f.Canonical(cell); classes != "" || feature.Trim(cell, t.Missing) == "" {
		return classes
	}
	return t.separator()
}

// split returns the different classes in a cell.
func split(cell, separator string) []string {
	return feature.Labels{Separator: separator}.Split(cell)
}

// Learn learns the classes and how often they occur.
func (t Labels) Learn(c feature.Column) (Decoder, error) {
	err := t.Check()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	d := LabelsDecoder{Separator: t.separator(), MinCount: t.MinCount,
		Threshold: t.Threshold.value(), AutoThreshold: t.Threshold.Auto,
		Missing: t.Missing}
	seen := texts{}
	err = eachCell(c, d.Missing, func(cell string, rows int) error {
		d.Rows += rows
		for _, class := range split(cell, d.Separator) {
			seen[class] += rows
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	d.Classes, d.Counts = seen.frequent(t.MinCount)
	if len(d.Classes) == 1 && d.Counts[0] < d.Rows {
		return d, nil // some rows have the only class, others do not
	}
	if err := tooFew(c.Name, seen, d.Classes, t.MinCount); err != nil {
		return nil, err
	}
	return d, nil
}

// LabelsDecoder is what Labels has learnt.
type LabelsDecoder struct {
	Classes       []string `json:"classes"` // in the order of their bytes
	Counts        []int    `json:"counts"`  // the training rows of each
	Rows          int      `json:"rows"`    // training rows whose labels are known
	Separator     string   `json:"separator"`
	MinCount      int      `json:"min_count,omitzero"`
	Threshold     float64  `json:"threshold"`               // a class applies above it
	AutoThreshold bool     `json:"auto_threshold,omitzero"` // Tune chooses it
	Missing       []string `json:"missing,omitzero"`
}

// Kind is "labels".
func (LabelsDecoder) Kind() string { return "labels" }

func (d LabelsDecoder) check() error {
	if err := checkClasses(d.Classes, d.Counts); err != nil {
		return err
	}
	switch {
	case d.Counts == nil:
		return errors.New("counts is missing")
	case slices.Max(d.Counts) > d.Rows:
		return fmt.Errorf("a class has %d rows of %d", slices.Max(d.Counts), d.Rows)
	case d.Separator == "":
		return errors.New("the separator is empty")
	case !isProbability(d.Threshold):
		return fmt.Errorf("threshold = %v, want a number above 0 and below 1", d.Threshold)
	}
	return nil
}

// Label has a number for each class: 1 if it applies.
func (d LabelsDecoder) Label() (tensor.DType, tensor.Shape) {
	return tensor.Float32, tensor.Shape{len(d.Classes)}
}

// Encode writes 1 for each class in the cell, 0 for the others.
func (d LabelsDecoder) Encode(cell string, row feature.Slot) (feature.Note, error) {
	if feature.Trim(cell, d.Missing) == "" {
		for i := range row.Floats {
			row.Floats[i] = missing
		}
		return feature.Missing, nil
	}
	clear(row.Floats)
	var note feature.Note
	for _, name := range split(cell, d.Separator) {
		if class, found := classIndex(d.Classes, name); found {
			row.Floats[class] = 1
		} else {
			note = feature.Unknown
		}
	}
	return note, nil
}

// Head adds a sigmoid for each class that reads skip.
func (d LabelsDecoder) Head(g *braid.Graph, name string, _, skip *braid.Node) {
	head(g, name, len(d.Classes), layer.Sigmoid, skip)
}

// Biases returns the logits of the shares of the classes.
func (d LabelsDecoder) Biases() []float32 {
	list := make([]float32, len(d.Counts))
	for i, n := range d.Counts {
		list[i] = logit(float64(n) / float64(d.Rows))
	}
	return list
}

// Loss is the mean binary cross-entropy of the classes. Labels are not smoothed: most classes are
// rare, and would get more from smoothing than from their rows.
func (LabelsDecoder) Loss() loss.Loss { return loss.BinaryCrossentropy{} }

// Metrics are log_loss, micro_f1 and macro_f1, which counts classes without rows too.
func (d LabelsDecoder) Metrics() metric.List {
	return metric.List{metric.LogLoss{}, d.metric(metric.Micro), d.metric(metric.Macro)}
}

func (d LabelsDecoder) metric(a metric.Average) metric.Metric {
	return ascending{named{metric.F1{Average: a, Threshold: d.Threshold}, a.String() + "_f1"}}
}

// Deciding returns log_loss and micro_f1.
func (LabelsDecoder) Deciding() (loss, answers string) { return "log_loss", "micro_f1" }

// Guess returns the shares of the classes.
func (d LabelsDecoder) Guess() []float32 { return floats(shares(d.Counts, d.Rows)) }

// isYes reports whether a probability is above the threshold.
func (d LabelsDecoder) isYes(p float32) bool { return float64(p) > d.Threshold }

// Answer has the classes whose probability is above the threshold, and the probability that exactly
// they apply if classes are independent.
func (d LabelsDecoder) Answer(outputs []float32) Answer {
	a := Answer{Probability: 1, Choices: choices(d.Classes, outputs), Applies: []Choice{}}
	var list []string
	for i, p := range outputs {
		if d.isYes(p) {
			list = append(list, d.Classes[i])
			a.Applies = append(a.Applies, a.Choices[i])
			a.Probability *= float64(p)
		} else {
			a.Probability *= 1 - float64(p)
		}
	}
	a.Text = strings.Join(list, d.Separator)
	if list == nil {
		a.Text = d.Separator // none of them; an empty cell would be a missing label
	}
	return a
}

// Tunes reports whether the threshold is auto.
func (d LabelsDecoder) Tunes() bool { return d.AutoThreshold }

// Tune chooses the threshold if it is auto: that of the best micro F1.
func (d LabelsDecoder) Tune(outputs []float32, cells []string) (Decoder, error) {
	n := len(d.Classes)
	if err := checkOutputs(outputs, n, cells); err != nil || !d.AutoThreshold {
		return d, err
	}
	var list []answered
	label := make([]float32, n)
	for r, cell := range cells {
		if note, _ := d.Encode(cell, feature.Slot{Floats: label}); note&feature.Missing != 0 {
			continue
		}
		for i, p := range outputs[r*n:][:n] {
			list = append(list, answered{p, label[i] == 1})
		}
	}
	if len(list) >= minTuned*n {
		d.Threshold = bestThreshold(list, hits.f1)
	}
	return d, nil
}

// Score measures micro_f1, macro_f1, subset_accuracy, which is the share of rows with exactly their
// classes, and log_loss. A class that training did not have is one that is not answered, except
// that with MinCount it does not count.
func (d LabelsDecoder) Score(outputs []float32, cells []string) (Score, error) {
	n := len(d.Classes)
	if err := checkOutputs(outputs, n, cells); err != nil {
		return Score{}, err
	}
	var s Score
	c := newCounts(d.Classes)
	exact := 0
	var probabilities, labels []float32
	for r, cell := range cells {
		if feature.Trim(cell, d.Missing) == "" {
			continue
		}
		s.Known++
		row := outputs[r*n:][:n]
		probabilities, labels = append(probabilities, row...), append(labels, make([]float32, n)...)
		label := labels[len(labels)-n:]
		unknown := d.count(c, cell, label)
		right := !unknown
		for i, p := range row {
			if d.isYes(p) {
				c.predicted[i]++
				c.right[i] += int(label[i])
			}
			right = right && d.isYes(p) == (label[i] == 1)
		}
		s.Unknown += int(oneIf(unknown))
		exact += int(oneIf(right))
	}
	micro := c.microF1()
	if s.Known == 0 {
		micro = math.NaN()
	}
	s.Classes = c.classes()
	s.Figures = []Figure{
		{"micro_f1", micro, 1},
		{"macro_f1", c.macroF1(), 1},
		{"subset_accuracy", float64(exact) / float64(s.Known), 1},
		{"log_loss", figure(metric.LogLoss{}, spec(n, braid.Sigmoid), probabilities, nil, labels), -1},
	}
	return s, nil
}

// count counts the classes of a cell and sets their labels to 1. It reports whether one is unknown.
func (d LabelsDecoder) count(c *counts, cell string, label []float32) (unknown bool) {
	for _, name := range split(cell, d.Separator) {
		class, found := classIndex(d.Classes, name)
		switch {
		case found:
			label[class] = 1
		case d.MinCount > 1:
			continue
		default:
			class, unknown = c.at(name), true
		}
		c.rows[class]++
	}
	return unknown
}

var _ Tuner = LabelsDecoder{}
