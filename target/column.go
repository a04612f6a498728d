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
	err := encode(d, c, labels, size)
	if dtype == tensor.Int32 {
		return data.Ints(feature.Name(c.Name), labels.Ints, shape...), err
	}
	return data.Floats(feature.Name(c.Name), labels.Floats, shape...), err
}

// encode writes the labels of a column's rows, each of so many numbers. Different cells of a column
// of codes are encoded once.
func encode(d Decoder, c feature.Column, labels feature.Slot, size int) error {
	cells, err := c.Frame.Cells(c.Name)
	if err != nil {
		return err
	}
	row := func(at int) (row feature.Slot) {
		lo, hi := at*size, (at+1)*size
		if labels.Ints != nil {
			row.Ints = labels.Ints[lo:hi]
		} else {
			row.Floats = labels.Floats[lo:hi]
		}
		return row
	}
	if encodeCodes(d, c, cells, labels, size, row) {
		return nil
	}
	at := 0
	return c.Each(func(cell string) error {
		_, err := d.Encode(cell, row(at))
		at++
		return err
	})
}

// encodeCodes writes the labels of a column of codes. It returns false for others, and if a cell
// cannot be read.
func encodeCodes(
	d Decoder, c feature.Column, cells data.Cells, labels feature.Slot, size int,
	row func(at int) feature.Slot,
) bool {
	texts, codes, ok := cells.Codes()
	if !ok {
		return false
	}
	var known [256]feature.Slot // by code: the first of the rows that have it
	var seen [256]bool
	for at, r := range c.Rows {
		code := codes[r]
		if seen[code] {
			continue
		}
		seen[code], known[code] = true, row(at)
		if _, err := d.Encode(texts[code], known[code]); err != nil {
			return false
		}
	}
	labels.Spread(size, &known, codes, c.Rows)
	return true
}
