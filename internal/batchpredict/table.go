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

// Format is the format of a table. The zero value is JSON lines.
type Format struct {
	CSV           bool
	Probabilities bool // of all answers, not only of the most probable one
	Errors        bool // CSV gets a column for why a row could not be answered
}

// Table writes answers, a line for each row.
type Table struct {
	format  Format
	heads   []headColumns
	buffers [][]byte // the lines of a block, by worker
}

// headColumns is a head and what a table needs to write its answers.
type headColumns struct {
	head
	keys   [3][]byte // in JSON, with the colon: answer, its probability, all probabilities
	quoted [][]byte  // the labels as JSON strings or CSV fields
	width  int       // outputs of the head
}

// names returns the names of the head's columns in CSV. all adds the probability of each answer.
func (c *headColumns) names(all bool) []string {
	if c.labels == nil {
		if c.width == 1 {
			return []string{c.Column}
		}
		var list []string
		for i := range c.width {
			list = append(list, fmt.Sprintf("%s_%d", c.Column, i))
		}
		return list
	}
	list := []string{c.Column, c.Column + "_probability"}
	if all {
		for _, label := range c.labels {
			list = append(list, c.Column+"_probability_"+label)
		}
	}
	return list
}

// NewTable returns a table of a model's answers. It is an error if two columns have the same name.
func NewTable(m *predictor.Model, f Format) (*Table, error) {
	t := &Table{format: f, buffers: make([][]byte, runtime.GOMAXPROCS(0))}
	for _, h := range heads(m) {
		c := headColumns{head: h, width: h.Shape.Size()}
		for i, suffix := range []string{"", "_probability", "_probabilities"} {
			c.keys[i] = append(jsonString(h.Column+suffix), ':')
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
			const text = "two columns of the answers would be named %q: " +
				"the model's heads cannot be told apart"
			return nil, fmt.Errorf(text, name)
		}
	}
	return t, nil
}

// columns returns the names of the columns in CSV.
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

// begin writes the header, which CSV has.
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

// write writes a line for each row of a block.
func (t *Table) write(w io.Writer, b *block) error {
	appendRow := t.appendJSON
	if t.format.CSV {
		appendRow = t.appendCSV
	}
	for i := range t.buffers {
		t.buffers[i] = t.buffers[i][:0]
	}
	share(len(t.buffers), b.n, func(worker, lo, hi int) {
		lines := t.buffers[worker]
		for row := lo; row < hi; row++ {
			lines = appendRow(lines, b, row)
		}
		t.buffers[worker] = lines
	})
	for _, lines := range t.buffers {
		if _, err := w.Write(lines); err != nil {
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
		numbers := b.rows.Output(i, row)
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
		numbers := b.rows.Output(i, row)
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

// appendNumbers appends numbers as JSON: an array, or only the first.
func appendNumbers(to []byte, numbers []float32, array bool) []byte {
	if !array {
		return appendNumber(to, numbers[0])
	}
	for i, v := range numbers {
		to = appendNumber(append(to, separator(i, '[')), v)
	}
	return append(to, ']')
}

// appendNumber appends the shortest decimal that parses to the same float32.
func appendNumber(to []byte, v float32) []byte {
	return strconv.AppendFloat(to, float64(v), 'g', -1, 32)
}

// separator returns what comes before element i: the opening bracket, then commas.
func separator(i int, open byte) byte {
	if i == 0 {
		return open
	}
	return ','
}

// jsonString returns s as a JSON string.
func jsonString(s string) []byte {
	content, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings never fail
	}
	return content
}

// csvField returns s as a field of CSV, quoted if it must be.
func csvField(s string) []byte {
	var b strings.Builder
	w := csv.NewWriter(&b)
	if err := w.Write([]string{s}); err != nil {
		panic(err) // a builder never fails
	}
	w.Flush()
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}
