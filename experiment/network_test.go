package experiment

import (
	"reflect"
	"slices"
	"testing"

	"braid/internal/kinds"
	"braid/layer"
)

const network = `data: digits.csv
inputs: {image: image, question: text}
heads: {digit: category, answer: binary}
network:
  words: {type: Embedding, inputs: question, vocabulary: 8, width: 4}
  asked: {type: LSTM, inputs: words, units: 8}
  pixels: {type: Flatten, inputs: image}
  both: {type: Concatenate, inputs: [asked, pixels]}
  trunk: {type: Dense, inputs: both, units: 25, activation: relu}
  digit: {type: Dense, inputs: trunk, units: 10, activation: softmax}
  answer: {type: Dense, inputs: trunk, units: 1, activation: sigmoid}
`

func TestNetwork(t *testing.T) {
	withTestKinds(t)
	e, err := Parse("digitqa.yaml", []byte(network))
	if err != nil {
		t.Fatal(err)
	}
	want := &Network{[]Layer{
		{"words", []string{"question"}, layer.Embedding{Vocabulary: 8, Width: 4}, ""},
		{"asked", []string{"words"}, layer.LSTM{Units: 8}, ""},
		{"pixels", []string{"image"}, layer.Flatten{}, ""},
		{"both", []string{"asked", "pixels"}, layer.Concatenate{}, ""},
		{"trunk", []string{"both"}, layer.Dense{Units: 25, Activation: layer.ReLU}, ""},
		{"digit", []string{"trunk"}, layer.Dense{Units: 10, Activation: layer.Softmax}, ""},
		{"answer", []string{"trunk"}, layer.Dense{Units: 1, Activation: layer.Sigmoid}, ""},
	}}
	if !reflect.DeepEqual(e.Network, want) {
		t.Errorf("got  %+v\nwant %+v", e.Network, want)
	}
	if got := e.Place("network.trunk"); got != "digitqa.yaml:9:3" {
		t.Errorf("trunk is at %s", got)
	}
}

func TestNetworkSettings(t *testing.T) {
	withTestKinds(t)
	e, err := Parse("n.yaml", []byte(`data: a
inputs: {a: image, b: image, n: number}
heads: {y: category}
network:
  c: {type: Conv2D, inputs: a, filters: 4, kernel: {init: he_normal, l2: 1e-4}, size: [3, 5],
    padding: same, no_bias: true}
  d: {again: c, inputs: b}
  r: {type: Bidirectional, inputs: [c, n::missing, n], merge: sum,
    layer: {type: LSTM, units: 3, sequences: true}, backward_layer: {type: GRU, units: 4}}
  y: {type: Concatenate, inputs: [d, r]}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Layer{
		{"c", []string{"a"}, layer.Conv2D{
			Filters: 4, Size: layer.Pair{3, 5}, Padding: layer.Same, NoBias: true,
			Kernel: layer.Weight{Init: layer.HeNormal, L2: 1e-4},
		}, ""},
		{"d", []string{"b"}, nil, "c"},
		{"r", []string{"c", "n::missing", "n"}, layer.Bidirectional{
			Layer: layer.LSTM{Units: 3, Sequences: true}, BackwardLayer: layer.GRU{Units: 4},
			Merge: layer.MergeSum,
		}, ""},
		{"y", []string{"d", "r"}, layer.Concatenate{}, ""},
	}
	if !reflect.DeepEqual(e.Network.Layers, want) {
		t.Errorf("got  %+v\nwant %+v", e.Network.Layers, want)
	}
}

func TestNetworkMistakes(t *testing.T) {
	withTestKinds(t)
	const columns = "data: a\ninputs: {x: number, z: text}\nheads: {y: category}\n"
	for _, c := range []struct{ content, want string }{
		{"network:\n", "e.yaml:4:1: network has no layers, want NAME: {type: LAYER, inputs: NAME, ...}"},
		{"network: [a]\n",
			"e.yaml:4:10: network is a list, want layers: {NAME: {type: LAYER, inputs: NAME, ...}}"},
		{"trunk: {units: [3]}\nnetwork: {y: {type: Concatenate, inputs: [x, z]}}\n",
			"e.yaml:4:1: trunk has no effect beside network: remove one of them"},
		{`network:
  x: {type: Flatten, inputs: x}
  h: {type: Dnse, inputs: [x, later], unit: 3, activation: rulu}
  later: {type: Dense, inputs: hh, unit: 3, kernel: {init: he, l3: 1}}
  "": Dense
  none: {inputs: h}
  self: {type: Flatten}
  two: {type: Bidirectional, inputs: x, layer: {type: Dense, units: 3}}
  again: {again: h, inputs: x, units: 3}
  more: {again: zzz, inputs: x}
`, `e.yaml:4:1: network has no layer "y", which is a head
e.yaml:4:1: no layer reads input "z": remove it from inputs
e.yaml:5:3: layer "x" has the name of an input, want another
e.yaml:6:13: unknown type "Dnse" of layer "h"; did you mean "Dense"?
e.yaml:6:31: layer "h" reads layer "later", which is not before it
e.yaml:7:3: no layer reads layer "later", and it is not a head
e.yaml:7:32: unknown input "hh" of layer "later"; did you mean "h"?
e.yaml:7:36: unknown key "unit" in layer "later"; did you mean "units"?
e.yaml:7:60: init in kernel in layer "later": unknown initializer "he", want one of "default", ` +
			`"constant", "uniform", "normal", "truncated_normal", "glorot_uniform", "glorot_normal", ` +
			`"he_uniform", "he_normal", "lecun_uniform", "lecun_normal", "orthogonal"
e.yaml:7:64: unknown key "l3" in kernel in layer "later"; did you mean "l1"?
e.yaml:8:3: layer "": the name is empty
e.yaml:8:3: no layer reads layer "", and it is not a head
e.yaml:8:7: layer "" is "Dense", want {type: LAYER, inputs: NAME, ...}
e.yaml:9:3: no layer reads layer "none", and it is not a head
e.yaml:9:9: layer "none" has no type, want {type: TYPE, ...}
e.yaml:10:3: no layer reads layer "self", and it is not a head
e.yaml:10:9: layer "self" has no inputs, want inputs: NAME or inputs: [NAME, NAME]
e.yaml:11:3: no layer reads layer "two", and it is not a head
e.yaml:11:48: layer in layer "two" cannot be a layer of type "Dense"
e.yaml:12:3: no layer reads layer "again", and it is not a head
e.yaml:12:32: layer "again" has again and units, want again and inputs alone
e.yaml:13:3: no layer reads layer "more", and it is not a head
e.yaml:13:17: unknown layer "zzz" before layer "more", want one of "x", "h", "later", "", ` +
			`"none", "self", "two", "again"`},
		{"network:\n  x1: {type: Concatenate, inputs: [x, z]}\n  y: {again: x1, inputs: z}\n",
			`e.yaml:5:3: no layer reads layer "x1", and it is not a head
e.yaml:6:14: layer "y" is a head, which needs weights of its own: want type`},
	} {
		checkMistakes(t, columns+c.content, c.want)
	}
}

// TestKeys checks that no setting has the name of a key of the grammar, and that settings of
// each type can be decoded and written.
func TestKeys(t *testing.T) {
	withTestKinds(t)
	checkKeys(t, "layer", layers, "type", "inputs", "again")
	checkKeys(t, "input", features, "type")
	checkKeys(t, "head", targets, append([]string{"type"}, headKeys...)...)
}

func checkKeys[M kinded](t *testing.T, what string, members table[M], taken ...string) {
	t.Helper()
	for _, kind := range members.kinds {
		of, err := members.example(kind)
		if err != nil || of.Kind() != kind {
			t.Errorf("%s %s: got %v, error %v", what, kind, of, err)
			continue
		}
		checkFields(t, what+" "+kind, reflect.Indirect(reflect.ValueOf(of)).Type(), taken)
	}
}

func checkFields(t *testing.T, what string, typ reflect.Type, taken []string) {
	t.Helper()
	for _, f := range kinds.Fields(typ) {
		if slices.Contains(taken, f.Name) {
			t.Errorf("%s has a setting %q, which the grammar has too", what, f.Name)
		}
		if f.Type.Kind() == reflect.Interface && f.Type != reflect.TypeFor[layer.Recurrent]() {
			t.Errorf("%s has a setting %q of type %s, which no file can hold", what, f.Name, f.Type)
		}
		// A value that fits no setting must be an error for each type of setting, and not a panic.
		r, value := &reader{}, reflect.New(f.Type).Elem()
		r.decode(&node{form: mappingForm, keys: []*node{{}}, items: []*node{{}}}, value, f.Name)
		if kind := f.Type.Kind(); kind != reflect.Interface && kind != reflect.Pointer {
			if _, err := encode(reflect.Zero(f.Type)); err != nil {
				t.Errorf("%s: %s: %v", what, f.Name, err)
			}
		}
	}
}
