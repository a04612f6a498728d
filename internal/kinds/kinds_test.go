package kinds_test

import (
	"errors"
	"strings"
	"testing"

	"braid/internal/kinds"
)

type shape interface{ Kind() string }

type circle struct {
	Radius int
	Name   string `json:"label,omitzero"`
	NoEdge bool   `json:"no_edge,omitzero"`
	Hidden int    `json:"-"`
}

func (circle) Kind() string { return "circle" }

type box struct {
	Sides struct{ Wide, High int }
	Lid   *lid               `json:"lid"`
	Pegs  []struct{ A8 int } `json:"pegs"`
	Mark  mark               `json:"mark"`
}

type lid struct {
	Hinge struct {
		Metal string `json:"metal"`
	} `json:"hinge"`
}

// mark decodes itself.
type mark struct{}

func (*mark) UnmarshalJSON([]byte) error { return errors.New("mark refused") }

func (*box) Kind() string { return "box" }

var shapes = []shape{circle{}, &box{}}

func TestDecode(t *testing.T) {
	got, err := kinds.Decode("shape", "circle", []byte(` {"Radius":3,"label":"c"} `), shapes)
	if err != nil || got != (circle{Radius: 3, Name: "c"}) {
		t.Errorf("got %+v, error %v", got, err)
	}
	for _, old := range []string{
		`{"Radius":3,"Name":"c","NoEdge":true}`,
		`{"radius":3,"label":"c","no_edge":true}`,
	} {
		got, err = kinds.Decode("shape", "circle", []byte(old), shapes)
		if err != nil || got != (circle{Radius: 3, Name: "c", NoEdge: true}) {
			t.Errorf("%s: got %+v, error %v", old, got, err)
		}
	}
	got, err = kinds.Decode("shape", "box", []byte(`{"Sides":{"Wide":2,"High":5}}`), shapes)
	b, ok := got.(*box)
	if err != nil || !ok || b == shapes[1] || b.Sides.Wide != 2 || b.Sides.High != 5 {
		t.Errorf("got %+v, error %v", got, err)
	}
	got, err = kinds.Decode("shape", "box",
		[]byte(`{"lid":{"Hinge":{"METAL":"brass"}},"Sides":null,"pegs":[{"A8":3}]}`), shapes)
	if b, ok = got.(*box); err != nil || !ok || b.Lid == nil || b.Lid.Hinge.Metal != "brass" ||
		len(b.Pegs) != 1 || b.Pegs[0].A8 != 3 {
		t.Errorf("got %+v, error %v", got, err)
	}
	first := append([]shape{circle{Hidden: 1}}, shapes...) // only its type is used
	got, err = kinds.Decode("shape", "circle", []byte(`{}`), first)
	if err != nil || got != (circle{}) {
		t.Errorf("got %+v, error %v", got, err)
	}
}

func TestDecodeMistakes(t *testing.T) {
	for config, want := range map[string]string{
		`{"Radios":3}`: `circle: unknown field "Radios", ` +
			`want one of "Radius", "label", "no_edge"; did you mean "Radius"?`,
		`{"NAME":"x"}`:                    `unknown field "NAME"`,
		`{"NoEdge":true,"no_edge":false}`: `the field "no_edge" is given twice`,
		`{"Hidden":1}`:                    `unknown field "Hidden"`,
		`{"Radius":3,"radius":4}`:         `the field "radius" is given twice`,
		`{"Radius":3} {}`:                 "data follows the JSON object",
		`{"Radius":"3"}`:                  "cannot unmarshal string",
		`[3]`:                             "want a JSON object",
		`null`:                            "want a JSON object",
		``:                                "circle: got no text, want a JSON object",
		" \n":                             "circle: got no text, want a JSON object",
		`{"Radius":3`:                     "circle: the text ends within the JSON value, want a",
		`{"Radius":`:                      "the text ends within the JSON value",
		`{"Radius"`:                       "the text ends within the JSON value",
		`{"Radius":}`:                     "invalid character",
		strings.Repeat(`{"a":`, 9e3):      "the text ends within the JSON value",
		strings.Repeat(`{"a":`, 9e3) + "1" + strings.Repeat(`}`, 9e3): `unknown field "a"`,
	} {
		got, err := kinds.Decode("shape", "circle", []byte(config), shapes)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: got %+v, error %v, want %q", config, got, err, want)
		}
	}
	for config, want := range map[string]string{
		`{"Sides":{"Wide":2,"Hihg":5}}`: `box: Sides: unknown field "Hihg", ` +
			`want one of "Wide", "High"; did you mean "High"?`,
		`{"lid":{"hinge":{"metl":"x"}}}`:  `box: lid: hinge: unknown field "metl", want one of "metal"`,
		`{"lid":{"hinge":{},"Hinge":{}}}`: `box: lid: the field "Hinge" is given twice`,
		`{"Sides":3}`:                     `box: Sides: got "3", want a JSON object`,
		`{"pegs":[{"a":1}]}`:              `unknown field "a"`,
		`{"mark":{"a":1}}`:                "mark refused",
	} {
		got, err := kinds.Decode("shape", "box", []byte(config), shapes)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %+v, error %v, want %s", config, got, err, want)
		}
	}
	_, err := kinds.Decode("shape", "cirle", []byte(`{}`), shapes)
	want := `unknown shape kind "cirle", want one of "circle", "box"; did you mean "circle"?`
	if err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
	for missing, want := range map[shape]string{
		nil:         "custom shape 1 is nil, want an example of its type",
		(*box)(nil): "custom shape 1 is a nil *kinds_test.box, want an example of its type",
	} {
		_, err := kinds.Decode("shape", "circle", []byte(`{}`), []shape{&box{}, missing, circle{}})
		if err == nil || err.Error() != want {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}
