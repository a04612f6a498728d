package batchpredict

import (
	"bytes"
	"fmt"

	"braid/feature"
	"braid/internal/value"
	"braid/predictor"
)

// parser reads rows from JSON objects. It is for one goroutine.
type parser struct {
	p       *Prediction
	members map[string]*member
	given   []*member       // by the row
	columns []bool          // by column: the row has it
	seen    map[string]bool // the names that a row had
	values  value.Reader

	// The row that is read.
	block  *block
	batch  *predictor.Batch
	row    int
	column int // of the model, by its index
}

// member says what a name of an object is for.
type member struct {
	column int   // of the model, by its index; -1: none
	head   int   // whose label it is; -1: none
	keep   []int // by index
	given  bool  // the row has it
}

func newParser(p *Prediction, folder string) *parser {
	r := &parser{p: p, members: map[string]*member{}, seen: map[string]bool{}}
	r.values = value.Reader{Encode: r.encode, Folder: folder}
	r.columns = make([]bool, len(p.Model.Columns))
	at := func(name string) *member {
		if r.members[name] == nil {
			r.members[name] = &member{column: -1, head: -1}
		}
		return r.members[name]
	}
	for i := range p.Model.Columns {
		at(p.Model.Columns[i].Name).column = i
	}
	for i := range p.heads {
		at(p.heads[i].Column).head = i
	}
	for i, name := range p.Keep {
		m := at(name)
		m.keep = append(m.keep, i)
	}
	return r
}

// encode encodes a value of the row.
func (r *parser) encode(
	_ *predictor.Column, batch *predictor.Batch, row int, v feature.Value,
) error {
	if v.Content != nil {
		v.Most = mostDecoded
	}
	return r.p.encode(r.block, batch, r.column, row, v)
}

// read reads a row.
func (r *parser) read(line []byte, b *block, batch *predictor.Batch, row int) error {
	r.block, r.batch, r.row = b, batch, row
	err := r.object(line)
	if err != nil && value.CheckSyntax(line) != nil {
		if quoted := quoteWords(line); quoted != nil {
			err = r.object(quoted)
		}
	}
	if err != nil {
		return err
	}
	for i, given := range r.columns {
		if given {
			continue
		}
		if r.column = i; r.missing() != nil {
			return r.wanted()
		}
	}
	return nil
}

// object reads the values of a row.
func (r *parser) object(line []byte) error {
	for _, m := range r.given {
		m.given = false
	}
	r.given = r.given[:0]
	clear(r.columns)
	return value.Members(line, r.member)
}

// missing encodes a column that the row lacks.
func (r *parser) missing() error {
	c := &r.p.Model.Columns[r.column]
	if c.IsNumbers() {
		return r.wanted()
	}
	return r.encode(c, r.batch, r.row, feature.Value{})
}

// wanted is the error of a column that the row lacks.
func (r *parser) wanted() error {
	c := &r.p.Model.Columns[r.column]
	if text := example(c); text != "" {
		return fmt.Errorf("%q is missing, want such as %s, or --question for all rows", c.Name, text)
	}
	return fmt.Errorf("%q is missing, want %s", c.Name, kind(c))
}

// member reads a value: of a column of the model, a label, or one that is kept.
func (r *parser) member(name, raw []byte) error {
	m := r.members[string(name)]
	if m == nil {
		return nil
	}
	if m.given {
		return fmt.Errorf("has two members named %q", value.Shorten(name))
	}
	m.given, r.given = true, append(r.given, m)
	if !r.seen[string(name)] {
		r.seen[string(name)] = true
	}
	if m.keep != nil {
		cell, err := value.Cell(raw)
		if err != nil {
			return named(string(name), err)
		}
		for _, k := range m.keep {
			row(r.block.keep, r.block.n, r.row)[k] = cell
		}
	}
	if m.head >= 0 {
		h := &r.p.heads[m.head]
		label, err := h.label(raw)
		if err != nil {
			return named(h.Column, err)
		}
		row(r.block.labels, r.block.n, r.row)[m.head] = label
	}
	if m.column < 0 {
		return nil
	}
	r.column, r.columns[m.column] = m.column, true
	c := &r.p.Model.Columns[m.column]
	err := r.values.JSON(c, r.batch, r.row, raw)
	if text := example(c); err != nil && text != "" && raw[0] == '{' {
		err = fmt.Errorf("%w such as %s", err, text)
	}
	return named(c.Name, err)
}

// quoteWords puts quotes around NaN, Infinity and -Infinity, which Python writes though JSON has no
// such numbers. It returns nil if there are none outside of texts.
func quoteWords(line []byte) []byte {
	var to []byte
	from, inText := 0, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			inText = !inText
		case inText && c == '\\':
			i++
		case inText:
		case c == 'N' || c == 'I' || c == '-':
			for _, word := range []string{"NaN", "Infinity", "-Infinity"} {
				if bytes.HasPrefix(line[i:], []byte(word)) {
					to = append(append(append(append(to, line[from:i]...), '"'), word...), '"')
					i += len(word) - 1
					from = i + 1
					break
				}
			}
		}
	}
	if to == nil {
		return nil
	}
	return append(to, line[from:]...)
}
