package feature

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"braid"
	"braid/tensor"
)

// maxSeveralHot is the number of labels up to which each has a number of its own in a row. More
// labels have trained vectors, which take less memory than the numbers.
const maxSeveralHot = 64

// Labels is a column with several labels in a cell. The network reads which of the labels of
// training a cell has. Labels that training had too seldom count as unknown ones. The order and
// repetition of labels, and spaces about them, mean nothing.
type Labels struct {
	Separator string   `json:"separator,omitzero"` // between labels; "" means ";"
	MinCount  int      `json:"min_count,omitzero"` // of a label in training; 0 means 2
	Max       int      `json:"max,omitzero"`       // labels, the most frequent; 0 means 10000
	Missing   []string `json:"missing,omitzero"`   // words that stand for a missing cell
}

// Kind is "labels".
func (Labels) Kind() string { return "labels" }

// Check checks the settings.
func (f Labels) Check() error {
	return errors.Join(atLeast("min_count", f.MinCount), atLeast("max", f.Max),
		CheckMissing(f.Missing))
}

func (f Labels) separator() string {
	if f.Separator == "" {
		return ";"
	}
	return f.Separator
}

// Split returns the different labels of a cell, in order.
func (f Labels) Split(cell string) []string {
	var list []string
	for label := range strings.SplitSeq(Trim(cell, f.Missing), f.separator()) {
		label = strings.TrimSpace(label)
		if label != "" && !slices.Contains(list, label) {
			list = append(list, label)
		}
	}
	return list
}

// Canonical returns the sorted labels.
func (f Labels) Canonical(cell string) string {
	list := f.Split(cell)
	slices.Sort(list)
	return strings.Join(list, f.separator())
}

// Learn learns the labels.
func (f Labels) Learn(c Column) (Encoder, error) {
	if err := f.Check(); err != nil {
		return nil, fmt.Errorf("column %q: %w", c.Name, err)
	}
	counts, most := newCounter(), 1
	err := c.Each(func(cell string) error {
		list := f.Split(cell)
		for _, label := range list {
			counts.addString(label)
		}
		most = max(most, len(list))
		return nil
	})
	if err != nil {
		return nil, err
	}
	e := &LabelsEncoder{Separator: f.separator(), Missing: f.Missing, Labels: counts.vocabulary(
		orDefault(f.MinCount, defaultMinCount), orDefault(f.Max, defaultCategories))}
	if size := e.Labels.Size(); size-firstID > maxSeveralHot {
		e.Width, e.Length = embeddingWidth(size), min(most, maxSeveralHot)
	}
	return e, nil
}

// LabelsEncoder reads sets of labels: number 0 is 1 if there is none, number 1 if one is unknown or
// rare, and the others stand for the labels.
type LabelsEncoder struct {
	Separator string     `json:"separator"`
	Missing   []string   `json:"missing,omitzero"`
	Labels    Vocabulary `json:"labels"`
	Width     int        `json:"width,omitzero"`  // of the vector of a label; 0 means several-hot
	Length    int        `json:"length,omitzero"` // with vectors: number of labels, the rest is cut
}

// Kind is "labels".
func (*LabelsEncoder) Kind() string { return "labels" }

func (e *LabelsEncoder) check() error {
	switch {
	case e.Separator == "":
		return errors.New("the separator is empty")
	case e.Width > 0 && e.Length == 0:
		return errors.New("length = 0, want 1 or more")
	}
	return errors.Join(atLeast("width", e.Width), checkSteps(e.Length))
}

// Inputs returns the numbers of the labels, or their ids.
func (e *LabelsEncoder) Inputs(column string) []Input {
	if e.Width == 0 {
		return []Input{{Name: Name(column), DType: tensor.Float32,
			Shape: tensor.Shape{e.Labels.Size()}}}
	}
	return []Input{{Name: Name(column), DType: tensor.Int32, Shape: tensor.Shape{e.Length},
		Vocabulary: e.Labels.Size()}}
}

// Encode writes the numbers of the labels, or their ids in ascending order. What is cut are the
// rarest labels of training.
func (e *LabelsEncoder) Encode(v Value, row []Slot) (note Note, err error) {
	hot, ids, n := row[0].Floats, row[0].Ints, 0
	clear(hot)
	clear(ids)
	found := false
	for label := range strings.SplitSeq(Trim(v.Text, e.Missing), e.Separator) {
		label = strings.TrimSpace(label)
		if label == "" {
			continue
		}
		found = true
		id := e.Labels.id(label)
		if id == unknownID {
			note |= Unknown
		}
		if e.Width == 0 {
			hot[id] = 1
			continue
		}
		at, has := slices.BinarySearch(ids[:n], id)
		switch {
		case has:
			continue
		case n == len(ids):
			note |= Cut
		default:
			n++
		}
		if at < n {
			copy(ids[at+1:n], ids[at:])
			ids[at] = id
		}
	}
	if !found {
		note = Missing
		if e.Width == 0 {
			hot[noID] = 1
		}
	}
	return note, nil
}

// Branch passes the numbers on, or takes the mean of the labels' vectors.
func (e *LabelsEncoder) Branch(g *braid.Graph, column string, inputs []*braid.Node) Branch {
	if e.Width == 0 {
		return Branch{Out: inputs[0]}
	}
	return Branch{Out: bag(g, column, "label", inputs[0], e.Labels.Size(), e.Width)}
}
