package experiment

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"braid/augment"
	"braid/feature"
	"braid/internal/kinds"
	"braid/layer"
	"braid/optim"
	"braid/target"
	"braid/vision/picture"
)

// object is a JSON object, here always a schema or a part of one.
type object = map[string]any

// schemaMaker makes the schema from the tables by which files are read.
type schemaMaker struct {
	t    *testing.T
	defs object
	comments
}

// Schemas of values that have several forms.
var (
	textForms = []any{"string", "number", "boolean"} // 01 and true are texts, too, where one is wanted
	textValue = ref("text")
	textList  = ref("texts")
	paths     = ref("paths")
	shared    = object{
		"text": object{"type": textForms},
		"texts": object{
			"type": "array", "items": object{"type": append(slices.Clone(textForms), "null")},
		},
		"paths": object{"anyOf": []any{
			textValue, object{"type": "array", "items": textValue, "minItems": 1},
		}},
	}
)

func from(low, high float64) object { return object{"minimum": low, "maximum": high} }

func above(low, high float64) object { return object{"exclusiveMinimum": low, "maximum": high} }

func number(limits object) object { return with(limits, "type", "number") }

func whole(low, high float64) object { return with(from(low, high), "type", "integer") }

func orAuto(other object) object { return object{"anyOf": []any{object{"const": "auto"}, other}} }

func ref(def string) object { return object{"$ref": "#/$defs/" + def} }

// with returns a schema with one more keyword.
func with(schema object, key string, value any) object {
	all := maps.Clone(schema)
	all[key] = value
	return all
}

// list returns a schema of lists of so many elements.
func list(items any, count int) object {
	return object{"type": "array", "items": items, "minItems": count, "maxItems": count}
}

// special has the schemas of types that decode themselves from JSON, or from a text that is no name
// of an enumeration.
var special = map[reflect.Type]object{
	reflect.TypeFor[target.ClassWeights](): {"anyOf": []any{
		object{"enum": []any{"none", "balanced"}},
		object{"type": "object", "additionalProperties": number(object{"minimum": 0})},
	}},
	reflect.TypeFor[target.Threshold](): orAuto(
		object{"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}),
	reflect.TypeFor[feature.Channels]():  {"enum": []any{"auto", 1, 3}},
	reflect.TypeFor[feature.Length]():    orAuto(object{"type": "integer", "minimum": 0}),
	reflect.TypeFor[feature.DateParts](): orAuto(object{"type": "array", "items": ref("DatePart")}),
	reflect.TypeFor[picture.Colour](): {"anyOf": []any{
		object{"enum": []any{"auto", "white", "black", "grey", "gray"}},
		object{"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"},
	}},
	reflect.TypeFor[layer.Pair]():   list(object{"type": "integer"}, 2),
	reflect.TypeFor[layer.Sides]():  list(list(object{"type": "integer"}, 2), 2),
	reflect.TypeFor[augment.List](): {"type": "array", "items": ref("augment")},
}

// sections has the keys of the sections whose values have limits or several forms. Others follow
// from the fields of their structs.
var sections = map[string]object{
	"data.file":       with(paths, "description", "the same as files"),
	"data.files":      paths,
	"data.train":      paths,
	"data.validation": paths,
	"data.test":       paths,
	"data.columns":    {"type": "object", "minProperties": 1, "additionalProperties": paths},
	"data.delimiter":  {"type": textForms, "minLength": 1, "maxLength": 1},
	"data.encoding":   {"enum": []any{encodings[0], encodings[1]}},
	"split.group":     with(textValue, "description", "short for by: group and column: COLUMN"),
	"split.time":      with(textValue, "description", "short for by: time and column: COLUMN"),
	"split.parts":     list(object{"type": "integer", "minimum": 0, "maximum": 100}, Parts),
	"trunk.units":     {"type": "array", "items": whole(1, maxUnits)},
	"trunk.dropout":   {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
	"train.epochs":    whole(1, maxEpochs),
	"train.batch":     orAuto(whole(1, maxBatch)),
	"train.rate":      number(above(0, maxNumber)),
	"train.patience":  whole(1, maxEpochs),
	"train.minutes":   number(above(0, maxNumber)),
	"train.seed":      {"type": "integer", "minimum": 1},
	"train.clip":      number(from(0, maxNumber)),
	"train.ema":       number(from(0, mostMomentum)),
	"train.optimizer": ref("optimizer"),
	"train.balance":   ref("balance"),
}

// make returns the whole schema.
func (m *schemaMaker) make() []byte {
	m.defs = maps.Clone(shared)
	root := object{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"title":                "Braid experiment file",
		"type":                 "object",
		"required":             []any{"data", "inputs", "heads"},
		"additionalProperties": false,
		"$defs":                m.defs,
	}
	known := object{
		"name": with(textValue, "description", "name of the run; default: that of the file"),
		"data": with(object{"anyOf": []any{paths, m.section("data", reflect.TypeFor[Data]())}},
			"description", "the file with the rows, a list of files, or a mapping"),
		"inputs": m.columns("columns that the network reads", "feature"),
		"heads":  m.columns("columns that the network predicts", "target"),
		"ignore": with(textList, "description", "columns that are known to be unused"),
		"split": with(object{"anyOf": []any{
			object{"const": "random"}, m.section("split", reflect.TypeFor[Split]()),
		}}, "description", "how the rows become the training, validation and test parts"),
		"trunk": with(m.section("trunk", reflect.TypeFor[Trunk]()), "description",
			"the part of the default network that all heads share"),
		"train": with(m.section("train", reflect.TypeFor[Train]()), "description",
			"how the network is trained"),
		"network": m.columns("all layers between inputs and heads, in place of the default network",
			"node"),
	}
	for _, key := range []string{"ignore", "split", "trunk", "train"} {
		known[key] = optional(known[key].(object))
	}
	properties := object{}
	for _, key := range knownKeys(m.t, "zzz: 1", "") {
		if known[key] == nil {
			m.t.Errorf("the schema lacks the key %s of the file", key)
		}
		properties[key] = known[key]
	}
	root["properties"] = properties
	m.defs["DatePart"] = m.enumeration(reflect.TypeFor[feature.DatePart]())
	members(m, "feature", features, nil)
	members(m, "target", targets, object{
		"weight": with(number(above(0, maxNumber)), "description",
			"of the loss in the sum; default: 1"),
		"measure": object{"type": "boolean", "description": "the loss is measured, but not trained"},
		"metrics": with(textList, "description",
			"figures that training measures besides the loss; default: all of the target"),
	})
	m.nodes()
	members(m, "optimizer", optimizers, nil)
	members(m, "balance", balances, nil)
	m.schedules()
	m.augmentations()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(root); err != nil {
		m.t.Fatal(err)
	}
	return b.Bytes()
}

// optional lets the value of a key be empty.
func optional(schema object) object {
	all := object{"anyOf": []any{object{"type": "null"}, schema}}
	if about, ok := schema["description"]; ok {
		all["description"] = about
	}
	return all
}

// columns returns the schema of a mapping from names to values of a definition.
func (m *schemaMaker) columns(about, def string) object {
	return object{
		"description": about, "type": "object", "minProperties": 1, "additionalProperties": ref(def),
	}
}

// section returns the schema of a section with the keys that the reader knows.
func (m *schemaMaker) section(name string, of reflect.Type) object {
	properties := object{}
	for _, key := range knownKeys(m.t, name+": {zzz: 1}", "") {
		at := slices.IndexFunc(kinds.Fields(of), func(f kinds.Field) bool {
			return strings.EqualFold(f.Name, key)
		})
		value := sections[name+"."+key]
		switch {
		case value == nil && at < 0:
			m.t.Errorf("the schema lacks the key %s of %s", key, name)
			continue
		case value == nil:
			value = m.value(kinds.Fields(of)[at].Type)
		}
		if about := m.about(of, key); about != "" {
			value = with(value, "description", about)
		}
		properties[key] = value
	}
	return object{"type": "object", "properties": properties, "additionalProperties": false}
}

// settings returns properties for the fields of a struct.
func (m *schemaMaker) settings(of reflect.Type) object {
	properties := object{}
	for _, f := range kinds.Fields(of) {
		value := m.value(f.Type)
		if about := m.field(of, f.Index); about != "" {
			value = with(value, "description", about)
		}
		properties[f.Name] = value
	}
	return properties
}

// value returns the schema of what reader.decode reads to a type.
func (m *schemaMaker) value(of reflect.Type) object {
	if s, ok := special[of]; ok {
		return s
	}
	pointer := reflect.PointerTo(of)
	switch {
	case pointer.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return m.enumeration(of)
	case pointer.Implements(reflect.TypeFor[json.Unmarshaler]()):
		m.t.Errorf("%v decodes itself: want an entry in special", of)
	}
	switch of.Kind() {
	case reflect.String:
		return textValue
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return object{"type": "integer", "minimum": 0}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	case reflect.Pointer:
		return m.value(of.Elem())
	case reflect.Slice:
		if of.Elem().Kind() == reflect.String {
			return textList
		}
		return object{"type": "array", "items": m.value(of.Elem())}
	case reflect.Array:
		return list(m.value(of.Elem()), of.Len())
	case reflect.Map:
		return object{"type": "object", "additionalProperties": m.value(of.Elem())}
	case reflect.Struct:
		return optional(object{
			"type": "object", "properties": m.settings(of), "additionalProperties": false,
		})
	case reflect.Interface:
		return m.inner(of)
	}
	m.t.Errorf("no schema for %v", of)
	return nil
}

// inner returns the schema of a schedule, or of a layer within a layer.
func (m *schemaMaker) inner(of reflect.Type) object {
	if of == reflect.TypeFor[optim.Schedule]() {
		return ref("schedule")
	}
	var can []string
	var types []reflect.Type
	for _, kind := range layers.kinds {
		l, err := layers.example(kind)
		if err != nil {
			m.t.Fatal(err)
		}
		if t := reflect.TypeOf(l); t.Implements(of) {
			can, types = append(can, kind), append(types, t)
		}
	}
	if len(can) == 0 {
		m.t.Errorf("no layer is a %v", of)
	}
	m.union(of.Name(), "type", can, types, nil)
	return ref(of.Name())
}

// enumeration returns the schema of the names of an enumeration.
func (m *schemaMaker) enumeration(of reflect.Type) object {
	var names []any
	for i := range 256 {
		if of.Kind() != reflect.Uint8 {
			break
		}
		value := reflect.New(of)
		value.Elem().SetUint(uint64(i))
		name, err := value.Interface().(encoding.TextMarshaler).MarshalText()
		if err == nil {
			names = append(names, string(name))
		}
	}
	if names == nil {
		m.t.Errorf("%v has no names: want an entry in special", of)
	}
	return object{"enum": names}
}

// members adds definitions of the members of a table: one for each, and one of all of them, which
// is a type, or a mapping with a type and settings. besides are keys that each may have.
func members[M kinded](m *schemaMaker, def string, of table[M], besides object) {
	var list []reflect.Type
	for _, kind := range of.kinds {
		member, err := of.example(kind)
		if err != nil {
			m.t.Fatal(err)
		}
		list = append(list, reflect.TypeOf(member))
	}
	m.union(def, "type", of.kinds, list, besides)
}

// union adds the definitions of several types, of which the value of a key chooses one.
func (m *schemaMaker) union(
	def, key string, names []string, types []reflect.Type, besides object,
) {
	var all, cases []any
	for i, name := range names {
		of := types[i]
		if of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		properties := m.settings(of)
		properties[key] = object{"const": name}
		for k, v := range besides {
			properties[k] = v
		}
		m.defs[def+"."+name] = object{
			"description": m.typeAbout(of), "properties": properties, "additionalProperties": false,
		}
		all = append(all, name)
		cases = append(cases, object{
			"if":   object{"properties": object{key: object{"const": name}}, "required": []any{key}},
			"then": ref(def + "." + name),
		})
	}
	m.defs[def] = object{"anyOf": []any{object{"enum": all}, object{
		"type": "object", "required": []any{key},
		"properties": object{key: object{"enum": all}}, "allOf": cases,
	}}}
}

// nodes adds the definitions of a layer of a network, which has inputs, and settings or the weights
// of another.
func (m *schemaMaker) nodes() {
	inputs := object{"description": "names of inputs, and of layers before it", "anyOf": []any{
		textValue, object{"type": "array", "items": textValue},
	}}
	members(m, "node", layers, object{"inputs": inputs})
	again := with(textValue, "description", "the layer before it whose weights it uses")
	own := m.defs["node"].(object)["anyOf"].([]any)[1].(object)
	m.defs["node"] = object{
		"type": "object", "required": []any{"inputs"}, "if": object{"required": []any{"again"}},
		"then": object{"properties": object{"again": again, "inputs": inputs},
			"additionalProperties": false},
		"else": own,
	}
}

// schedules adds the definitions of schedules, which are known by the key type or kind.
func (m *schemaMaker) schedules() {
	_, err := optim.DecodeSchedule([]byte(`{"kind":"zzz"}`))
	names := listed(m.t, err)
	var types []reflect.Type
	for _, name := range names {
		s, err := optim.DecodeSchedule(fmt.Appendf(nil, `{"kind":%q}`, name))
		if err != nil {
			m.t.Fatal(err)
		}
		types = append(types, reflect.TypeOf(s))
	}
	m.union("schedule", "type", names, types, nil)
}

// augmentations adds the definitions of an augmentation: {kind: KIND, config: {...}}.
func (m *schemaMaker) augmentations() {
	_, err := augment.Decode("zzz", []byte("{}"))
	names := listed(m.t, err)
	var all, cases []any
	for _, name := range names {
		a, err := augment.Decode(name, []byte("{}"))
		if err != nil {
			m.t.Fatal(err)
		}
		m.defs["augment."+name] = object{
			"type": "object", "description": m.typeAbout(reflect.TypeOf(a)),
			"properties": m.settings(reflect.TypeOf(a)), "additionalProperties": false,
		}
		all = append(all, name)
		cases = append(cases, object{
			"if":   object{"properties": object{"kind": object{"const": name}}},
			"then": object{"properties": object{"config": ref("augment." + name)}},
		})
	}
	m.defs["augment"] = object{"type": "object", "required": []any{"kind"}, "allOf": cases,
		"properties":           object{"kind": object{"enum": all}, "config": object{"type": "object"}},
		"additionalProperties": false}
}

// about returns the comment on the field of a section that has a key.
func (m *schemaMaker) about(of reflect.Type, key string) string {
	for _, f := range kinds.Fields(of) {
		if strings.EqualFold(f.Name, key) {
			return m.field(of, f.Index)
		}
	}
	return ""
}

// knownKeys returns the keys that the reader says it knows where a file has the key zzz, after a
// text of the error.
func knownKeys(t *testing.T, file, after string) []string {
	t.Helper()
	_, err := Parse("e.yaml", []byte(file))
	for line := range strings.Lines(fmt.Sprint(err)) {
		if strings.Contains(line, `unknown key "zzz" `+after) {
			return listed(t, fmt.Errorf("%s", line))
		}
	}
	t.Fatalf("%s: the reader does not name its keys: %v", file, err)
	return nil
}

var quotedName = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// listed returns the names that an error lists.
func listed(t *testing.T, err error) []string {
	t.Helper()
	_, list, ok := strings.Cut(fmt.Sprint(err), "want one of ")
	if !ok {
		t.Fatalf("%v lists no names", err)
	}
	list, _, _ = strings.Cut(list, "; did you mean")
	var names []string
	for _, quoted := range quotedName.FindAllString(list, -1) {
		name, err := strconv.Unquote(quoted)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}
