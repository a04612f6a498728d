package batchpredict

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"testing"

	"braid"
	"braid/layer"
	"braid/modelfile"
	"braid/predictor"
	"braid/target"
	"braid/tensor"
)

// answeredBlock is a block of three rows with given answers, the second of which is bad.
func answeredBlock(m *predictor.Model) *block {
	b := newBlock(m)
	b.first, b.n = 1024, 3
	b.bad[1] = errors.New("a \"bad\" row,\nof 2 lines")
	copy(b.rows.Outputs[colour].Float32s(), []float32{.5, .25, .125, 9, 9, 9, .25, .5, .5})
	copy(b.rows.Outputs[order].Float32s(), []float32{.625, 9, .5})
	copy(b.rows.Outputs[digits].Float32s(), []float32{0.1, -1e20, 9, 9, 16777216, 1e-7})
	return b
}

func TestTableLines(t *testing.T) {
	m := testModel(t)
	b := answeredBlock(m)
	const bad = `"a \"bad\" row,\nof 2 lines"`
	quoted := strings.ReplaceAll("\"a \"bad\" row,\nof 2 lines\"", `"bad"`, `""bad""`)
	for f, want := range map[Format][]string{
		{}: {
			`{"row":1024,"colour":"red","colour_probability":0.5,"order":"yes","order_probability":0.625,` +
				`"digits":[0.1,-1e+20]}`,
			`{"row":1025,"error":` + bad + `}`,
			`{"row":1026,"colour":"b, \"c\"","colour_probability":0.5,` +
				`"order":"no","order_probability":0.5,"digits":[1.6777216e+07,1e-07]}`,
		},
		{Probabilities: true}: {
			`{"row":1024,"colour":"red","colour_probability":0.5,` +
				`"colour_probabilities":{"red":0.5,"b, \"c\"":0.25,"grün":0.125},` +
				`"order":"yes","order_probability":0.625,"order_probabilities":{"no":0.375,"yes":0.625},` +
				`"digits":[0.1,-1e+20]}`,
			`{"row":1025,"error":` + bad + `}`,
			`{"row":1026,"colour":"b, \"c\"","colour_probability":0.5,` +
				`"colour_probabilities":{"red":0.25,"b, \"c\"":0.5,"grün":0.5},` +
				`"order":"no","order_probability":0.5,"order_probabilities":{"no":0.5,"yes":0.5},` +
				`"digits":[1.6777216e+07,1e-07]}`,
		},
		{CSV: true, Errors: true}: {
			"row,colour,colour_probability,order,order_probability,digits_0,digits_1,error",
			"1024,red,0.5,yes,0.625,0.1,-1e+20,",
			"1025,,,,,,," + quoted,
			`1026,"b, ""c""",0.5,no,0.5,1.6777216e+07,1e-07,`,
		},
		{CSV: true, Errors: true, Probabilities: true}: {
			`row,colour,colour_probability,colour_probability_red,"colour_probability_b, ""c""",` +
				"colour_probability_grün,order,order_probability,order_probability_no," +
				"order_probability_yes,digits_0,digits_1,error",
			"1024,red,0.5,0.5,0.25,0.125,yes,0.625,0.375,0.625,0.1,-1e+20,",
			"1025,,,,,,,,,,,," + quoted,
			`1026,"b, ""c""",0.5,0.25,0.5,0.5,no,0.5,0.5,0.5,1.6777216e+07,1e-07,`,
		},
	} {
		table, err := NewTable(m, f)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := table.begin(&out); err != nil {
			t.Fatal(err)
		}
		if err := table.write(&out, b); err != nil {
			t.Fatal(err)
		}
		if want := strings.Join(want, "\n") + "\n"; out.String() != want {
			t.Errorf("%+v:\n%swant\n%s", f, out.String(), want)
		}
		if records, err := csv.NewReader(&out).ReadAll(); f.CSV && (err != nil || len(records) != 4) {
			t.Errorf("%+v: %d records, %v", f, len(records), err)
		}
	}
}

// Each number of workers writes the same lines, and a smaller block nothing of the one before.
func TestTableWorkers(t *testing.T) {
	m := testModel(t)
	b := newBlock(m)
	for row := range PerBlock {
		copy(b.rows.Outputs[digits].Float32s()[2*row:], []float32{float32(row), -1})
	}
	for _, workers := range []int{1, 2, 3, 8} {
		table, err := NewTable(m, Format{})
		if err != nil {
			t.Fatal(err)
		}
		table.buffers = make([][]byte, workers)
		for _, n := range []int{PerBlock, 5, 1, 0, 700} {
			b.n = n
			var out bytes.Buffer
			if err := table.write(&out, b); err != nil {
				t.Fatal(err)
			}
			row := 0
			for line := range strings.Lines(out.String()) {
				if !strings.HasPrefix(line, fmt.Sprintf(`{"row":%d,`, row)) ||
					!strings.HasSuffix(line, fmt.Sprintf("[%d,-1]}\n", row)) {
					t.Fatalf("%d workers: line %d is %s", workers, row, line)
				}
				row++
			}
			if row != n {
				t.Errorf("%d workers: %d lines, want %d", workers, row, n)
			}
		}
	}
}

// Heads whose columns would have the same name are refused, in the formats that have the columns.
func TestTableColumns(t *testing.T) {
	g := braid.NewGraph("twins")
	x := g.Input("x", tensor.Float32, 2)
	g.Head("a", layer.Dense{Units: 2, Activation: layer.Softmax}, x)
	g.Head("a_probability_up", layer.Dense{Units: 1}, x)
	built, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	m := newModel(t, &modelfile.File{
		Model: built, Targets: []modelfile.Target{
			{Column: "a", Decoder: target.CategoryDecoder{Classes: []string{"up", "down"}}}},
	})
	for _, f := range []Format{{}, {CSV: true}, {CSV: true, Probabilities: true}} {
		_, err := NewTable(m, f)
		const want = `two columns of the answers would be named "a_probability_up"`
		if refused := err != nil && strings.HasPrefix(err.Error(), want); refused != f.Probabilities {
			t.Errorf("%+v: error is %v", f, err)
		}
	}
}
