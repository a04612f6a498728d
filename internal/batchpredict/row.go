package batchpredict

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"braid/internal/suggest"
	"braid/internal/value"
	"braid/predictor"
	"braid/vision"
	"braid/vision/digit"
)

// parser reads rows from their lines, for one goroutine.
type parser struct {
	model    *predictor.Model
	heads    []head
	texts    []texts // by input
	values   value.Reader
	now      cell    // that values reads
	given    []bool  // by input, then by head
	asked    int     // the input that the question is for
	question reading // without ids if there is none
}

// cell is one input of one row.
type cell struct {
	block      *block
	row, input int
}

func newParser(m *predictor.Model, unknown Unknown) *parser {
	p := &parser{model: m, heads: heads(m)}
	p.given = make([]bool, len(m.Inputs)+len(p.heads))
	for i := range m.Inputs {
		p.texts = append(p.texts, texts{in: &m.Inputs[i], unknown: unknown})
	}
	p.values = value.Reader{Image: image, Text: func(_ *predictor.Input, _ []int32, text []byte) error {
		r, err := p.texts[p.now.input].read(string(text))
		if err == nil {
			p.now.block.take(p.now.row, p.now.input, r)
		}
		return err
	}}
	return p
}

// ask sets the question of rows that have none, if the model takes one.
func (p *parser) ask(question string) (err error) {
	p.asked = slices.IndexFunc(p.model.Inputs, func(in predictor.Input) bool { return in.IsText() })
	if p.asked >= 0 {
		p.question, err = p.texts[p.asked].read(question)
	}
	return err
}

// read reads a row's inputs, and the true answers that it has.
func (p *parser) read(line []byte, b *block, row int) error {
	clear(p.given)
	err := value.Object(line, func(name, raw []byte) error {
		for i := range p.model.Inputs {
			in := &p.model.Inputs[i]
			if string(name) == in.Name {
				return p.named(i, in.Name, p.input(i, b, row, raw))
			}
		}
		for i := range p.heads {
			h := &p.heads[i]
			if string(name) == h.Name {
				truth, err := h.truth(raw)
				b.truths[i][row] = truth
				return p.named(len(p.model.Inputs)+i, h.Name, err)
			}
		}
		return p.unknown(string(name))
	})
	if err != nil {
		return err
	}
	if p.question.ids != nil && !p.given[p.asked] {
		p.given[p.asked] = true
		b.take(row, p.asked, p.question)
	}
	if i := slices.Index(p.given[:len(p.model.Inputs)], false); i >= 0 {
		in := &p.model.Inputs[i]
		if in.IsText() {
			return fmt.Errorf("%q is missing, want such as %q, or --question for all rows",
				in.Name, in.Suggest())
		}
		return fmt.Errorf("%q is missing, want %s", in.Name, kind(in))
	}
	return nil
}

// named puts the name before an error, and finds names that come twice.
func (p *parser) named(i int, name string, err error) error {
	if err == nil && p.given[i] {
		err = errors.New("comes twice")
	}
	p.given[i] = true
	if err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	return nil
}

// unknown is the error of a name that is neither an input's nor a head's.
func (p *parser) unknown(name string) error {
	var have []string
	for i := range p.model.Inputs {
		have = append(have, p.model.Inputs[i].Name)
	}
	for i := range p.heads {
		have = append(have, p.heads[i].Name)
	}
	return suggest.Unknown("input or head", value.Shorten([]byte(name)), have)
}

// input reads one input of a row.
func (p *parser) input(i int, b *block, row int, raw []byte) error {
	p.now = cell{b, row, i}
	in := &p.model.Inputs[i]
	_, err := p.values.JSON(in, b.rows.Inputs[i], row, raw)
	if err != nil && in.IsText() && raw[0] != '"' {
		err = fmt.Errorf("%w such as %q", err, in.Suggest())
	}
	return err
}

// image makes pixels of a PNG or a JPEG.
func image(in *predictor.Input, file []byte) ([]uint8, error) {
	var pixels []uint8
	img, err := vision.Decode(file, mostDecoded)
	if err == nil {
		pixels, err = digit.MNIST(img, in.Shape[0], in.Shape[1])
	}
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "vision: "))
	}
	return pixels, nil
}
