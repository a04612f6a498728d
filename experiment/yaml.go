package experiment

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

const (
	maxBytes = 1 << 20 // of an experiment file
	maxDepth = 32      // of lists and mappings within each other
)

// node is a value of a YAML file. Its text is that of the source: 01 and no stay as they are.
type node struct {
	form  form
	text  string // of a scalar
	place place
	keys  []*node // of a mapping
	items []*node // of a list; the values of a mapping
}

// form is what a node is.
type form uint8

const (
	emptyForm   form = iota // nothing after the colon
	plainForm               // a scalar without quotes
	quotedForm              // a scalar in quotes, or a block of text
	listForm                // [a, b]
	mappingForm             // {key: value}
)

// scalar reports whether a node has a text.
func (n *node) scalar() bool { return n.form == plainForm || n.form == quotedForm }

// find returns the index of a key, or -1.
func (n *node) find(key string) int {
	return slices.IndexFunc(n.keys, func(k *node) bool { return k.text == key })
}

// String describes a node for "epochs in train is ...".
func (n *node) String() string {
	switch n.form {
	case emptyForm:
		return "empty"
	case plainForm:
		return fmt.Sprintf("%q", shorten(n.text))
	case quotedForm:
		return fmt.Sprintf("the text %q", shorten(n.text))
	case listForm:
		return "a list"
	}
	return "a mapping of keys"
}

// parseYAML returns the value of a YAML document, nil if it has none or is not YAML. base is the
// place of the document: with a line, nodes have places of their own.
func (r *reader) parseYAML(base place, content []byte) *node {
	if len(content) > maxBytes {
		r.fail(base, "the file has %d bytes or more, want at most %d", len(content), maxBytes)
		return nil
	}
	if i := invalidUTF8(content); i >= 0 {
		line := 1 + bytes.Count(content[:i], []byte("\n"))
		column := 1 + utf8.RuneCount(content[bytes.LastIndexByte(content[:i], '\n')+1:i])
		r.fail(base.at(line, column), "the byte %#02x is not UTF-8: save the file as UTF-8", content[i])
		return nil
	}
	var documents []yaml.Node
	if err := yaml.Load(content, &documents, yaml.WithAllDocuments()); err != nil {
		r.syntax(base, err)
		return nil
	}
	if len(documents) > 1 {
		second := documents[1]
		r.fail(base.at(second.Line, second.Column), "a second document begins, want one in a file")
		return nil
	}
	if len(documents) == 0 || len(documents[0].Content) == 0 {
		return nil
	}
	return r.convert(base, documents[0].Content[0], 1)
}

// invalidUTF8 returns the index of the first byte that is not UTF-8, or -1.
func invalidUTF8(content []byte) int {
	for i := 0; i < len(content); {
		c, size := utf8.DecodeRune(content[i:])
		if c == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// syntax reports an error of the YAML parser.
func (r *reader) syntax(base place, err error) {
	var e *yaml.LoadError
	if !errors.As(err, &e) {
		r.fail(base, "not YAML: %v", err)
		return
	}
	message := e.Message
	if e.ContextMsg != "" {
		message = e.ContextMsg + ": " + message
	}
	switch {
	case strings.Contains(message, "block sequence entries are not allowed"):
		message += `; write "-" in quotes`
	case strings.Contains(message, "mapping values are not allowed"):
		message += "; write a text with a colon and a space in quotes"
	case strings.Contains(message, "cannot start any token"):
		message += "; write a text that begins with a sign such as @ or - in quotes, and indent with " +
			"spaces, not tabs"
	}
	r.fail(base.at(e.Mark.Line, e.Mark.Column), "not YAML: %s", message)
}

// convert returns a node of the YAML parser as a node. What the grammar does not have is an error.
func (r *reader) convert(base place, y *yaml.Node, depth int) *node {
	n := &node{text: y.Value, place: base.at(y.Line, y.Column)}
	if depth > maxDepth {
		r.fail(n.place, "lists and mappings are nested more than %d deep", maxDepth)
		r.unread = true
		return n
	}
	switch {
	case y.Anchor != "":
		r.fail(n.place, "anchor &%s: an experiment file has no anchors, repeat the value",
			shorten(y.Anchor))
	case y.Kind == yaml.AliasNode:
		r.fail(n.place, "alias *%s: an experiment file has no aliases, repeat the value",
			shorten(y.Value))
		r.unread = true
		return n
	case y.Style&yaml.TaggedStyle != 0 || y.Tag != "" && !slices.Contains(implicit, y.Tag):
		r.fail(n.place, "tag %s: an experiment file has no tags; a text may be in quotes", shorten(y.Tag))
	}
	switch y.Kind {
	case yaml.SequenceNode:
		n.form = listForm
		for _, item := range y.Content {
			n.items = append(n.items, r.convert(base, item, depth+1))
		}
	case yaml.MappingNode:
		n.form = mappingForm
		seen := map[string]int{}
		for i := 0; i+1 < len(y.Content); i += 2 {
			key := r.convert(base, y.Content[i], depth+1)
			value := r.convert(base, y.Content[i+1], depth+1)
			line, twice := seen[key.text]
			switch {
			case key.form == plainForm && key.text == "<<":
				r.fail(key.place, `merge key <<: an experiment file has none; a column << is in quotes`)
			case key.form == listForm || key.form == mappingForm:
				r.fail(key.place, "a key is %s, want a name", key)
			case twice:
				r.fail(key.place, "key %q is given twice, first in line %d", shorten(key.text), line)
			default:
				seen[key.text] = key.place.line
				n.keys, n.items = append(n.keys, key), append(n.items, value)
			}
		}
	default:
		switch {
		case y.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|
			yaml.FoldedStyle) != 0:
			n.form = quotedForm
		case y.Value != "":
			n.form = plainForm
		}
	}
	return n
}

// implicit lists the tags that the parser gives to values without a tag.
var implicit = []string{
	"!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!merge", "!!map", "!!seq",
	"!!binary",
}
