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
	"braid/layer"
	"braid/modelfile"
	"braid/predictor"
	"braid/tensor"
	"braid/text"
)

// file is a model of two inputs and three heads: one of classes, one of yes and no, one of numbers.
func file(t testing.TB) *modelfile.File {
	t.Helper()
	tokenizer, err := text.NewTokenizer(text.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	tokenizer.FitOnTexts([]string{"odd number", "upper half"})
	g := braid.NewGraph("small")
	x, ids := g.Input("x", tensor.Float32, 2, 3), g.Input("ids", tensor.Int32, 2)
	words := g.Add("flat", layer.Flatten{}, g.Add("words", layer.Embedding{Vocabulary: 6, Width: 2}, ids))
	both := g.Add("both", layer.Concatenate{}, words, g.Add("pixels", layer.Flatten{}, x))
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
				Tokenizer: tokenizer, Padding: text.Padding{Length: 2}, Questions: []string{"odd number", "upper half"},
			}},
		},
		Labels: []modelfile.Labels{{Head: "class", Labels: []string{"a", "b", "c"}}, {Head: "answer", Labels: []string{"no", "yes"}}},
		Rules: []modelfile.Rule{
			{Input: "ids", Text: "odd number", Head: "answer", Label: "yes", Of: "class", Labels: []string{"b"}},
			{Input: "ids", Text: "upper half", Head: "answer", Label: "yes", Of: "class", Labels: []string{"b", "c"}},
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
		"odd number": {1, 2}, "Number, odd!": {2, 1}, "half": {0, 4}, "upper  half": {3, 4}, "half odd number odd": {2, 1},
		"number\r\nodd\r\n": {2, 1}, "number odd\r": {2, 1}, "\todd\nodd\n\n": {1, 1},
	} {
		ids := make([]int32, 2)
		if err := in.ReadText(ids, question); err != nil || !slices.Equal(ids, want) {
			t.Errorf("%q is %v (%v), want %v", question, ids, err, want)
		}
		if trained := in.Trained(ids); trained != (question == "odd number" || question == "upper  half") {
			t.Errorf("%q counts as trained: %v", question, trained)
		}
	}
	for question, want := range map[string]string{
		"odd fellow":             `"odd fellow" has a word the model does not know: "fellow"; it can be asked "odd number", "upper half"`,
		"an odd fel":             `has words the model does not know: "an", "fel"; it can be asked`,
		"":                       `"" asks nothing`,
		"?!":                     `"?!" asks nothing`,
		"\r\n":                   `asks nothing; it can be asked`,
		"odd half fellow":        `"odd half fellow" has a word the model does not know: "fellow"; it can be asked`,
		"odd number\u00a0":       `has a word the model does not know: "number\u00a0"`,
		strings.Repeat("x ", 30): "and 10 more",
	} {
		err := in.ReadText(make([]int32, 2), question)
		var unanswerable *predictor.Unanswerable
		if !errors.As(err, &unanswerable) || !strings.Contains(err.Error(), want) || len(err.Error()) > 300 {
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
		{[]float32{0.125, 0.75, 0.125}, predictor.Answer{Head: "class", Label: "b", Probability: 0.75, Answers: []predictor.Choice{{"a", 0.125}, {"b", 0.75}, {"c", 0.125}}}},
		{[]float32{0.25}, predictor.Answer{Head: "answer", Label: "no", Probability: 0.75, Answers: []predictor.Choice{{"no", 0.75}, {"yes", 0.25}}}},
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

// Numbers that are not finite are no answer, of whichever head and row.
func TestCheckAnswers(t *testing.T) {
	m := model(t)
	rows := m.Rows(3)
	for head, size := range []int{3, 1, 2} {
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			at := 2*size - 1 // the last of row 1
			rows.Answers[head].Float32s()[at] = float32(v)
			err := m.CheckAnswers(rows, 1)
			if want := fmt.Sprintf("head %q gives %v, which is no answer", m.Heads[head].Name, v); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("error is %v, want %s", err, want)
			}
			for _, row := range []int{0, 2} {
				if err := m.CheckAnswers(rows, row); err != nil {
					t.Errorf("row %d: %v", row, err)
				}
			}
			rows.Answers[head].Float32s()[at] = -math.MaxFloat32
			if err := m.CheckAnswers(rows, 1); err != nil {
				t.Error(err)
			}
		}
	}
}

// A softmax over one class has one answer, of which it is sure: no number of it means yes.
func TestOneClass(t *testing.T) {
	g := braid.NewGraph("sure")
	g.Head("only", layer.Dense{Units: 1, Activation: layer.Softmax}, g.Input("x", tensor.Float32, 1))
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, labels := range [][]modelfile.Labels{nil, {{Head: "only", Labels: []string{"all"}}}} {
		own, err := predictor.New(&modelfile.File{Model: m, Labels: labels})
		if err != nil {
			t.Fatal(err)
		}
		want := "0"
		if labels != nil {
			want = "all"
		}
		got := own.Heads[0].Answer([]float32{1})
		if !reflect.DeepEqual(got, predictor.Answer{Head: "only", Label: want, Probability: 1, Answers: []predictor.Choice{{want, 1}}}) {
			t.Errorf("answer is %+v, want %q for sure", got, want)
		}
	}
}

// Best of one number: above one half it is yes, where it is the probability of yes, and else the only one there is.
func TestBest(t *testing.T) {
	for _, c := range []struct {
		activation  braid.Activation
		numbers     []float32
		want        int
		probability float32
	}{
		{layer.Sigmoid, []float32{0.75}, 1, 0.75}, {layer.Sigmoid, []float32{0.5}, 0, 0.5}, {layer.Sigmoid, []float32{0.125}, 0, 0.875},
		{layer.Sigmoid, []float32{0.25, 0.75, 0.5}, 1, 0.75}, {layer.Softmax, []float32{1}, 0, 1},
		{layer.Softmax, []float32{0.25, 0.375, 0.375}, 1, 0.375}, {layer.Linear, []float32{7}, 0, 7},
	} {
		h := predictor.Head{Spec: braid.Spec{Name: "h", Shape: tensor.Shape{len(c.numbers)}, Activation: c.activation}}
		got := h.Best(c.numbers)
		if n := h.Classes(); n <= got || n != len(h.Answer(c.numbers).Answers) && c.activation == layer.Softmax {
			t.Errorf("%v after %v has %d classes", c.numbers, c.activation, n)
		}
		if p := h.Probability(c.numbers, got); got != c.want || p != c.probability {
			t.Errorf("best of %v after %v is %d with %v, want %d with %v", c.numbers, c.activation, got, p, c.want, c.probability)
		}
	}
}

// Rows go through the model as Predict takes them, and may be put together and taken apart.
func TestRows(t *testing.T) {
	m := model(t)
	x := []float32{1, 2, 3, 4, 5, 6, -1, 0.5, 0, 2, 7, 3, 0.25, 1, 8, 0, 0, 1}
	ids := []int32{1, 2, 3, 4, 0, 1}
	want, err := m.File.Model.Predict(braid.Tensors{"x": tensor.Floats(x, 3, 2, 3), "ids": tensor.Ints(ids, 3, 2)})
	if err != nil {
		t.Fatal(err)
	}
	all := m.Rows(3)
	var own [2]*predictor.Rows
	own[0], own[1] = m.Rows(1), m.Rows(2)
	copy(own[0].Inputs[0].Float32s(), x[:6])
	copy(own[1].Inputs[0].Float32s(), x[6:])
	copy(own[0].Inputs[1].Int32s(), ids[:2])
	copy(own[1].Inputs[1].Int32s(), ids[2:])
	all.CopyInputs(0, own[0])
	all.CopyInputs(1, own[1])
	if err := m.Predict(all); err != nil {
		t.Fatal(err)
	}
	own[0].CopyAnswers(all, 0)
	own[1].CopyAnswers(all, 1)
	for i, h := range m.Heads {
		got := append(slices.Clone(own[0].Answers[i].Float32s()), own[1].Answers[i].Float32s()...)
		if !slices.Equal(got, want[h.Name].Float32s()) {
			t.Errorf("%s: got %v, want %v", h.Name, got, want[h.Name].Float32s())
		}
	}
	m.Free(own[0])
	if again := m.Rows(1); again.N != 1 || len(again.Answers) != 3 {
		t.Errorf("rows given back come as %+v", again)
	}
}

func TestContradictionsAndTruths(t *testing.T) {
	m := model(t)
	rows := m.Rows(2)
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
		got := m.Contradictions(rows, c.row, []predictor.Answer{{Head: "class", Label: c.class}, {Head: "answer", Label: c.answer}, {}})
		if !slices.Equal(got, c.want) {
			t.Errorf("row %d, %s, %s: %q, want %q", c.row, c.class, c.answer, got, c.want)
		}
	}
	for _, c := range []struct {
		row   int
		class string
		want  string
	}{{0, "b", "yes"}, {0, "c", "no"}, {1, "c", "yes"}, {1, "a", "no"}} {
		if got, ok := m.Truth("answer", rows, c.row, map[string]string{"class": c.class}); got != c.want || !ok {
			t.Errorf("row %d, class %s: %q, %v, want %q", c.row, c.class, got, ok, c.want)
		}
	}
	if got, ok := m.Truth("answer", rows, 0, nil); ok {
		t.Errorf("nothing is known, and the answer is %q", got)
	}
	if got, ok := m.Truth("class", rows, 0, map[string]string{"answer": "yes"}); ok {
		t.Errorf("no rule tells the class, and it is %q", got)
	}
}

// A file whose words do not fit its model cannot be asked.
func TestBadFiles(t *testing.T) {
	for want, change := range map[string]func(f *modelfile.File){
		"Model is missing":                  func(f *modelfile.File) { *f = modelfile.File{} },
		`input "ids": text without a token`: func(f *modelfile.File) { f.Inputs[1].Text.Tokenizer = nil },
		`head "answer" has 1 labels`:        func(f *modelfile.File) { f.Labels = []modelfile.Labels{{Head: "answer", Labels: []string{"yes"}}} },
		`unknown head "none"`:               func(f *modelfile.File) { f.Rules[0].Head = "none" },
		`samples of input "x" are`:          func(f *modelfile.File) { f.Samples = &modelfile.Samples{} },
		`input "ids" has pixels`:            func(f *modelfile.File) { f.Inputs[1].Pixels = f.Inputs[0].Pixels },
		`has texts of 3 words`:              func(f *modelfile.File) { f.Inputs[1].Text.Padding.Length = 3 },
		`"even number" has a word`:          func(f *modelfile.File) { f.Inputs[1].Text.Questions[1] = "even number" },
		`rule 1: "half fellow" has a word`:  func(f *modelfile.File) { f.Rules[1].Text = "half fellow" },
		`samples: head "answer" gives`: func(f *modelfile.File) {
			err := f.Sample(braid.Tensors{"x": tensor.Bytes(make([]uint8, 6), 1, 2, 3), "ids": tensor.Ints([]int32{1, 2}, 1, 2)})
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
