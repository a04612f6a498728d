package feature

import (
	"fmt"
	"strings"

	"braid/data"
)

// BadCells is the error of a column with cells that cannot be read.
type BadCells struct {
	Column string
	Frame  *data.Frame
	Count  int
	First  []BadCell // at most 5, in the order of rows
}

// BadCell is a cell that cannot be read.
type BadCell struct {
	Row int32
	Err error // what was got, and wanted
}

// Error names the places of the first cells.
func (e *BadCells) Error() string {
	if e.Count == 1 {
		return fmt.Sprintf("%s: column %q: %v", e.Frame.Place(int(e.First[0].Row)), e.Column,
			e.First[0].Err)
	}
	var list strings.Builder
	fmt.Fprintf(&list, "column %q: %d cells cannot be read", e.Column, e.Count)
	for _, cell := range e.First {
		fmt.Fprintf(&list, "\n  %s: %v", e.Frame.Place(int(cell.Row)), cell.Err)
	}
	if more := e.Count - len(e.First); more > 0 {
		fmt.Fprintf(&list, "\n  and %d more", more)
	}
	return list.String()
}

// Unwrap returns the errors of the first cells.
func (e *BadCells) Unwrap() []error {
	var list []error
	for _, cell := range e.First {
		list = append(list, cell.Err)
	}
	return list
}
