package batchpredict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/data"
	"braid/feature"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/modelfile"
	"braid/predictor"
	"braid/target"
	"braid/tensor"
	"braid/text"
)

// The test model's heads, by index.
const (
	colour = iota // the label of the largest of the first three pixels
	order         // yes if the question's first word has the larger id
	digits        // 10 and 1 times the ids; the sum of 1, 2, 4... times the pixels
)

// The model's pixels are standardized by this.
var standard = data.Standard{Mean: 10, Std: 2}

// testModel answers an image of 2 x 3 pixels and a question of two words, so that its inputs can be
// read from its answers. The words odd, number, upper and half have the ids 1 to 4.
func testModel(t testing.TB) *predictor.Model {
	t.Helper()
	tokenizer, err := text.NewTokenizer(text.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	tokenizer.FitOnTexts([]string{"odd number", "upper half"})
	g := braid.NewGraph("test")
	image, question := g.Input("image", tensor.Float32, 2, 3), g.Input("question", tensor.Int32, 2)
	words := g.Add("words", layer.Embedding{Vocabulary: 5, Width: 1}, question)
	inputs := g.Add("inputs", layer.Concatenate{},
		g.Add("ids", layer.Flatten{}, words), g.Add("pixels", layer.Flatten{}, image))
	g.Head("colour", layer.Dense{Units: 3, Activation: layer.Softmax, NoBias: true}, inputs)
	g.Head("order", layer.Dense{Units: 1, Activation: layer.Sigmoid, NoBias: true}, inputs)
	g.Head("digits", layer.Dense{Units: 2, NoBias: true}, inputs)
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range map[string][]float32{
		"words.embeddings": {0, 1, 2, 3, 4},
		"colour.kernel": {
			0, 0, 0, 0, 0, 0, // ids
			1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		},
		"order.kernel":  {1, -1, 0, 0, 0, 0, 0, 0},
		"digits.kernel": {10, 0, 1, 0, 0, 1, 0, 2, 0, 4, 0, 8, 0, 16, 0, 32},
	} {
		w, err := m.Weight(name)
		if err == nil {
			err = w.Set(values)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	reads, err := feature.NewTokensEncoder(tokenizer, text.Padding{Length: 2}, 5,
		[]string{"odd number"})
	if err != nil {
		t.Fatal(err)
	}
	return newModel(t, &modelfile.File{
		Model: m,
		Features: []modelfile.Feature{
			{Column: "image", Encoder: &feature.DigitEncoder{Height: 2, Width: 3, Standard: standard}},
			{Column: "question", Encoder: reads},
		},
		Targets: []modelfile.Target{
			{Column: "colour", Decoder: target.CategoryDecoder{
				Classes: []string{"red", `b, "c"`, "grün"}}},
			{Column: "order", Decoder: target.BinaryDecoder{False: "no", True: "yes", Threshold: 0.5}},
		},
	})
}

// dropping returns the test model, which leaves out unknown words.
func dropping(t testing.TB) *predictor.Model {
	t.Helper()
	m := testModel(t)
	_, words := Text(m)
	words.Drop = true
	return m
}

// truth knows that the answer to odd number is yes for red and grün.
func truth(
	head int, b *predictor.Batch, row int, known map[string]string,
) (label string, ok bool) {
	asked := slices.Equal(b.Inputs[1].Int32s()[2*row:][:2], []int32{1, 2})
	c, ok := known["colour"]
	if head != order || !asked || !ok {
		return "", false
	}
	if c == "red" || c == "grün" {
		return "yes", true
	}
	return "no", true
}

func newModel(t testing.TB, f *modelfile.File) *predictor.Model {
	t.Helper()
	m, err := predictor.New(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// imageOf is an image for which the second number of digits is n, up to 3,900.
func imageOf(n int) []uint8 {
	return []uint8{uint8(10 + 2*(n%32)), 10, 10, 10, 10, uint8(10 + 2*(n/32))}
}

// images are images of the numbers 0 to n-1, as an IDX file.
func images(n int) []byte {
	var pixels []byte
	for i := range n {
		pixels = append(pixels, imageOf(i)...)
	}
	return braidtest.IDX(pixels, n, 2, 3)
}

// line is a row of JSON with an image of a number.
func line(n int) string {
	list := strings.Trim(strings.ReplaceAll(fmt.Sprint(imageOf(n)), " ", ","), "[]")
	return fmt.Sprintf(`{"question": "odd number", "image": [%s]}`, list)
}

// stdin opens content as standard input.
func stdin[T string | []byte](t testing.TB, content T) *File {
	t.Helper()
	return opened(t, bytes.NewReader([]byte(content)))
}

func opened(t testing.TB, r io.Reader) *File {
	t.Helper()
	f, err := Open(t.Context(), "-", r)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// failing reads content, and then fails.
func failing(content []byte) io.Reader {
	return io.MultiReader(bytes.NewReader(content), broken{})
}

type broken struct{}

var errBroken = errors.New("the disk is broken")

func (broken) Read([]byte) (int, error) { return 0, errBroken }

// prepared prepares rows for a prediction.
func prepared(t testing.TB, m *predictor.Model, rows Rows) *Prediction {
	t.Helper()
	p := &Prediction{Model: m, Rows: rows}
	if _, err := p.Header(); err != nil {
		t.Fatal(err)
	}
	return p
}

// next reads and converts the next block of prepared rows, whose first row has a number.
func next(m *predictor.Model, rows Rows, first int) (*block, *predictor.Batch, error) {
	b, batch := &block{first: first}, m.NewBatch(rows.most())
	err := rows.read(b, rows.most())
	share(1, b.n, func(worker, lo, hi int) { rows.convert(worker, b, batch, lo, hi) })
	return b, batch, err
}

// fill reads and converts the first block of rows.
func fill(t testing.TB, m *predictor.Model, rows Rows) (*block, *predictor.Batch, error) {
	t.Helper()
	prepared(t, m, rows)
	return next(m, rows, 0)
}
