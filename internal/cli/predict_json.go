package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"braid/infer"
	"braid/internal/names"
	"braid/tensor"
)

// A line of JSON may have mostLine bytes, as a photograph in base64 does, and its image rowDecoded when it is
// decoded; a block ends where its lines have blockBytes.
const (
	mostLine   = 16 << 20
	rowDecoded = 64 << 20
	blockBytes = 8 << 20
)

// jsonRows are rows as JSON objects, one a line.
type jsonRows struct {
	file    *rowsFile
	lines   int // read so far
	rows    []jsonRow
	text    []byte // of the block's rows
	workers []*rowReader
}

// jsonRow is where a row stands.
type jsonRow struct {
	line, from, to int
	err            error // of the line itself
}

func newJSONRows(in *rowsFile, m *infer.Model, heads []output, question string) (rowSource, error) {
	r := &jsonRows{file: in}
	for range runtime.GOMAXPROCS(0) {
		w := &rowReader{model: m, heads: heads, given: make([]bool, len(m.Inputs)+len(heads))}
		for i := range m.Inputs {
			w.texts = append(w.texts, texts{in: &m.Inputs[i]})
			if question != "" && w.question == nil && m.Inputs[i].IsText() {
				ids, err := w.texts[i].ids(question)
				if err != nil {
					return nil, fmt.Errorf("--question: %w", err)
				}
				w.asked, w.question = i, ids
			}
		}
		r.workers = append(r.workers, w)
	}
	return r, nil
}

func (r *jsonRows) fill(b *block) error {
	failed := r.read()
	b.n = len(r.rows)
	share(len(r.workers), b.n, func(worker, lo, hi int) {
		for row := lo; row < hi; row++ {
			at := r.rows[row]
			b.begin(row)
			err := at.err
			if err == nil {
				err = r.workers[worker].read(r.text[at.from:at.to], b, row)
			}
			if err != nil {
				b.bad[row] = fmt.Errorf("%s: line %d: %w", r.file.name, at.line, err)
			}
		}
	})
	if failed != nil && failed != io.EOF {
		return fmt.Errorf("%s: after line %d: %w", r.file.name, r.lines, failed)
	}
	return failed
}

// read reads the lines of the next block. Empty ones are no rows.
func (r *jsonRows) read() (err error) {
	r.rows, r.text = r.rows[:0], r.text[:0]
	for len(r.rows) < blockRows && len(r.text) < blockBytes {
		from := len(r.text)
		r.text, err = readLine(r.file.Reader, r.text, mostLine)
		row := jsonRow{line: r.lines + 1, from: from, to: len(r.text)}
		switch {
		case errors.Is(err, errLong):
			row.err = err
		case err != nil:
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = fmt.Errorf("compressed file is cut short: %w", err)
			}
			return err
		}
		if r.lines++; r.lines == 1 && bytes.HasPrefix(r.text, []byte("\ufeff")) { // Windows' mark of UTF-8
			row.from += len("\ufeff")
		}
		if row.err != nil || len(bytes.TrimSpace(r.text[row.from:row.to])) > 0 {
			r.rows = append(r.rows, row)
		}
	}
	return nil
}

func (r *jsonRows) progress() (done, total int64) { return r.file.raw.n, r.file.size }

func (r *jsonRows) close() {}

// rowReader reads rows, for one goroutine.
type rowReader struct {
	model    *infer.Model
	heads    []output
	texts    []texts // by input
	pixels   []uint8 // of an input
	given    []bool  // by input, then by head
	asked    int     // the input that --question is for
	question []int32 // nil if there is none
}

// read reads a row's inputs, and the true answers that it has.
func (w *rowReader) read(line []byte, b *block, row int) error {
	clear(w.given)
	err := object(line, func(name, value []byte) error {
		for i := range w.model.Inputs {
			in := &w.model.Inputs[i]
			if string(name) == in.Name {
				return w.named(i, in.Name, w.input(in, &w.texts[i], b.rows.Inputs[i], row, value))
			}
		}
		for i := range w.heads {
			h := &w.heads[i]
			if string(name) == h.Name {
				truth, err := h.truth(value)
				b.truths[i][row] = truth
				return w.named(len(w.model.Inputs)+i, h.Name, err)
			}
		}
		return w.unknown(string(name))
	})
	if err != nil {
		return err
	}
	if w.question != nil && !w.given[w.asked] {
		w.given[w.asked] = true
		copy(b.rows.Inputs[w.asked].Int32s()[row*len(w.question):], w.question)
	}
	if i := slices.Index(w.given[:len(w.model.Inputs)], false); i >= 0 {
		in := &w.model.Inputs[i]
		if in.IsText() {
			return fmt.Errorf("%q is missing, want such as %q, or --question for all rows", in.Name, suggest(in))
		}
		return fmt.Errorf("%q is missing, want %s", in.Name, kind(in))
	}
	return nil
}

// named puts the name before an error, and finds names that come twice.
func (w *rowReader) named(i int, name string, err error) error {
	if err == nil && w.given[i] {
		err = errors.New("comes twice")
	}
	w.given[i] = true
	if err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	return nil
}

// unknown is the error of a name that is neither an input's nor a head's.
func (w *rowReader) unknown(name string) error {
	var have []string
	for i := range w.model.Inputs {
		have = append(have, w.model.Inputs[i].Name)
	}
	for i := range w.heads {
		have = append(have, w.heads[i].Name)
	}
	return names.Unknown("input or head", shorten([]byte(name)), have)
}

// input reads one input of a row.
func (w *rowReader) input(in *infer.Input, known *texts, t tensor.Tensor, row int, raw []byte) error {
	size := in.Shape.Size()
	isText := raw[0] == '"'
	switch {
	case isText && in.IsText():
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return err
		}
		ids, err := known.ids(text)
		copy(t.Int32s()[row*size:], ids)
		return err
	case isText && in.IsImage():
		pixels, err := base64Pixels(raw, in)
		if err == nil {
			in.Pixels.Floats(t.Float32s()[row*size:][:size], pixels)
		}
		return err
	case in.Pixels != nil:
		w.pixels = slices.Grow(w.pixels[:0], size)[:size]
		pixels := w.pixels
		err := numbers(raw, in.Shape, func(at int, token []byte) error {
			v, ok := pixel(token)
			if !ok {
				return fmt.Errorf("pixel %d is %s, want a whole number from 0 to 255", at, shorten(token))
			}
			pixels[at] = v
			return nil
		})
		if err == nil {
			in.Pixels.Floats(t.Float32s()[row*size:][:size], pixels)
		}
		return err
	case in.DType == tensor.Int32:
		to := t.Int32s()[row*size:][:size]
		return numbers(raw, in.Shape, func(at int, token []byte) error {
			id, err := strconv.ParseInt(string(token), 10, 32)
			if err != nil || in.Limit > 0 && (id < 0 || int(id) >= in.Limit) {
				want := "a whole number of 32 bits"
				if in.Limit > 0 {
					want = fmt.Sprintf("0 to %d", in.Limit-1)
				}
				return fmt.Errorf("id %d is %s, want %s", at, shorten(token), want)
			}
			to[at] = int32(id)
			return nil
		})
	}
	to := t.Float32s()[row*size:][:size]
	return numbers(raw, in.Shape, func(at int, token []byte) error {
		v, err := strconv.ParseFloat(string(token), 32)
		if err != nil {
			return fmt.Errorf("number %d is %s, want a finite float32", at, shorten(token))
		}
		to[at] = float32(v)
		return nil
	})
}

// truth reads a true answer: a string is its label, a number its index; null is not known.
func (o *output) truth(raw []byte) (int, error) {
	if string(raw) == "null" {
		return -1, nil
	}
	if o.labels == nil {
		return -1, errors.New("the head gives numbers, not one of some answers: no true answer is compared")
	}
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return -1, err
	}
	switch v := value.(type) {
	case string:
		if at := slices.Index(o.labels, v); at >= 0 {
			return at, nil
		}
		return -1, names.Unknown("answer", shorten([]byte(v)), o.labels)
	case float64:
		if v == float64(int(v)) && v >= 0 && int(v) < len(o.labels) {
			return int(v), nil
		}
	case bool:
		if len(o.labels) == 2 && v {
			return 1, nil
		} else if len(o.labels) == 2 {
			return 0, nil
		}
	}
	return -1, fmt.Errorf("true answer is %s, want a label as a string, or its index from 0 to %d", shorten(raw), len(o.labels)-1)
}

// base64Pixels makes pixels of a PNG or a JPEG in base64, or in a data URL.
func base64Pixels(raw []byte, in *infer.Input) ([]uint8, error) {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return nil, err
	}
	if head, rest, ok := strings.Cut(text, ";base64,"); ok && strings.HasPrefix(head, "data:") {
		text = rest
	}
	content, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%s is no base64: %w; want %s pixels, or a PNG or JPEG in base64", shorten(raw), err, dims(in.Shape))
	}
	pixels, err := grey(content, in, rowDecoded)
	if err != nil {
		return nil, plain(err)
	}
	return pixels, nil
}
