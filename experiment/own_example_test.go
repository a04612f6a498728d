package experiment_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"braid"
	"braid/data"
	"braid/experiment"
	"braid/feature"
	"braid/modelfile"
	"braid/predictor"
	"braid/target"
	"braid/tensor"
	"braid/train"
)

// vowels is a feature of its own: the share of vowels in a word.
type vowels struct{}

func (vowels) Kind() string { return "vowels" }

func (vowels) Canonical(cell string) string { return strings.ToLower(cell) }

// Learn learns the mean share, which stands for a missing word.
func (v vowels) Learn(c feature.Column) (feature.Encoder, error) {
	var e vowelEncoder
	err := c.Each(func(cell string) error {
		e.Mean += v.share(cell) / float64(len(c.Rows))
		return nil
	})
	return e, err
}

func (vowels) share(word string) float64 {
	count := 0
	for _, letter := range strings.ToLower(word) {
		if strings.ContainsRune("aeiou", letter) {
			count++
		}
	}
	return float64(count) / float64(max(len(word), 1))
}

// vowelEncoder is what vowels has learnt. It is stored in JSON.
type vowelEncoder struct {
	Mean float64 `json:"mean"`
}

func (vowelEncoder) Kind() string { return "vowels" }

func (vowelEncoder) Inputs(column string) []feature.Input {
	return []feature.Input{
		{Name: feature.Name(column), DType: tensor.Float32, Shape: tensor.Shape{1}},
	}
}

func (e vowelEncoder) Encode(v feature.Value, row []feature.Slot) (feature.Note, error) {
	if v.Text == "" {
		row[0].Floats[0] = float32(e.Mean)
		return feature.Missing, nil
	}
	row[0].Floats[0] = float32(vowels{}.share(v.Text))
	return 0, nil
}

func (vowelEncoder) Branch(_ *braid.Graph, _ string, inputs []*braid.Node) feature.Branch {
	return feature.Branch{Out: inputs[0]}
}

// words is a source of its own: words of two made-up languages.
type words struct{ next int }

func (*words) Columns() []string { return []string{"word", "language"} }

func (s *words) Read(r *data.Record) error {
	if s.next == 200 {
		return io.EOF
	}
	s.next++
	number := strings.NewReplacer("0", "k", "1", "t", "2", "r", "3", "s", "4", "l", "5", "m",
		"6", "n", "7", "p", "8", "w", "9", "h").Replace(fmt.Sprint(s.next))
	r.Line, r.Cells = s.next, []string{number + "zrk", "hard"}
	if s.next%2 == 0 {
		r.Cells = []string{number + "aeoia", "soft"}
	}
	return nil
}

func (*words) Close() error { return nil }

// A feature and a source of rows from outside Braid. The model file is read with an example of the
// feature's encoder.
func Example_ownFeature() {
	frame, err := data.NewFrame()
	check(err)
	check(frame.Append("words", &words{}))
	e := &experiment.Experiment{
		Name:   "languages",
		Inputs: []experiment.Input{{Column: "word", Feature: vowels{}}},
		Heads:  []experiment.Head{{Column: "language", Target: target.Category{}}},
		Train:  experiment.Train{Epochs: 20},
	}
	rows, err := e.LoadFrame(frame)
	check(err)
	ctx := context.Background()
	b, err := rows.Build(ctx, experiment.Options{})
	check(err)
	history, err := train.Fit(ctx, b.Model, b.Tables[experiment.TrainPart], b.Plan)
	check(err)
	file, err := b.File(history)
	check(err)
	var content bytes.Buffer
	check(file.Write(&content))

	read, err := modelfile.Parse(content.Bytes(), vowelEncoder{})
	check(err)
	m, err := predictor.New(read)
	check(err)
	for _, word := range []string{"moonia", "krznt"} {
		answers, err := m.Ask(map[string]feature.Value{"word": {Text: word}})
		check(err)
		fmt.Println(word, answers["language"].Text)
	}
	// Output:
	// moonia soft
	// krznt hard
}
