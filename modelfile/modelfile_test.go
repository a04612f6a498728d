package modelfile

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/data"
	"braid/internal/braidtest"
	"braid/internal/safetensors"
	"braid/layer"
	"braid/op"
	"braid/tensor"
	"braid/text"
)

// every has each kind of layer, with settings that are not the default, and inputs of both types.
func every(t testing.TB) *braid.Model {
	t.Helper()
	g := braid.NewGraph("every")
	x, ids := g.Input("x", tensor.Float32, 2, 3), g.Input("ids", tensor.Int32, 3)
	e := g.Add("e", layer.Embedding{Vocabulary: 4, Width: 3}, ids)
	both := g.Add("both", layer.Concatenate{Axis: 1}, x, e)
	s := g.Add("s", layer.LSTM{Units: 2, Sequences: true}, both)
	flat := g.Add("flat", layer.Flatten{}, s)
	again := g.Again("again", s, both)
	norm := g.Add("norm", layer.BatchNormalization{Momentum: new(0.5), NoScale: true}, again)
	drop := g.Add("drop", layer.Dropout{Rate: 0.25},
		g.Add("ln", layer.LayerNormalization{Axes: []int{1}, Epsilon: 0.5}, norm))
	sum := g.Add("sum", layer.Add{}, drop, g.Add("act", layer.Activation{Function: layer.GELUTanh}, s))
	g.Head("sums", layer.Flatten{}, sum)
	g.Head("wide", layer.Dense{Units: 3, Activation: layer.Softmax, Frozen: true}, flat)
	g.Head("thin", layer.Dense{Units: 1, Activation: layer.Sigmoid, NoBias: true}, flat)
	m, err := g.Build(5)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func file(t testing.TB) *File {
	t.Helper()
	tokenizer, err := text.NewTokenizer(text.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	tokenizer.FitOnTexts([]string{"odd number"})
	return &File{
		Model: every(t),
		Inputs: []Input{
			{Name: "x", Pixels: &data.Standard{Mean: 3.5, Std: 0.25}},
			{
				Name: "ids",
				Text: &Text{Tokenizer: tokenizer, Padding: text.Padding{Length: 3},
					Questions: []string{"odd number"}},
			},
		},
		Labels:   []Labels{{Head: "thin", Labels: []string{"no", "yes"}}},
		Training: json.RawMessage(`{"epochs":3}`),
	}
}

func content(t testing.TB, f *File) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	f := file(t)
	folder := t.TempDir()
	if err := Save(filepath.Join(folder, FileName), f); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{folder, filepath.Join(folder, FileName)} {
		back, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := back.Model.Nodes(), f.Model.Nodes(); !reflect.DeepEqual(got, want) {
			t.Errorf("nodes are %v, want %v", got, want)
		}
		if !bytes.Equal(content(t, back), content(t, f)) {
			t.Error("read and written again, the file differs")
		}
		if !reflect.DeepEqual(back.Labels, f.Labels) || string(back.Training) != string(f.Training) ||
			back.Model.Seed() != 5 {
			t.Errorf("got %+v, want %+v", back, f)
		}
		for i, w := range back.Model.Weights() {
			if !slices.Equal(w.Values(), f.Model.Weights()[i].Values()) {
				t.Errorf("weight %s differs", w.Name())
			}
		}
	}
	if _, err := Open(filepath.Join(folder, "none")); err == nil ||
		!strings.Contains(err.Error(), "no model at") {
		t.Errorf("error is %v", err)
	}
}

// outside is a layer that is not in package layer.
type outside struct{ Factor float32 }

func (outside) Kind() string { return "Outside" }

func (l outside) Build(b *braid.Builder) (op.Op, error) {
	b.Output(b.Shape(0)...)
	return l, nil
}

func (l outside) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		for i, v := range t.In[0].Row(r) {
			t.Out.Row(r)[i] = l.Factor * v
		}
	}
}

func (l outside) Backward(*op.Task) {}

func TestCustomLayer(t *testing.T) {
	g := braid.NewGraph("custom")
	g.Head("h", outside{2.5}, g.Input("x", tensor.Float32, 1))
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	saved := content(t, &File{Model: m})
	if _, err := Parse(saved); err == nil || !strings.Contains(err.Error(),
		`unknown layer kind "Outside"`) {
		t.Errorf("error is %v", err)
	}
	for _, example := range []braid.Layer{outside{}, &outside{}} {
		back, err := Parse(saved, example)
		if err != nil {
			t.Fatal(err)
		}
		out, err := back.Model.Predict(braid.Tensors{"x": tensor.Floats([]float32{4}, 1, 1)})
		if err != nil || out["h"].Float32s()[0] != 10 {
			t.Errorf("prediction is %v (%v), want 10", out, err)
		}
	}
}

// Each change of a valid model file is an error that describes it.
func TestBadModels(t *testing.T) {
	for want, change := range map[string]func(c *safetensors.Container){
		`format is "", want "braid 2"`: func(c *safetensors.Container) {
			delete(c.Metadata, "format")
		},
		"seed":  func(c *safetensors.Container) { c.Metadata["seed"] = "-1" },
		"graph": func(c *safetensors.Container) { c.Metadata["graph"] = "{" },
		`unknown layer kind "Dens", want one of`: func(c *safetensors.Container) {
			replace(c, "graph", `"Dense"`, `"Dens"`)
		},
		`unknown field "unit"`: func(c *safetensors.Container) {
			replace(c, "graph", `"units"`, `"unit"`)
		},
		"Units = -3": func(c *safetensors.Container) {
			replace(c, "graph", `"units":3`, `"units":-3`)
		},
		`shape [10 3], the graph wants [10 2147`: func(c *safetensors.Container) {
			replace(c, "graph", `"units":3`, `"units":2147483`)
		},
		"more than 2147483647 elements": func(c *safetensors.Container) {
			replace(c, "graph", `"units":3`, `"units":2147483647`)
		},
		`reads "z", which is not declared before`: func(c *safetensors.Container) {
			replace(c, "graph", `"inputs":["ids"]`, `"inputs":["z"]`)
		},
		`unknown activation "softmix"`: func(c *safetensors.Container) {
			replace(c, "graph", "softmax", "softmix")
		},
		`tensor "wide.kernel" is missing`: func(c *safetensors.Container) {
			c.Entries[slices.IndexFunc(c.Entries,
				func(e safetensors.Entry) bool { return e.Name == "wide.kernel" })].Name = "x"
		},
		"are no weights of the graph": func(c *safetensors.Container) {
			c.Entries = append(c.Entries, safetensors.Floats("more", []float32{1}, 1))
		},
		"is NaN, want a finite number": func(c *safetensors.Container) {
			copy(c.Entries[0].Data, []byte{0, 0, 0xc0, 0x7f})
		},
		`unknown input "y"`: func(c *safetensors.Container) {
			replace(c, "inputs", `"x"`, `"y"`)
		},
		"standard deviation 0": func(c *safetensors.Container) {
			replace(c, "inputs", "0.25", "0")
		},
		`unknown head "fat"`: func(c *safetensors.Container) {
			replace(c, "labels", "thin", "fat")
		},
		"has 1 labels, want 2": func(c *safetensors.Container) {
			replace(c, "labels", `"no",`, "")
		},
		"holds the word": func(c *safetensors.Container) {
			replace(c, "inputs", `"number"`, `"odd"`)
		},
	} {
		c, err := safetensors.Parse(content(t, file(t)))
		if err != nil {
			t.Fatal(err)
		}
		change(c)
		var b bytes.Buffer
		if err := c.Write(&b); err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(b.Bytes()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

func replace(c *safetensors.Container, key, old, new string) {
	c.Metadata[key] = strings.Replace(c.Metadata[key], old, new, 1)
}

func FuzzParse(f *testing.F) {
	f.Add(content(f, file(f)))
	f.Fuzz(func(t *testing.T, file []byte) {
		if back, err := Parse(file); err == nil {
			back.Model.Summary()
		}
	})
}

func TestOpenBadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model")
	if err := os.WriteFile(path, []byte("not a model"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.HasPrefix(err.Error(), path) {
		t.Errorf("error is %v, want one that names the file", err)
	}
}

// Every changed byte and every truncation of a model file is an error: the checksums cover the
// file.
func TestDamage(t *testing.T) {
	whole := content(t, file(t))
	braidtest.EachDamage(whole, func(what string, damaged []byte) {
		if _, err := Parse(damaged); err == nil {
			t.Errorf("%s: no error", what)
		}
	})
}

// Files without checksums are still read.
func TestUnchecked(t *testing.T) {
	old := content(t, file(t))
	at := bytes.Index(old, []byte(`"crc32c":"`))
	end := at + 10 + bytes.Index(old[at+10:], []byte(`",`)) + 2
	old = bytes.Replace(append(bytes.Clone(old[:at]), old[end:]...), []byte("braid 2"),
		[]byte("braid 1"), 1)
	length := binary.LittleEndian.Uint64(old) - uint64(end-at)
	binary.LittleEndian.PutUint64(old, length)
	if _, err := Parse(old); err != nil {
		t.Error(err)
	}
	new := bytes.Replace(old, []byte("braid 1"), []byte("braid 2"), 1)
	if _, err := Parse(new); err == nil || !strings.Contains(err.Error(), "checksums are missing") {
		t.Errorf("error is %v, want one that tells of the checksums", err)
	}
}

// asked returns rows for the model of every: pixels as bytes, and ids.
func asked() braid.Tensors {
	return braid.Tensors{
		"x":   tensor.Bytes([]uint8{0, 9, 200, 3, 255, 17, 80, 1, 2, 3, 4, 90}, 2, 2, 3),
		"ids": tensor.Ints([]int32{1, 0, 3, 2, 2, 0}, 2, 3),
	}
}

// Samples are stored with their outputs, and Try is an error for a model with other outputs.
func TestSamples(t *testing.T) {
	f := file(t)
	if err := f.Sample(asked()); err != nil {
		t.Fatal(err)
	}
	back, err := Parse(content(t, f))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back.Samples, f.Samples) {
		t.Errorf("samples are %v, want %v", back.Samples, f.Samples)
	}
	if err := back.Try(); err != nil {
		t.Error(err)
	}
	standard := tensor.Floats([]float32{
		(0 - 3.5) * 4, (9 - 3.5) * 4, (200 - 3.5) * 4, (3 - 3.5) * 4, (255 - 3.5) * 4, (17 - 3.5) * 4,
		(80 - 3.5) * 4, (1 - 3.5) * 4, (2 - 3.5) * 4, (3 - 3.5) * 4, (4 - 3.5) * 4, (90 - 3.5) * 4,
	}, 2, 2, 3)
	out, err := f.Model.Predict(braid.Tensors{"x": standard, "ids": asked()["ids"]})
	if err != nil || !reflect.DeepEqual(out, f.Samples.Heads) {
		t.Errorf("samples' answers are %v, the pixels' numbers give %v (%v)", f.Samples.Heads, out, err)
	}
	w := back.Model.Weights()[3]
	values := w.Values()
	values[1] += 0.25
	if err := w.Set(values); err != nil {
		t.Fatal(err)
	}
	if err := back.Try(); err == nil || !strings.Contains(err.Error(), "the file has") {
		t.Errorf("a changed weight: error is %v", err)
	}
	if f.Samples = nil; f.Try() != nil {
		t.Error("a file without samples fails")
	}
}

func TestBadSamples(t *testing.T) {
	for want, change := range map[string]func(s *Samples){
		`input "ids" are int32 of shape [3 2]`: func(s *Samples) {
			s.Inputs["ids"] = tensor.Ints(make([]int32, 6), 3, 2)
		},
		`head "thin" are float32 of shape [3 1]`: func(s *Samples) {
			s.Heads["thin"] = tensor.Floats(make([]float32, 3), 3, 1)
		},
		`head "wide" are uint8 of shape [2 3]`: func(s *Samples) {
			s.Heads["wide"] = tensor.Bytes(make([]uint8, 6), 2, 3)
		},
		`input "ids" are uint8 of shape [2 3]`: func(s *Samples) {
			s.Inputs["ids"] = tensor.Bytes(make([]uint8, 6), 2, 3)
		},
		`samples of 3 inputs, want 2`: func(s *Samples) {
			s.Inputs["more"] = tensor.Ints(make([]int32, 6), 2, 3)
		},
		`samples of head "wide" are float32 of sh`: func(s *Samples) { delete(s.Heads, "wide") },
	} {
		f := file(t)
		if err := f.Sample(asked()); err != nil {
			t.Fatal(err)
		}
		change(f.Samples)
		if err := f.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

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

// A file of numerics version 1, from before files had versions, is read, and its samples agree
// within a tolerance. testdata/numerics1.safetensors is digitqa trained on 300 random images of 6 x
// 5 pixels.
func TestNumericsOfBefore(t *testing.T) {
	f, err := Open(filepath.Join("testdata", "numerics1.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if f.Numerics != 1 || f.Samples == nil {
		t.Fatalf("numerics version %d, samples %v, want 1 and some", f.Numerics, f.Samples)
	}
	if err := f.Try(); err != nil {
		t.Error(err)
	}
	digit := f.Samples.Heads["digit"].Float32s()
	digit[3] += sampleTolerance / 2
	if err := f.Try(); err != nil {
		t.Errorf("half the tolerance off: %v", err)
	}
	f.Numerics = braid.Numerics
	if err := f.Try(); err == nil {
		t.Error("a file of this version may be off")
	}
	f.Numerics = 1
	digit[3] += sampleTolerance
	if err := f.Try(); err == nil {
		t.Error("more than the tolerance off is no error")
	}
	if f, err = Parse(content(t, file(t))); err != nil || f.Numerics != braid.Numerics {
		t.Errorf("a new file has numerics version %d, error %v, want %d", f.Numerics, err, braid.Numerics)
	}
	c, err := safetensors.Parse(content(t, file(t)))
	if err != nil {
		t.Fatal(err)
	}
	c.Metadata[numericsKey] = "two"
	var bad bytes.Buffer
	if err := c.Write(&bad); err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(bad.Bytes()); err == nil ||
		!strings.Contains(err.Error(), `numerics version "two"`) {
		t.Errorf("a numerics version that is no number: error %v", err)
	}
}
