package predictor_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/data"
	"braid/feature"
	"braid/layer"
	"braid/modelfile"
	"braid/predictor"
	"braid/target"
	"braid/tensor"
	"braid/text"
)

// file returns a model with two inputs and three heads: of classes, of yes and no, and of numbers.
func file(t testing.TB) *modelfile.File {
	t.Helper()
	tokenizer, err := text.NewTokenizer(text.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	tokenizer.FitOnTexts([]string{"odd number", "upper half"})
	g := braid.NewGraph("small")
	x, ids := g.Input("x", tensor.Float32, 2, 3), g.Input("ids", tensor.Int32, 2)
	words := g.Add("words", layer.Embedding{Vocabulary: 6, Width: 2}, ids)
	both := g.Add("both", layer.Concatenate{},
		g.Add("flat", layer.Flatten{}, words), g.Add("pixels", layer.Flatten{}, x))
	g.Head("class", layer.Dense{Units: 3, Activation: layer.Softmax}, both)
	g.Head("answer", layer.Dense{Units: 1, Activation: layer.Sigmoid}, both)
	g.Head("size", layer.Dense{Units: 2}, both)
	m, err := g.Build(5)
	if err != nil {
		t.Fatal(err)
	}
	reads, err := feature.NewTokensEncoder(tokenizer, text.Padding{Length: 2}, 6,
		[]string{"odd number", "upper half"})
	if err != nil {
		t.Fatal(err)
	}
	return &modelfile.File{
		Model: m,
		Features: []modelfile.Feature{
			{Column: "x", Encoder: &feature.DigitEncoder{
				Height: 2, Width: 3, Standard: data.Standard{Mean: 3.5, Std: 0.25}}},
			{Column: "ids", Encoder: reads},
		},
		Targets: []modelfile.Target{
			{Column: "class", Decoder: target.CategoryDecoder{Classes: []string{"a", "b", "c"}}},
			{Column: "answer", Decoder: target.BinaryDecoder{False: "no", True: "yes", Threshold: 0.5}},
		},
	}
}

func model(t testing.TB) *predictor.Model {
	t.Helper()
	m, err := predictor.New(file(t))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAnswers(t *testing.T) {
	m := model(t)
	for i, c := range []struct {
		numbers []float32
		want    predictor.Answer
	}{
		{[]float32{0.125, 0.75, 0.125}, predictor.Answer{
			Head: "class", Label: "b", Probability: 0.75,
			Answers: []predictor.Choice{{"a", 0.125}, {"b", 0.75}, {"c", 0.125}},
		}},
		{[]float32{0.25}, predictor.Answer{
			Head: "answer", Label: "no", Probability: 0.75,
			Answers: []predictor.Choice{{"no", 0.75}, {"yes", 0.25}},
		}},
		{[]float32{2.5, -1}, predictor.Answer{Head: "size", Label: "2.5 -1", Probability: 1}},
	} {
		if got := m.Heads[i].Answer(c.numbers); !reflect.DeepEqual(got, c.want) {
			t.Errorf("answer is %+v, want %+v", got, c.want)
		}
	}
	if a := m.Heads[0].Answer([]float32{0.3, 0.35, 0.35}); a.Label != "b" || !a.Unsure {
		t.Errorf("answer is %+v, want b, unsure", a)
	}
	if a := m.Heads[1].Answer([]float32{0.5}); a.Label != "no" || !a.Unsure {
		t.Errorf("answer to one half is %+v, want no, unsure", a)
	}
}

// CheckOutputs finds any number of the row that is not finite, and none of another row.
func TestCheckOutputs(t *testing.T) {
	m := model(t)
	rows := m.NewBatch(3)
	for head, size := range []int{3, 1, 2} {
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			at := 2*size - 1 // the last of row 1
			rows.Outputs[head].Float32s()[at] = float32(v)
			err := m.CheckOutputs(rows, 1)
			want := fmt.Sprintf("head %q gives %v, which is no answer", m.Heads[head].Name, v)
			if err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("error is %v, want %s", err, want)
			}
			for _, row := range []int{0, 2} {
				if err := m.CheckOutputs(rows, row); err != nil {
					t.Errorf("row %d: %v", row, err)
				}
			}
			rows.Outputs[head].Float32s()[at] = -math.MaxFloat32
			if err := m.CheckOutputs(rows, 1); err != nil {
				t.Error(err)
			}
		}
	}
}

// A softmax over one class has one answer, with probability 1. It has no yes and no.
func TestOneClass(t *testing.T) {
	g := braid.NewGraph("sure")
	g.Head("only", layer.Dense{Units: 1, Activation: layer.Softmax}, g.Input("x", tensor.Float32, 1))
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, targets := range [][]modelfile.Target{nil, {
		{Column: "only", Decoder: target.CategoryDecoder{Classes: []string{"all"}}}}} {
		p, err := predictor.New(&modelfile.File{Model: m, Targets: targets})
		if err != nil {
			t.Fatal(err)
		}
		label := "0"
		if targets != nil {
			label = "all"
		}
		want := predictor.Answer{
			Head: "only", Label: label, Probability: 1,
			Answers: []predictor.Choice{{label, 1}},
		}
		if got := p.Heads[0].Answer([]float32{1}); !reflect.DeepEqual(got, want) {
			t.Errorf("answer is %+v, want %+v", got, want)
		}
	}
}

// Best is the largest number. A sigmoid's only number is compared with one half.
func TestBest(t *testing.T) {
	for _, c := range []struct {
		activation  braid.Activation
		numbers     []float32
		want        int
		probability float32
	}{
		{layer.Sigmoid, []float32{0.75}, 1, 0.75},
		{layer.Sigmoid, []float32{0.5}, 0, 0.5},
		{layer.Sigmoid, []float32{0.125}, 0, 0.875},
		{layer.Sigmoid, []float32{0.25, 0.75, 0.5}, 1, 0.75},
		{layer.Softmax, []float32{1}, 0, 1},
		{layer.Softmax, []float32{0.25, 0.375, 0.375}, 1, 0.375},
		{layer.Linear, []float32{7}, 0, 7},
	} {
		g := braid.NewGraph("best")
		g.Head("h", layer.Dense{Units: len(c.numbers), Activation: c.activation},
			g.Input("x", tensor.Float32, 1))
		built, err := g.Build(1)
		if err != nil {
			t.Fatal(err)
		}
		m, err := predictor.New(&modelfile.File{Model: built})
		if err != nil {
			t.Fatal(err)
		}
		h := m.Heads[0]
		got := h.Best(c.numbers)
		n, answers := h.Classes(), len(h.Answer(c.numbers).Answers)
		if n <= got || n != answers && c.activation == layer.Softmax {
			t.Errorf("%v after %v has %d classes", c.numbers, c.activation, n)
		}
		if p := h.Probability(c.numbers, got); got != c.want || p != c.probability {
			t.Errorf("%+v: best is %d with %v", c, got, p)
		}
	}
}

// Batches that are copied together give the same answers as Model.Predict.
func TestRows(t *testing.T) {
	m := model(t)
	x := []float32{1, 2, 3, 4, 5, 6, -1, 0.5, 0, 2, 7, 3, 0.25, 1, 8, 0, 0, 1}
	ids := []int32{1, 2, 3, 4, 0, 1}
	want, err := m.File.Model.Predict(braid.Tensors{
		"x":   tensor.Floats(x, 3, 2, 3),
		"ids": tensor.Ints(ids, 3, 2),
	})
	if err != nil {
		t.Fatal(err)
	}
	all, first, others := m.NewBatch(3), m.NewBatch(1), m.NewBatch(2)
	copy(first.Inputs[0].Float32s(), x[:6])
	copy(others.Inputs[0].Float32s(), x[6:])
	copy(first.Inputs[1].Int32s(), ids[:2])
	copy(others.Inputs[1].Int32s(), ids[2:])
	all.CopyInputs(0, first)
	all.CopyInputs(1, others)
	if err := m.Predict(all); err != nil {
		t.Fatal(err)
	}
	first.CopyOutputs(all, 0)
	others.CopyOutputs(all, 1)
	for i, h := range m.Heads {
		got := slices.Concat(first.Outputs[i].Float32s(), others.Outputs[i].Float32s())
		if !slices.Equal(got, want[h.Name].Float32s()) {
			t.Errorf("%s: got %v, want %v", h.Name, got, want[h.Name].Float32s())
		}
	}
	m.Free(first)
	if again := m.NewBatch(1); again.N != 1 || len(again.Outputs) != 3 {
		t.Errorf("a batch after Free is %+v", again)
	}
}

// New refuses files whose conversions do not fit the network.
func TestBadFiles(t *testing.T) {
	for want, change := range map[string]func(f *modelfile.File){
		"Model is missing":  func(f *modelfile.File) { *f = modelfile.File{} },
		`unknown input "z"`: func(f *modelfile.File) { f.Features[0].Column = "z" },
		`column "ids": input "ids": the column gives float32`: func(f *modelfile.File) {
			f.Features = []modelfile.Feature{{Column: "ids", Encoder: f.Features[0].Encoder}}
		},
		`samples of input "x" are`: func(f *modelfile.File) { f.Samples = &modelfile.Samples{} },
		`samples: head "answer" gives`: func(f *modelfile.File) {
			err := f.Sample(braid.Tensors{
				"x":   tensor.Bytes(make([]uint8, 6), 1, 2, 3),
				"ids": tensor.Ints([]int32{1, 2}, 1, 2),
			})
			if err != nil {
				t.Fatal(err)
			}
			f.Samples.Heads["answer"].Float32s()[0] += 1e-6
		},
	} {
		f := file(t)
		change(f)
		if _, err := predictor.New(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

// Without features and targets the columns are the inputs, given as numbers, and answers have the
// indices of classes.
func TestPlainModel(t *testing.T) {
	f := file(t)
	m, err := predictor.New(&modelfile.File{Model: f.Model})
	if err != nil {
		t.Fatal(err)
	}
	if got := m.ColumnNames(); !slices.Equal(got, []string{"x", "ids"}) {
		t.Fatalf("columns are %q", got)
	}
	ids := m.Columns[1]
	if !ids.IsNumbers() || ids.ReadsFiles() || ids.Inputs[0].Vocabulary != 6 {
		t.Errorf("%+v", ids)
	}
	b := m.NewBatch(2)
	copy(ids.Slots(b, 1)[0].Ints, []int32{4, 5})
	copy(m.Columns[0].Slots(b, 1)[0].Floats, []float32{1, 2})
	if got := b.Inputs[1].Int32s(); !slices.Equal(got, []int32{0, 0, 4, 5}) {
		t.Errorf("ids are %v", got)
	}
	if got := b.Inputs[0].Float32s()[5:8]; !slices.Equal(got, []float32{0, 1, 2}) {
		t.Errorf("numbers are %v", got)
	}
	if pixels, _ := m.Columns[0].Picture(b, 1); pixels != nil {
		t.Error("numbers are shown as a picture")
	}
	_, err = m.Ask(map[string]feature.Value{"x": {Text: "1"}})
	if err == nil || !strings.HasPrefix(err.Error(), `column "x": want a list of 6 numbers`) {
		t.Errorf("error is %v", err)
	}
	a := m.Heads[1].Answer([]float32{0.75})
	if a.Label != "1" || a.Probability != 0.75 || a.Answers[0].Label != "0" || a.Number != nil {
		t.Errorf("%+v", a)
	}
}

// The pixels of a picture are those that the encoder read, and the network gets them standardized.
func TestPicture(t *testing.T) {
	m := model(t)
	b := m.NewBatch(2)
	copy(m.Columns[0].Slots(b, 1)[0].Bytes, []byte{3, 4, 5, 6, 7, 8})
	m.Columns[0].Standardize(b, 1, 2)
	pixels, shape := m.Columns[0].Picture(b, 1)
	if !slices.Equal(pixels, []byte{3, 4, 5, 6, 7, 8}) || !shape.Equal(tensor.Shape{2, 3}) {
		t.Errorf("picture is %v of %v", pixels, shape)
	}
	if got := b.Inputs[0].Float32s()[5:8]; !slices.Equal(got, []float32{0, -2, 2}) {
		t.Errorf("numbers are %v", got)
	}
}
