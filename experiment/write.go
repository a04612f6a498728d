package experiment

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// Comment is what a file says about a key. Lines begin with "# ".
type Comment struct {
	Above string // lines above the key
	End   string // the end of the key's line; a line break becomes a space
	Under string // lines under the key, before the keys in it
}

// Comments are the comments of a file, by the path of a key: "inputs", "inputs.picture",
// "ignore.id". Those of "" are at the top.
type Comments map[string]Comment

// maxLine is the length of a line, in characters, from which a mapping or a list gets a line for
// each element.
const maxLine = 100

// maxKey is the length of a key, in bytes, from which it gets a question mark: YAML's limit is
// 1,024 characters for a key before a colon.
const maxKey = 500

// Write writes an experiment file as a person would: keys in the order of the grammar, without what
// is the default, and columns without settings in the short form. Parse reads it as e, but for the
// folder, and the name where e has none.
func Write(w io.Writer, e *Experiment, comments Comments) error {
	root, err := e.node()
	if err == nil {
		err = root.checkUTF8()
	}
	if err != nil {
		return fmt.Errorf("experiment: %w", err)
	}
	p := printer{comments: comments}
	p.above(0, comments[""].Above)
	p.block(root, 0, "")
	_, err = w.Write(p.Bytes())
	return err
}

// node returns the file's mapping.
func (e *Experiment) node() (*node, error) {
	root := mappingNode()
	if e.Name != "" {
		root.put("name", textNode(e.Name))
	}
	if data := e.Data.node(); data.form != mappingForm || len(data.keys) > 0 { // not of LoadFrame
		root.put("data", data)
	}
	inputs := mappingNode()
	for _, in := range e.Inputs {
		value, err := column(in.Feature, Head{})
		if err != nil {
			return nil, fmt.Errorf("input %q: %w", in.Column, err)
		}
		inputs.put(in.Column, value)
	}
	root.put("inputs", inputs)
	heads := mappingNode()
	for _, h := range e.Heads {
		value, err := column(h.Target, h)
		if err != nil {
			return nil, fmt.Errorf("head %q: %w", h.Column, err)
		}
		heads.put(h.Column, value)
	}
	root.put("heads", heads)
	sections := []struct {
		key  string
		of   any
		make func() (*node, error)
	}{
		{"ignore", e.Ignore, func() (*node, error) { return encode(reflect.ValueOf(e.Ignore)) }},
		{"split", e.Split, func() (*node, error) { return e.Split.node() }},
		{"trunk", e.Trunk, func() (*node, error) { return encode(reflect.ValueOf(e.Trunk)) }},
		{"train", e.Train, func() (*node, error) { return encode(reflect.ValueOf(e.Train)) }},
		{"network", e.Network, func() (*node, error) { return e.Network.node() }},
	}
	for _, s := range sections {
		if reflect.ValueOf(s.of).IsZero() {
			continue
		}
		value, err := s.make()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.key, err)
		}
		root.put(s.key, value)
	}
	return root, nil
}

// node returns the short form, if the files are all that is set.
func (d *Data) node() *node {
	n := mappingNode()
	if d.Columns != nil {
		columns := mappingNode()
		for _, c := range d.Columns {
			columns.put(c.Column, filesNode(c.Files))
		}
		n.put("columns", columns)
	}
	for _, part := range []struct {
		key   string
		files []string
	}{
		{"files", d.Files}, {"train", d.Train}, {"validation", d.Validation}, {"test", d.Test},
	} {
		switch {
		case part.files == nil:
		case len(part.files) == 1 && part.key == "files":
			n.put("file", textNode(part.files[0]))
		default:
			n.put(part.key, filesNode(part.files))
		}
	}
	if d.Delimiter != "" {
		n.put("delimiter", textNode(d.Delimiter))
	}
	if d.Encoding != "" {
		n.put("encoding", textNode(d.Encoding))
	}
	if d.Missing != nil {
		n.put("missing", texts(d.Missing))
	}
	if len(n.keys) == 1 && d.Files != nil {
		return n.items[0]
	}
	return n
}

// filesNode returns a file, or a list of files.
func filesNode(files []string) *node {
	if len(files) == 1 {
		return textNode(files[0])
	}
	return texts(files)
}

// texts returns a list of texts.
func texts(all []string) *node {
	n := &node{form: listForm}
	for _, text := range all {
		n.items = append(n.items, textNode(text))
	}
	return n
}

// column returns the type of a feature or a target, with its settings, and those of its head, if it
// has any.
func column(of kinded, h Head) (*node, error) {
	if of == nil {
		return nil, fmt.Errorf("it has no type")
	}
	n := mappingNode()
	n.put("type", textNode(of.Kind()))
	if h.Weight != 0 {
		value, err := encode(reflect.ValueOf(h.Weight))
		if err != nil {
			return nil, err
		}
		n.put("weight", value)
	}
	if h.MeasureOnly {
		n.put("measure", wordNode("true"))
	}
	if h.Metrics != nil {
		n.put("metrics", texts(h.Metrics))
	}
	if err := n.putFields(reflect.Indirect(reflect.ValueOf(of))); err != nil {
		return nil, err
	}
	if len(n.keys) == 1 {
		return n.items[0], nil
	}
	return n, nil
}

func (s Split) node() (*node, error) {
	if s.By != Random {
		if _, err := s.By.MarshalText(); err != nil {
			return nil, err
		}
	}
	n := mappingNode()
	if s.Parts != nil {
		parts, err := encode(reflect.ValueOf(s.Parts))
		if err != nil {
			return nil, err
		}
		n.put("parts", parts)
	}
	if s.By != Random {
		n.put("by", textNode(s.By.String()))
	}
	if s.Column != "" {
		n.put("column", textNode(s.Column))
	}
	if s.Stratify != "" {
		n.put("stratify", textNode(s.Stratify))
	}
	return n, nil
}

func (n *Network) node() (*node, error) {
	all := mappingNode()
	for _, l := range n.Layers {
		value := mappingNode()
		if l.Layer != nil {
			value.put("type", textNode(l.Layer.Kind()))
		} else {
			value.put("again", textNode(l.Again))
		}
		if len(l.Inputs) == 1 {
			value.put("inputs", textNode(l.Inputs[0]))
		} else {
			value.put("inputs", texts(l.Inputs))
		}
		if l.Layer != nil {
			if err := value.putFields(reflect.Indirect(reflect.ValueOf(l.Layer))); err != nil {
				return nil, fmt.Errorf("layer %q: %w", l.Name, err)
			}
		}
		all.put(l.Name, value)
	}
	return all, nil
}

// printer prints nodes as YAML.
type printer struct {
	bytes.Buffer
	comments Comments
}

// above prints lines of comment.
func (p *printer) above(indent int, text string) {
	if text == "" {
		return
	}
	for line := range strings.Lines(printable(text, true)) {
		line = strings.TrimRight("# "+strings.TrimRight(line, "\n"), " ")
		fmt.Fprintf(p, "%*s%s\n", indent, "", line)
	}
}

// end ends a line, with a comment.
func (p *printer) end(text string) {
	if text != "" {
		p.WriteString("  # " + strings.TrimRight(printable(text, false), " "))
	}
	p.WriteByte('\n')
}

// printable replaces what a comment cannot have by spaces: characters that are not printed, and
// line breaks unless it has lines.
func printable(text string, lines bool) string {
	return strings.Map(func(c rune) rune {
		if c == '\n' && lines || plainRune(c, false, inBlock) && c != utf8.RuneError {
			return c
		}
		return ' '
	}, text)
}

// block prints the elements of a mapping or a list, a line each. path is that of the node, with a
// dot at its end; that of the file is empty.
func (p *printer) block(n *node, indent int, path string) {
	margin := strings.Repeat(" ", indent)
	for i, item := range n.items {
		before, name := margin+"- ", item.text
		if n.form == mappingForm {
			name = n.keys[i].text
			before = margin + blockKey(n.keys[i], margin)
		}
		c := p.comments[path+name]
		p.above(indent, c.Above)
		value := inline(item)
		nested := n.form == mappingForm && (path == "" && p.hasLines(name, item) ||
			len(item.items) > 0 && (c.Under != "" || !fits(before, value)))
		if nested {
			before, value = strings.TrimRight(before, " "), ""
		}
		p.WriteString(before + value)
		p.end(c.End)
		p.above(indent+2, c.Under)
		if nested {
			p.block(item, indent+2, path+name+".")
		}
	}
}

// hasLines reports whether a section has a line for each element: columns and layers have, and the
// elements of ignore if one has a comment.
func (p *printer) hasLines(section string, n *node) bool {
	if section != "ignore" {
		return section == "inputs" || section == "heads" || section == "network"
	}
	return slices.ContainsFunc(n.items, func(item *node) bool {
		_, has := p.comments[section+"."+item.text]
		return has
	})
}

// fits reports whether a line has the length of a line that people read.
func fits(before, value string) bool {
	return utf8.RuneCountInString(before)+utf8.RuneCountInString(value) <= maxLine
}

// inline returns a value for a line of its own.
func inline(n *node) string {
	switch n.form {
	case quotedForm:
		return quote(n.text, inBlock)
	case plainForm:
		return bare(n.text, inBlock)
	}
	return flow(n)
}

// blockKey returns a key before its value.
func blockKey(key *node, margin string) string {
	if len(key.text) > maxKey {
		return "? " + inline(key) + "\n" + margin + ": "
	}
	return inline(key) + ": "
}

// flow returns a node on one line.
func flow(n *node) string {
	switch n.form {
	case emptyForm:
		return ""
	case plainForm:
		return bare(n.text, inFlow)
	case quotedForm:
		return quote(n.text, inFlow)
	}
	var parts []string
	for i, item := range n.items {
		switch {
		case n.form == listForm:
			parts = append(parts, flow(item))
		case len(n.keys[i].text) > maxKey:
			parts = append(parts, "? "+flow(n.keys[i])+" : "+flow(item))
		default:
			parts = append(parts, flow(n.keys[i])+": "+flow(item))
		}
	}
	all := strings.Join(parts, ", ")
	if n.form == listForm {
		return "[" + all + "]"
	}
	return "{" + all + "}"
}
