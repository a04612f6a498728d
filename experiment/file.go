package experiment

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"braid/feature"
	"braid/internal/suggest"
	"braid/target"
)

// Read reads an experiment file. set holds settings that replace those of the file, such as
// "train.epochs=5": the path of a key, and its value in YAML. The error is of type Errors if the
// content is wrong.
func Read(path string, set ...string) (*Experiment, error) {
	if slices.Contains(dataEndings, strings.ToLower(filepath.Ext(path))) {
		return nil, fmt.Errorf("%s is a data file by its name, want an experiment file: braid init %s "+
			"writes one", path, path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("experiment: %w", suggest.MissingFile(path, "an experiment file", err))
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	return Parse(path, content, set...)
}

// dataEndings are the endings of names that no experiment file has.
var dataEndings = []string{
	".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".parquet", ".pq", ".gz", ".zst",
}

// Parse is Read for the content of a file. name is the file's path: errors have it, and paths in
// the content are relative to its folder.
func Parse(name string, content []byte, set ...string) (*Experiment, error) {
	r := &reader{}
	root := r.parseYAML(place{name, 1, 1}, content)
	if len(r.errors) > 0 && (root == nil || r.unread) {
		return nil, r.err()
	}
	if root == nil || root.form == emptyForm {
		root = &node{form: mappingForm, place: place{name, 1, 1}}
	}
	for _, setting := range set {
		r.set(root, setting)
	}
	e := r.experiment(root)
	e.file, e.Folder = name, filepath.Dir(name)
	if e.Name == "" {
		base := filepath.Base(name)
		e.Name = strings.TrimSuffix(base, filepath.Ext(base))
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return e, nil
}

// entry is a key of a mapping and the function that reads its value.
type entry struct {
	key  string
	read func(n *node)
}

// entries reads the keys of a mapping in the order of the entries. in ends errors: "in train".
func (r *reader) entries(n *node, name, in string, entries []entry) {
	if n.form == emptyForm {
		return
	}
	if n.form != mappingForm {
		r.wrong(n, name, "a mapping of keys")
		return
	}
	var have []string
	for _, e := range entries {
		have = append(have, e.key)
		if at := n.find(e.key); at >= 0 {
			e.read(n.items[at])
		}
	}
	for _, key := range n.keys {
		if !slices.Contains(have, key.text) {
			r.unknown(key, "key", in, have)
		}
	}
}

func (r *reader) experiment(root *node) *Experiment {
	e := &Experiment{places: map[string]place{}}
	if root.form != mappingForm {
		r.wrong(root, "the file", "keys such as data, inputs and heads")
		return e
	}
	for i, key := range root.keys {
		e.places[key.text] = key.place
		for _, inner := range root.items[i].keys {
			e.places[key.text+"."+inner.text] = inner.place
		}
		if key.text == "ignore" {
			for _, column := range root.items[i].items {
				e.places["ignore."+column.text] = column.place
			}
		}
	}
	r.entries(root, "the file", "in the file", []entry{
		{"name", func(n *node) { e.Name = r.name(n) }},
		{"data", func(n *node) { r.data(n, &e.Data) }},
		{"inputs", func(n *node) { r.inputs(n, e) }},
		{"heads", func(n *node) { r.heads(n, e) }},
		{"ignore", func(n *node) { r.ignore(n, e) }},
		{"split", func(n *node) { r.split(n, e) }},
		{"trunk", func(n *node) { r.trunk(n, &e.Trunk) }},
		{"train", func(n *node) { r.train(n, &e.Train) }},
		{"network", func(n *node) { r.network(n, e) }},
	})
	for _, missing := range []struct{ key, want string }{
		{"data", "the file with the rows: data: FILE"},
		{"inputs", "columns that the network reads: inputs: {COLUMN: TYPE}"},
		{"heads", "columns that the network predicts: heads: {COLUMN: TYPE}"},
	} {
		at := root.find(missing.key)
		switch {
		case at < 0:
			r.fail(root.place, "%s is missing, want %s", missing.key, missing.want)
		case root.items[at].form == emptyForm,
			root.items[at].form == mappingForm && len(root.items[at].keys) == 0:
			r.fail(root.keys[at].place, "%s is empty, want %s", missing.key, missing.want)
		}
	}
	r.roles(root)
	r.divided(root, e)
	if at := root.find("trunk"); at >= 0 && root.find("network") >= 0 {
		r.fail(root.keys[at].place, "trunk has no effect beside network: remove one of them")
	}
	return e
}

// divided checks that a split has rows to divide.
func (r *reader) divided(root *node, e *Experiment) {
	at := root.find("split")
	switch {
	case at < 0 || len(e.Data.Train) == 0:
	case len(e.Data.Validation) > 0:
		r.fail(root.keys[at].place, "split has no effect: data has the files of each part")
	case e.Split.By == Column:
		r.fail(root.keys[at].place, "split by column has no effect beside train in data, want "+
			"validation in data, or another split, which takes the validation rows from the training files")
	}
}

// roles checks that a column is one of input, head and ignored.
func (r *reader) roles(root *node) {
	type use struct {
		role string
		at   place
	}
	used := map[string]use{}
	check := func(n *node, role string) {
		first, twice := used[n.text]
		if !twice {
			used[n.text] = use{role, n.place}
			return
		}
		if first.role == role {
			r.fail(n.place, "column %q is %s twice", shorten(n.text), role)
			return
		}
		where := ""
		if first.at.line > 0 {
			where = fmt.Sprintf(" (line %d)", first.at.line)
		}
		r.fail(n.place, "column %q is %s and also %s%s, want one of them", shorten(n.text), role,
			first.role, where)
	}
	for _, section := range []struct{ key, role string }{
		{"inputs", "an input"}, {"heads", "a head"}, {"ignore", "ignored"},
	} {
		at := root.find(section.key)
		if at < 0 {
			continue
		}
		columns := root.items[at].keys
		if section.key == "ignore" {
			columns = root.items[at].items
		}
		for _, n := range columns {
			if section.key != "ignore" || n.scalar() && root.items[at].form == listForm {
				check(n, section.role)
			}
		}
	}
}

// name reads the experiment's name, which becomes part of a path.
func (r *reader) name(n *node) string {
	text := r.text(n, "name")
	bad := strings.ContainsAny(text, `/\`) || strings.ContainsFunc(text, unicode.IsControl)
	if n.scalar() && text != "" && (bad || strings.HasPrefix(text, ".")) {
		r.wrong(n, "name", "a name without / and \\ that does not begin with a dot")
	}
	return text
}

// text reads a text that is not empty.
func (r *reader) text(n *node, name string) string {
	if !n.scalar() || n.text == "" {
		r.wrong(n, name, "a text")
		return ""
	}
	return n.text
}

// paths reads a path or a list of paths.
func (r *reader) paths(n *node, name string) []string {
	if n.form != listForm {
		if !n.scalar() || n.text == "" {
			r.wrong(n, name, "a file or a list of files")
			return nil
		}
		return []string{n.text}
	}
	if len(n.items) == 0 {
		r.fail(n.place, "%s is an empty list, want a file", name)
	}
	var all []string
	for _, item := range n.items {
		all = append(all, r.text(item, "a file of "+name))
	}
	return all
}

// data reads a file, a list of files, or a mapping.
func (r *reader) data(n *node, d *Data) {
	if n.form != mappingForm {
		if n.form != emptyForm {
			d.Files = r.paths(n, "data")
		}
		return
	}
	in := func(key string) string { return key + " in data" }
	r.entries(n, "data", "in data", []entry{
		{"file", func(n *node) { d.Files = r.paths(n, in("file")) }},
		{"files", func(n *node) { d.Files = r.paths(n, in("files")) }},
		{"columns", func(n *node) { r.dataColumns(n, d) }},
		{"train", func(n *node) { d.Train = r.paths(n, in("train")) }},
		{"validation", func(n *node) { d.Validation = r.paths(n, in("validation")) }},
		{"test", func(n *node) { d.Test = r.paths(n, in("test")) }},
		{"delimiter", func(n *node) { d.Delimiter = r.delimiter(n) }},
		{"encoding", func(n *node) { d.Encoding = r.word(n, in("encoding"), encodings) }},
		{"missing", func(n *node) { r.decode(n, reflect.ValueOf(&d.Missing).Elem(), in("missing")) }},
	})
	first := -1
	for _, key := range []string{"file", "files", "columns", "train"} {
		at := n.find(key)
		if at >= 0 && first >= 0 {
			r.fail(n.keys[at].place, "data has %s and %s, want one of them", n.keys[first].text, key)
		} else if at >= 0 {
			first = at
		}
	}
	if first < 0 && len(n.keys) > 0 {
		r.fail(n.place, "data has no file, want file, or train, validation and test")
		return
	}
	for _, key := range []string{"validation", "test"} {
		if at := n.find(key); at >= 0 && n.find("train") < 0 {
			r.fail(n.keys[at].place, "data has %s without train, want the rows of both", key)
		}
	}
}

// dataColumns reads the files of each column.
func (r *reader) dataColumns(n *node, d *Data) {
	if n.form != mappingForm || len(n.keys) == 0 {
		r.wrong(n, "columns in data", "the file of each column: {COLUMN: FILE}")
		return
	}
	for i, key := range n.keys {
		files := r.paths(n.items[i], fmt.Sprintf("column %q in data", shorten(key.text)))
		d.Columns = append(d.Columns, FileColumn{key.text, files})
	}
}

var encodings = []string{"utf-8", "latin1"}

// word reads one of several words.
func (r *reader) word(n *node, name string, have []string) string {
	if !n.scalar() || !slices.Contains(have, n.text) {
		r.wrong(n, name, "one of "+suggest.List(have))
		return ""
	}
	return n.text
}

func (r *reader) delimiter(n *node) string {
	if !n.scalar() || len([]rune(n.text)) != 1 || strings.ContainsAny(n.text, "\"\r\n ") {
		r.wrong(n, "delimiter in data", `one character, such as ";" or "\t"`)
		return ""
	}
	return n.text
}

// columns calls read with each column of a section.
func (r *reader) columns(n *node, section string, read func(column, value *node)) {
	switch n.form {
	case emptyForm:
	case mappingForm:
		for i, key := range n.keys {
			read(key, n.items[i])
		}
	default:
		r.wrong(n, section, "columns with their types: {COLUMN: TYPE}")
	}
}

func (r *reader) inputs(n *node, e *Experiment) {
	r.columns(n, "inputs", func(column, value *node) {
		name := fmt.Sprintf("input %q", shorten(column.text))
		in := Input{Column: column.text}
		if f := newMember(r, value, name, features, targets.kinds); f.IsValid() {
			r.memberSettings(value, f, name)
			in.Feature = f.Interface().(feature.Feature)
		}
		e.Inputs = append(e.Inputs, in)
	})
}

// headKeys are the keys of a head besides those of its target.
var headKeys = []string{"weight", "measure", "metrics"}

func (r *reader) heads(n *node, e *Experiment) {
	r.columns(n, "heads", func(column, value *node) {
		h := Head{Column: column.text}
		name := fmt.Sprintf("head %q", shorten(column.text))
		if t := newMember(r, value, name, targets, features.kinds); t.IsValid() {
			r.memberSettings(value, t, name, headKeys...)
			h.Target = t.Interface().(target.Target)
		}
		if at := value.find("weight"); at >= 0 {
			h.Weight = r.number(value.items[at], "weight of "+name)
		}
		if at := value.find("measure"); at >= 0 {
			r.decode(value.items[at], reflect.ValueOf(&h.MeasureOnly).Elem(), "measure of "+name)
		}
		if at := value.find("metrics"); at >= 0 {
			r.decode(value.items[at], reflect.ValueOf(&h.Metrics).Elem(), "metrics of "+name)
		}
		e.Heads = append(e.Heads, h)
	})
}

func (r *reader) ignore(n *node, e *Experiment) {
	if n.form != emptyForm {
		r.decode(n, reflect.ValueOf(&e.Ignore).Elem(), "ignore")
	}
}
