package batchpredict

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"braid/predictor"
)

// Format is how answers are written. The zero value is JSON lines.
type Format struct {
	CSV           bool
	Probabilities bool // of all answers, not only of the one that is given
	Errors        bool // CSV has a column for why a row could not be answered
}

// Table writes answers, a row for each.
type Table struct {
	format Format
	heads  []answerColumns
	parts  [][]byte // of a block, by worker
}

// answerColumns are what is written of a head.
type answerColumns struct {
	head
	keys   [][]byte // in JSON: of the answer, of its probability, of the probabilities; each with its colon
	quoted [][]byte // the labels, as a string of JSON or a field of CSV
	width  int      // numbers
}

// names are the columns that a head has in CSV: the answer, its probability, and the probabilities.
func (c *answerColumns) names(all bool) []string {
	if c.labels == nil {
		if c.width == 1 {
			return []string{c.Name}
		}
		var list []string
		for i := range c.width {
			list = append(list, fmt.Sprintf("%s_%d", c.Name, i))
		}
		return list
	}
	list := []string{c.Name, c.Name + "_probability"}
	if all {
		for _, label := range c.labels {
			list = append(list, c.Name+"_probability_"+label)
		}
	}
	return list
}

// NewTable makes a table of a model's answers. It is an error if two columns would have one name.
func NewTable(m *predictor.Model, f Format) (*Table, error) {
	t := &Table{format: f, parts: make([][]byte, runtime.GOMAXPROCS(0))}
	for _, h := range heads(m) {
		c := answerColumns{head: h, width: h.Shape.Size()}
		for _, suffix := range []string{"", "_probability", "_probabilities"} {
			c.keys = append(c.keys, append(jsonString(h.Name+suffix), ':'))
		}
		for _, label := range h.labels {
			if t.format.CSV {
				c.quoted = append(c.quoted, csvField(label))
			} else {
				c.quoted = append(c.quoted, jsonString(label))
			}
		}
		t.heads = append(t.heads, c)
	}
	columns := t.columns()
	for i, name := range columns {
		if slices.Contains(columns[:i], name) {
			return nil, fmt.Errorf("two columns of the answers would be named %q: the model's heads cannot be told apart", name)
		}
	}
	return t, nil
}

// columns are the names of CSV's columns.
func (t *Table) columns() []string {
	list := []string{"row"}
	for i := range t.heads {
		list = append(list, t.heads[i].names(t.format.Probabilities)...)
	}
	if t.format.Errors {
		list = append(list, "error")
	}
	return list
}

// begin writes what comes before the rows.
func (t *Table) begin(w io.Writer) error {
	if !t.format.CSV {
		return nil
	}
	c := csv.NewWriter(w)
	if err := c.Write(t.columns()); err != nil {
		return err
	}
	c.Flush()
	return c.Error()
}

// write writes a block's rows.
func (t *Table) write(w io.Writer, b *block) error {
	for i := range t.parts {
		t.parts[i] = t.parts[i][:0]
	}
	share(len(t.parts), b.n, func(worker, lo, hi int) {
		part := t.parts[worker]
		for row := lo; row < hi; row++ {
			if t.format.CSV {
				part = t.appendCSV(part, b, row)
			} else {
				part = t.appendJSON(part, b, row)
			}
		}
		t.parts[worker] = part
	})
	for _, part := range t.parts {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

func (t *Table) appendJSON(to []byte, b *block, row int) []byte {
	to = strconv.AppendInt(append(to, `{"row":`...), int64(b.first+row), 10)
	if err := b.bad[row]; err != nil {
		to = append(append(to, `,"error":`...), jsonString(err.Error())...)
		return append(to, '}', '\n')
	}
	for i := range t.heads {
		h := &t.heads[i]
		numbers := h.numbers(b.rows.Answers[i], row)
		to = append(append(to, ','), h.keys[0]...)
		if h.labels == nil {
			to = appendNumbers(to, numbers, len(h.Shape) > 0)
			continue
		}
		best := h.Best(numbers)
		to = append(to, h.quoted[best]...)
		to = append(append(to, ','), h.keys[1]...)
		to = appendNumber(to, h.Probability(numbers, best))
		if t.format.Probabilities {
			to = append(append(to, ','), h.keys[2]...)
			for label := range h.labels {
				to = append(to, separator(label, '{'))
				to = append(append(to, h.quoted[label]...), ':')
				to = appendNumber(to, h.Probability(numbers, label))
			}
			to = append(to, '}')
		}
	}
	return append(to, '}', '\n')
}

func (t *Table) appendCSV(to []byte, b *block, row int) []byte {
	to = strconv.AppendInt(to, int64(b.first+row), 10)
	bad := b.bad[row]
	if bad != nil {
		to = append(to, strings.Repeat(",", len(t.columns())-2)...)
		return append(append(append(to, ','), csvField(bad.Error())...), '\n')
	}
	for i := range t.heads {
		h := &t.heads[i]
		numbers := h.numbers(b.rows.Answers[i], row)
		if h.labels == nil {
			for _, v := range numbers {
				to = appendNumber(append(to, ','), v)
			}
			continue
		}
		best := h.Best(numbers)
		to = append(append(to, ','), h.quoted[best]...)
		to = appendNumber(append(to, ','), h.Probability(numbers, best))
		if t.format.Probabilities {
			for label := range h.labels {
				to = appendNumber(append(to, ','), h.Probability(numbers, label))
			}
		}
	}
	if t.format.Errors {
		to = append(to, ',')
	}
	return append(to, '\n')
}

// appendNumbers writes numbers as JSON: an array, or the one that there is.
func appendNumbers(to []byte, numbers []float32, array bool) []byte {
	if !array {
		return appendNumber(to, numbers[0])
	}
	for i, v := range numbers {
		to = appendNumber(append(to, separator(i, '[')), v)
	}
	return append(to, ']')
}

// appendNumber writes the shortest digits that give the same float32.
func appendNumber(to []byte, v float32) []byte {
	return strconv.AppendFloat(to, float64(v), 'g', -1, 32)
}

// separator stands before element i: what opens, then commas.
func separator(i int, open byte) byte {
	if i == 0 {
		return open
	}
	return ','
}

// jsonString is a string as JSON.
func jsonString(s string) []byte {
	content, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always can be
	}
	return content
}

// csvField is a field of CSV, quoted where it must be.
func csvField(s string) []byte {
	var b strings.Builder
	w := csv.NewWriter(&b)
	if err := w.Write([]string{s}); err != nil {
		panic(err) // a builder takes all
	}
	w.Flush()
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}
