package experiment

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"braid/internal/kinds"
	"braid/internal/suggest"
	"braid/optim"
)

// settings decodes a mapping to the fields of a struct, whose keys are their names in JSON. name is
// what the mapping is called in errors. The caller has read the keys in besides.
func (r *reader) settings(n *node, to reflect.Value, name string, besides ...string) {
	if n.form == emptyForm {
		return
	}
	if n.form != mappingForm {
		r.wrong(n, name, "a mapping of keys")
		return
	}
	have := kinds.Fields(to.Type())
	for i, key := range n.keys {
		if slices.Contains(besides, key.text) {
			continue
		}
		found := slices.IndexFunc(have, func(f kinds.Field) bool { return f.Name == key.text })
		if found < 0 {
			names := slices.Clone(besides)
			for _, f := range have {
				names = append(names, f.Name)
			}
			r.unknown(key, "key", "in "+name, names)
			continue
		}
		r.decode(n.items[i], to.FieldByIndex(have[found].Index), key.text+" in "+name)
	}
}

// decode decodes a node to a value, which is settable.
func (r *reader) decode(n *node, to reflect.Value, name string) {
	text, isText := to.Addr().Interface().(encoding.TextUnmarshaler)
	object, isJSON := to.Addr().Interface().(json.Unmarshaler)
	switch {
	case isText && n.scalar():
		if err := text.UnmarshalText([]byte(n.text)); err != nil {
			r.fail(n.place, "%s: %v", name, err)
		}
		return
	case isJSON && n.form != emptyForm:
		if err := object.UnmarshalJSON(n.json()); err != nil {
			r.fail(n.place, "%s: %v", name, err)
		}
		return
	case isText || isJSON:
		r.wrong(n, name, "a word or a number")
		return
	}
	switch to.Kind() {
	case reflect.String:
		if !n.scalar() {
			r.wrong(n, name, `a text; the empty text is ""`)
			return
		}
		to.SetString(n.text)
	case reflect.Bool:
		value, err := strconv.ParseBool(strings.ToLower(n.text))
		if n.form != plainForm || err != nil || len(n.text) < len("true") {
			r.wrong(n, name, "true or false")
			return
		}
		to.SetBool(value)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		value, err := strconv.ParseInt(n.text, 10, to.Type().Bits())
		if n.form != plainForm || err != nil {
			r.wrong(n, name, "a whole number")
			return
		}
		to.SetInt(value)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		value, err := strconv.ParseUint(n.text, 10, to.Type().Bits())
		if n.form != plainForm || err != nil {
			r.wrong(n, name, "a whole number, 0 or more")
			return
		}
		to.SetUint(value)
	case reflect.Float32, reflect.Float64:
		value, err := parseFloat(n.text, to.Type().Bits())
		if n.form != plainForm || err != nil {
			r.wrong(n, name, "a number")
			return
		}
		to.SetFloat(value)
	case reflect.Pointer:
		value := reflect.New(to.Type().Elem())
		r.decode(n, value.Elem(), name)
		to.Set(value)
	case reflect.Slice, reflect.Array:
		r.decodeList(n, to, name)
	case reflect.Map:
		r.decodeMap(n, to, name)
	case reflect.Struct:
		r.settings(n, to, name)
	case reflect.Interface:
		r.decodeKind(n, to, name)
	default:
		panic(fmt.Sprintf("experiment: %s has type %s, which no file can hold", name, to.Type()))
	}
}

// parseFloat parses a finite decimal number.
func parseFloat(text string, bits int) (float64, error) {
	if strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, strconv.ErrSyntax
	}
	value, err := strconv.ParseFloat(text, bits)
	if err == nil && math.IsInf(value, 0) {
		err = strconv.ErrRange
	}
	return value, err
}

func (r *reader) decodeList(n *node, to reflect.Value, name string) {
	if n.form != listForm {
		r.wrong(n, name, "a list, such as "+example(n))
		return
	}
	if to.Kind() == reflect.Slice {
		to.Set(reflect.MakeSlice(to.Type(), len(n.items), len(n.items)))
	} else if len(n.items) != to.Len() {
		r.fail(n.place, "%s has %d elements, want %d", name, len(n.items), to.Len())
		return
	}
	for i, item := range n.items {
		r.decode(item, to.Index(i), name)
	}
}

// example returns a list with a scalar that is none, or another one.
func example(n *node) string {
	if n.scalar() && len(n.text) < 40 {
		return "[" + quote(n.text, inFlow) + "]"
	}
	return "[a, b]"
}

func (r *reader) decodeMap(n *node, to reflect.Value, name string) {
	if n.form != mappingForm {
		r.wrong(n, name, "a mapping of keys")
		return
	}
	to.Set(reflect.MakeMap(to.Type()))
	for i, key := range n.keys {
		value := reflect.New(to.Type().Elem()).Elem()
		r.decode(n.items[i], value, fmt.Sprintf("%q in %s", shorten(key.text), name))
		to.SetMapIndex(reflect.ValueOf(key.text).Convert(to.Type().Key()), value)
	}
}

// decodeKind decodes a layer within a layer, or the schedule of an optimizer: its type, or a
// mapping with its type and settings.
func (r *reader) decodeKind(n *node, to reflect.Value, name string) {
	if to.Type() == reflect.TypeFor[optim.Schedule]() {
		r.decodeSchedule(n, to, name)
		return
	}
	value := newMember(r, n, name, layers, nil)
	switch {
	case !value.IsValid():
	case !value.Type().Implements(to.Type()):
		r.fail(n.place, "%s cannot be a layer of type %q", name, value.Interface().(kinded).Kind())
	default:
		r.memberSettings(n, value, name)
		to.Set(value)
	}
}

// decodeSchedule decodes a schedule, whose type package optim calls its kind.
func (r *reader) decodeSchedule(n *node, to reflect.Value, name string) {
	if r.kindOf(n, name) == nil {
		return
	}
	content := mappingNode()
	if n.scalar() {
		content.add(wordNode("kind"), textNode(n.text))
	}
	for i, key := range n.keys {
		if key.text == "type" {
			key = wordNode("kind")
		}
		content.add(key, n.items[i])
	}
	schedule, err := optim.DecodeSchedule(content.json())
	if err == nil {
		err = schedule.Check()
	}
	if err != nil {
		r.fail(n.place, "%s: %v", name, err)
		return
	}
	to.Set(reflect.ValueOf(schedule))
}

// newMember returns a settable value of the type that a node has, without its settings. It is
// invalid if there is no such type. others are types that are known elsewhere.
func newMember[M kinded](
	r *reader, n *node, name string, members table[M], others []string,
) reflect.Value {
	kind := r.kindOf(n, name)
	switch {
	case kind == nil:
		return reflect.Value{}
	case slices.Contains(members.kinds, kind.text):
	case slices.Contains(others, kind.text):
		r.fail(kind.place, "%s cannot have type %q, want one of %s", name, kind.text,
			suggest.List(members.kinds))
		return reflect.Value{}
	default:
		r.unknown(kind, "type", "of "+name, members.kinds)
		return reflect.Value{}
	}
	found, err := members.example(kind.text)
	if err != nil {
		r.fail(kind.place, "%s: %v", name, err)
		return reflect.Value{}
	}
	value := reflect.New(reflect.TypeOf(found)).Elem()
	value.Set(reflect.ValueOf(found))
	return value
}

// memberSettings decodes the settings of a value of newMember, and checks them. besides are keys
// that the caller has read.
func (r *reader) memberSettings(n *node, value reflect.Value, name string, besides ...string) {
	if n.form != mappingForm {
		return
	}
	before := len(r.errors)
	r.settings(n, reflect.Indirect(value), name, append([]string{"type"}, besides...)...)
	c, checks := value.Interface().(interface{ Check() error })
	if !checks || len(r.errors) > before {
		return
	}
	if err := c.Check(); err != nil {
		r.fail(n.about(err), "%s: %v", name, err)
	}
}

// about returns the place of the value that an error is about, if it begins with its key: "width =
// -1, want 1 or more" or "width: ...". Otherwise it is that of the mapping.
func (n *node) about(err error) place {
	key := err.Error()
	if end := strings.IndexAny(key, " :"); end >= 0 {
		key = key[:end]
	}
	if at := n.find(key); at >= 0 {
		return n.items[at].place
	}
	return n.place
}

// kindOf returns the type of {type: T, ...}, or of the short form T. It is nil if that is wrong.
func (r *reader) kindOf(n *node, name string) *node {
	switch {
	case n.scalar():
		return n
	case n.form != mappingForm:
		r.wrong(n, name, "its type, or {type: TYPE, ...}")
		return nil
	}
	at := n.find("type")
	switch {
	case at < 0:
		r.fail(n.place, "%s has no type, want {type: TYPE, ...}", name)
		return nil
	case !n.items[at].scalar():
		r.wrong(n.items[at], "type of "+name, "a word")
		return nil
	}
	return n.items[at]
}

// json returns a node in JSON. Plain scalars that JSON reads as a number, true, false or null are
// that.
func (n *node) json() []byte {
	var b bytes.Buffer
	n.appendJSON(&b)
	return b.Bytes()
}

func (n *node) appendJSON(b *bytes.Buffer) {
	text := func(s string) {
		encoded, _ := json.Marshal(s) // of a string: it cannot fail
		b.Write(encoded)
	}
	switch n.form {
	case emptyForm:
		b.WriteString("null")
	case plainForm:
		if json.Valid([]byte(n.text)) {
			b.WriteString(n.text)
		} else {
			text(n.text)
		}
	case quotedForm:
		text(n.text)
	case listForm:
		b.WriteByte('[')
		for i, item := range n.items {
			if i > 0 {
				b.WriteByte(',')
			}
			item.appendJSON(b)
		}
		b.WriteByte(']')
	default:
		b.WriteByte('{')
		for i, key := range n.keys {
			if i > 0 {
				b.WriteByte(',')
			}
			text(key.text)
			b.WriteByte(':')
			n.items[i].appendJSON(b)
		}
		b.WriteByte('}')
	}
}
