package batchpredict

import "braid/predictor"

// Rows are the rows to predict: a Table, JSONLines or IDX.
type Rows interface {
	// Close closes the files.
	Close() error

	// prepare tests that there is what a prediction needs. It is called before rows are read.
	prepare(p *Prediction) error
	// most is the largest number of rows in a block.
	most() int
	// read reads up to most rows into a block that is reset, and calls begin. The error is io.EOF with
	// the last rows or after them. With another error there may be rows, too.
	read(b *block, most int) error
	// progress returns how much has been read, and the total, 0 if that is unknown.
	progress() (done, total int64)
	// convert converts the rows from lo to hi of a block. Each worker is a goroutine.
	convert(worker int, b *block, batch *predictor.Batch, lo, hi int)
	// at adds the file and the line of a row of a block to an error.
	at(b *block, row int, err error) error
	// finish tests what is known after the last row, if rows were predicted.
	finish() error
}
