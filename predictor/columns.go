package predictor

import (
	"fmt"
	"slices"

	"braid/feature"
	"braid/internal/suggest"
	"braid/target"
	"braid/tensor"
)

// slots are the places of one feature's inputs in a model, and memory for bytes, which a batch has
// as standardized numbers.
type slots struct {
	inputs []feature.Input
	at     []int // indices in Model.Inputs
}

// placeColumns finds the inputs of the file's features. Reading the file checked them.
func (m *Model) placeColumns() {
	for _, c := range m.File.Features {
		s := slots{inputs: c.Encoder.Inputs(c.Column)}
		for _, in := range s.inputs {
			for i := range m.Inputs {
				if m.Inputs[i].Name == in.Name {
					s.at = append(s.at, i)
				}
			}
		}
		m.slots = append(m.slots, s)
	}
}

// ReadsColumns reports whether the model reads columns of people's data.
func (m *Model) ReadsColumns() bool { return len(m.File.Features) > 0 }

// Encode fills a row of a batch with values of the columns, in the order of File.Features, and
// notes what it met in each. The error names the column.
func (m *Model) Encode(b *Batch, row int, values []feature.Value, notes []feature.Note) error {
	for i, c := range m.File.Features {
		s := m.slots[i]
		to := make([]feature.Slot, len(s.inputs))
		for j, in := range s.inputs {
			size := in.Shape.Size()
			switch t := b.Inputs[s.at[j]]; in.DType {
			case tensor.Int32:
				to[j].Ints = t.Int32s()[row*size:][:size]
			case tensor.Uint8:
				to[j].Bytes = make([]uint8, size)
			default:
				to[j].Floats = t.Float32s()[row*size:][:size]
			}
		}
		note, err := c.Encoder.Encode(values[i], to)
		if err != nil {
			return fmt.Errorf("column %q: %w", c.Column, err)
		}
		notes[i] = note
		for j, in := range s.inputs {
			if in.DType == tensor.Uint8 {
				size := in.Shape.Size()
				in.Standard.Floats(b.Inputs[s.at[j]].Float32s()[row*size:][:size], to[j].Bytes)
			}
		}
	}
	return nil
}

// Decode returns the answer of each head, in the order of File.Targets, to a row.
func (m *Model) Decode(b *Batch, row int) []target.Answer {
	list := make([]target.Answer, len(m.File.Targets))
	for i, c := range m.File.Targets {
		for j := range m.Heads {
			if m.Heads[j].Name == feature.Name(c.Column) {
				size := m.Heads[j].Shape.Size()
				list[i] = c.Decoder.Answer(b.Outputs[j].Float32s()[row*size:][:size])
			}
		}
	}
	return list
}

// Ask answers one row of values, by column. A column without a value is missing. The answers are by
// the heads' names.
func (m *Model) Ask(row map[string]feature.Value) (map[string]target.Answer, error) {
	var columns []string
	values := make([]feature.Value, len(m.File.Features))
	for i, c := range m.File.Features {
		columns = append(columns, c.Column)
		values[i] = row[c.Column]
	}
	for name := range row {
		if !slices.Contains(columns, name) {
			return nil, suggest.Unknown("input column", name, columns)
		}
	}
	b := m.NewBatch(1)
	defer m.Free(b)
	if err := m.Encode(b, 0, values, make([]feature.Note, len(values))); err != nil {
		return nil, err
	}
	if err := m.Predict(b); err != nil {
		return nil, err
	}
	if err := m.CheckOutputs(b, 0); err != nil {
		return nil, err
	}
	answers := map[string]target.Answer{}
	for i, a := range m.Decode(b, 0) {
		answers[m.File.Targets[i].Column] = a
	}
	return answers, nil
}
