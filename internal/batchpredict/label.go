package batchpredict

import (
	"fmt"

	"braid/data"
)

// labels reads the true answers of a head from an IDX file.
type labels struct {
	file    *File
	idx     *data.IDXReader
	head    int
	answers int     // that the head has
	bytes   []uint8 // of a block
}

// open reads the file's header. The file must have a label for each image.
func (l *labels) open(images int) (err error) {
	l.bytes = make([]uint8, PerBlock)
	if l.idx, err = data.NewIDXReader(l.file.text); err != nil {
		return l.name(err)
	}
	if shape := l.idx.Shape(); len(shape) != 1 || shape[0] != images {
		const text = "%s has shape %v, want a label for each of %d images"
		return fmt.Errorf(text, l.file.name, shape, images)
	}
	return nil
}

// fill writes the true answers of the next n rows to the block.
func (l *labels) fill(b *block, n int) error {
	got, err := l.idx.Next(l.bytes)
	if err != nil {
		return l.name(err)
	}
	if got != n {
		panic(fmt.Sprintf("%d labels for %d rows", got, n))
	}
	for row, label := range l.bytes[:n] {
		if int(label) >= l.answers {
			const text = "row %d is %d, want a label from 0 to %d"
			return l.name(fmt.Errorf(text, b.first+row, label, l.answers-1))
		}
		b.truths[l.head][row] = int(label)
	}
	return nil
}

// name adds the file's name to an error.
func (l *labels) name(err error) error { return fmt.Errorf("%s: %w", l.file.name, err) }
