package target

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"braid"
	"braid/feature"
	"braid/internal/kernel"
	"braid/internal/kinds"
	"braid/internal/suggest"
	"braid/layer"
	"braid/loss"
	"braid/metric"
	"braid/tensor"
)

// Number is a number. The network learns it standardized: less the mean of the training part,
// divided by the standard deviation.
type Number struct {
	feature.NumberFormat
	Log     bool       `json:"log,omitzero"` // learn ln(1 + x) of numbers from 0
	Loss    NumberLoss `json:"loss,omitzero"`
	Missing []string   `json:"missing,omitzero"` // more words that stand for a missing number
}

// NumberLoss is the loss of a number.
type NumberLoss uint8

// The losses.
const (
	MSE   NumberLoss = iota // the squared error: the answer is the mean
	MAE                     // the absolute error: the answer is the median
	Huber                   // outliers count less than in MSE
)

var numberLosses = kinds.Names[NumberLoss]{Noun: "loss", List: []string{
	MSE: "mse", MAE: "mae", Huber: "huber",
}}

// String returns the loss's name in experiment files.
func (l NumberLoss) String() string { return numberLosses.String(l) }

// MarshalText writes the name.
func (l NumberLoss) MarshalText() ([]byte, error) { return numberLosses.Marshal(l) }

// UnmarshalText reads a name.
func (l *NumberLoss) UnmarshalText(text []byte) error { return numberLosses.Unmarshal(l, text) }

// Kind is "number".
func (Number) Kind() string { return "number" }

// Check checks the settings.
func (t Number) Check() error {
	return errors.Join(t.NumberFormat.Check(), numberLosses.Check(t.Loss),
		feature.CheckMissing(t.Missing))
}

// Canonical is that of feature.Number.
func (t Number) Canonical(cell string) string {
	return feature.Number{NumberFormat: t.NumberFormat, Missing: t.Missing}.Canonical(cell)
}

// Learn learns mean, standard deviation and median.
func (t Number) Learn(c feature.Column) (Decoder, error) {
	d := NumberDecoder{NumberFormat: t.NumberFormat, Log: t.Log,
		Objective: t.Loss, Missing: t.Missing}
	err := t.Check()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	var list []float64
	err = c.Each(func(cell string) error {
		v, known, err := d.read(feature.Trim(cell, d.Missing))
		if known {
			list = append(list, d.scaled(v))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, noLabel(c.Name)
	}
	d.Mean, d.Std = moments(list)
	if !isFinite(d.Mean) || !isFinite(d.Std) {
		return nil, fmt.Errorf("%s has numbers of more than 1e150, want smaller ones", c.Name)
	}
	d.Median = (median(list) - d.Mean) / d.Std
	return d, nil
}

// moments returns the mean and the standard deviation; 1 in place of 0, which would divide by 0.
func moments(list []float64) (mean, std float64) {
	if slices.Min(list) == slices.Max(list) {
		return list[0], 1 // the mean may be off by a last digit
	}
	n := float64(len(list))
	for _, v := range list {
		mean += v
	}
	mean /= n
	for _, v := range list {
		std += float64((v - mean) * (v - mean)) // not fused
	}
	if std = math.Sqrt(std / n); std == 0 { // the squares are below the smallest number
		std = 1
	}
	return mean, std
}

// median returns the middle number, or the mean of the two in the middle. It sorts the list.
func median(list []float64) float64 {
	slices.Sort(list)
	n := len(list)
	return (list[(n-1)/2] + list[n/2]) / 2
}

// NumberDecoder is what a Number has learnt.
type NumberDecoder struct {
	feature.NumberFormat
	Log       bool       `json:"log,omitzero"`
	Objective NumberLoss `json:"loss,omitzero"`
	Mean      float64    `json:"mean"`   // of the numbers, or of their ln(1 + x)
	Std       float64    `json:"std"`    // their standard deviation; 1 if they are equal
	Median    float64    `json:"median"` // of the standardized numbers
	Missing   []string   `json:"missing,omitzero"`
}

// Kind is "number".
func (NumberDecoder) Kind() string { return "number" }

func (d NumberDecoder) check() error {
	switch {
	case !isFinite(d.Mean) || !isFinite(d.Median):
		return fmt.Errorf("mean = %v and median = %v, want finite numbers", d.Mean, d.Median)
	case !isFinite(d.Std) || d.Std <= 0:
		return fmt.Errorf("std = %v, want a finite number above 0", d.Std)
	}
	return d.NumberFormat.Check()
}

// isFinite reports whether v is neither NaN nor infinite.
func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// read returns the number in a cell.
func (d NumberDecoder) read(cell string) (v float64, known bool, err error) {
	v, known, err = d.Parse(feature.Trim(cell, d.Missing))
	if known && d.Log && v < 0 {
		return 0, false, fmt.Errorf("got %q, want a number from 0, of which log: true learns ln(1 + x)",
			suggest.Shorten(cell))
	}
	return v, known, err
}

// scaled returns what the mean is of.
func (d NumberDecoder) scaled(v float64) float64 {
	if d.Log {
		return kernel.Log64(1 + v)
	}
	return v
}

// standard returns the number that the network learns.
func (d NumberDecoder) standard(v float64) float64 { return (d.scaled(v) - d.Mean) / d.Std }

// unit returns an output in the unit of the column.
func (d NumberDecoder) unit(output float64) float64 {
	v := d.Mean + float64(d.Std*output) // not fused
	if d.Log {
		return max(kernel.Exp64(v)-1, 0)
	}
	return min(max(v, -math.MaxFloat64), math.MaxFloat64)
}

// Label is the standardized number.
func (NumberDecoder) Label() (tensor.DType, tensor.Shape) { return tensor.Float32, tensor.Shape{1} }

// Encode writes the standardized number.
func (d NumberDecoder) Encode(cell string, row feature.Slot) (feature.Note, error) {
	row.Floats[0] = missing
	v, known, err := d.read(cell)
	switch {
	case err != nil:
		return 0, err
	case !known:
		return feature.Missing, nil
	}
	row.Floats[0] = float32(d.standard(v))
	return 0, nil
}

// Head adds a dense layer that reads the trunk.
func (NumberDecoder) Head(g *braid.Graph, name string, trunk, _ *braid.Node) {
	head(g, name, 1, layer.Linear, trunk)
}

// Biases returns nil: zeros.
func (NumberDecoder) Biases() []float32 { return nil }

// Loss is that of standardized numbers.
func (d NumberDecoder) Loss() loss.Loss {
	switch d.Objective {
	case MAE:
		return loss.MeanAbsoluteError{}
	case Huber:
		return loss.Huber{}
	}
	return loss.MeanSquaredError{}
}

// lossOf returns the loss of an output and a standardized number.
func (d NumberDecoder) lossOf(output, target float64) float64 {
	off := math.Abs(output - target)
	switch {
	case d.Objective == MAE:
		return off
	case d.Objective == Huber && off <= 1:
		return off * off / 2
	case d.Objective == Huber:
		return off - 0.5
	}
	return off * off
}

// Metrics are mae, the mean absolute error in the unit of the column.
func (d NumberDecoder) Metrics() metric.List { return metric.List{unitError{d}} }

// Deciding returns loss and mae.
func (NumberDecoder) Deciding() (loss, answers string) { return "loss", "mae" }

// Guess returns the mean, or the median where the loss is not the squared error.
func (d NumberDecoder) Guess() []float32 {
	if d.Objective == MSE {
		return []float32{0}
	}
	return []float32{float32(d.Median)}
}

// Value returns an output as a number in the unit of the column, with as many digits as the output
// determines. The output must be finite.
func (d NumberDecoder) Value(output float32) float64 {
	return d.rounded(d.unit(float64(output)), outputDigits)
}

// Digits of the deviation: those that float32 has, and those that are shown to people.
const (
	outputDigits = 7
	shownDigits  = 4
)

// Answer is the number in the unit of the column.
func (d NumberDecoder) Answer(outputs []float32) Answer {
	v := d.Value(outputs[0])
	return Answer{Text: d.text(v), Short: d.text(d.rounded(v, shownDigits)), Probability: 1, Number: v}
}

// text writes a number as in the column.
func (d NumberDecoder) text(v float64) string {
	format := byte('f')
	if size := math.Abs(v); size >= 1e15 || size < 1e-5 && size > 0 {
		format = 'e'
	}
	text := strconv.FormatFloat(v, format, -1, 64)
	if d.Decimal != "" {
		text = strings.Replace(text, ".", d.Decimal, 1)
	}
	return text
}

// rounded rounds a number to the given digits of the deviation. A mean far from 0 has more digits
// before these.
func (d NumberDecoder) rounded(v float64, digits int) float64 {
	if !d.Log {
		for ratio := math.Abs(v) / d.Std; ratio >= 10 && digits < 17; ratio /= 10 {
			digits++
		}
	}
	text := strconv.FormatFloat(v, 'e', digits-1, 64)
	if short, err := strconv.ParseFloat(text, 64); err == nil { // not beyond the largest number
		return short
	}
	return v
}

// Score measures mae, rmse and r2 in the unit of the column, and the loss of standardized numbers.
// r2 is NaN if all numbers are equal.
func (d NumberDecoder) Score(outputs []float32, cells []string) (Score, error) {
	if err := checkOutputs(outputs, 1, cells); err != nil {
		return Score{}, err
	}
	var numbers []float64
	var absolute, squares, losses float64
	for r, cell := range cells {
		v, known, err := d.read(cell)
		if err != nil {
			return Score{}, err
		}
		if !known {
			continue
		}
		output := float64(outputs[r])
		off := d.unit(output) - v
		numbers = append(numbers, v)
		absolute += math.Abs(off)
		squares += float64(off * off) // not fused
		losses += d.lossOf(output, d.standard(v))
	}
	n := float64(len(numbers))
	return Score{Known: len(numbers), Figures: []Figure{
		{"mae", absolute / n, -1},
		{"rmse", math.Sqrt(squares / n), -1},
		{"r2", determination(squares, numbers), 1},
		{"loss", losses / n, -1},
	}}, nil
}

// determination returns R2: 1 - the sum of the squared errors / that of the squared distances from
// the mean.
func determination(squares float64, numbers []float64) float64 {
	if len(numbers) == 0 || slices.Min(numbers) == slices.Max(numbers) {
		return math.NaN()
	}
	_, std := moments(numbers)
	return 1 - squares/float64(std*std*float64(len(numbers)))
}

// unitError is the mean absolute error in the unit of the column.
type unitError struct{ NumberDecoder }

// Kind is "mae".
func (unitError) Kind() string { return "mae" }

// Bind requires one number.
func (m unitError) Bind(head braid.Spec, target metric.Target) (metric.Func, error) {
	if head.Shape.Size() != 1 || target.DType != tensor.Float32 {
		return nil, fmt.Errorf("mae: head %q has shape %v a row, want one number", head.Name, head.Shape)
	}
	return m, nil
}

// Width is 1: the error of a row.
func (unitError) Width() int { return 1 }

// Rows writes the errors.
func (m unitError) Rows(b metric.Batch, numbers tensor.Rows[float32], lo, hi int) {
	for r := lo; r < hi; r++ {
		output, target := float64(b.Output.Row(r)[0]), float64(b.Target.Row(r)[0])
		wrong := math.Abs(m.unit(output)-m.unit(target)) / m.Std
		numbers.Row(r)[0] = float32(min(wrong, math.MaxFloat32))
	}
}

// Value is the mean of the errors. Rows divides them by the deviation of the labels, as numbers of
// the column may be larger than float32 holds.
func (m unitError) Value(sums []float64, weight float64) float64 { return sums[0] / weight * m.Std }

var _ Decoder = NumberDecoder{}
