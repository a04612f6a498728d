package profile

import (
	"path/filepath"
	"testing"
)

// TestDecimalOfFile checks that columns that could have either decimal mark have that of others.
func TestDecimalOfFile(t *testing.T) {
	comma, point := each(40, "%d,25"), each(40, "%d.25")
	commas, points := each(40, "2%d,250"), each(40, "2%d.250") // 20,250 to 239,250
	for name, c := range map[string]struct {
		cells, beside []string
		want, warning string
		low, high     float64
	}{
		"1,250 alone": {commas, spread(40), "number thousands:,",
			`"," is taken for a mark of thousands, but could be a decimal mark: see decimal, thousands`,
			20250, 239250},
		"1,250 beside a comma": {commas, comma, "number decimal:,", "", 20.25, 239.25},
		"1,250 beside 0,250": {
			commas, with(each(40, "%d,125"), "€0,250"), "number decimal:,", "", 20.25, 239.25},
		"1,250 beside a point": {commas, point, "number thousands:,", "", 20250, 239250},
		"950 beside a comma": {with(each(40, "2%d,250"), "950"), comma, "number decimal:,", "",
			21.25, 950},
		"$1,250 beside a comma": {each(40, "$2%d,250"), comma, "number decimal:,,strip:$", "",
			20.25, 239.25},
		"1.250 alone":          {points, spread(40), "number", "", 20.25, 239.25},
		"1.250 beside a point": {points, point, "number", "", 20.25, 239.25},
		"1.250 beside a comma": {points, comma, "number decimal:,,thousands:.",
			`"." is taken for a mark of thousands, as column "beside" has a decimal comma: see decimal, ` +
				`thousands`, 20250, 239250},
		"0.250 beside a comma": {with(each(40, "2%d.250"), "-0.125"), comma, "number", "",
			-0.125, 239.25},
		"0,250": {with(each(40, "2%d,250"), "0,125"), point, "number decimal:,", "",
			0.125, 239.25},
		"whole beside a comma": {spread(40), comma, "number", "", 1, 396},
	} {
		t.Run(name, func(t *testing.T) {
			frame := frameOf(t, filepath.Join(t.TempDir(), "data.csv"), column{"a", c.cells},
				column{"beside", c.beside})
			columns, err := Columns(frame, 2)
			if err != nil {
				t.Fatal(err)
			}
			n := columns[0].Numbers
			if n == nil {
				t.Fatal("no numbers")
			}
			g := columns[0].number()
			if got := written(t, g.Feature.(kinded)); got != c.want || n.Min != c.low || n.Max != c.high {
				t.Errorf("got %s from %v to %v, want %s from %v to %v", got, n.Min, n.Max, c.want, c.low,
					c.high)
			}
			if g.Warning != c.warning {
				t.Errorf("got warning %s\nwant %s", g.Warning, c.warning)
			}
		})
	}
}

// TestDecimalContradiction checks that columns that contradict each other decide nothing.
func TestDecimalContradiction(t *testing.T) {
	frame := frameOf(t, filepath.Join(t.TempDir(), "data.csv"), column{"a", each(40, "2%d,250")},
		column{"b", each(40, "%d,25")}, column{"c", each(40, "%d.25")})
	columns, err := Columns(frame, 2)
	if err != nil {
		t.Fatal(err)
	}
	if n := columns[0].Numbers; n.Format.Decimal != "" || !n.Ambiguous {
		t.Errorf("got %+v", n)
	}
}
