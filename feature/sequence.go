package feature

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"braid"
	"braid/internal/kinds"
	"braid/layer"
	"braid/tensor"
)

// SequenceEncoding is how a network reads a sequence.
type SequenceEncoding uint8

// The encodings of sequences.
const (
	SequenceMean SequenceEncoding = iota // the mean of the ids' vectors, whatever their order
	SequenceLSTM                         // an LSTM over the ids' vectors
)

var sequenceEncodings = kinds.Names[SequenceEncoding]{Noun: "encoder", List: []string{
	SequenceMean: "words", SequenceLSTM: "lstm"}}

// String returns the encoding's name in configurations.
func (e SequenceEncoding) String() string { return sequenceEncodings.String(e) }

// MarshalText writes the name.
func (e SequenceEncoding) MarshalText() ([]byte, error) { return sequenceEncodings.Marshal(e) }

// UnmarshalText reads a name.
func (e *SequenceEncoding) UnmarshalText(text []byte) error {
	return sequenceEncodings.Unmarshal(e, text)
}

// defaultWidth is the width of vectors and branches of texts and sequences.
const defaultWidth = 64

// mostAuto is the largest length that is chosen by itself.
const mostAuto = 256

// Sequence is a column with ids in order, such as visited pages. Of a longer sequence than the
// network reads, it reads the end, the latest ids.
type Sequence struct {
	Separator  string           `json:"separator,omitzero"` // of ids; "" and " " mean any white space
	Encoding   SequenceEncoding `json:"encoder,omitzero"`
	Width      int              `json:"width,omitzero"`      // of vectors and branch; 0 means 64
	Vocabulary int              `json:"vocabulary,omitzero"` // number of ids; 0 means 20000
	MinCount   int              `json:"min_count,omitzero"`  // of an id in training; 0 means 2
	Length     Length           `json:"length,omitzero"`     // ids that are read; 0 means auto
	Missing    []string         `json:"missing,omitzero"`    // words that stand for a missing cell
}

// Kind is "sequence".
func (Sequence) Kind() string { return "sequence" }

// Check checks the settings.
func (f Sequence) Check() error {
	if !sequenceEncodings.Has(f.Encoding) {
		return fmt.Errorf("encoder = %w", sequenceEncodings.Check(f.Encoding))
	}
	return errors.Join(atLeast("width", f.Width), atLeast("vocabulary", f.Vocabulary),
		atLeast("min_count", f.MinCount), f.Length.check(), CheckMissing(f.Missing))
}

// spaces reports whether ids are separated by white space.
func (f Sequence) spaces() bool { return strings.TrimSpace(f.Separator) == "" }

// next returns the first id of a sequence, and what follows. It returns "" after the last one.
func (f Sequence) next(rest string) (id, after string) {
	for id == "" && rest != "" {
		if f.spaces() {
			rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
			at := strings.IndexFunc(rest, unicode.IsSpace)
			if at < 0 {
				return rest, ""
			}
			return rest[:at], rest[at:]
		}
		id, rest, _ = strings.Cut(rest, f.Separator)
		id = strings.TrimSpace(id)
	}
	return id, rest
}

// Canonical returns the ids without spaces about them.
func (f Sequence) Canonical(cell string) string {
	separator := f.Separator
	if f.spaces() {
		separator = " "
	}
	var list []string
	for id, rest := f.next(Trim(cell, f.Missing)); id != ""; id, rest = f.next(rest) {
		list = append(list, id)
	}
	return strings.Join(list, separator)
}

// Learn learns the ids and the length.
func (f Sequence) Learn(c Column) (Encoder, error) {
	if err := f.Check(); err != nil {
		return nil, fmt.Errorf("column %q: %w", c.Name, err)
	}
	counts := newCounter()
	var lengths []int
	err := c.Each(func(cell string) error {
		n := 0
		for id, rest := f.next(Trim(cell, f.Missing)); id != ""; id, rest = f.next(rest) {
			counts.addString(id)
			n++
		}
		if n > 0 {
			lengths = append(lengths, n)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &SequenceEncoder{Settings: f, Steps: f.Length.steps(lengths, mostAuto),
		IDs: counts.vocabulary(orDefault(f.MinCount, defaultMinCount),
			orDefault(f.Vocabulary, defaultWords))}, nil
}

// SequenceEncoder gives ids numbers: 0 is padding, 1 unknown or rare.
type SequenceEncoder struct {
	Settings Sequence   `json:"settings"`
	IDs      Vocabulary `json:"ids"`
	Steps    int        `json:"steps"` // ids that the network reads
}

// Kind is "sequence".
func (*SequenceEncoder) Kind() string { return "sequence" }

func (e *SequenceEncoder) check() error {
	return errors.Join(e.Settings.Check(), checkLength(e.Steps))
}

// Inputs returns the ids.
func (e *SequenceEncoder) Inputs(column string) []Input {
	return []Input{{Name: Name(column), DType: tensor.Int32, Shape: tensor.Shape{e.Steps},
		Vocabulary: e.IDs.Size()}}
}

// Encode writes the numbers of the last ids.
func (e *SequenceEncoder) Encode(v Value, row []Slot) (note Note, err error) {
	to, n, f := row[0].Ints, 0, &e.Settings
	for id, rest := f.next(Trim(v.Text, f.Missing)); id != ""; id, rest = f.next(rest) {
		at := e.IDs.id(id)
		if at == unknownID {
			note |= Unknown
		}
		if n == len(to) {
			note |= Cut
			copy(to, to[1:])
			n--
		}
		to[n] = at
		n++
	}
	clear(to[n:])
	if n == 0 {
		return Missing, nil
	}
	return note, nil
}

// Branch adds the mean of the vectors or the LSTM, and a dense layer.
func (e *SequenceEncoder) Branch(g *braid.Graph, column string, inputs []*braid.Node) Branch {
	width := orDefault(e.Settings.Width, defaultWidth)
	var pooled *braid.Node
	if e.Settings.Encoding == SequenceLSTM {
		vectors, mask := embedded(g, column, inputs[0], e.IDs.Size(), width)
		pooled = g.Add(Part(column, "lstm"), layer.LSTM{Units: width}, vectors, mask)
	} else {
		pooled = bag(g, column, "id", inputs[0], e.IDs.Size(), width)
	}
	return projected(g, column, pooled, width)
}
