package modelfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"braid"
	"braid/data"
	"braid/feature"
	"braid/internal/safetensors"
	"braid/layer"
	"braid/target"
	"braid/tensor"
	"braid/text"
)

// several has an input of pixels, of bytes, of a text and of numbers, and a head of each kind.
func several(t testing.TB) *braid.Model {
	t.Helper()
	g := braid.NewGraph("several")
	pixels, bytes := g.Input("pixels", tensor.Float32, 2, 3), g.Input("bytes", tensor.Float32, 4)
	ids, x := g.Input("ids", tensor.Int32, 3), g.Input("x", tensor.Float32, 2)
	words := g.Add("e", layer.Embedding{Vocabulary: 4, Width: 1}, ids)
	flat := g.Add("both", layer.Concatenate{}, g.Add("flat", layer.Flatten{}, pixels), bytes, x,
		g.Add("words", layer.Flatten{}, words))
	g.Head("wide", layer.Dense{Units: 3, Activation: layer.Softmax}, flat)
	g.Head("thin", layer.Dense{Units: 1, Activation: layer.Sigmoid}, flat)
	g.Head("bare", layer.Dense{Units: 2, Activation: layer.Softmax}, flat)
	g.Head("two", layer.Dense{Units: 2}, flat)
	m, err := g.Build(5)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// old returns a model's file in format 2.
func old(t testing.TB, m *braid.Model, metadata map[string]string) []byte {
	t.Helper()
	c, err := safetensors.Parse(content(t, &File{Model: m}))
	if err != nil {
		t.Fatal(err)
	}
	delete(c.Metadata, featuresKey)
	delete(c.Metadata, targetsKey)
	c.Metadata["format"] = "braid 2"
	for key, value := range metadata {
		c.Metadata[key] = value
	}
	var b bytes.Buffer
	if err := c.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func oldTokenizer(t testing.TB) (*text.Tokenizer, string) {
	t.Helper()
	tokenizer, err := text.NewTokenizer(text.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	tokenizer.FitOnTexts([]string{"odd number"})
	written, err := json.Marshal(tokenizer)
	if err != nil {
		t.Fatal(err)
	}
	return tokenizer, string(written)
}

// Lists of inputs and labels become features and targets. Classes keep their order, which is that
// of the outputs.
func TestOldFiles(t *testing.T) {
	tokenizer, written := oldTokenizer(t)
	f, err := Parse(old(t, several(t), map[string]string{
		"inputs": `[{"name":"pixels","pixels":{"mean":3.5,"std":0.25}},{"name":"x"},` +
			`{"name":"bytes","pixels":{"mean":0,"std":255}},` +
			`{"name":"ids","text":{"tokenizer":` + written + `,"padding":{"length":3},` +
			`"questions":["odd number"]}}]`,
		"labels": `[{"head":"wide","labels":["shirt","coat","bag"]},` +
			`{"head":"thin","labels":["no","yes"]},{"head":"two","labels":["left","right"]}]`,
		"rules": `[{"input":"ids"}]`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	words, err := feature.NewTokensEncoder(tokenizer, text.Padding{Length: 3}, 4,
		[]string{"odd number"})
	if err != nil {
		t.Fatal(err)
	}
	features := []Feature{
		{"pixels", &feature.DigitEncoder{
			Height: 2, Width: 3, Standard: data.Standard{Mean: 3.5, Std: 0.25}}},
		{"bytes", &feature.NumbersEncoder{
			DType: tensor.Uint8, Shape: tensor.Shape{4}, Standard: data.Standard{Std: 255}}},
		{"ids", words},
	}
	targets := []Target{
		{"wide", target.CategoryDecoder{Classes: []string{"shirt", "coat", "bag"}}},
		{"thin", target.BinaryDecoder{False: "no", True: "yes", Declared: true, Threshold: 0.5}},
	}
	if !reflect.DeepEqual(f.Features, features) || !reflect.DeepEqual(f.Targets, targets) {
		t.Errorf("got %+v and %+v, want %+v and %+v", f.Features, f.Targets, features, targets)
	}
	again, err := Parse(content(t, f))
	if err != nil || !reflect.DeepEqual(again.Targets, targets) {
		t.Errorf("written anew, the targets are %+v, error %v", again.Targets, err)
	}
}

func TestOldMistakes(t *testing.T) {
	_, tokenizer := oldTokenizer(t)
	pixels := `[{"name":"pixels","pixels":{"mean":3.5,"std":0.25}}]`
	for _, c := range []struct{ inputs, labels, want string }{
		{"{", "{", "inputs: "}, {"[]", "{", "labels: "},
		{strings.Replace(pixels, `"pixels"`, `"y"`, 1), "[]", `unknown input "y"`},
		{strings.Replace(pixels, `0.25`, `0`, 1), "[]", `std = 0`},
		{strings.Replace(pixels, "}]", "},"+pixels[1:], 1), "[]", `Features names "pixels" twice`},
		{`[{"name":"ids","text":{}}]`, "[]", "text without a tokenizer"},
		{`[{"name":"x","text":{"tokenizer":` + tokenizer + `,"padding":{"length":2}}}]`, "[]",
			"the column gives int32 of shape [2], the model takes float32"},
		{"[]", `[{"head":"fat","labels":[]}]`, `unknown head "fat"`},
		{"[]", `[{"head":"thin","labels":["yes"]}]`, `head "thin" has 1 labels, want no and yes`},
		{"[]", `[{"head":"wide","labels":["a","b"]}]`, "the target reads 2 outputs, the head has 3"},
		{"[]", `[{"head":"wide","labels":["a","b","a"]}]`, `the class "a" is there twice`},
		{"[]", `[{"head":"thin","labels":["a","a"]}]`, `true and false are both "a"`},
		{"[]", `[{"head":"thin","labels":["a","b"]},{"head":"thin","labels":["a","b"]}]`,
			`Targets names "thin" twice`},
	} {
		content := old(t, several(t), map[string]string{"inputs": c.inputs, "labels": c.labels})
		for range 20 { // of two mistakes always the same is reported
			if _, err := Parse(content); !strings.Contains(fmt.Sprint(err), c.want) {
				t.Errorf("%s %s: error is %v, want %s", c.inputs, c.labels, err, c.want)
				break
			}
		}
	}
}
