package predictor_test

import (
	"errors"
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
	return &modelfile.File{
		Model: m,
		Inputs: []modelfile.Input{
			{Name: "x", Pixels: &data.Standard{Mean: 3.5, Std: 0.25}},
			{Name: "ids", Text: &modelfile.Text{
				Tokenizer: tokenizer, Padding: text.Padding{Length: 2},
				Questions: []string{"odd number", "upper half"},
			}},
		},
		Labels: []modelfile.Labels{
			{Head: "class", Labels: []string{"a", "b", "c"}},
			{Head: "answer", Labels: []string{"no", "yes"}},
		},
		Rules: []modelfile.Rule{
			{
				Input: "ids", Text: "odd number",
				Head: "answer", Label: "yes",
				Of: "class", Labels: []string{"b"},
			},
			{
				Input: "ids", Text: "upper half",
				Head: "answer", Label: "yes",
				Of: "class", Labels: []string{"b", "c"},
			},
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

func TestReadText(t *testing.T) {
	in := model(t).Inputs[1]
	for question, want := range map[string][]int32{
		"odd number":          {1, 2},
		"Number, odd!":        {2, 1},
		"half":                {0, 4},
		"upper  half":         {3, 4},
		"half odd number odd": {2, 1},
		"number\r\nodd\r\n":   {2, 1},
		"number odd\r":        {2, 1},
		"\todd\nodd\n\n":      {1, 1},
	} {
		ids := make([]int32, 2)
		if err := in.Text.ReadText(ids, question); err != nil || !slices.Equal(ids, want) {
			t.Errorf("%q is %v (%v), want %v", question, ids, err, want)
		}
		trained := question == "odd number" || question == "upper  half"
		if got := in.Text.Trained(ids); got != trained {
			t.Errorf("%q counts as trained: %v", question, got)
		}
	}
	for question, want := range map[string]string{
		"odd fellow": `"odd fellow" has a word the model does not know: "fellow"; ` +
			`it can be asked "odd number", "upper half"`,
		"an odd fel": `has words the model does not know: "an", "fel"; it can be asked`,
		"":           `"" asks nothing`,
		"?!":         `"?!" asks nothing`,
		"\r\n":       `asks nothing; it can be asked`,
		"odd half fellow": `"odd half fellow" has a word the model does not know: "fellow"; ` +
			`it can be asked`,
		"odd number\u00a0":       `has a word the model does not know: "number\u00a0"`,
		strings.Repeat("x ", 30): "and 10 more",
	} {
		err := in.Text.ReadText(make([]int32, 2), question)
		var unreadable *feature.Unreadable
		if !errors.As(err, &unreadable) || !strings.Contains(err.Error(), want) ||
			len(err.Error()) > 300 {
			t.Errorf("%q: error is %v, want %q", question, err, want)
		}
	}
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
	for _, labels := range [][]modelfile.Labels{nil, {{Head: "only", Labels: []string{"all"}}}} {
		p, err := predictor.New(&modelfile.File{Model: m, Labels: labels})
		if err != nil {
			t.Fatal(err)
		}
		label := "0"
		if labels != nil {
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
		h := predictor.Head{Spec: braid.Spec{
			Name: "h", Shape: tensor.Shape{len(c.numbers)}, Activation: c.activation,
		}}
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

func TestContradictionsAndTruths(t *testing.T) {
	m := model(t)
	rows := m.NewBatch(2)
	copy(rows.Inputs[1].Int32s(), []int32{1, 2, 3, 4}) // odd number, upper half
	for _, c := range []struct {
		row           int
		class, answer string
		want          []string
	}{
		{0, "b", "yes", nil},
		{0, "c", "no", nil},
		{0, "c", "yes", []string{`class says c, but answer says yes to "odd number"`}},
		{1, "c", "yes", nil},
		{1, "b", "no", []string{`class says b, but answer says no to "upper half"`}},
	} {
		got := m.Contradictions(rows, c.row, []predictor.Answer{
			{Head: "class", Label: c.class}, {Head: "answer", Label: c.answer}, {},
		})
		if !slices.Equal(got, c.want) {
			t.Errorf("row %d, %s, %s: %q, want %q", c.row, c.class, c.answer, got, c.want)
		}
	}
	for _, c := range []struct {
		row   int
		class string
		want  string
	}{{0, "b", "yes"}, {0, "c", "no"}, {1, "c", "yes"}, {1, "a", "no"}} {
		known := map[string]string{"class": c.class}
		if got, ok := m.Truth("answer", rows, c.row, known); got != c.want || !ok {
			t.Errorf("row %d, class %s: %q, %v, want %q", c.row, c.class, got, ok, c.want)
		}
	}
	if got, ok := m.Truth("answer", rows, 0, nil); ok {
		t.Errorf("without a known label the answer is %q", got)
	}
	if got, ok := m.Truth("class", rows, 0, map[string]string{"answer": "yes"}); ok {
		t.Errorf("without a rule the class is %q", got)
	}
}

// New refuses files whose conversions do not fit the network.
func TestBadFiles(t *testing.T) {
	for want, change := range map[string]func(f *modelfile.File){
		"Model is missing":                  func(f *modelfile.File) { *f = modelfile.File{} },
		`input "ids": text without a token`: func(f *modelfile.File) { f.Inputs[1].Text.Tokenizer = nil },
		`head "answer" has 1 labels`: func(f *modelfile.File) {
			f.Labels = []modelfile.Labels{{Head: "answer", Labels: []string{"yes"}}}
		},
		`unknown head "none"`:      func(f *modelfile.File) { f.Rules[0].Head = "none" },
		`samples of input "x" are`: func(f *modelfile.File) { f.Samples = &modelfile.Samples{} },
		`input "ids" has pixels`:   func(f *modelfile.File) { f.Inputs[1].Pixels = f.Inputs[0].Pixels },
		`has texts of 3 words`:     func(f *modelfile.File) { f.Inputs[1].Text.Padding.Length = 3 },
		`"even number" has a word`: func(f *modelfile.File) {
			f.Inputs[1].Text.Questions[1] = "even number"
		},
		`rule 1: "half fellow" has a word`: func(f *modelfile.File) { f.Rules[1].Text = "half fellow" },
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
