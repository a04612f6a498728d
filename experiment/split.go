package experiment

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"braid/data"
	"braid/feature"
	"braid/internal/parallel"
	"braid/internal/random"
	"braid/internal/suggest"
)

// Part is one of the three parts of the rows.
type Part int

// The parts.
const (
	TrainPart Part = iota
	ValidationPart
	TestPart
)

// Parts is the number of parts.
const Parts = 3

var partNames = [Parts]string{"train", "validation", "test"}

// String returns the part's name.
func (p Part) String() string { return partNames[p] }

const defaultSeed = 1

// seed returns the seed of the split, the weights and the shuffles.
func (e *Experiment) seed() uint64 {
	if e.Train.Seed == 0 {
		return defaultSeed
	}
	return e.Train.Seed
}

// key identifies what stays together when rows are divided: copies of a row, or a group.
type key uint64

// position returns a number that is uniform in [0, 1) over keys.
func (k key) position() float64 { return float64(float64(k>>11) / (1 << 53)) }

// keyOf hashes cells. Cells of different columns stay apart.
func keyOf(seed uint64, cells ...string) key {
	var text strings.Builder
	for _, cell := range cells {
		text.WriteString(strconv.Itoa(len(cell)))
		text.WriteByte(':')
		text.WriteString(cell)
	}
	return key(random.New(seed, text.String()).Bits(0))
}

// keys returns the key of each row: the hash of the seed and its input cells. Copies of a row have
// one key, unless they are so many that they are no copies by mistake, see separate.
func (e *Experiment) keys(frame *data.Frame, rows []int32) ([]key, error) {
	list, err := e.inputKeys(frame, rows)
	if err != nil {
		return nil, err
	}
	return list, e.separate(list, frame, rows)
}

// mostCopies is the number of rows with equal inputs that stay together in any data. In more than
// 100 times as many rows it is a hundredth of them.
const mostCopies = 5

// manyCopies returns the number of copies that stay together in some rows.
func manyCopies(rows int) int { return max(rows/100, mostCopies) }

// separate gives keys of their own to rows whose inputs many rows have, as in a table of few
// categories: no part would be as large as it should be. The new key depends on the labels, and on
// how many rows before it have the same inputs and labels.
func (e *Experiment) separate(keys []key, frame *data.Frame, rows []int32) error {
	copies := map[key]int{}
	for _, k := range keys {
		copies[k]++
	}
	most := manyCopies(len(rows))
	labels := make([]data.Cells, len(e.Heads))
	for i, h := range e.Heads {
		var err error
		if labels[i], err = frame.Cells(h.Column); err != nil {
			return err
		}
	}
	before := map[key]int{}
	cells := make([]string, len(labels)+1)
	for i, k := range keys {
		if copies[k] <= most {
			continue
		}
		for j, c := range labels {
			cells[j] = e.Heads[j].Target.Canonical(c.At(int(rows[i])))
		}
		cells[len(labels)] = ""
		same := keyOf(uint64(k), cells...)
		cells[len(labels)] = strconv.Itoa(before[same])
		before[same]++
		keys[i] = keyOf(uint64(k), cells...)
	}
	return nil
}

// inputKeys returns the hash of the seed and the input cells of each row.
func (e *Experiment) inputKeys(frame *data.Frame, rows []int32) ([]key, error) {
	columns := make([]data.Cells, len(e.Inputs))
	for i, in := range e.Inputs {
		var err error
		if columns[i], err = frame.Cells(in.Column); err != nil {
			return nil, err
		}
	}
	list := make([]key, len(rows))
	crew := parallel.NewCrew(0)
	n := crew.Workers()
	return list, crew.Run(func(worker int) {
		cells := make([]string, len(columns))
		for i := len(rows) * worker / n; i < len(rows)*(worker+1)/n; i++ {
			for j, c := range columns {
				cells[j] = e.Inputs[j].Feature.Canonical(c.At(int(rows[i])))
			}
			list[i] = keyOf(e.seed(), cells...)
		}
	})
}

// divide divides rows of a frame among the parts. It keeps their order.
func (e *Experiment) divide(frame *data.Frame, rows []int32) (parts [Parts][]int32, err error) {
	var of []Part
	switch e.Split.By {
	case Random:
		of, err = e.divideAtRandom(frame, rows)
	case Group:
		of, err = e.divideGroups(frame, rows)
	case Time:
		of, err = e.divideByTime(frame, rows)
	case Column:
		of, err = e.divideByColumn(frame, rows)
	}
	if err != nil {
		return parts, err
	}
	for i, row := range rows {
		parts[of[i]] = append(parts[of[i]], row)
	}
	return parts, nil
}

// parts returns a copy of the percentages.
func (s Split) parts() []int {
	if s.Parts == nil {
		return []int{70, 15, 15}
	}
	return slices.Clone(s.Parts)
}

// bounds returns the shares at which validation and test begin.
func (s Split) bounds() (validation, test float64) {
	p := s.parts()
	sum := float64(p[0] + p[1] + p[2])
	return float64(p[0]) / sum, float64(p[0]+p[1]) / sum
}

// at returns the part of a position in [0, 1).
func (s Split) at(position float64) Part {
	switch validation, test := s.bounds(); {
	case position < validation:
		return TrainPart
	case position < test:
		return ValidationPart
	}
	return TestPart
}

// largest returns the part with the most rows.
func (s Split) largest() Part {
	parts := s.parts()
	return Part(slices.Index(parts, slices.Max(parts)))
}

// trim returns a cell without spaces around it, "" if it stands for a missing one.
func (e *Experiment) trim(cell string) string { return feature.Trim(cell, e.Data.Missing) }

// divideAtRandom divides by the hash of the input cells, so that copies of a row stay together, the
// order of rows does not matter, and rows that are added move no others. With Stratify, the rows of
// each value are divided in the order of the hash by their number.
func (e *Experiment) divideAtRandom(frame *data.Frame, rows []int32) ([]Part, error) {
	keys, err := e.keys(frame, rows)
	if err != nil {
		return nil, err
	}
	if e.Split.Stratify == "" {
		return e.place(keys), nil
	}
	return e.stratify(frame, rows, keys)
}

// place returns the part of each row by the position of its key.
func (e *Experiment) place(keys []key) []Part {
	of := make([]Part, len(keys))
	for i, k := range keys {
		of[i] = e.Split.at(k.position())
	}
	return of
}

// stratify divides the rows of each value of a column alike. Rows of one key go where the first of
// them goes. What is left over of a value with few rows falls to any part, and the only row of a
// value to the largest.
func (e *Experiment) stratify(frame *data.Frame, rows []int32, keys []key) ([]Part, error) {
	values, err := frame.Cells(e.Split.Stratify)
	if err != nil {
		return nil, fmt.Errorf("split: stratify: %w", err)
	}
	strata := map[string][]key{}
	seen := map[key]bool{}
	for i, row := range rows {
		if !seen[keys[i]] {
			seen[keys[i]] = true
			value := e.trim(values.At(int(row)))
			strata[value] = append(strata[value], keys[i])
		}
	}
	of := map[key]Part{}
	for value, list := range strata {
		slices.Sort(list)
		offset := keyOf(e.seed(), value).position()
		for i, k := range list {
			of[k] = e.Split.at((float64(i) + offset) / float64(len(list)))
		}
		if len(list) == 1 {
			of[list[0]] = e.Split.largest()
		}
	}
	parts := make([]Part, len(rows))
	for i, k := range keys {
		parts[i] = of[k]
	}
	return parts, nil
}

// divideGroups keeps rows with the same value of a column together. Rows without a value are
// divided like those of a random split.
func (e *Experiment) divideGroups(frame *data.Frame, rows []int32) ([]Part, error) {
	groups, err := frame.Cells(e.Split.Column)
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	keys, err := e.keys(frame, rows)
	if err != nil {
		return nil, err
	}
	for i, row := range rows {
		if group := e.trim(groups.At(int(row))); group != "" {
			keys[i] = keyOf(e.seed(), group)
		}
	}
	if e.Split.Stratify != "" {
		return e.stratify(frame, rows, keys)
	}
	return e.place(keys), nil
}

// divideByTime trains on the earliest rows and tests on the latest. Rows of one time stay together,
// where the middle of them goes.
func (e *Experiment) divideByTime(frame *data.Frame, rows []int32) ([]Part, error) {
	cells, err := frame.Cells(e.Split.Column)
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	times := make([]float64, len(rows))
	first := map[bool]int32{} // the first row with a date, and with a number
	for i, row := range rows {
		at, isDate, err := e.time(cells.At(int(row)))
		if err != nil {
			return nil, fmt.Errorf("%s: column %q, which divides the rows by time: %w",
				frame.Place(int(row)), e.Split.Column, err)
		}
		times[i] = at
		if _, known := first[isDate]; !known {
			first[isDate] = row
		}
	}
	if len(first) == 2 {
		number, date := int(first[false]), int(first[true])
		return nil, fmt.Errorf("column %q, which divides the rows by time, mixes numbers and dates: %s "+
			"has %q and %s has %q, want one of the kinds", e.Split.Column, frame.Place(number),
			suggest.Shorten(cells.At(number)), frame.Place(date), suggest.Shorten(cells.At(date)))
	}
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(times[a], times[b]) })
	of := make([]Part, len(rows))
	for first := 0; first < len(order); {
		end := first
		for end < len(order) && times[order[end]] == times[order[first]] {
			end++
		}
		part := e.Split.at(float64(first+end) / float64(2*len(order)))
		for _, i := range order[first:end] {
			of[i] = part
		}
		first = end
	}
	return of, nil
}

// time returns the time in a cell, and whether it is a date: a number, a date of ISO 8601, or a
// cell of a date input, which its feature makes one.
func (e *Experiment) time(cell string) (at float64, isDate bool, err error) {
	cell = e.trim(cell)
	for _, in := range e.Inputs {
		if in.Column == e.Split.Column {
			cell = in.Feature.Canonical(cell)
		}
	}
	if v, err := strconv.ParseFloat(cell, 64); err == nil && !math.IsNaN(v) {
		return v, false, nil
	}
	for _, layout := range []string{
		time.DateOnly, time.DateTime, "2006-01-02T15:04:05", time.RFC3339Nano,
	} {
		if t, err := time.Parse(layout, cell); err == nil {
			return float64(t.Unix()) + float64(t.Nanosecond())/1e9, true, nil
		}
	}
	if cell == "" {
		return 0, false, fmt.Errorf("the cell is empty, want a number or a date")
	}
	const format = "got %q, want a number or a date such as 2006-01-02"
	return 0, false, fmt.Errorf(format, suggest.Shorten(cell))
}

// divideByColumn takes the part of each row from a column with the words train, validation, test.
func (e *Experiment) divideByColumn(frame *data.Frame, rows []int32) ([]Part, error) {
	cells, err := frame.Cells(e.Split.Column)
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	of := make([]Part, len(rows))
	for i, row := range rows {
		word := strings.ToLower(e.trim(cells.At(int(row))))
		part := slices.Index(partNames[:], word)
		if part < 0 {
			return nil, fmt.Errorf("%s: column %q, which divides the rows: got %q, want one of %s",
				frame.Place(int(row)), e.Split.Column, suggest.Shorten(cells.At(int(row))),
				suggest.List(partNames[:]))
		}
		of[i] = Part(part)
	}
	return of, nil
}
