package batchpredict

import (
	"fmt"
	"slices"

	"braid/data"
)

// labels reads the labels of a head from an IDX file.
type labels struct {
	file    *File
	idx     *data.IDXReader
	head    int
	answers []string // that the head has
	indices []uint8  // of a block
}

// open reads the file's header. The file must have a label for each image.
func (l *labels) open(images int) (err error) {
	if l.idx, err = data.NewIDXReader(l.file.text); err != nil {
		return l.name(err)
	}
	if shape := l.idx.Shape(); len(shape) != 1 || shape[0] != images {
		const text = "%s has shape %v, want a label for each of %d images"
		return fmt.Errorf(text, l.file.name, shape, images)
	}
	return nil
}

// read reads the labels of the rows of a block.
func (l *labels) read(b *block) error {
	l.indices = slices.Grow(l.indices[:0], b.n)[:b.n]
	if _, err := l.idx.Next(l.indices); err != nil {
		return l.name(err)
	}
	for i, index := range l.indices {
		if int(index) >= len(l.answers) {
			const text = "row %d is %d, want a label from 0 to %d"
			return l.name(fmt.Errorf(text, b.first+i, index, len(l.answers)-1))
		}
		row(b.labels, b.n, i)[l.head] = l.answers[index]
	}
	return nil
}

// name adds the file's name to an error.
func (l *labels) name(err error) error { return fmt.Errorf("%s: %w", l.file.name, err) }
