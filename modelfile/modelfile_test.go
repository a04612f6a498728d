package modelfile

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/data"
	"braid/feature"
	"braid/internal/braidtest"
	"braid/internal/safetensors"
	"braid/layer"
	"braid/op"
	"braid/target"
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
	words, err := feature.NewTokensEncoder(tokenizer, text.Padding{Length: 3}, 4,
		[]string{"odd number"})
	if err != nil {
		t.Fatal(err)
	}
	return &File{
		Model: every(t),
		Features: []Feature{
			{"x", &feature.DigitEncoder{
				Height: 2, Width: 3, Standard: data.Standard{Mean: 3.5, Std: 0.25}}},
			{"ids", words},
		},
		Targets:  []Target{{"thin", target.BinaryDecoder{False: "no", True: "yes", Threshold: 0.5}}},
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
		if !reflect.DeepEqual(back.Targets, f.Targets) || string(back.Training) != string(f.Training) ||
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
		`format is "", want "braid 3"`: func(c *safetensors.Container) {
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
			replace(c, "features", `"x"`, `"y"`)
		},
		"std = 0": func(c *safetensors.Container) {
			replace(c, "features", "0.25", "0")
		},
		`unknown head "fat"`: func(c *safetensors.Container) {
			replace(c, "targets", "thin", "fat")
		},
		`the target reads 1 outputs, the head has 3`: func(c *safetensors.Container) {
			replace(c, "targets", "thin", "wide")
		},
		"holds the word": func(c *safetensors.Container) {
			replace(c, "features", `"number"`, `"odd"`)
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

// Files that call the nodes places are still read.
func TestPlaces(t *testing.T) {
	c, err := safetensors.Parse(content(t, file(t)))
	if err != nil {
		t.Fatal(err)
	}
	replace(c, "graph", `"nodes":[`, `"places":[`)
	if !strings.Contains(c.Metadata["graph"], `"places":[`) {
		t.Fatalf("graph is %s, want nodes in it", c.Metadata["graph"])
	}
	var old bytes.Buffer
	if err := c.Write(&old); err != nil {
		t.Fatal(err)
	}
	back, err := Parse(old.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(content(t, back), content(t, file(t))) {
		t.Error("an old file, saved again, is not the new one")
	}
}

// Files without checksums are still read.
func TestUnchecked(t *testing.T) {
	old := content(t, file(t))
	at := bytes.Index(old, []byte(`"crc32c":"`))
	end := at + 10 + bytes.Index(old[at+10:], []byte(`",`)) + 2
	old = bytes.Replace(append(bytes.Clone(old[:at]), old[end:]...), []byte("braid 3"),
		[]byte("braid 1"), 1)
	length := binary.LittleEndian.Uint64(old) - uint64(end-at)
	binary.LittleEndian.PutUint64(old, length)
	if _, err := Parse(old); err != nil {
		t.Error(err)
	}
	for _, format := range []string{"braid 2", "braid 3"} {
		new := bytes.Replace(old, []byte("braid 1"), []byte(format), 1)
		if _, err := Parse(new); err == nil || !strings.Contains(err.Error(), "checksums are missing") {
			t.Errorf("%s: error is %v, want one that tells of the checksums", format, err)
		}
	}
}
