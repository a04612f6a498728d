package predictor

import (
	"fmt"

	"braid/feature"
	"braid/internal/suggest"
	"braid/target"
	"braid/tensor"
)

// Column is a column that a model reads: what people give by its name.
type Column struct {
	Name    string
	Encoder feature.Encoder
	Inputs  []feature.Input // that it fills

	at []int // of each, its index in Model.Inputs
}

// ReadsFiles reports whether the cells of the column are paths of files.
func (c *Column) ReadsFiles() bool {
	_, ok := c.Encoder.(feature.FileReader)
	return ok
}

// IsNumbers reports whether the column has numbers alone: no cell of text says them.
func (c *Column) IsNumbers() bool {
	_, ok := c.Encoder.(*feature.NumbersEncoder)
	return ok
}

// Slots returns the memory of a row of each input of the column. Standardize must follow once it is
// written.
func (c *Column) Slots(b *Batch, row int) []feature.Slot {
	list := make([]feature.Slot, len(c.at))
	for i, at := range c.at {
		size := c.Inputs[i].Shape.Size()
		switch lo, hi := row*size, (row+1)*size; c.Inputs[i].DType {
		case tensor.Uint8:
			list[i].Bytes = b.bytes[at][lo:hi]
		case tensor.Int32:
			list[i].Ints = b.Inputs[at].Int32s()[lo:hi]
		default:
			list[i].Floats = b.Inputs[at].Float32s()[lo:hi]
		}
	}
	return list
}

// Standardize converts the bytes of the rows from lo to hi to the numbers of the network.
func (c *Column) Standardize(b *Batch, lo, hi int) {
	for i, at := range c.at {
		if in := c.Inputs[i]; in.DType == tensor.Uint8 {
			size := in.Shape.Size()
			lo, hi := lo*size, hi*size
			in.Standard.Floats(b.Inputs[at].Float32s()[lo:hi], b.bytes[at][lo:hi])
		}
	}
}

// Encode converts a value to a row of a batch.
func (c *Column) Encode(b *Batch, row int, v feature.Value) (feature.Note, error) {
	note, err := c.Encoder.Encode(v, c.Slots(b, row))
	if err == nil {
		c.Standardize(b, row, row+1)
	}
	return note, err
}

// Picture returns the pixels of a row as the network sees them, and their shape: [height, width] or
// [height, width, channels]. They are nil if the column gives none.
func (c *Column) Picture(b *Batch, row int) (pixels []uint8, shape tensor.Shape) {
	for i, at := range c.at {
		in := c.Inputs[i]
		if n := len(in.Shape); in.DType == tensor.Uint8 && (n == 2 || n == 3) {
			size := in.Shape.Size()
			return b.bytes[at][row*size:][:size], in.Shape
		}
	}
	return nil, nil
}

// Remarks returns sentences on a value for the person who gave it: what training did not have, what
// is cut. note is that of Encode.
func (c *Column) Remarks(v feature.Value, note feature.Note) []string {
	if r, ok := c.Encoder.(feature.Remarker); ok {
		return r.Remarks(v)
	}
	var list []string
	value := c.Name
	if v.Text != "" {
		value = fmt.Sprintf("%s %q", c.Name, suggest.Shorten(v.Text))
	}
	if note&feature.Missing != 0 {
		list = append(list, value+" stands for a missing value")
	}
	if note&feature.Unknown != 0 {
		what := "is a value that training did not have, or rarely"
		switch c.Encoder.Kind() {
		case "text":
			what = "has words that training did not have, or rarely"
		case "sequence", "labels":
			what = "has values that training did not have, or rarely"
		}
		list = append(list, value+" "+what)
	}
	if note&feature.OutOfRange != 0 {
		list = append(list, value+" is outside the range of training")
	}
	if note&feature.Cut != 0 {
		list = append(list, value+" is longer than what the model reads, and is cut")
	}
	return list
}

// Encode converts what a person gives for the columns to a row of a batch. values and notes have an
// element for each column. An error names the column.
func (m *Model) Encode(b *Batch, row int, values []feature.Value, notes []feature.Note) error {
	for i := range m.Columns {
		c := &m.Columns[i]
		var err error
		if notes[i], err = c.Encode(b, row, values[i]); err != nil {
			return fmt.Errorf("column %q: %w", c.Name, err)
		}
	}
	return nil
}

// Decode returns the answers of the heads, in their order, to a row of a batch.
func (m *Model) Decode(b *Batch, row int) []target.Answer {
	list := make([]target.Answer, len(m.Heads))
	for i := range m.Heads {
		list[i] = m.Heads[i].decode(b.Output(i, row))
	}
	return list
}

// Ask answers one row. row has what is known, by column; what it lacks is missing. The answers are
// by column, too.
func (m *Model) Ask(row map[string]feature.Value) (map[string]target.Answer, error) {
	values := make([]feature.Value, len(m.Columns))
	for i := range m.Columns {
		values[i] = row[m.Columns[i].Name]
	}
	for name := range row {
		if _, err := m.Column(name); err != nil {
			return nil, err
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
		answers[m.Heads[i].Column] = a
	}
	return answers, nil
}
