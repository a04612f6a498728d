package experiment

import (
	"slices"
	"strings"
)

// set replaces a value in the file's mapping: "train.epochs=5". The keys of a path are separated by
// dots; a key with a dot or an equals sign may be in double quotes, and a column that is in the
// file needs none. The value is YAML; without one, the key is left out. Its places are the setting.
func (r *reader) set(root *node, setting string) {
	path, value, found := cutSetting(setting)
	if !found {
		r.fail(place{file: "--set " + shorten(setting)}, "want KEY=VALUE, such as train.epochs=5")
		return
	}
	at := place{file: "--set " + shorten(path)}
	keys, ok := splitPath(path)
	if !ok {
		r.fail(at, "want keys separated by dots, such as train.epochs")
		return
	}
	if len(keys) > maxDepth {
		r.fail(at, "lists and mappings are nested more than %d deep", maxDepth)
		return
	}
	before := len(r.errors)
	to := r.parseYAML(at, []byte(value))
	if len(r.errors) > before {
		return
	}
	parent, section := root, ""
	for depth := 0; ; depth++ {
		child, rest := next(parent, keys)
		if len(rest) == 0 {
			switch {
			case child < 0 && to == nil:
				r.fail(at, "there is no such key to leave out, want a value")
			case child < 0:
				parent.add(&node{form: plainForm, text: keys[0], place: at}, to)
			case to == nil:
				parent.keys = slices.Delete(parent.keys, child, child+1)
				parent.items = slices.Delete(parent.items, child, child+1)
			default:
				parent.items[child] = to
			}
			return
		}
		if child < 0 {
			parent.add(&node{form: plainForm, text: keys[0], place: at},
				&node{form: mappingForm, place: at})
			child = len(parent.keys) - 1
		}
		inner := parent.items[child]
		if depth == 0 {
			section = parent.keys[child].text
		}
		if depth < 2 {
			inner.lengthen(section, depth == 1)
		}
		if inner.form != mappingForm {
			r.fail(at, "%q is %s, want a mapping of keys", shorten(parent.keys[child].text), inner)
			return
		}
		parent, keys = inner, rest
	}
}

// add appends a key and its value.
func (n *node) add(key, value *node) {
	n.keys, n.items = append(n.keys, key), append(n.items, value)
}

// next returns the index of the first keys of a path in a mapping, the longest that are a key of it
// when they are joined by dots, and the keys after them. Without any the index is -1, and one key
// is taken.
func next(n *node, keys []string) (index int, rest []string) {
	for count := len(keys); count > 0; count-- {
		if at := n.find(strings.Join(keys[:count], ".")); at >= 0 {
			return at, keys[count:]
		}
	}
	return -1, keys[1:]
}

// lengthen makes the value of a section, or of a column in it, a mapping if it is a short form:
// data is a file or a list of them, split is a way, and a column has its type. An empty value, and
// the default of split, become a mapping without keys.
func (n *node) lengthen(section string, column bool) {
	key := ""
	switch {
	case n.form == emptyForm:
	case column && n.scalar() && (section == "inputs" || section == "heads"):
		key = "type"
	case !column && section == "data" && (n.scalar() || n.form == listForm):
		key = "file"
	case !column && n.scalar() && section == "split":
		if n.text != Random.String() {
			key = "by"
		}
	default:
		return
	}
	value := *n
	*n = node{form: mappingForm, place: value.place}
	if key != "" {
		n.add(&node{form: plainForm, text: key, place: value.place}, &value)
	}
}

// cutSetting separates a path from a value at the first equals sign outside quotes.
func cutSetting(setting string) (path, value string, found bool) {
	inQuotes := false
	for i, c := range setting {
		switch {
		case c == '"':
			inQuotes = !inQuotes
		case c == '=' && !inQuotes:
			return setting[:i], setting[i+1:], true
		}
	}
	return "", "", false
}

// splitPath returns the keys of a path. Keys without quotes are not empty.
func splitPath(path string) (keys []string, ok bool) {
	var b strings.Builder
	inQuotes, wasQuoted := false, false
	end := func() {
		ok = ok && (b.Len() > 0 || wasQuoted)
		keys = append(keys, b.String())
		b.Reset()
		wasQuoted = false
	}
	ok = true
	for _, c := range path {
		switch {
		case c == '"':
			inQuotes, wasQuoted = !inQuotes, true
		case c == '.' && !inQuotes:
			end()
		default:
			b.WriteRune(c)
		}
	}
	end()
	return slices.Clip(keys), ok && !inQuotes
}
