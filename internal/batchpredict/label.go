package batchpredict

import (
	"fmt"

	"braid/data"
)

// labels are an IDX file with the true answers of a head.
type labels struct {
	file  *File
	read  *data.IDXReader
	head  int
	count int // of the head's answers
	bytes []uint8
}

// open reads the file's header: there must be a label for each of so many rows.
func (l *labels) open(rows int) (err error) {
	l.bytes = make([]uint8, PerBlock)
	if l.read, err = data.NewIDXReader(l.file.text); err != nil {
		return l.name(err)
	}
	if shape := l.read.Shape(); len(shape) != 1 || shape[0] != rows {
		return fmt.Errorf("%s has shape %v, want a label for each of %d images", l.file.name, shape, rows)
	}
	return nil
}

// fill fills in the true answers of n rows.
func (l *labels) fill(b *block, n int) error {
	got, err := l.read.Next(l.bytes)
	if err != nil {
		return l.name(err)
	}
	if got != n {
		panic(fmt.Sprintf("%d labels for %d rows", got, n))
	}
	for row, label := range l.bytes[:n] {
		if int(label) >= l.count {
			return l.name(fmt.Errorf("row %d is %d, want a label from 0 to %d", b.first+row, label, l.count-1))
		}
		b.truths[l.head][row] = int(label)
	}
	return nil
}

// name puts the file before an error.
func (l *labels) name(err error) error { return fmt.Errorf("%s: %w", l.file.name, err) }
