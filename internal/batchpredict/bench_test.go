package batchpredict

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"braid/data"
	"braid/digitqa"
	"braid/modelfile"
)

// BenchmarkJSON predicts JSON lines of 784 pixels and a question with the seed network.
func BenchmarkJSON(b *testing.B) {
	built, err := digitqa.Network(28, 28).Build(1)
	if err != nil {
		b.Fatal(err)
	}
	features, targets, err := digitqa.Columns(28, 28, data.Standard{Mean: 33.25, Std: 78.5})
	if err != nil {
		b.Fatal(err)
	}
	m := newModel(b, &modelfile.File{Model: built, Features: features, Targets: targets})
	const rows = 4 * mostJSON
	var lines bytes.Buffer
	for row := range rows {
		lines.WriteString(`{"question": "odd number", "image": [0`)
		for i := 1; i < 784; i++ {
			pixel := 0 // as most of a digit's
			if i%5 == 0 {
				pixel = (row + i) * 31 % 256
			}
			fmt.Fprint(&lines, ", ", pixel)
		}
		lines.WriteString("]}\n")
	}
	b.ReportAllocs()
	for b.Loop() {
		rows := NewJSONLines(opened(b, bytes.NewReader(lines.Bytes())), ".")
		p := Prediction{Model: m, Rows: rows}
		fields, err := p.Header()
		if err != nil {
			b.Fatal(err)
		}
		sink, err := data.NewJSONSink(io.Discard, fields)
		if err == nil {
			_, err = p.Run(b.Context(), sink)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkTable predicts rows of a table with two columns and two heads.
func BenchmarkTable(b *testing.B) {
	m, _ := tableModel(b, false)
	const rows = 40_000
	cells := make([][]string, 97)
	for i := range cells {
		cells[i] = []string{fmt.Sprint(i), []string{"red", "blue"}[i%2], "a"}
	}
	b.ReportAllocs()
	for b.Loop() {
		p := &Prediction{Model: m, Probabilities: true,
			Rows: NewTable(&source{[]string{"weight", "colour", "kind"},
				func(row int) []string { return cells[row%97] }, rows, 0}, "new.csv", "")}
		if _, err := p.Header(); err != nil {
			b.Fatal(err)
		}
		if _, err := p.Run(b.Context(), &discard{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
