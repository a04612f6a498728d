package batchpredict

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"braid/data"
	"braid/experiment"
	"braid/feature"
	"braid/internal/braidtest"
	"braid/modelfile"
	"braid/predictor"
)

// source is a source of count rows: their cells depend on the row's number.
type source struct {
	columns []string
	cells   func(row int) []string
	count   int
	next    int
}

func (s *source) Columns() []string { return s.columns }

func (s *source) Read(r *data.Record) error {
	if s.next == s.count {
		return io.EOF
	}
	r.Cells, r.Line = append(r.Cells[:0], s.cells(s.next)...), s.next+2
	s.next++
	return nil
}

func (*source) Close() error { return nil }

// sink keeps rows.
type sink struct{ lines []string }

func (s *sink) Write(cells []string) error {
	s.lines = append(s.lines, strings.Join(cells, ","))
	return nil
}

func (*sink) Close() error { return nil }

func (*sink) Abort() {}

// tableModel returns an untrained model of the columns weight, colour and, with pictures, look. Its
// heads are kind, of the classes a and b, and price, with a decimal comma.
func tableModel(t testing.TB, pictures bool) (m *predictor.Model, folder string) {
	t.Helper()
	folder = t.TempDir()
	var rows strings.Builder
	rows.WriteString("weight;colour;kind;price;look\n")
	for i := range 60 {
		fmt.Fprintf(&rows, "%d;%s;%s;%d,5;%s\n", i, []string{"red", "blue"}[i%2],
			[]string{"a", "b"}[i/2%2], 3*i, []string{"grey.png", ""}[i%2])
	}
	content := "data: rows.csv\ninputs: {weight: number, colour: category}\n" +
		"heads: {kind: category, price: {type: number, decimal: \",\"}}\n"
	if pictures {
		content = strings.Replace(content, "{weight", "{look: {type: image, size: 6}, weight", 1)
	}
	img := image.NewGray(image.Rect(0, 0, 5, 5))
	for i := range img.Pix {
		img.Pix[i] = uint8(10 * i)
	}
	grey := braidtest.PNG(t, img)
	for name, content := range map[string]string{
		"rows.csv": rows.String(), "e.yaml": content, "grey.png": string(grey),
	} {
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
	if err == nil {
		f := &modelfile.File{Model: b.Model, Features: b.Features, Targets: b.Targets}
		m, err = predictor.New(f)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m, folder
}

// runTable predicts all rows, and returns the header and the answers.
func runTable(t *testing.T, p *Prediction) (header []string, s *sink, sum *Summary, err error) {
	t.Helper()
	fields, err := p.Header()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fields {
		header = append(header, f.Name)
	}
	s = &sink{}
	sum, err = p.Run(t.Context(), s)
	return header, s, sum, err
}

// Answers are in the order of rows, over several blocks and with any number of workers, and those
// of Ask. Columns may be in any order, and others are kept.
func TestTableOrder(t *testing.T) {
	m, _ := tableModel(t, false)
	cells := func(row int) []string {
		return []string{"blue", fmt.Sprint("id", row), "", fmt.Sprint(row % 97)}
	}
	for _, workers := range []int{1, 3} {
		p := &Prediction{
			Model: m, Keep: []string{"id"}, Workers: workers, Probabilities: true,
			Rows: NewTable(&source{[]string{"colour", "id", "other", "weight"}, cells, 9000, 0},
				"new.csv", ""),
		}
		header, s, sum, err := runTable(t, p)
		if err != nil || sum.Rows != 9000 || sum.Failed != 0 || len(s.lines) != 9000 {
			t.Fatalf("%d answers, summary %+v, error %v", len(s.lines), sum, err)
		}
		want := []string{"id", "kind", "kind_probability", "kind_p_a", "kind_p_b", "price"}
		if !slices.Equal(header, want) {
			t.Errorf("the columns are %q, want %q", header, want)
		}
		if n := sum.Notes["weight"]; n.Rows != 9000 || n.OutOfRange == 0 || n.Missing != 0 {
			t.Errorf("notes of weight: %+v", n)
		}
		for row := 0; row < 9000; row += 501 {
			a, err := m.Ask(map[string]feature.Value{
				"colour": {Text: "blue"}, "weight": {Text: fmt.Sprint(row % 97)},
			})
			if err != nil {
				t.Fatal(err)
			}
			kind := a["kind"]
			line := fmt.Sprintf("id%d,%s,%s,%s,%s,%s", row, kind.Text, probability(kind.Probability),
				probability(kind.Choices[0].Probability), probability(kind.Choices[1].Probability),
				strings.Replace(a["price"].Text, ",", ".", 1))
			if s.lines[row] != line {
				t.Errorf("row %d: got %s, want %s", row, s.lines[row], line)
			}
		}
	}
}

// A row that cannot be read ends prediction, is left out, or has empty answers.
func TestOnError(t *testing.T) {
	m, _ := tableModel(t, false)
	cells := func(row int) []string {
		if row%3 == 1 {
			return []string{"heavy", "red", fmt.Sprint(row)}
		}
		return []string{"", "red", fmt.Sprint(row)}
	}
	for _, c := range []struct {
		on     OnError
		err    string
		lines  []int
		failed int
	}{
		{"", `new.csv:3: column "weight": got "heavy"`, []int{0}, 0},
		{Stop, `new.csv:3: column "weight": got "heavy"`, []int{0}, 0},
		{Skip, "", []int{0, 2, 3, 5}, 7},
		{Empty, "", []int{0, 1, 2, 3}, 7},
		{Report, "", []int{0, 1, 2, 3}, 7},
	} {
		p := &Prediction{Model: m, Keep: []string{"id"}, OnError: c.on,
			Rows: NewTable(&source{[]string{"weight", "colour", "id"}, cells, 20, 0}, "new.csv", "")}
		header, s, sum, err := runTable(t, p)
		if c.err != "" {
			const goesOn = "(--on-error skip, empty or report goes on after such rows)"
			if err == nil || !strings.HasPrefix(err.Error(), c.err) || len(s.lines) != len(c.lines) ||
				!strings.HasSuffix(err.Error(), goesOn) {
				t.Errorf("%q: got error %v, %d answers", c.on, err, len(s.lines))
			}
			continue
		}
		if err != nil || sum.Failed != 7 || sum.Rows != 13 || len(sum.First) != firstErrors ||
			!strings.HasPrefix(sum.First[1].Error(), `new.csv:6: column "weight"`) {
			t.Errorf("%q: summary %+v, error %v", c.on, sum, err)
		}
		if n := sum.Notes["weight"]; n.Missing != 13 || n.Rows != 13 {
			t.Errorf("%q: notes of weight: %+v", c.on, n)
		}
		for i, id := range c.lines {
			if got, want := s.lines[i], fmt.Sprintf("%d,", id); !strings.HasPrefix(got, want) {
				t.Errorf("%q: line %d is %s, want %s", c.on, i, got, want)
			}
		}
		if c.on == Empty && s.lines[1] != "1,,," {
			t.Errorf("the answers to a row that cannot be read are %q", s.lines[1])
		}
		if c.on == Report && (!strings.HasPrefix(s.lines[1], `1,,,,new.csv:3: column "weight": got`) ||
			!strings.HasSuffix(s.lines[0], ",") || header[4] != "error") {
			t.Errorf("%q: the rows are %q", header, s.lines[:2])
		}
	}
}

func TestHeaderMistakes(t *testing.T) {
	m, _ := tableModel(t, false)
	for _, c := range []struct {
		columns, keep []string
		want          string
	}{
		{[]string{"id", "wieght"}, nil, `new.csv: the model reads the columns "weight" (did you mean ` +
			`"wieght"?), "colour", which are missing; there are "id", "wieght"`},
		{[]string{"weight", "colour"}, []string{"id"},
			`new.csv: unknown column "id", want one of "weight", "colour"`},
		{[]string{"weight", "colour", "kind"}, []string{"kind"},
			`the answers would have two columns "kind": do not keep that column of the rows`},
	} {
		p := &Prediction{Model: m, Rows: NewTable(&source{columns: c.columns}, "new.csv", ""),
			Keep: c.keep}
		if _, err := p.Header(); err == nil || err.Error() != c.want {
			t.Errorf("got error %v\nwant %s", err, c.want)
		}
	}
	m.Heads[1].Column = "kind_p_a"
	p := &Prediction{Model: m, Probabilities: true,
		Rows: NewTable(&source{columns: []string{"weight", "colour"}}, "new.csv", "")}
	const want = `the answers would have two columns "kind_p_a", of different heads or classes: ` +
		"predict without all probabilities"
	if _, err := p.Header(); err == nil || err.Error() != want {
		t.Errorf("got error %v\nwant %s", err, want)
	}
}

// Paths of pictures begin in the folder of the rows.
func TestPictures(t *testing.T) {
	m, folder := tableModel(t, true)
	pictures := []string{"grey.png", "", "none.png"}
	cells := func(row int) []string { return []string{"3", "red", pictures[row]} }
	p := &Prediction{Model: m, OnError: Empty,
		Rows: NewTable(&source{[]string{"weight", "colour", "look"}, cells, 3, 0}, "new.csv", folder)}
	_, s, sum, err := runTable(t, p)
	if err != nil || sum.Rows != 2 || sum.Failed != 1 || s.lines[0] == s.lines[1] ||
		!strings.Contains(sum.First[0].Error(), "none.png") {
		t.Errorf("answers %q, summary %+v, error %v", s.lines, sum, err)
	}
}

// A context that is done ends prediction with its cause.
func TestStops(t *testing.T) {
	m, _ := tableModel(t, false)
	cells := func(int) []string { return []string{"3", "red"} }
	pulled := errors.New("pulled")
	ctx, cancel := context.WithCancelCause(t.Context())
	p := &Prediction{Model: m, Progress: func(int, int64, int64) { cancel(pulled) },
		Rows: NewTable(&source{[]string{"weight", "colour"}, cells, 20_000, 0}, "new.csv", "")}
	if _, err := p.Header(); err != nil {
		t.Fatal(err)
	}
	s := &sink{}
	if _, err := p.Run(ctx, s); !errors.Is(err, pulled) || len(s.lines) > 2*mostTable {
		t.Errorf("got error %v after %d answers", err, len(s.lines))
	}
}

// Memory does not grow with the number of rows.
func TestMemory(t *testing.T) {
	m, _ := tableModel(t, false)
	cells := func(row int) []string { return []string{fmt.Sprint(row % 60), "red"} }
	var most uint64
	p := &Prediction{Model: m,
		Rows: NewTable(&source{[]string{"weight", "colour"}, cells, 200_000, 0}, "new.csv", ""),
		Progress: func(int, int64, int64) {
			var stats runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&stats)
			most = max(most, stats.HeapAlloc)
		}}
	if _, err := p.Header(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(t.Context(), &discard{}); err != nil {
		t.Fatal(err)
	}
	if most > 24<<20 {
		t.Errorf("%d bytes are in use", most)
	}
}

// Blocks of rows with large inputs have fewer rows.
func TestBlockRows(t *testing.T) {
	small, _ := tableModel(t, false)
	p := &Prediction{Model: small, Rows: NewTable(nil, "", "")}
	if got := p.blockRows(); got != mostTable {
		t.Errorf("blocks of numbers have %d rows", got)
	}
	small.Inputs[0].Shape = []int{100, 100, 3}
	if got := p.blockRows(); got != 279 {
		t.Errorf("blocks of 30,000 numbers a row have %d rows", got)
	}
}
