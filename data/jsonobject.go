package data

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// listSeparator separates the values of a list in a cell.
const listSeparator = ';'

// jsonObject parses a JSON object of plain values, as strictly as encoding/json, but several times
// as fast, because it allocates nothing.
type jsonObject struct {
	text  []byte
	at    int
	name  []byte // of the column that is read
	cells []byte // the cells one after the other
}

// reset begins a text, and skips space.
func (o *jsonObject) reset(text []byte) {
	o.text, o.at, o.cells = text, 0, o.cells[:0]
	o.space()
}

// read calls field with each name and the cell of its value.
func (o *jsonObject) read(field func(name []byte, cell span) error) error {
	if o.peek() == '[' {
		return errors.New("the line is a list, want a JSON object in each line: " +
			"jq -c '.[]' writes a list that way")
	}
	if err := o.want('{', "want a JSON object in each line"); err != nil {
		return err
	}
	o.space()
	for first := true; o.peek() != '}'; first = false {
		if !first {
			if err := o.want(',', "want , or } after a value"); err != nil {
				return err
			}
			o.space()
		}
		var err error
		if o.name, err = o.string(o.name[:0]); err != nil {
			return err
		}
		o.space()
		if err := o.want(':', "want : after a name"); err != nil {
			return err
		}
		o.space()
		begin := len(o.cells)
		if err := o.value(); err != nil {
			return err
		}
		if err := field(o.name, span{begin, len(o.cells)}); err != nil {
			return err
		}
		o.space()
	}
	o.at++
	o.space()
	if o.at < len(o.text) {
		return fmt.Errorf("%s after the object, want one object in a line", o.got())
	}
	return nil
}

// value appends the cell of the next value.
func (o *jsonObject) value() error {
	switch o.peek() {
	case '{':
		return fmt.Errorf("column %q is an object, want a text, a number, true, false, null or a list "+
			"of those: give each of its values a name of its own", o.name)
	case '[':
		return o.list()
	case 'n':
		return o.word("null", "")
	}
	return o.scalar()
}

// scalar appends a text, a number, true or false.
func (o *jsonObject) scalar() (err error) {
	switch c := o.peek(); {
	case c == '"':
		o.cells, err = o.string(o.cells)
		return err
	case c == 't':
		return o.word("true", "true")
	case c == 'f':
		return o.word("false", "false")
	case c == 'N':
		return o.word("NaN", "NaN")
	case c == 'I':
		return o.word("Infinity", "Infinity")
	case c == '-' && bytes.HasPrefix(o.text[o.at:], []byte("-I")):
		return o.word("-Infinity", "-Infinity")
	case c == '-' || c >= '0' && c <= '9':
		return o.number()
	}
	return fmt.Errorf("%s, want a value", o.got())
}

// list appends the values of a list, with separators between them.
func (o *jsonObject) list() error {
	o.at++
	o.space()
	if o.peek() == ']' { // no values, which is not a missing cell
		o.cells = append(o.cells, listSeparator)
	}
	for first := true; o.peek() != ']'; first = false {
		if !first {
			if err := o.want(',', "want , or ] after a value of a list"); err != nil {
				return err
			}
			o.space()
			o.cells = append(o.cells, listSeparator)
		}
		switch o.peek() {
		case '{', '[', 'n':
			return fmt.Errorf("column %q is a list with %s, want texts, numbers, true and false", o.name,
				o.got())
		}
		begin := len(o.cells)
		if err := o.scalar(); err != nil {
			return err
		}
		if bytes.IndexByte(o.cells[begin:], listSeparator) >= 0 {
			return fmt.Errorf("column %q is a list with the value %q, want values without %q, which "+
				"separates them in a cell", o.name, short(string(o.cells[begin:])), listSeparator)
		}
		o.space()
	}
	o.at++
	return nil
}

// peek returns the next byte, 0 at the end.
func (o *jsonObject) peek() byte {
	if o.at < len(o.text) {
		return o.text[o.at]
	}
	return 0
}

func (o *jsonObject) space() {
	for o.at < len(o.text) && (o.text[o.at] == ' ' || o.text[o.at] == '\t' || o.text[o.at] == '\r' ||
		o.text[o.at] == '\n') {
		o.at++
	}
}

func (o *jsonObject) want(c byte, message string) error {
	if o.peek() != c {
		return fmt.Errorf("%s, %s", o.got(), message)
	}
	o.at++
	return nil
}

// got describes what is next, for errors.
func (o *jsonObject) got() string {
	if o.at == len(o.text) {
		return "the line ends"
	}
	r, _ := utf8.DecodeRune(o.text[o.at:])
	return fmt.Sprintf("%q at byte %d of the line", r, o.at)
}

// word reads a word and appends its cell.
func (o *jsonObject) word(word, cell string) error {
	if !bytes.HasPrefix(o.text[o.at:], []byte(word)) {
		return fmt.Errorf("%s, want a value", o.got())
	}
	o.at += len(word)
	o.cells = append(o.cells, cell...)
	return nil
}

// number appends the text of a number.
func (o *jsonObject) number() error {
	begin := o.at
	if o.peek() == '-' {
		o.at++
	}
	valid := true
	if o.peek() == '0' {
		o.at++
	} else {
		valid = o.digits()
	}
	if valid && o.peek() == '.' {
		o.at++
		valid = o.digits()
	}
	if valid && o.peek()|' ' == 'e' {
		o.at++
		if c := o.peek(); c == '+' || c == '-' {
			o.at++
		}
		valid = o.digits()
	}
	if !valid {
		return fmt.Errorf("%s, want a digit of a number", o.got())
	}
	o.cells = append(o.cells, o.text[begin:o.at]...)
	return nil
}

// digits skips digits and reports whether there are any.
func (o *jsonObject) digits() bool {
	begin := o.at
	for o.at < len(o.text) && o.text[o.at] >= '0' && o.text[o.at] <= '9' {
		o.at++
	}
	return o.at > begin
}

// string appends a string, without its quotes and escapes, to text.
func (o *jsonObject) string(text []byte) ([]byte, error) {
	if err := o.want('"', "want a name or text in quotes"); err != nil {
		return text, err
	}
	begin, escaped := o.at, false
	for ; o.at < len(o.text); o.at++ {
		switch c := o.text[o.at]; {
		case c == '"':
			quoted := o.text[begin:o.at]
			o.at++
			if !escaped {
				return append(text, quoted...), nil
			}
			var s string
			if err := json.Unmarshal(o.text[begin-1:o.at], &s); err != nil {
				return text, fmt.Errorf("text that begins at byte %d of the line: %w", begin-1, err)
			}
			if bytes.IndexByte([]byte(s), 0) >= 0 {
				return text, fmt.Errorf("text that begins at byte %d of the line has a NUL character, want "+
					"text without it", begin-1)
			}
			return append(text, s...), nil
		case c == '\\':
			escaped = true
			o.at++
		case c < ' ':
			return text, fmt.Errorf("%s, want \\n, \\t or the like in a text", o.got())
		}
	}
	o.at = len(o.text)
	return text, fmt.Errorf("the line ends in a text that begins at byte %d: an object must not run "+
		"over several lines", begin-1)
}
