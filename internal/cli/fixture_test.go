package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"braid"
	"braid/data"
	"braid/data/mnist"
	"braid/digitqa"
	"braid/feature"
	"braid/internal/braidtest"
	"braid/internal/random"
	"braid/layer"
	"braid/modelfile"
	"braid/target"
	"braid/tensor"
	"braid/text"
	"braid/vision"
)

// writeDataset writes a small data set in MNIST's format: 300 training and 40 test images of 6x5.
// Each image has a bright stripe that depends on its digit.
func writeDataset(t testing.TB) string {
	t.Helper()
	return writeDatasetOf(t, 300)
}

// writeDatasetOf is writeDataset with another number of training images.
func writeDatasetOf(t testing.TB, train int) string {
	t.Helper()
	return writeImages(t, train, 6, 5)
}

// writeImages is writeDatasetOf with another height and width.
func writeImages(t testing.TB, train, height, width int) string {
	t.Helper()
	folder, size := t.TempDir(), uint64(height*width)
	for name, rows := range map[string]int{"train": train, "t10k": 40} {
		draw := random.New(1, name)
		var images, labels []byte
		for r := range rows {
			digit := draw.Bits(uint64(r)) % 10
			labels = append(labels, byte(digit))
			for p := range size {
				v := byte(draw.Bits(uint64(r)<<8+p) % 40)
				if p*10/size == digit {
					v += 200
				}
				images = append(images, v)
			}
		}
		packed := braidtest.Gzip(braidtest.IDX(images, rows, height, width))
		writeFile(t, folder, name+"-images-idx3-ubyte.gz", packed)
		writeFile(t, folder, name+"-labels-idx1-ubyte", braidtest.IDX(labels, rows))
	}
	return folder
}

// trainRun trains a model on the small data set, so briefly that it still makes mistakes.
func trainRun(t testing.TB) (run, folder string) {
	t.Helper()
	folder, run = writeDataset(t), filepath.Join(t.TempDir(), "run")
	train := words("train --epochs 6 --batch 16 --rate 0.01 --log none")
	mustCall(t, append(train, "--data", folder, "--out", run)...)
	return run, folder
}

// testRows are test images with labels and questions.
type testRows struct {
	pixels    []uint8 // [rows, 6, 5]
	labels    []uint8
	questions []string
}

// newTestRows repeats the test images of a data set, in a changing order.
func newTestRows(t testing.TB, folder string, rows int) *testRows {
	t.Helper()
	images, err := mnist.Finder{Dir: folder}.FindTest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m := &testRows{}
	have := images.Pixels.Shape()[0]
	for row := range rows {
		i := (row + row/have) % have
		m.pixels = append(m.pixels, images.Pixels.Uint8s()[30*i:][:30]...)
		m.labels = append(m.labels, images.Labels.Uint8s()[i])
		m.questions = append(m.questions, digitqa.Questions[row%4].Text)
	}
	return m
}

func (m *testRows) rows() int { return len(m.labels) }

// writeFile writes a file into a folder and returns its path.
func writeFile(t testing.TB, folder, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// image returns the pixels of a row.
func (m *testRows) image(row int) []uint8 { return m.pixels[30*row:][:30] }

// idx writes the images into a folder as an IDX file and returns its path.
func (m *testRows) idx(t testing.TB, folder string) string {
	t.Helper()
	return writeFile(t, folder, "images", braidtest.IDX(m.pixels, m.rows(), 6, 5))
}

// jsonLine returns a row in JSON, its pixels in one list or in a list for each line.
func (m *testRows) jsonLine(row int, nested bool) string {
	var list []int
	for _, v := range m.image(row) {
		list = append(list, int(v))
	}
	var image any = list
	if nested {
		image = slices.Collect(slices.Chunk(list, 5))
	}
	line, _ := json.Marshal(map[string]any{
		"image": image, "question": m.questions[row], "digit": strconv.Itoa(int(m.labels[row])),
	})
	return string(line)
}

// answers returns the model's outputs for all rows.
func (m *testRows) answers(t testing.TB, run string) (digits, answers []float32) {
	t.Helper()
	f, err := modelfile.Open(run)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]float32, len(m.pixels))
	f.Features[0].Encoder.(*feature.DigitEncoder).Standard.Floats(values, m.pixels)
	question := f.Features[1].Encoder.(*feature.TokensEncoder)
	ids := question.Tokenizer.TextsToSequences(m.questions)
	padded, err := text.PadSequences(ids, question.Padding)
	if err != nil {
		t.Fatal(err)
	}
	out, err := f.Model.Predict(braid.Tensors{
		"image":    tensor.Floats(values, m.rows(), 6, 5),
		"question": tensor.Ints(slices.Concat(padded...), m.rows(), 2),
	})
	if err != nil {
		t.Fatal(err)
	}
	return out["digit"].Float32s(), out["answer"].Float32s()
}

// line is a row of predict's output.
type line struct {
	Digit             string
	DigitProbability  float32 `json:"digit_probability"`
	Answer            string
	AnswerProbability float32 `json:"answer_probability"`
	Error             string

	Digits, Answers map[string]float32 `json:"-"` // with --probabilities
}

func parseLines(t testing.TB, output string) []line {
	t.Helper()
	var list []line
	for text := range strings.Lines(output) {
		l := line{Digits: map[string]float32{}, Answers: map[string]float32{}}
		var all map[string]any
		err := errors.Join(json.Unmarshal([]byte(text), &l), json.Unmarshal([]byte(text), &all))
		if err != nil || !strings.HasSuffix(text, "}\n") {
			t.Fatalf("%q: %v", text, err)
		}
		for name, v := range all {
			p, _ := v.(float64)
			if class, ok := strings.CutPrefix(name, "digit_p_"); ok {
				l.Digits[class] = float32(p)
			} else if class, ok := strings.CutPrefix(name, "answer_p_"); ok {
				l.Answers[class] = float32(p)
			}
		}
		list = append(list, l)
	}
	return list
}

// writePNGs writes test images as PNGs into a new folder.
func writePNGs(t testing.TB, folder string, n int) (dir string, paths []string) {
	t.Helper()
	m := newTestRows(t, folder, n)
	dir = t.TempDir()
	for row := range n {
		name := fmt.Sprintf("%02d.png", row)
		paths = append(paths, writeFile(t, dir, name, encodePNG(t, m.image(row))))
	}
	return dir, paths
}

// makePipe makes a named pipe, or skips the test where there are none.
func makePipe(t testing.TB, folder, name string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := makeFIFO(path); err != nil {
		t.Skipf("skipped: no pipe can be made here: %v", err)
	}
	return path
}

// encodePNG returns a PNG of 6x5 pixels, each 20 wide and high.
func encodePNG(t testing.TB, pixels []uint8) []byte {
	t.Helper()
	const scale = 20
	large := make([]uint8, len(pixels)*scale*scale)
	for i := range large {
		y, x := i/(5*scale), i%(5*scale)
		large[i] = pixels[y/scale*5+x/scale]
	}
	content, err := vision.PNG(large, 6*scale, 5*scale)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// otherModel saves a model with two inputs that are no images, and four heads, two of which give
// numbers.
func otherModel(t testing.TB) string {
	t.Helper()
	g := braid.NewGraph("other")
	sizes, ids := g.Input("sizes", tensor.Float32, 3), g.Input("ids", tensor.Int32, 2)
	words := g.Add("words", layer.Embedding{Vocabulary: 9, Width: 2}, ids)
	both := g.Add("both", layer.Concatenate{}, sizes, g.Add("flat", layer.Flatten{}, words))
	g.Head("kind", layer.Dense{Units: 3, Activation: layer.Softmax}, both)
	g.Head("place", layer.Dense{Units: 2}, both)
	g.Head("price", layer.Dense{Units: 1}, both)
	g.Head("plain", layer.Dense{Units: 2, Activation: layer.Softmax}, both)
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "other.safetensors")
	kinds := target.CategoryDecoder{Classes: []string{"a", "b, \"c\"", "ü"}}
	f := &modelfile.File{Model: m, Targets: []modelfile.Target{{Column: "kind", Decoder: kinds}}}
	if err := modelfile.Save(path, f); err != nil {
		t.Fatal(err)
	}
	return path
}

// pictureOf returns the feature of a column of pictures of 6 x 5 pixels.
func pictureOf(column string, s data.Standard) modelfile.Feature {
	return modelfile.Feature{Column: column,
		Encoder: &feature.DigitEncoder{Height: 6, Width: 5, Standard: s}}
}

// imageModel saves a model that takes only an image.
func imageModel(t testing.TB, pixels data.Standard) (path string) {
	t.Helper()
	g := braid.NewGraph("wordless")
	x := g.Input("x", tensor.Float32, 6, 5)
	flat := g.Add("flat", layer.Flatten{}, x)
	g.Head("place", layer.Dense{Units: 2}, flat)
	g.Head("class", layer.Dense{Units: 3, Activation: layer.Softmax}, flat)
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "m.safetensors")
	f := &modelfile.File{Model: m, Features: []modelfile.Feature{pictureOf("x", pixels)}}
	if err := modelfile.Save(path, f); err != nil {
		t.Fatal(err)
	}
	return path
}

// overflowingModel saves an imageModel whose weights overflow for any image that is not black.
func overflowingModel(t testing.TB) (path string) {
	t.Helper()
	path = imageModel(t, data.Standard{Std: 1})
	f, err := modelfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range f.Model.Weights() {
		values := w.Values()
		for i := range values {
			values[i] = math.MaxFloat32 * float32(1-i%3) // positive, zero and negative
		}
		if err := w.Set(values); err != nil {
			t.Fatal(err)
		}
	}
	if err := modelfile.Save(path, f); err != nil {
		t.Fatal(err)
	}
	return path
}
