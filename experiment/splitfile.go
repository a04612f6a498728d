package experiment

import (
	"encoding/csv"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"strconv"
	"strings"

	"braid/data"
)

// SplitHeader is the first line of a split file.
const SplitHeader = "row,place,part,digest\n"

// splitColumns are those of split.csv: the row's number in the data, its file and line, its part,
// and a digest of the cells that the experiment reads.
var splitColumns = strings.Split(strings.TrimSpace(SplitHeader), ",")

// WriteSplit writes the part of each row that has a label, in the order of the data, as CSV.
// CheckSplit compares it with the rows of a later time.
func (l *Loaded) WriteSplit(w io.Writer) error {
	digests, err := l.digests()
	if err != nil {
		return err
	}
	to := csv.NewWriter(w)
	failed := to.Write(splitColumns)
	for row, part := range l.partOf() {
		if part >= 0 && failed == nil {
			failed = to.Write([]string{
				strconv.Itoa(row), l.Frame.Place(row), part.String(), digests(row),
			})
		}
	}
	to.Flush()
	return errors.Join(failed, to.Error())
}

// ErrOtherRows is the error of data that are not those of a split file.
var ErrOtherRows = errors.New("the data are not those that the run began with")

// CheckSplit compares the rows and their parts with those that WriteSplit wrote. The error, which
// is ErrOtherRows, names the first row that differs.
func (l *Loaded) CheckSplit(r io.Reader) error {
	digests, err := l.digests()
	if err != nil {
		return err
	}
	from := csv.NewReader(r)
	from.FieldsPerRecord, from.ReuseRecord = len(splitColumns), true
	if _, err := from.Read(); err != nil {
		return err
	}
	other := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrOtherRows, fmt.Sprintf(format, args...))
	}
	var rows int
	for row, part := range l.partOf() {
		if part < 0 {
			continue
		}
		rows++
		was, err := from.Read()
		switch {
		case err == io.EOF:
			return other("%s, row %d with a label, is new: there were %d", l.Frame.Place(row), rows,
				rows-1)
		case err != nil:
			return err
		case was[3] != digests(row):
			return other("%s differs from what was row %d, at %s", l.Frame.Place(row), rows, was[1])
		case was[2] != part.String():
			return other("%s is in the %s part, it was in the %s part", l.Frame.Place(row), part, was[2])
		}
	}
	switch was, err := from.Read(); {
	case err == nil:
		return other("there are %d rows with a label, there were more: %s is gone", rows, was[1])
	case err != io.EOF:
		return err
	}
	return nil
}

// Measured returns the part on which the trained model is measured: test, or validation if there is
// no test part.
func (l *Loaded) Measured() Part {
	if len(l.Rows[TestPart]) == 0 {
		return ValidationPart
	}
	return TestPart
}

// partOf returns the part of each row of the frame, -1 if it is in none.
func (l *Loaded) partOf() []Part {
	of := make([]Part, l.Frame.Rows())
	for row := range of {
		of[row] = -1
	}
	for part, rows := range l.Rows {
		for _, row := range rows {
			of[row] = Part(part)
		}
	}
	return of
}

// digests returns a function that hashes the cells of a row's inputs and heads.
func (l *Loaded) digests() (func(row int) string, error) {
	var columns []data.Cells
	add := func(name string) error {
		c, err := l.Frame.Cells(name)
		columns = append(columns, c)
		return err
	}
	var failed []error
	for _, in := range l.Inputs {
		failed = append(failed, add(in.Column))
	}
	for _, h := range l.Heads {
		failed = append(failed, add(h.Column))
	}
	var text []byte
	return func(row int) string {
		text = text[:0]
		for _, c := range columns {
			cell := c.At(row)
			text = strconv.AppendInt(text, int64(len(cell)), 10)
			text = append(text, ':')
			text = append(text, cell...)
		}
		h := fnv.New64a()
		h.Write(text)
		return fmt.Sprintf("%016x", h.Sum64())
	}, errors.Join(failed...)
}
