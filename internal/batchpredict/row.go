package batchpredict

import (
	"fmt"
	"slices"

	"braid/internal/suggest"
	"braid/internal/value"
	"braid/predictor"
)

// parser reads rows from lines of JSON. It is for one goroutine.
type parser struct {
	model    *predictor.Model
	heads    []head
	texts    []texts // by input
	values   value.Reader
	target   target  // where values writes
	given    []bool  // by input: the row has it
	asked    int     // index of the input for the question
	question reading // of rows that have none; without ids if there is none
}

// target is an input of a row.
type target struct {
	block      *block
	row, input int
}

func newParser(m *predictor.Model, unknown Unknown) *parser {
	p := &parser{model: m, heads: heads(m), given: make([]bool, len(m.Inputs))}
	for i := range m.Inputs {
		p.texts = append(p.texts, texts{in: &m.Inputs[i], unknown: unknown})
	}
	p.values = value.Reader{Image: decodeImage, Text: p.text}
	return p
}

// text reads a text into the target.
func (p *parser) text(_ *predictor.Input, _ []int32, text []byte) error {
	r, err := p.texts[p.target.input].read(string(text))
	if err == nil {
		p.target.block.setText(p.target.row, p.target.input, r)
	}
	return err
}

// ask sets the question of rows that have none, if the model reads a text.
func (p *parser) ask(question string) (err error) {
	p.asked = slices.IndexFunc(p.model.Inputs, func(in predictor.Input) bool { return in.Text != nil })
	if p.asked >= 0 {
		p.question, err = p.texts[p.asked].read(question)
	}
	return err
}

// read reads the inputs of a row, and the true answers that the line has.
func (p *parser) read(line []byte, b *block, row int) error {
	clear(p.given)
	err := value.Object(line, func(name, raw []byte) error { return p.member(name, raw, b, row) })
	if err != nil {
		return err
	}
	if p.question.ids != nil && !p.given[p.asked] {
		p.given[p.asked] = true
		b.setText(row, p.asked, p.question)
	}
	if i := slices.Index(p.given, false); i >= 0 {
		in := &p.model.Inputs[i]
		if in.Text != nil {
			return fmt.Errorf("%q is missing, want such as %q, or --question for all rows",
				in.Name, in.Text.Suggest())
		}
		return fmt.Errorf("%q is missing, want %s", in.Name, kind(in))
	}
	return nil
}

// member reads an input of a row, or the true answer of a head.
func (p *parser) member(name, raw []byte, b *block, row int) (err error) {
	for i := range p.model.Inputs {
		in := &p.model.Inputs[i]
		if string(name) == in.Name {
			p.given[i] = true
			return named(in.Name, p.input(i, b, row, raw))
		}
	}
	for i := range p.heads {
		h := &p.heads[i]
		if string(name) == h.Name {
			b.truths[i][row], err = h.truth(raw)
			return named(h.Name, err)
		}
	}
	var have []string
	for i := range p.model.Inputs {
		have = append(have, p.model.Inputs[i].Name)
	}
	for i := range p.heads {
		have = append(have, p.heads[i].Name)
	}
	return suggest.Unknown("input or head", value.Shorten(name), have)
}

// named adds the name of an input or head to an error.
func named(name string, err error) error {
	if err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	return nil
}

// input reads an input of a row.
func (p *parser) input(i int, b *block, row int, raw []byte) error {
	p.target = target{b, row, i}
	in := &p.model.Inputs[i]
	_, err := p.values.JSON(in, b.rows.Inputs[i], row, raw)
	if err != nil && in.Text != nil && raw[0] != '"' {
		err = fmt.Errorf("%w such as %q", err, in.Text.Suggest())
	}
	return err
}

// decodeImage decodes a PNG or a JPEG to pixels.
func decodeImage(in *predictor.Input, file []byte) ([]uint8, error) {
	return in.ReadFile(file, mostDecoded)
}
