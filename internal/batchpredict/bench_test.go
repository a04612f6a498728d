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
	table, err := NewTable(m, Format{})
	if err != nil {
		b.Fatal(err)
	}
	const rows = 4 * PerBlock
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
		reader := NewJSON(opened(b, bytes.NewReader(lines.Bytes())), m, "")
		p := Prediction{Model: m, Reader: reader, Table: table}
		if _, err := p.Run(b.Context(), io.Discard); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
