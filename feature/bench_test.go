package feature_test

import (
	"fmt"
	"strings"
	"testing"

	"braid/feature"
)

// BenchmarkEncode encodes a row in each step.
func BenchmarkEncode(b *testing.B) {
	for _, x := range examples() {
		e := learn(b, x.feature, x.cells...)
		row := slots(e)
		b.Run(fmt.Sprintf("%s/inputs=%d", x.feature.Kind(), len(row)), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				v := feature.Value{Text: x.cells[i%len(x.cells)]}
				if _, err := e.Encode(v, row); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkColumns learns from and encodes 20,000 rows: numbers, and texts of 12 words. The figure
// of one row is that of Encode alone and the cost of each row.
func BenchmarkColumns(b *testing.B) {
	numbers, texts := make([]string, 20_000), make([]string, 20_000)
	for i := range numbers {
		numbers[i] = fmt.Sprint(i*i%9973, ".5")
		texts[i] = strings.Repeat(fmt.Sprint("Some word", i%97, " of, "), 4)
	}
	for _, x := range []example{
		{feature.Number{}, numbers, nil}, {feature.Text{}, texts, nil},
	} {
		f, order := frame(b, "c", x.cells...), rows(len(x.cells))
		b.Run("learn/"+x.feature.Kind(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := x.feature.Learn(of(f, "c", order)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*len(order))/b.Elapsed().Seconds(), "rows/s")
		})
		e := learn(b, x.feature, x.cells...)
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("encode/%s/workers=%d", x.feature.Kind(), workers), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, _, err := feature.Columns(e, of(f, "c", order), workers); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N*len(order))/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}
