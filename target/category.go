package target

import (
	"errors"
	"fmt"
	"slices"

	"braid"
	"braid/data"
	"braid/feature"
	"braid/internal/kernel"
	"braid/internal/suggest"
	"braid/layer"
	"braid/loss"
	"braid/metric"
	"braid/tensor"
)

// Category is one of several classes: the trimmed text of a cell.
type Category struct {
	// ClassWeights are factors of the loss by class: none, balanced (rare classes count more), or a
	// mapping.
	ClassWeights ClassWeights `json:"class_weights,omitzero"`
	// Smoothing moves labels this share of the way to equal classes; nil means 0.1.
	Smoothing *float64 `json:"smoothing,omitzero"`
	// Classes are all classes; nil means those that training has. Another one in the training rows is
	// an error.
	Classes []string `json:"classes,omitzero"`
	// MinCount is the number of training rows from which a class is learnt. If it is set, cells of
	// other classes are missing, in all parts.
	MinCount int      `json:"min_count,omitzero"`
	Missing  []string `json:"missing,omitzero"` // words that stand for a missing class
}

// Kind is "category".
func (Category) Kind() string { return "category" }

// Check checks the settings.
func (t Category) Check() error {
	return errors.Join(t.ClassWeights.check(), checkSmoothing(smoothing(t.Smoothing)),
		checkMinCount(t.MinCount), feature.CheckMissing(t.Missing), t.checkClasses())
}

func (t Category) checkClasses() error {
	if t.Classes == nil {
		return nil
	}
	if len(t.Classes) < 2 {
		return fmt.Errorf("classes: got %d, want 2 or more", len(t.Classes))
	}
	if t.MinCount > 0 {
		return errors.New("min_count has no effect beside classes: remove one of them")
	}
	for i, class := range t.Classes {
		if t.Canonical(class) != class || class == "" || slices.Contains(t.Classes[:i], class) {
			return fmt.Errorf("classes: got %q, want each class once, without spaces at its ends", class)
		}
	}
	return nil
}

// Canonical is the trimmed cell.
func (t Category) Canonical(cell string) string { return feature.Trim(cell, t.Missing) }

// Learn learns the classes and how often they occur.
func (t Category) Learn(c feature.Column) (Decoder, error) {
	err := t.Check()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	seen := texts{}
	err = eachCell(c, t.Missing, func(cell string, rows int) error {
		if t.Classes != nil && !slices.Contains(t.Classes, cell) {
			return fmt.Errorf("got %q, want one of %s, the classes in the head's settings",
				suggest.Shorten(cell), suggest.List(t.Classes))
		}
		seen[cell] += rows
		return nil
	})
	if err != nil {
		return nil, err
	}
	d := CategoryDecoder{MinCount: t.MinCount, Smoothing: smoothing(t.Smoothing), Missing: t.Missing}
	if t.Classes == nil {
		d.Classes, d.Counts = seen.frequent(t.MinCount)
		err = tooFew(c.Name, seen, d.Classes, t.MinCount)
	} else {
		d.declare(t.Classes, seen)
		if len(seen) == 0 {
			err = noLabel(c.Name)
		}
	}
	if err != nil {
		return nil, err
	}
	if d.Weights, err = t.ClassWeights.of(d.Classes, d.Counts); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	return d, nil
}

// declare sets the classes, of which training may lack some.
func (d *CategoryDecoder) declare(classes []string, seen texts) {
	d.Classes = slices.Clone(classes)
	for _, class := range d.Classes {
		d.Counts = append(d.Counts, seen[class])
	}
}

// smoothing returns a Smoothing with its default.
func smoothing(s *float64) float64 {
	if s == nil {
		return 0.1
	}
	return *s
}

func checkMinCount(n int) error {
	if n < 0 {
		return fmt.Errorf("min_count: got %d, want 1 or more, or 0, which means 1", n)
	}
	return nil
}

func checkSmoothing(s float64) error {
	if !(s >= 0 && s < 1) {
		return fmt.Errorf("smoothing: got %v, want 0 or more, and below 1", s)
	}
	return nil
}

// CategoryDecoder is what a Category has learnt.
type CategoryDecoder struct {
	Classes   []string  `json:"classes"`          // in the order of the outputs
	Counts    []int     `json:"counts,omitzero"`  // the training rows of each; nil: not known
	Weights   []float64 `json:"weights,omitzero"` // of each; nil: all 1
	MinCount  int       `json:"min_count,omitzero"`
	Smoothing float64   `json:"smoothing"`
	Missing   []string  `json:"missing,omitzero"`
}

// Kind is "category".
func (CategoryDecoder) Kind() string { return "category" }

func (d CategoryDecoder) check() error {
	if len(d.Weights) != 0 && len(d.Weights) != len(d.Classes) {
		return fmt.Errorf("%d weights for %d classes", len(d.Weights), len(d.Classes))
	}
	if err := checkClasses(d.Classes, d.Counts); err != nil {
		return err
	}
	return checkSmoothing(d.Smoothing)
}

// checkClasses checks classes, and the rows of each if they are known.
func checkClasses(classes []string, counts []int) error {
	switch {
	case len(classes) == 0:
		return errors.New("there are no classes")
	case counts != nil && len(counts) != len(classes):
		return fmt.Errorf("counts has %d numbers, want one for each of %d classes", len(counts),
			len(classes))
	case slices.ContainsFunc(counts, func(n int) bool { return n < 0 }):
		return errors.New("counts has a number below 0")
	case counts != nil && sum(counts) == 0:
		return errors.New("counts are all 0")
	}
	sorted := slices.Sorted(slices.Values(classes))
	for i := 1; i < len(sorted); i++ {
		if sorted[i-1] == sorted[i] {
			return fmt.Errorf("the class %q is there twice", sorted[i])
		}
	}
	return nil
}

// classIndex returns the index of a class. Those that were learnt are in the order of their bytes.
func classIndex(classes []string, name string) (int, bool) {
	i, found := slices.BinarySearch(classes, name)
	if !found {
		i = slices.Index(classes, name)
	}
	return i, i >= 0
}

// Label is the index of the class.
func (CategoryDecoder) Label() (tensor.DType, tensor.Shape) { return tensor.Int32, tensor.Shape{} }

// Encode writes the index of the class.
func (d CategoryDecoder) Encode(cell string, row feature.Slot) (feature.Note, error) {
	cell = feature.Trim(cell, d.Missing)
	row.Ints[0] = data.NoLabel
	if cell == "" {
		return feature.Missing, nil
	}
	class, found := classIndex(d.Classes, cell)
	if !found {
		return feature.Unknown, nil
	}
	row.Ints[0] = int32(class)
	return 0, nil
}

// Head adds a softmax that reads skip.
func (d CategoryDecoder) Head(g *braid.Graph, name string, _, skip *braid.Node) {
	head(g, name, len(d.Classes), layer.Softmax, skip)
}

// head adds a dense layer whose weights start near 0, so that training starts from the bias.
func head(g *braid.Graph, name string, units int, a braid.Activation, in *braid.Node) {
	g.Head(name, layer.Dense{Units: units, Activation: a, Kernel: smallNormal}, in)
}

// smallNormal starts the kernels of heads.
var smallNormal = layer.Weight{Init: layer.Normal, Value: 0.01}

// Biases returns the logarithms of the shares of the classes.
func (d CategoryDecoder) Biases() []float32 {
	biases := make([]float32, len(d.Classes))
	for i, p := range d.priors() {
		biases[i] = float32(kernel.Log64(p + 1e-6))
	}
	return biases
}

// priors returns the shares of the classes in the training part, or equal ones if they are not
// known.
func (d CategoryDecoder) priors() []float64 {
	counts := d.Counts
	if counts == nil {
		counts = slices.Repeat([]int{1}, len(d.Classes))
	}
	return shares(counts, sum(counts))
}

// shares returns counts divided by the number of rows.
func shares(counts []int, rows int) []float64 {
	list := make([]float64, len(counts))
	for i, n := range counts {
		list[i] = float64(n) / float64(rows)
	}
	return list
}

// Loss is the cross-entropy of smoothed labels.
func (d CategoryDecoder) Loss() loss.Loss {
	return loss.SparseCategoricalCrossentropy{ClassWeights: d.Weights, Smoothing: d.Smoothing}
}

// Metrics are log_loss, accuracy and macro_f1. Classes that training did not have are outside of
// them.
func (CategoryDecoder) Metrics() metric.List {
	return metric.List{metric.LogLoss{}, metric.Accuracy{},
		ascending{named{metric.F1{Average: metric.Macro}, "macro_f1"}}}
}

// Deciding returns log_loss and accuracy.
func (CategoryDecoder) Deciding() (loss, answers string) { return "log_loss", "accuracy" }

// Guess returns the shares of the classes.
func (d CategoryDecoder) Guess() []float32 { return floats(d.priors()) }

func floats(list []float64) []float32 {
	to := make([]float32, len(list))
	for i, v := range list {
		to[i] = float32(v)
	}
	return to
}

// Answer is the most probable class.
func (d CategoryDecoder) Answer(outputs []float32) Answer {
	best := largest(outputs)
	return Answer{Text: d.Classes[best], Probability: float64(outputs[best]),
		Choices: choices(d.Classes, outputs)}
}

func choices(labels []string, outputs []float32) []Choice {
	list := make([]Choice, len(labels))
	for i, label := range labels {
		list[i] = Choice{label, float64(outputs[i])}
	}
	return list
}

// Score measures accuracy, macro_f1, balanced_accuracy and log_loss, which is that of the rows
// whose class training had. The others are wrong.
func (d CategoryDecoder) Score(outputs []float32, cells []string) (Score, error) {
	n := len(d.Classes)
	if err := checkOutputs(outputs, n, cells); err != nil {
		return Score{}, err
	}
	var s Score
	c := newCounts(d.Classes)
	var probabilities []float32
	var labels []int32
	for r, cell := range cells {
		cell = feature.Trim(cell, d.Missing)
		class, found := classIndex(d.Classes, cell)
		switch {
		case cell == "":
			continue
		case !found && d.MinCount > 1:
			s.Rare++
			continue
		case !found:
			s.Unknown++
			class = c.at(cell)
		}
		s.Known++
		row := outputs[r*n:][:n]
		c.add(class, largest(row))
		if found {
			probabilities, labels = append(probabilities, row...), append(labels, int32(class))
		}
	}
	s.Classes = c.classes()
	s.Figures = []Figure{
		{"accuracy", c.accuracy(), 1},
		{"macro_f1", c.macroF1(), 1},
		{"balanced_accuracy", c.balancedAccuracy(), 1},
		{"log_loss", figure(metric.LogLoss{}, spec(n, braid.Softmax), probabilities, labels, nil), -1},
	}
	return s, nil
}

var _ Decoder = CategoryDecoder{}
