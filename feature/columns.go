package feature

import (
	"fmt"
	"sync/atomic"

	"braid/data"
	"braid/internal/parallel"
	"braid/tensor"
)

// Notes counts the rows with each note.
type Notes struct {
	Rows       int `json:"rows"`
	Missing    int `json:"missing"`
	Unknown    int `json:"unknown"`
	OutOfRange int `json:"out_of_range"`
	Cut        int `json:"cut"`
}

// Add counts the note of a row.
func (n *Notes) Add(note Note) { n.add(note, 1) }

func (n *Notes) add(note Note, rows int) {
	n.Rows += rows
	for _, c := range []struct {
		note  Note
		count *int
	}{
		{Missing, &n.Missing}, {Unknown, &n.Unknown}, {OutOfRange, &n.OutOfRange}, {Cut, &n.Cut},
	} {
		if note&c.note != 0 {
			*c.count += rows
		}
	}
}

// Sum adds the counts of other rows.
func (n *Notes) Sum(other Notes) {
	n.Rows += other.Rows
	n.Missing += other.Missing
	n.Unknown += other.Unknown
	n.OutOfRange += other.OutOfRange
	n.Cut += other.Cut
}

// blockEncoder is an Encoder whose rows may lie in memory already, encoded and without a note.
type blockEncoder interface {
	Encoder
	Block(c Column) (columns []data.Column, ok bool)
}

// piece is the number of rows that a worker takes at a time.
const piece = 256

// Columns encodes the cells of some rows, in order, to the columns of a table, which have the names
// of the encoder's inputs. The rows are encoded by several workers, as many as there are processors
// if workers is 0; the result is the same. The error names the first cells that cannot be read.
func Columns(enc Encoder, c Column, workers int) ([]data.Column, Notes, error) {
	cells, err := c.Frame.Cells(c.Name)
	if err != nil {
		return nil, Notes{}, err
	}
	rows := c.Rows
	if b, ok := enc.(blockEncoder); ok {
		if columns, ok := b.Block(c); ok {
			return columns, Notes{Rows: len(rows)}, nil
		}
	}
	e := encoding{enc: enc, frame: c.Frame, cells: cells, rows: rows, inputs: enc.Inputs(c.Name)}
	for _, in := range e.inputs {
		e.memory = append(e.memory, newSlot(in, len(rows)))
	}
	if notes, ok := e.encodeCodes(); ok {
		return e.columns(), notes, nil
	}
	pieces := (len(rows) + piece - 1) / piece
	results := make([]result, pieces)
	var taken atomic.Int64
	crew := parallel.NewCrew(workers)
	err = crew.Run(func(int) {
		slots := make([]Slot, len(e.inputs))
		for c.stopped() == nil {
			at := int(taken.Add(1)) - 1
			if at >= pieces {
				return
			}
			results[at] = e.encode(slots, at*piece, min((at+1)*piece, len(rows)))
		}
	})
	if err != nil {
		return nil, Notes{}, fmt.Errorf("column %q: %w", c.Name, err)
	}
	if err := c.stopped(); err != nil {
		return nil, Notes{}, err
	}
	var all result
	for _, r := range results {
		all.notes.Sum(r.notes)
		all.bad.join(r.bad)
	}
	if err := all.bad.err(c.Name, c.Frame); err != nil {
		return nil, all.notes, err
	}
	return e.columns(), all.notes, nil
}

// encoding is the work of Columns.
type encoding struct {
	enc    Encoder
	frame  *data.Frame
	cells  data.Cells
	rows   []int32
	inputs []Input
	memory []Slot // by input: of all rows
}

// encodeCodes encodes a column of codes: each different cell once. If one cannot be read, ok is
// false: the rows are encoded one by one, so that the error has their places.
func (e *encoding) encodeCodes() (notes Notes, ok bool) {
	texts, codes, ok := e.cells.Codes()
	if !ok || len(e.rows) == 0 {
		return notes, false
	}
	folder := e.frame.Folder(int(e.rows[0])) // that of all rows: FrameOf made the frame
	order, counts := countCodes(codes, e.rows)
	known := make([][256]Slot, len(e.inputs)) // by input and code: a row
	row := make([]Slot, len(e.inputs))
	for _, code := range order {
		for i, in := range e.inputs {
			known[i][code] = newSlot(in, 1)
			row[i] = known[i][code]
		}
		note, err := e.enc.Encode(Value{Text: texts[code], Folder: folder}, row)
		if err != nil {
			return notes, false
		}
		notes.add(note, counts[code])
	}
	for i, in := range e.inputs {
		e.memory[i].Spread(in.Shape.Size(), &known[i], codes, e.rows)
	}
	return notes, true
}

// Spread fills the memory of all rows of an input, of size numbers each, with copies of the rows
// that known has for their codes.
func (s Slot) Spread(size int, known *[256]Slot, codes []uint8, rows []int32) {
	for at, row := range rows {
		from, lo := &known[codes[row]], at*size
		switch {
		case s.Ints != nil:
			copy(s.Ints[lo:lo+size], from.Ints)
		case s.Bytes != nil:
			copy(s.Bytes[lo:lo+size], from.Bytes)
		default:
			copy(s.Floats[lo:lo+size], from.Floats)
		}
	}
}

// result is what a worker met in some rows.
type result struct {
	notes Notes
	bad   badCells
}

// newSlot returns the memory of some rows of an input.
func newSlot(in Input, rows int) Slot {
	size := rows * in.Shape.Size()
	switch in.DType {
	case tensor.Int32:
		return Slot{Ints: make([]int32, size)}
	case tensor.Uint8:
		return Slot{Bytes: make([]uint8, size)}
	}
	return Slot{Floats: make([]float32, size)}
}

// row returns the memory of one row.
func (s Slot) row(at, size int) Slot {
	lo, hi := at*size, (at+1)*size
	switch {
	case s.Ints != nil:
		return Slot{Ints: s.Ints[lo:hi:hi]}
	case s.Bytes != nil:
		return Slot{Bytes: s.Bytes[lo:hi:hi]}
	}
	return Slot{Floats: s.Floats[lo:hi:hi]}
}

// encode encodes rows lo to hi. slots is memory for the slots of a row.
func (e *encoding) encode(slots []Slot, lo, hi int) (r result) {
	for at := lo; at < hi; at++ {
		for i, in := range e.inputs {
			slots[i] = e.memory[i].row(at, in.Shape.Size())
		}
		row := int(e.rows[at])
		note, err := e.enc.Encode(Value{Text: e.cells.At(row), Folder: e.frame.Folder(row)}, slots)
		if err != nil {
			r.bad.add(e.rows[at], err)
			continue
		}
		r.notes.Add(note)
	}
	return r
}

// columns returns the encoded columns.
func (e *encoding) columns() []data.Column {
	list := make([]data.Column, len(e.inputs))
	for i, in := range e.inputs {
		switch m := e.memory[i]; in.DType {
		case tensor.Int32:
			list[i] = data.Ints(in.Name, m.Ints, in.Shape...)
		case tensor.Uint8:
			list[i] = data.Bytes(in.Name, m.Bytes, in.Standard, in.Shape...)
		default:
			list[i] = data.Floats(in.Name, m.Floats, in.Shape...)
		}
	}
	return list
}
