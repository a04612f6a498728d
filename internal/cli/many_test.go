package cli

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"braid"
	"braid/data/mnist"
	"braid/digitqa"
	"braid/modelfile"
	"braid/tensor"
	"braid/text"
)

// trained is a run on the small data set, not so good that it makes no mistakes, and the set's folder.
func trained(t testing.TB) (run, folder string) {
	t.Helper()
	folder, run = writeDataset(t), filepath.Join(t.TempDir(), "run")
	if code, _, errs := call("train", "--data", folder, "--epochs", "6", "--batch", "16", "--rate", "0.01", "--log", "none", "--out", run); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	return run, folder
}

// many are rows of the test images, as many as wanted: those of the set again and again, each time others first.
type many struct {
	pixels    []uint8 // [rows, 6, 5]
	labels    []uint8
	questions []string
}

func manyRows(t testing.TB, folder string, rows int) *many {
	t.Helper()
	images, err := mnist.Finder{Dir: folder}.FindTest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m := &many{}
	have := images.Pixels.Shape()[0]
	for row := range rows {
		i := (row + row/have) % have
		m.pixels = append(m.pixels, images.Pixels.Uint8s()[30*i:][:30]...)
		m.labels = append(m.labels, images.Labels.Uint8s()[i])
		m.questions = append(m.questions, digitqa.Questions[row%4].Text)
	}
	return m
}

func (m *many) rows() int { return len(m.labels) }

// idxFile is an IDX file of bytes.
func idxFile(content []byte, axes ...int) []byte {
	file := []byte{0, 0, 8, byte(len(axes))}
	for _, n := range axes {
		file = binary.BigEndian.AppendUint32(file, uint32(n))
	}
	return append(file, content...)
}

func zip(content []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(content)
	w.Close()
	return b.Bytes()
}

// put writes a file into a folder, and gives its path.
func put(t testing.TB, folder, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// jsonLine is a row as a person would write it.
func (m *many) jsonLine(row int, nested bool) string {
	var image any
	pixels := m.pixels[30*row:][:30]
	if nested {
		var grid [][]int
		for y := range 6 {
			var line []int
			for _, v := range pixels[5*y:][:5] {
				line = append(line, int(v))
			}
			grid = append(grid, line)
		}
		image = grid
	} else {
		var list []int
		for _, v := range pixels {
			list = append(list, int(v))
		}
		image = list
	}
	line, _ := json.Marshal(map[string]any{"image": image, "question": m.questions[row], "digit": strconv.Itoa(int(m.labels[row]))})
	return string(line)
}

// answers is what the model itself says of rows.
func (m *many) answers(t testing.TB, run string) (digits, answers []float32) {
	t.Helper()
	f, err := modelfile.Open(run)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]float32, len(m.pixels))
	f.Inputs[0].Pixels.Floats(values, m.pixels)
	padded, err := text.PadSequences(f.Inputs[1].Text.Tokenizer.TextsToSequences(m.questions), f.Inputs[1].Text.Padding)
	if err != nil {
		t.Fatal(err)
	}
	out, err := f.Model.Predict(braid.Tensors{
		"image": tensor.Floats(values, m.rows(), 6, 5), "question": tensor.Ints(slices.Concat(padded...), m.rows(), 2),
	})
	if err != nil {
		t.Fatal(err)
	}
	return out["digit"].Float32s(), out["answer"].Float32s()
}

// line is a row of the output.
type line struct {
	Row               int
	Digit             string
	DigitProbability  float32            `json:"digit_probability"`
	Digits            map[string]float32 `json:"digit_probabilities"`
	Answer            string
	AnswerProbability float32            `json:"answer_probability"`
	Answers           map[string]float32 `json:"answer_probabilities"`
	Error             string
}

func parseLines(t testing.TB, output string) []line {
	t.Helper()
	var list []line
	for text := range strings.Lines(output) {
		var l line
		d := json.NewDecoder(strings.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&l); err != nil || !strings.HasSuffix(text, "}\n") {
			t.Fatalf("%q: %v", text, err)
		}
		list = append(list, l)
	}
	return list
}
