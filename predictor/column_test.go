package predictor_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"braid/experiment"
	"braid/feature"
	"braid/internal/braidtest"
	"braid/modelfile"
	"braid/predictor"
	"braid/tensor"
)

// pictureOf returns a PNG of one colour.
func pictureOf(t testing.TB, c color.Color) string {
	img := image.NewRGBA(image.Rect(0, 0, 4, 6))
	for i := range 24 {
		img.Set(i%4, i/4, c)
	}
	return string(braidtest.PNG(t, img))
}

// things returns an untrained model of columns of several types, and its experiment. The rows'
// folder has the pictures red.png, blue.png and broken.png.
func things(t testing.TB) (*experiment.Built, *predictor.Model) {
	t.Helper()
	folder := t.TempDir()
	var rows strings.Builder
	rows.WriteString("id,look,weight,story::x,kind::of,price\n")
	for i := range 60 {
		look := []string{"red.png", "blue.png", ""}[i%3]
		fmt.Fprintf(&rows, "%d,%s,%d,a thing of part %d,%s,%d\n", i, look, 3*i%17, i%5,
			[]string{"no", "yes"}[i%2], i*i)
	}
	files := map[string]string{
		"rows.csv": rows.String(), "broken.png": "GIF",
		"red.png":  pictureOf(t, color.RGBA{200, 9, 60, 255}),
		"blue.png": pictureOf(t, color.RGBA{10, 20, 240, 255}),
		"e.yaml": "data: rows.csv\n" +
			"inputs: {look: {type: image, size: 8}, weight: number, \"story::x\": text}\n" +
			"heads: {\"kind::of\": category, price: number}\n",
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	e, err := experiment.Read(filepath.Join(folder, "e.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := e.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Build(t.Context(), experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := &modelfile.File{Model: b.Model, Features: b.Features, Targets: b.Targets}
	var content bytes.Buffer
	if err := f.Write(&content); err != nil {
		t.Fatal(err)
	}
	if f, err = modelfile.Parse(content.Bytes()); err != nil {
		t.Fatal(err)
	}
	m, err := predictor.New(f)
	if err != nil {
		t.Fatal(err)
	}
	return b, m
}

// What a model is asked is converted as in training, bit for bit.
func TestAskAsTrained(t *testing.T) {
	b, m := things(t)
	rows := b.Rows[experiment.TestPart]
	table := b.Tables[experiment.TestPart]
	for i, row := range rows {
		batch := m.NewBatch(3)
		var values []feature.Value
		asked := map[string]feature.Value{}
		for _, f := range b.Features {
			cells, err := b.Frame.Cells(f.Column)
			if err != nil {
				t.Fatal(err)
			}
			v := feature.Value{Text: cells.At(int(row)), Folder: b.Frame.Folder(int(row))}
			if v.Text == "red.png" { // as an upload
				content, err := os.ReadFile(filepath.Join(v.Folder, v.Text))
				if err != nil {
					t.Fatal(err)
				}
				v = feature.Value{Content: content}
			}
			values, asked[f.Column] = append(values, v), v
		}
		notes := make([]feature.Note, len(values))
		if err := m.Encode(batch, 1, values, notes); err != nil {
			t.Fatal(err)
		}
		one, err := table.Slice(i, i+1)
		if err != nil {
			t.Fatal(err)
		}
		for j, in := range m.Inputs {
			want, err := one.Tensors(in.Name)
			if err != nil {
				t.Fatal(err)
			}
			size := in.Shape.Size()
			if in.DType == tensor.Int32 {
				if got := batch.Inputs[j].Int32s()[size:][:size]; !reflect.DeepEqual(got,
					want[in.Name].Int32s()) {
					t.Fatalf("row %d: %s is %v, want %v", row, in.Name, got, want[in.Name].Int32s())
				}
			} else if got := batch.Inputs[j].Float32s()[size:][:size]; !reflect.DeepEqual(got,
				want[in.Name].Float32s()) {
				t.Fatalf("row %d: %s is %v, want %v", row, in.Name, got, want[in.Name].Float32s())
			}
		}
		in, err := one.Tensors(one.Names()[:len(m.Inputs)]...)
		if err != nil {
			t.Fatal(err)
		}
		out, err := b.Model.Predict(in)
		if err != nil {
			t.Fatal(err)
		}
		answers, err := m.Ask(asked)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range b.Targets {
			want := c.Decoder.Answer(out[feature.Name(c.Column)].Float32s())
			if !reflect.DeepEqual(answers[c.Column], want) {
				t.Errorf("row %d: %s is %+v, want %+v", row, c.Column, answers[c.Column], want)
			}
		}
	}
}

func TestAskMistakes(t *testing.T) {
	b, m := things(t)
	folder := filepath.Dir(b.Place(""))
	for _, c := range []struct {
		row  map[string]feature.Value
		want string
	}{
		{map[string]feature.Value{"wieght": {Text: "3"}}, `unknown column "wieght", want one of ` +
			`"look", "weight", "story::x"; did you mean "weight"?`},
		{map[string]feature.Value{"weight": {Text: "three"}},
			`column "weight": got "three", want a number`},
		{map[string]feature.Value{"look": {Text: "none.png", Folder: folder}}, `column "look": `},
		{map[string]feature.Value{"look": {Text: "broken.png", Folder: folder}}, `column "look": `},
		{map[string]feature.Value{"look": {Text: "red.png"}}, `column "look": `}, // no folder
	} {
		answers, err := m.Ask(c.row)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, error %v, want %s", c.row, answers, err, c.want)
		}
	}
	answers, err := m.Ask(nil) // all is missing
	if err != nil || len(answers) != 2 || len(answers["kind::of"].Choices) != 2 {
		t.Errorf("without values: got %v, error %v", answers, err)
	}
	if price := answers["price"]; price.Choices != nil || price.Probability != 1 {
		t.Errorf("a number has the answer %+v", price)
	}
}
