package experiment

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"braid/data"
	"braid/feature"
)

// plain is a feature whose cells mean what their text without spaces around it is.
type plain struct{ feature.Feature }

func (plain) Canonical(cell string) string { return strings.TrimSpace(cell) }

// rows is a source of rows in memory.
type rows struct {
	columns []string
	cells   [][]string
	next    int
}

func (s *rows) Columns() []string { return s.columns }

func (s *rows) Read(r *data.Record) error {
	if s.next == len(s.cells) {
		return io.EOF
	}
	r.Cells, r.Line = s.cells[s.next], s.next+2
	s.next++
	return nil
}

func (s *rows) Close() error { return nil }

// frameOf returns a frame of a file of rows, "a,b" being two cells.
func frameOf(t *testing.T, columns string, lines ...string) *data.Frame {
	t.Helper()
	s := &rows{columns: strings.Split(columns, ",")}
	for _, line := range lines {
		s.cells = append(s.cells, strings.Split(line, ","))
	}
	f, err := data.NewFrame()
	if err == nil {
		err = f.Append("dir/rows.csv", s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// dividing returns an experiment with inputs of given names.
func dividing(s Split, seed uint64, inputs ...string) *Experiment {
	e := &Experiment{Split: s, Train: Train{Seed: seed}}
	for _, name := range inputs {
		e.Inputs = append(e.Inputs, Input{name, plain{}})
	}
	return e
}

// partsOf divides all rows and returns each row's part as a letter, such as "tvtx", x being test.
func partsOf(t *testing.T, e *Experiment, f *data.Frame) string {
	t.Helper()
	all := make([]int32, f.Rows())
	for i := range all {
		all[i] = int32(i)
	}
	parts, err := e.divide(f, all)
	if err != nil {
		t.Fatal(err)
	}
	letters := make([]byte, f.Rows())
	for part, list := range parts {
		if !slices.IsSorted(list) {
			t.Errorf("part %v is out of order: %v", Part(part), list)
		}
		for _, row := range list {
			letters[row] = "tvx"[part]
		}
	}
	if i := slices.Index(letters, 0); i >= 0 {
		t.Fatalf("row %d is in no part", i)
	}
	return string(letters)
}

func numbered(n int, format string) (lines []string) {
	for i := range n {
		lines = append(lines, fmt.Sprintf(format, i))
	}
	return lines
}

func TestRandomSplit(t *testing.T) {
	const n = 4000
	lines := numbered(n, "a%d,x,label")
	e := dividing(Split{}, 1, "id", "other")
	parts := partsOf(t, e, frameOf(t, "id,other,head", lines...))
	for letter, want := range map[string]float64{"t": 0.70, "v": 0.15, "x": 0.15} {
		if share := float64(strings.Count(parts, letter)) / n; share < want-0.03 || share > want+0.03 {
			t.Errorf("%s has %.3f of the rows, want %.2f", letter, share, want)
		}
	}

	var turned []string // the order of rows and columns that are no inputs do not matter
	for _, line := range slices.Backward(lines) {
		turned = append(turned, strings.Replace(line, "label", "other label", 1))
	}
	back := []byte(partsOf(t, e, frameOf(t, "id,other,head", turned...)))
	slices.Reverse(back)
	if string(back) != parts {
		t.Error("the order of the rows changes their parts")
	}
	more := append(slices.Clone(lines), numbered(100, "new%d,x,label")...)
	if got := partsOf(t, e, frameOf(t, "id,other,head", more...)); got[:n] != parts {
		t.Error("rows that are added move others")
	}
	spaced := frameOf(t, "id,other,head", " a7 ,x,l", "a7,x ,m", "a7,x,n")
	if got := partsOf(t, e, spaced); got[0] != parts[7] || got[1] != got[0] || got[2] != got[0] {
		t.Errorf("copies are in parts %s, want all in %c", got, parts[7])
	}
	other := dividing(Split{}, 2, "id", "other")
	if partsOf(t, other, frameOf(t, "id,other,head", lines...)) == parts {
		t.Error("the seed does not matter")
	}
	// Cells of different columns stay apart.
	if keyOf(1, "ab", "c") == keyOf(1, "a", "bc") || keyOf(1, "a:b", "c") == keyOf(1, "a", "b:c") {
		t.Error("cells of different columns run together")
	}
	halves := dividing(Split{Parts: []int{50, 50, 0}}, 1, "id")
	if n := strings.Count(partsOf(t, halves, frameOf(t, "id,o,h", lines...)), "x"); n > 0 {
		t.Errorf("%d rows are in a part of 0 percent", n)
	}
}

func TestStratifiedSplit(t *testing.T) {
	lines := append(numbered(100, "a%d,common"), numbered(20, "b%d,rare")...)
	lines = append(lines, "c,once", "c,once", "d,")
	e := dividing(Split{Stratify: "class"}, 3, "id")
	parts := partsOf(t, e, frameOf(t, "id,class", lines...))
	for _, c := range []struct {
		lo, hi int
		want   [3]int
	}{{0, 100, [3]int{70, 15, 15}}, {100, 120, [3]int{14, 3, 3}}, {120, 122, [3]int{2, 0, 0}}} {
		of := parts[c.lo:c.hi]
		got := [3]int{strings.Count(of, "t"), strings.Count(of, "v"), strings.Count(of, "x")}
		if got != c.want {
			t.Errorf("rows %d to %d are %v in the parts, want %v", c.lo, c.hi, got, c.want)
		}
	}
	var few []string // three rows of each value, which no part may lack
	for i := range 300 {
		few = append(few, fmt.Sprintf("row%d,value %d", i, i/3))
	}
	of := partsOf(t, e, frameOf(t, "id,class", few...))
	if v, x := strings.Count(of, "v"), strings.Count(of, "x"); min(v, x) < 25 || max(v, x) > 65 {
		t.Errorf("validation has %d of 300 rows, test %d, want 45", v, x)
	}
	once := dividing(Split{Stratify: "class", Parts: []int{40, 10, 50}}, 3, "id")
	got := partsOf(t, once, frameOf(t, "id,class", "a,p", "b,q", "c,r", "d,s", "e,t", "f,u"))
	if got != "xxxxxx" {
		t.Errorf("values with one row are in parts %s, want test, the largest", got)
	}
	slices.Reverse(lines)
	back := []byte(partsOf(t, e, frameOf(t, "id,class", lines...)))
	slices.Reverse(back)
	if string(back) != parts {
		t.Error("the order of the rows changes their parts")
	}
}

// Rows of few different inputs are no copies that must stay together.
func TestFewInputs(t *testing.T) {
	const n = 1200
	lines := numbered(n, "x,label %d")
	for i := range lines {
		lines[i] = fmt.Sprintf("%s,label %d", []string{"x", "y", "x", "x"}[i%4], i%3)
	}
	e := dividing(Split{}, 1, "id")
	parts := partsOf(t, e, frameOf(t, "id,label", lines...))
	for letter, want := range map[string]float64{"t": 0.70, "v": 0.15, "x": 0.15} {
		if share := float64(strings.Count(parts, letter)) / n; share < want-0.04 || share > want+0.04 {
			t.Errorf("%s has %.3f of the rows, want %.2f", letter, share, want)
		}
	}
	slices.Reverse(lines)
	turned := partsOf(t, e, frameOf(t, "id,label", lines...))
	for _, letter := range []string{"t", "v", "x"} {
		if a, b := strings.Count(parts, letter), strings.Count(turned, letter); a != b {
			t.Errorf("%s has %d rows, and %d in another order", letter, a, b)
		}
	}
	copies := slices.Repeat([]string{"x,label 1"}, mostCopies)
	for i, line := range numbered(40, "other %d,label 0") {
		copies = append(copies, line, fmt.Sprintf("third %d,label 2", i))
	}
	if got := partsOf(t, e, frameOf(t, "id,label", copies...))[:mostCopies]; got !=
		strings.Repeat(got[:1], mostCopies) {
		t.Errorf("%d copies are in parts %s, want one", mostCopies, got)
	}
}

func TestGroupSplit(t *testing.T) {
	var lines []string
	for i := range 600 {
		lines = append(lines, fmt.Sprintf("row%d,group %d", i, i%50))
	}
	lines = append(lines, numbered(300, "alone%d,")...) // without a group
	e := dividing(Split{By: Group, Column: "user"}, 1, "id")
	parts := partsOf(t, e, frameOf(t, "id,user", lines...))
	for i := range 600 {
		if parts[i] != parts[i%50] {
			t.Fatalf("rows %d and %d of a group are in %c and %c", i, i%50, parts[i], parts[i%50])
		}
	}
	e.Data.Missing = []string{"-"}
	unknown := numbered(300, "alone%d, -")
	if got := partsOf(t, e, frameOf(t, "id,user", unknown...)); got != parts[600:] {
		t.Errorf("a word for a missing group makes other parts: %s", got)
	}
	for _, of := range []string{parts[:600], parts[600:]} {
		count := func(letter string) int { return strings.Count(of, letter) }
		if count("t") < len(of)/2 || count("v") < 3 || count("x") < 3 {
			t.Errorf("the parts are %s", of)
		}
	}
}

func TestTimeSplit(t *testing.T) {
	f := frameOf(t, "id,when", "a,2024-03-09", "b,2024-01-02", "c,2024-02-01", "d,2024-03-09",
		"e,2023-12-31", "f,2024-01-03", "g,2024-01-03", "h,2024-03-08", "i,2024-02-02", "j,2024-03-09")
	e := dividing(Split{By: Time, Column: "when", Parts: []int{60, 10, 30}}, 1, "id")
	if got, want := partsOf(t, e, f), "xttxtttvtx"; got != want {
		t.Errorf("the parts are %s, want %s", got, want)
	}
	years := frameOf(t, "id,when", "a,2001", "b,2001", "c,2002", "d,2002", "e,2003", "f,2003",
		"g,2004", "h,2004", "i,2005", "j,2005")
	e = dividing(Split{By: Time, Column: "when"}, 1, "id")
	if got, want := partsOf(t, e, years), "ttttttvvxx"; got != want {
		t.Errorf("the parts are %s, want %s", got, want)
	}
	numbers := frameOf(t, "id,when", "a,10", "b,9", "c,100", "d,-1")
	e = dividing(Split{By: Time, Column: "when", Parts: []int{50, 25, 25}}, 1, "id")
	if got, want := partsOf(t, e, numbers), "vtxt"; got != want {
		t.Errorf("the parts are %s, want %s", got, want)
	}
	// 2004 would be a moment in 1970 beside dates.
	mixed := frameOf(t, "id,when", "a,2024-03-09", "b,2024-03-08", "c,2004", "d,2005")
	_, err := e.divide(mixed, rowsFrom(0, 4))
	const want = `column "when", which divides the rows by time, mixes numbers and dates: ` +
		`dir/rows.csv:4 has "2004" and dir/rows.csv:2 has "2024-03-09", want one of the kinds`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestColumnSplit(t *testing.T) {
	f := frameOf(t, "id,part", "a,test", "b,train", "c, Validation ", "d,TRAIN")
	e := dividing(Split{By: Column, Column: "part"}, 1, "id")
	if got, want := partsOf(t, e, f), "xtvt"; got != want {
		t.Errorf("the parts are %s, want %s", got, want)
	}
}

func TestSplitMistakes(t *testing.T) {
	f := frameOf(t, "id,when,part", "a,2024-01-02,train", "b,02.01.2024,dev", "c,,test")
	for _, c := range []struct {
		split Split
		rows  []int32
		want  string
	}{
		{Split{By: Column, Column: "part"}, []int32{0, 1},
			`dir/rows.csv:3: column "part", which divides the rows: got "dev", ` +
				`want one of "train", "validation", "test"`},
		{Split{By: Time, Column: "when"}, []int32{0, 1}, `dir/rows.csv:3: column "when", which ` +
			`divides the rows by time: got "02.01.2024", want a number or a date such as 2006-01-02`},
		{Split{By: Time, Column: "when"}, []int32{0, 2}, "dir/rows.csv:4: column \"when\", which " +
			"divides the rows by time: the cell is empty, want a number or a date"},
		{Split{By: Group, Column: "user"}, []int32{0}, `split: unknown column "user"`},
		{Split{By: Time, Column: "wen"}, []int32{0}, `did you mean "when"?`},
		{Split{By: Column, Column: "user"}, []int32{0}, `split: unknown column "user"`},
		{Split{Stratify: "user"}, []int32{0}, `split: stratify: unknown column "user"`},
	} {
		_, err := dividing(c.split, 1, "id").divide(f, c.rows)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error is %v, want %q", c.split, err, c.want)
		}
	}
}
