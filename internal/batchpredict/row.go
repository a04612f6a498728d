package batchpredict

import (
	"fmt"

	"braid/feature"
	"braid/internal/suggest"
	"braid/internal/value"
	"braid/predictor"
)

// parser reads rows from lines of JSON. It is for one goroutine.
type parser struct {
	model    *predictor.Model
	heads    []head
	values   value.Reader
	block    *block // where values writes
	given    []bool // by column: the row has it
	question string // of rows that have none; "": there is none
	asked    *predictor.Column
}

func newParser(m *predictor.Model, question string) *parser {
	p := &parser{
		model: m, heads: heads(m), given: make([]bool, len(m.Columns)), question: question,
	}
	p.asked, _ = Text(m)
	p.values = value.Reader{Encode: p.encode}
	return p
}

// encode encodes a value of a row of the block.
func (p *parser) encode(
	c *predictor.Column, _ *predictor.Batch, row int, v feature.Value,
) error {
	return p.block.encode(c, row, v)
}

// read reads the inputs of a row, and the true answers that the line has.
func (p *parser) read(line []byte, b *block, row int) error {
	clear(p.given)
	p.block = b
	err := value.Object(line, func(name, raw []byte) error { return p.member(name, raw, row) })
	if err != nil {
		return err
	}
	for i := range p.model.Columns {
		c := &p.model.Columns[i]
		switch {
		case p.given[i]:
		case p.question != "" && c == p.asked:
			if err := b.encode(c, row, feature.Value{Text: p.question}); err != nil {
				return err
			}
		case example(c) != "":
			return fmt.Errorf("%q is missing, want such as %s, or --question for all rows", c.Name,
				example(c))
		default:
			return fmt.Errorf("%q is missing, want %s", c.Name, kind(c))
		}
	}
	return nil
}

// member reads an input of a row, or the true answer of a head.
func (p *parser) member(name, raw []byte, row int) (err error) {
	for i := range p.model.Columns {
		if c := &p.model.Columns[i]; string(name) == c.Name {
			p.given[i] = true
			err := p.values.JSON(c, p.block.rows, row, raw)
			if text := example(c); err != nil && text != "" && raw[0] == '{' {
				err = fmt.Errorf("%w such as %s", err, text)
			}
			return named(c.Name, err)
		}
	}
	for i := range p.heads {
		h := &p.heads[i]
		if string(name) == h.Column {
			p.block.truths[i][row], err = h.truth(raw)
			return named(h.Column, err)
		}
	}
	have := p.model.ColumnNames()
	for i := range p.heads {
		have = append(have, p.heads[i].Column)
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
