package modelfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"braid"
	"braid/internal/safetensors"
	"braid/layer"
	"braid/tensor"
)

func TestRules(t *testing.T) {
	f := file(t)
	f.Labels = append(f.Labels, Labels{"wide", []string{"a", "b", "c"}})
	good := Rule{Input: "ids", Text: "odd number", Head: "thin", Label: "yes", Of: "wide",
		Labels: []string{"c", "a"}}
	f.Rules = []Rule{good}
	back, err := Parse(content(t, f))
	if err != nil || !reflect.DeepEqual(back.Rules, f.Rules) {
		t.Errorf("rules are %v (%v), want %v", back.Rules, err, f.Rules)
	}
	for want, change := range map[string]func(r *Rule){
		`rule 1: input "x" takes no text, want one that does`: func(r *Rule) {
			r.Input = "x"
		},
		`rule 1: unknown input "y", want one of "x", "ids"`: func(r *Rule) {
			r.Input = "y"
		},
		`rule 1: head "thin": unknown label "oui", want one of "no", "yes"`: func(r *Rule) {
			r.Label = "oui"
		},
		`rule 1: head "wide": unknown label "d", want one of "a", "b", "c"`: func(r *Rule) {
			r.Labels = []string{"a", "d"}
		},
		`rule 1: unknown head "other", want one of "wide", "thin", "bare", "two"`: func(r *Rule) {
			r.Head, r.Labels = "other", nil
		},
		`rule 1: unknown head "wild", want one of "wide", "thin", "bare", "two"; did you`: func(r *Rule) {
			r.Of, r.Labels = "wild", nil
		},
		`rule 1: head "wide" depends on itself, want two heads`: func(r *Rule) {
			r.Head, r.Label = r.Of, "a"
		},
		`rule 1: no labels of head "wide", want one or more`: func(r *Rule) {
			r.Labels = nil
		},
		`rule 1: head "bare" has no labels, which a rule needs: add them`: func(r *Rule) {
			r.Of = "bare"
		},
		`rule 1: head "two" has numbers for outputs, want one of classes`: func(r *Rule) {
			r.Of, r.Labels = "two", []string{"left"}
		},
		`rule 1: head "thin": unknown label "ja"`: func(r *Rule) {
			r.Label, r.Labels = "ja",
				[]string{"d"}
		},
	} {
		f := several(t)
		f.Rules = []Rule{good, good}
		change(&f.Rules[1])
		for range 20 { // of two mistakes always the same is reported
			if err := refused(t, f); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error is %v, want %q", err, want)
				break
			}
		}
	}
}

// several has a head of each kind: of classes, of no and yes, without labels, of numbers.
func several(t testing.TB) *File {
	t.Helper()
	f := file(t)
	g := braid.NewGraph("several")
	x, ids := g.Input("x", tensor.Float32, 2, 3), g.Input("ids", tensor.Int32, 3)
	words := g.Add("e", layer.Embedding{Vocabulary: 4, Width: 1}, ids)
	flat := g.Add("both", layer.Concatenate{}, g.Add("flat", layer.Flatten{}, x),
		g.Add("words", layer.Flatten{}, words))
	g.Head("wide", layer.Dense{Units: 3, Activation: layer.Softmax}, flat)
	g.Head("thin", layer.Dense{Units: 1, Activation: layer.Sigmoid}, flat)
	g.Head("bare", layer.Dense{Units: 2, Activation: layer.Softmax}, flat)
	g.Head("two", layer.Dense{Units: 2}, flat)
	var err error
	if f.Model, err = g.Build(5); err != nil {
		t.Fatal(err)
	}
	f.Labels = []Labels{{"wide", []string{"a", "b", "c"}}, {"thin", []string{"no", "yes"}},
		{"two", []string{"left", "right"}}}
	return f
}

// refused checks the error of Write for a file, and of Parse for the same content in a file.
func refused(t testing.TB, f *File) error {
	t.Helper()
	written := f.Write(io.Discard)
	c, err := safetensors.Parse(content(t, &File{Model: f.Model}))
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]any{"inputs": f.Inputs, "labels": f.Labels, "rules": f.Rules} {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		c.Metadata[key] = string(text)
	}
	var b bytes.Buffer
	if err := c.Write(&b); err != nil {
		t.Fatal(err)
	}
	if _, err = Parse(b.Bytes()); fmt.Sprint(err) != fmt.Sprint(written) {
		t.Errorf("written, the error is %v, read %v", written, err)
	}
	return written
}

// An input or head that is described twice is an error: readers could use either.
func TestNamesTwice(t *testing.T) {
	for want, change := range map[string]func(f *File){
		`model file: Inputs names "ids" twice (entries 1 and 2), want each input once`: func(f *File) {
			f.Inputs = append(f.Inputs, Input{Name: "ids"})
		},
		`model file: Labels names "thin" twice (entries 0 and 1), want each head once`: func(f *File) {
			f.Labels = append(f.Labels, Labels{"thin", []string{"nein", "ja"}})
		},
		`model file: head "thin" has the label "no" twice, want different labels`: func(f *File) {
			f.Labels[0].Labels = []string{"no", "no"}
		},
	} {
		f := file(t)
		change(f)
		if err := refused(t, f); err == nil || err.Error() != want {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

// A head has a label for each class, no and yes for a sigmoid of one number, else one for each
// number.
func TestLabelsOfHeads(t *testing.T) {
	for _, c := range []struct {
		units      int
		activation braid.Activation
		want       int
	}{
		{3, layer.Softmax, 3}, {1, layer.Softmax, 1}, {1, layer.Sigmoid, 2}, {3, layer.Sigmoid, 3},
		{1, layer.Linear, 1}, {2, layer.Linear, 2},
	} {
		g := braid.NewGraph("one")
		g.Head("h", layer.Dense{Units: c.units, Activation: c.activation},
			g.Input("x", tensor.Float32, 2))
		m, err := g.Build(1)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 5 {
			f := &File{Model: m, Labels: []Labels{{"h", strings.Split("abcd", "")[:n]}}}
			want := fmt.Sprintf(`model file: head "h" has %d labels, want %d`, n, c.want)
			if err := refused(t, f); (err == nil) != (n == c.want) ||
				err != nil && !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%v of %d, %d labels: error is %v, want %d labels", c.activation, c.units, n, err,
					c.want)
			}
		}
	}
}

// A file with two mistakes always gives the same error.
func TestErrorsInOrder(t *testing.T) {
	c, err := safetensors.Parse(content(t, file(t)))
	if err != nil {
		t.Fatal(err)
	}
	c.Metadata["inputs"], c.Metadata["labels"], c.Metadata["rules"] = "{", "{", "{"
	var b bytes.Buffer
	if err := c.Write(&b); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if _, err := Parse(b.Bytes()); err == nil ||
			!strings.Contains(err.Error(), "model file: inputs: ") {
			t.Fatalf("error is %v, want that of the inputs", err)
		}
	}
}
