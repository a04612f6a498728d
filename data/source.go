package data

// Source reads rows of text cells from a file, one after the other.
type Source interface {
	// Columns returns the names of the columns, in the order of a record's cells.
	Columns() []string
	// Read reads the next row. The error is io.EOF after the last one. The record is valid until the
	// next call.
	Read(*Record) error
	Close() error
}

// Record is a row of a Source.
type Record struct {
	Cells []string // one for each column; "" is missing
	Line  int      // where the row begins in the file, from 1; the row's number in a binary file
}

// Sink writes rows of text cells to a file. Close completes the file.
type Sink interface {
	Write(cells []string) error
	Close() error
}
