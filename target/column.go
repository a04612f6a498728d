package target

import (
	"braid/data"
	"braid/feature"
	"braid/tensor"
)

// Column returns the labels of a column's rows, for training: a table's column that has the head's
// name. The error names the first bad cells.
func Column(d Decoder, c feature.Column) (data.Column, error) {
	dtype, shape := d.Label()
	size := shape.Size()
	var labels feature.Slot
	if dtype == tensor.Int32 {
		labels.Ints = make([]int32, size*len(c.Rows))
	} else {
		labels.Floats = make([]float32, size*len(c.Rows))
	}
	left := labels
	err := c.Each(func(cell string) error {
		var row feature.Slot
		if dtype == tensor.Int32 {
			row.Ints, left.Ints = left.Ints[:size], left.Ints[size:]
		} else {
			row.Floats, left.Floats = left.Floats[:size], left.Floats[size:]
		}
		_, err := d.Encode(cell, row)
		return err
	})
	if dtype == tensor.Int32 {
		return data.Ints(feature.Name(c.Name), labels.Ints, shape...), err
	}
	return data.Floats(feature.Name(c.Name), labels.Floats, shape...), err
}
