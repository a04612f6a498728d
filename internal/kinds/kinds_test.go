package kinds_test

import (
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

type box struct{ Sides struct{ Wide, High int } }

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
		``:                                "EOF",
		`{"Radius":3`:                     "EOF",
		`{"Radius":}`:                     "invalid character",
		strings.Repeat(`{"a":`, 9e3):      `unknown field "a"`,
	} {
		got, err := kinds.Decode("shape", "circle", []byte(config), shapes)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: got %+v, error %v, want %q", config, got, err, want)
		}
	}
	_, err := kinds.Decode("shape", "box", []byte(`{"Sides":{"Wide":2,"Deep":5}}`), shapes)
	if err == nil {
		t.Error("an unknown field of a nested struct is no error")
	}
	_, err = kinds.Decode("shape", "cirle", []byte(`{}`), shapes)
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
