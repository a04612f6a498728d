package rows

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"braid/infer"
	"braid/internal/names"
	"braid/tensor"
	"braid/vision"
)

// parser reads rows from their lines, for one goroutine.
type parser struct {
	model    *infer.Model
	heads    []head
	texts    []texts // by input
	pixels   []uint8 // of an input
	given    []bool  // by input, then by head
	asked    int     // the input that the question is for
	question reading // without ids if there is none
}

func newParser(m *infer.Model, unknown Unknown) *parser {
	p := &parser{model: m, heads: heads(m)}
	p.given = make([]bool, len(m.Inputs)+len(p.heads))
	for i := range m.Inputs {
		p.texts = append(p.texts, texts{in: &m.Inputs[i], unknown: unknown})
	}
	return p
}

// ask sets the question of rows that have none, if the model takes one.
func (p *parser) ask(question string) (err error) {
	p.asked = slices.IndexFunc(p.model.Inputs, func(in infer.Input) bool { return in.IsText() })
	if p.asked >= 0 {
		p.question, err = p.texts[p.asked].read(question)
	}
	return err
}

// read reads a row's inputs, and the true answers that it has.
func (p *parser) read(line []byte, b *block, row int) error {
	clear(p.given)
	err := object(line, func(name, value []byte) error {
		for i := range p.model.Inputs {
			in := &p.model.Inputs[i]
			if string(name) == in.Name {
				return p.named(i, in.Name, p.input(i, b, row, value))
			}
		}
		for i := range p.heads {
			h := &p.heads[i]
			if string(name) == h.Name {
				truth, err := h.truth(value)
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
	return names.Unknown("input or head", shorten([]byte(name)), have)
}

// input reads one input of a row.
func (p *parser) input(i int, b *block, row int, raw []byte) error {
	in, t := &p.model.Inputs[i], b.rows.Inputs[i]
	size := in.Shape.Size()
	isText := raw[0] == '"'
	switch {
	case isText && in.IsText():
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return err
		}
		r, err := p.texts[i].read(text)
		if err == nil {
			b.take(row, i, r)
		}
		return err
	case isText && in.IsImage():
		pixels, err := base64Pixels(raw, in)
		if err == nil {
			in.Pixels.Floats(t.Float32s()[row*size:][:size], pixels)
		}
		return err
	case in.Pixels != nil:
		p.pixels = slices.Grow(p.pixels[:0], size)[:size]
		pixels := p.pixels
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
		err := numbers(raw, in.Shape, func(at int, token []byte) error {
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
		if err != nil && in.IsText() {
			err = fmt.Errorf("%w, or a text such as %q", err, in.Suggest())
		}
		return err
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
	var pixels []uint8
	img, err := vision.Decode(content, mostDecoded)
	if err == nil {
		pixels, err = img.MNIST(in.Shape[0], in.Shape[1])
	}
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "vision: "))
	}
	return pixels, nil
}
