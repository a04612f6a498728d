package data

// Source reads rows of text cells from a file, one after the other. Its errors name the file and
// the line. A source that has remarks on its file, such as columns that it renamed, has a method
// Notes() []string, which is complete after the last row.
type Source interface {
	// Columns returns the names of the columns, in the order of a record's cells. They differ.
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

// Sink writes rows of text cells to a file. The file appears at its path, complete, when Close
// returns nil.
type Sink interface {
	// Write writes a row: one cell for each column, "" is missing.
	Write(cells []string) error
	// Close completes the file.
	Close() error
	// Abort discards what was written. After Close it does nothing, so that it may be deferred.
	Abort()
}

// Field is a column of a Sink.
type Field struct {
	Name string
	Type FieldType
}

// FieldType is the type of a column in formats that have types.
type FieldType uint8

// The types of fields. A cell of a NumberField is missing or a number, as strconv.ParseFloat reads
// it.
const (
	TextField FieldType = iota
	NumberField
)
