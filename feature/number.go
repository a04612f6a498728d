package feature

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"braid"
	"braid/internal/kinds"
	"braid/layer"
	"braid/tensor"
)

// NumberEncoding is how a network reads a number.
type NumberEncoding uint8

// The encodings of numbers.
const (
	Scaled   NumberEncoding = iota // the scaled number
	Periodic                       // also sines and cosines of it, through a dense layer
)

var numberEncodings = kinds.Names[NumberEncoding]{Noun: "encoder", List: []string{
	Scaled: "scale", Periodic: "periodic"}}

// String returns the encoding's name in configurations.
func (e NumberEncoding) String() string { return numberEncodings.String(e) }

// MarshalText writes the name.
func (e NumberEncoding) MarshalText() ([]byte, error) { return numberEncodings.Marshal(e) }

// UnmarshalText reads a name.
func (e *NumberEncoding) UnmarshalText(text []byte) error {
	return numberEncodings.Unmarshal(e, text)
}

// Number is a column of numbers. The network reads the number, scaled by median and interquartile
// range, and whether it is missing. Beside an empty cell, words such as NA, null, - and inf stand
// for a missing number.
type Number struct {
	NumberFormat
	Log      bool           `json:"log,omitzero"` // scale ln(1 + x), of 0 where x < 0
	Encoding NumberEncoding `json:"encoder,omitzero"`
	// Clip has the smallest and the largest number; what is beyond is set to the nearer one.
	Clip    []float64 `json:"clip,omitzero"`
	Missing []string  `json:"missing,omitzero"` // more words that stand for a missing number
}

// Kind is "number".
func (Number) Kind() string { return "number" }

// Check checks the settings.
func (f Number) Check() error {
	if err := f.NumberFormat.Check(); err != nil {
		return err
	}
	if !numberEncodings.Has(f.Encoding) {
		return fmt.Errorf("encoder = %w", numberEncodings.Check(f.Encoding))
	}
	if f.Clip != nil && (len(f.Clip) != 2 || !(f.Clip[0] < f.Clip[1]) ||
		math.IsInf(f.Clip[0], 0) || math.IsInf(f.Clip[1], 0)) {
		return fmt.Errorf("clip = %v, want the smallest and the largest number, such as [0, 100]", f.Clip)
	}
	return CheckMissing(f.Missing)
}

// parse returns the number in a cell after Clip and Log.
func (f Number) parse(cell string) (x float64, known bool, err error) {
	if f.Missing != nil {
		cell = Trim(cell, f.Missing)
	}
	x, known, err = f.Parse(cell)
	if f.Clip != nil {
		x = min(max(x, f.Clip[0]), f.Clip[1])
	}
	if f.Log {
		x = log1p(max(x, 0))
	}
	return x, known, err
}

// Canonical returns the shortest decimal that is the number.
func (f Number) Canonical(cell string) string {
	x, known, err := f.Parse(Trim(cell, f.Missing))
	switch {
	case err != nil:
		return cell
	case !known:
		return ""
	}
	return strconv.FormatFloat(x+0, 'g', -1, 64) // -0 + 0 is 0
}

// Learn learns the scaling.
func (f Number) Learn(c Column) (Encoder, error) {
	if err := f.Check(); err != nil {
		return nil, fmt.Errorf("column %q: %w", c.Name, err)
	}
	var values []float64
	err := c.Each(func(cell string) error {
		x, known, err := f.parse(cell)
		if known {
			values = append(values, x)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	e := &NumberEncoder{Settings: f, Scale: learnScale(values)}
	if f.Encoding == Periodic {
		e.Frequencies = frequencies()
	}
	return e, nil
}

// frequencies returns 16 frequencies, from 0.02 turns for a unit of the scaled number to 0.57. They
// are few and low, so that the network can still tell near numbers from far ones.
func frequencies() []float64 {
	list := make([]float64, 16)
	for i, f := 0, 0.02; i < len(list); i, f = i+1, float64(f*1.25) {
		list[i] = f
	}
	return list
}

// NumberEncoder scales numbers.
type NumberEncoder struct {
	Settings    Number    `json:"settings"`
	Scale       Scale     `json:"scale"`
	Frequencies []float64 `json:"frequencies,omitzero"` // of Periodic, in turns
}

// Kind is "number".
func (*NumberEncoder) Kind() string { return "number" }

func (e *NumberEncoder) check() error {
	return errors.Join(e.Settings.Check(), e.Scale.check())
}

// Inputs returns the scaled number and whether it is missing, and sines and cosines of Periodic.
func (e *NumberEncoder) Inputs(column string) []Input {
	list := []Input{{Name: Name(column), DType: tensor.Float32, Shape: tensor.Shape{2}}}
	if n := len(e.Frequencies); n > 0 {
		list = append(list, Input{
			Name: Part(column, "waves"), DType: tensor.Float32, Shape: tensor.Shape{2 * n}})
	}
	return list
}

// Encode scales a number.
func (e *NumberEncoder) Encode(v Value, row []Slot) (Note, error) {
	x, known, err := e.Settings.parse(v.Text)
	if err != nil {
		return 0, err
	}
	number := row[0].Floats
	if !known {
		number[0], number[1] = 0, 1
		if len(e.Frequencies) > 0 {
			clear(row[1].Floats)
		}
		return Missing, nil
	}
	scaled := squash(e.Scale.z(x))
	number[0], number[1] = float32(scaled), 0
	for i, f := range e.Frequencies {
		turns := float64(f * scaled)
		row[1].Floats[2*i] = float32(sinTurn(turns))
		row[1].Floats[2*i+1] = float32(cosTurn(turns))
	}
	return e.Scale.note(x), nil
}

// Branch passes the input on. Periodic adds a dense layer of 8 units on sines and cosines.
func (e *NumberEncoder) Branch(g *braid.Graph, column string, inputs []*braid.Node) Branch {
	if len(e.Frequencies) == 0 {
		return Branch{Out: inputs[0]}
	}
	dense := g.Add(Part(column, "dense"), layer.Dense{Units: 8, Activation: layer.ReLU,
		Kernel: heNormal}, inputs[1])
	return Branch{Out: g.Add(Part(column, "out"), layer.Concatenate{}, inputs[0], dense)}
}
