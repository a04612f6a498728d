package data

import (
	"errors"
	"fmt"
	"slices"

	"braid/internal/suggest"
	"braid/tensor"
)

// Table has rows of named columns. A network's inputs and heads are matched with columns by name. A
// table is immutable: any number of goroutines may read it.
type Table struct {
	rows    int
	columns []Column
}

// NewTable returns a table of columns with the same number of rows, at least one.
func NewTable(columns ...Column) (*Table, error) {
	t := &Table{columns: slices.Clone(columns)}
	if len(columns) == 0 {
		return nil, errors.New("data: a table needs at least one column")
	}
	for i, c := range columns {
		rows, err := c.rows()
		switch {
		case err != nil:
			return nil, fmt.Errorf("data: column %q: %w", c.Name, err)
		case slices.ContainsFunc(columns[:i], func(other Column) bool { return other.Name == c.Name }):
			return nil, fmt.Errorf("data: two columns are named %q", c.Name)
		case rows == 0:
			return nil, fmt.Errorf("data: column %q has no rows, want at least one", c.Name)
		case i > 0 && rows != t.rows:
			return nil, fmt.Errorf("data: column %q has %d rows, column %q has %d", c.Name, rows,
				columns[0].Name, t.rows)
		}
		t.rows = rows
	}
	return t, nil
}

// Rows is the number of rows.
func (t *Table) Rows() int { return t.rows }

// Names lists the columns' names in order.
func (t *Table) Names() []string {
	list := make([]string, len(t.columns))
	for i, c := range t.columns {
		list[i] = c.Name
	}
	return list
}

// Column returns the column with a name.
func (t *Table) Column(name string) (Column, error) {
	for _, c := range t.columns {
		if c.Name == name {
			return c, nil
		}
	}
	return Column{}, suggest.Unknown("column", name, t.Names())
}

// Slice returns a table of rows lo up to, not including, hi. It shares the data.
func (t *Table) Slice(lo, hi int) (*Table, error) {
	if lo < 0 || hi > t.rows || lo >= hi {
		return nil, fmt.Errorf("data: rows %d to %d of a table of %d, want at least one row of it", lo,
			hi, t.rows)
	}
	s := &Table{rows: hi - lo}
	for _, c := range t.columns {
		s.columns = append(s.columns, c.slice(lo, hi))
	}
	return s, nil
}

// Take returns a table of some rows, in the order given; a row may be taken several times. It
// copies the data. A row outside the table is a panic, as of a slice.
func (t *Table) Take(rows []int32) *Table {
	taken := &Table{rows: len(rows)}
	for _, c := range t.columns {
		taken.columns = append(taken.columns, c.take(rows))
	}
	return taken
}

// Tensors returns the named columns as arrays for Model.Predict, bytes standardized.
func (t *Table) Tensors(columns ...string) (map[string]tensor.Tensor, error) {
	list := make(map[string]tensor.Tensor, len(columns))
	for _, name := range columns {
		c, err := t.Column(name)
		if err != nil {
			return nil, fmt.Errorf("data: %w", err)
		}
		list[name] = c.tensor()
	}
	return list, nil
}
