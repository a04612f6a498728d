package batchpredict

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/data"
	"braid/layer"
	"braid/modelfile"
	"braid/predictor"
	"braid/target"
	"braid/tensor"
)

// run predicts rows as JSON lines.
func run(t *testing.T, ctx context.Context, p *Prediction) ([]string, *Summary, error) {
	t.Helper()
	fields, err := p.Header()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	sink, err := data.NewJSONSink(&out, fields)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := p.Run(ctx, sink)
	sink.Close()
	p.Rows.Close()
	return slices.Collect(strings.Lines(out.String())), sum, err
}

// checkRows tests that there are n rows, and that row i is the answer to an image of the number i.
func checkRows(t *testing.T, lines []string, n int) {
	t.Helper()
	if len(lines) != n {
		t.Fatalf("%d rows are answered, want %d", len(lines), n)
	}
	for row, line := range lines {
		const start = `{"colour": "red", `
		end := fmt.Sprintf(`"digits_0": 12, "digits_1": %d}`+"\n", row)
		if !strings.HasPrefix(line, start) || !strings.HasSuffix(line, end) {
			t.Fatalf("row %d is %swant %s...%s", row, line, start, end)
		}
	}
}

// Rows come out in their order, whatever they come from, however they fall into blocks, and with
// any number of workers.
func TestRunOrder(t *testing.T) {
	m := testModel(t)
	for _, n := range []int{1, 2, mostJSON - 1, mostJSON, mostJSON + 1, 2*mostJSON + 7} {
		var lines strings.Builder
		for i := range n {
			fmt.Fprintln(&lines, line(i))
		}
		for _, workers := range []int{1, 2, 3, 8} {
			fromIDX, err := NewIDX(stdin(t, images(n)), m)
			if err != nil {
				t.Fatal(err)
			}
			fromJSON := NewJSONLines(stdin(t, lines.String()), "")
			for _, rows := range []Rows{fromIDX, fromJSON} {
				p := &Prediction{Model: m, Rows: rows, Question: "odd number", Workers: workers}
				out, sum, err := run(t, t.Context(), p)
				if err != nil || sum.Rows != n || sum.Failed != 0 {
					t.Fatalf("%T: %+v, %v", rows, sum, err)
				}
				checkRows(t, out, n)
			}
		}
	}
}

// script is rows with given errors. It ends with an error once, then with io.EOF.
type script struct {
	blocks [][]error
	end    error
	row    func(b *block, batch *predictor.Batch, row int) // converts a row; may be nil

	p     *Prediction
	calls int
}

func (s *script) prepare(p *Prediction) error { s.p = p; return nil }
func (s *script) most() int                   { return 8 }

func (s *script) read(b *block, _ int) error {
	if s.calls < len(s.blocks) {
		b.begin(len(s.blocks[s.calls]), s.p)
		copy(b.fail, s.blocks[s.calls])
	}
	switch s.calls++; {
	case s.calls < len(s.blocks):
		return nil
	case s.calls <= max(1, len(s.blocks)):
		return s.end
	}
	return io.EOF
}

func (s *script) convert(_ int, b *block, batch *predictor.Batch, lo, hi int) {
	for i := lo; i < hi && s.row != nil; i++ {
		s.row(b, batch, i)
	}
}

func (s *script) at(_ *block, row int, err error) error {
	return fmt.Errorf("script: row %d: %w", row, err)
}

func (s *script) progress() (int64, int64) { return int64(s.calls), int64(len(s.blocks)) }
func (s *script) finish() error            { return nil }
func (s *script) Close() error             { return nil }

// The first row that cannot be answered ends the run, unless it is left out or reported. The rows
// before it are written, those after it are not.
func TestRunBadRow(t *testing.T) {
	m := testModel(t)
	errFirst, errSecond := errors.New("first"), errors.New("second")
	for _, c := range []struct {
		blocks [][]error
		end    error
		rows   int // written
		want   error
	}{
		{[][]error{{nil, nil}, {nil, errFirst, nil, errSecond}, {nil}}, io.EOF, 3, errFirst},
		{[][]error{{errFirst, nil}}, io.EOF, 0, errFirst},
		{[][]error{{nil, nil, errFirst}}, errBroken, 2, errFirst},
		{[][]error{{nil}, {nil, nil}}, errBroken, 3, errBroken},
		{[][]error{{nil}, {}}, errBroken, 1, errBroken},
		{[][]error{{nil}, {}}, io.EOF, 1, nil},
		{nil, io.EOF, 0, nil},
		{nil, errBroken, 0, errBroken},
	} {
		var interrupted error
		p := &Prediction{Model: m, Rows: &script{blocks: c.blocks, end: c.end},
			Interrupt: func(cause error) { interrupted = cause }}
		out, sum, err := run(t, t.Context(), p)
		if !errors.Is(err, c.want) || len(out) != c.rows || sum.Rows != c.rows {
			t.Errorf("%v: %d rows, %+v, %v, want %d, %v", c.blocks, len(out), sum, err, c.rows, c.want)
		}
		if isBad := c.want == errFirst; (interrupted != nil) != isBad {
			t.Errorf("%v: reading is interrupted by %v", c.blocks, interrupted)
		}
	}
	const empty = `{"colour": null, "colour_probability": null, "order": null, ` +
		`"order_probability": null, "digits_0": null, "digits_1": null`
	for on, want := range map[OnError]string{Empty: empty + "}\n", Skip: "",
		Report: empty + `, "error": "second"}` + "\n"} {
		s := &script{blocks: [][]error{{nil, nil}, {nil, errFirst, nil, errSecond}, {nil}}, end: io.EOF}
		out, sum, err := run(t, t.Context(), &Prediction{Model: m, Rows: s, OnError: on})
		if err != nil || sum.Rows != 5 || sum.Failed != 2 {
			t.Errorf("%s: %+v, %v", on, sum, err)
		}
		if on == Skip && len(out) != 5 || on != Skip && (len(out) != 7 || out[5] != want) {
			t.Errorf("%s: %q, want %s", on, out, want)
		}
	}
}

// A row without an answer, because its numbers overflow, is bad: the error says where it is.
func TestRunOverflow(t *testing.T) {
	m := testModel(t)
	w, err := m.File.Model.Weight("digits.kernel")
	if err != nil {
		t.Fatal(err)
	}
	values := w.Values()
	values[4] = 3e38 // of the first pixel
	if err := w.Set(values); err != nil {
		t.Fatal(err)
	}
	overflow := func(b *block, batch *predictor.Batch, row int) {
		batch.Inputs[0].Float32s()[6*row] = float32(row % 2 * 1e3)
	}
	s := &script{blocks: [][]error{{nil}, {nil, nil, nil}}, end: io.EOF, row: overflow}
	const want = `script: row 1: head "digits" gives +Inf, which is no answer`
	out, _, err := run(t, t.Context(), &Prediction{Model: m, Rows: s})
	if err == nil || !strings.HasPrefix(err.Error(), want) || len(out) != 2 {
		t.Errorf("%d rows, %v, want %s", len(out), err, want)
	}
	s.calls = 0
	out, sum, err := run(t, t.Context(), &Prediction{Model: m, Rows: s, OnError: Report})
	if err != nil || sum.Failed != 1 || len(out) != 4 ||
		!strings.Contains(strings.ReplaceAll(out[2], `\"`, `"`), `"error": "`+want) {
		t.Errorf("%q, %+v, %v, want %s", out, sum, err, want)
	}
}

// A context that is done ends the run with its cause, and with the number of rows read.
func TestRunCancelled(t *testing.T) {
	m := testModel(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	s := &script{end: io.EOF}
	for range 100 {
		s.blocks = append(s.blocks, make([]error, 5))
	}
	s.row = func(b *block, _ *predictor.Batch, _ int) {
		if b.first == 50 {
			cancel(enough)
		}
	}
	out, _, err := run(t, ctx, &Prediction{Model: m, Rows: s})
	if !errors.Is(err, enough) || len(out) < 55 || len(out) > 75 ||
		err.Error() != fmt.Sprintf("enough after %d rows", len(out)) {
		t.Errorf("%d rows, %v", len(out), err)
	}
	out, _, err = run(t, ctx, &Prediction{Model: m, Rows: &script{end: io.EOF}})
	if !errors.Is(err, enough) || len(out) > 0 {
		t.Errorf("%d rows, %v", len(out), err)
	}
}

// Progress is called between blocks, with the rows so far and how much is read.
func TestRunProgress(t *testing.T) {
	m := testModel(t)
	s := &script{blocks: [][]error{make([]error, 4), make([]error, 1), make([]error, 2)}, end: io.EOF}
	var got []string
	p := &Prediction{Model: m, Rows: s, Progress: func(rows int, done, total int64) {
		got = append(got, fmt.Sprint(rows, done, total))
	}}
	if _, _, err := run(t, t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if want := []string{"4 1 3", "5 2 3", "7 3 3"}; !slices.Equal(got, want) {
		t.Errorf("progress is %q, want %q", got, want)
	}
}

// The answers of a row are those of its heads, numbers as they are and probabilities in full.
func TestAnswers(t *testing.T) {
	m := testModel(t)
	p := prepared(t, m, &script{})
	p.Probabilities = true
	fields, err := p.Header()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	const columns = `colour colour_probability colour_p_red colour_p_b, "c" colour_p_grün ` +
		"order order_probability order_p_no order_p_yes digits_0 digits_1"
	if got := strings.Join(names, " "); got != columns {
		t.Errorf("the columns are %s", got)
	}
	batch := m.NewBatch(2)
	copy(batch.Outputs[colour].Float32s(), []float32{9, 9, 9, .25, .5, 0.1})
	copy(batch.Outputs[order].Float32s(), []float32{9, .375})
	copy(batch.Outputs[digits].Float32s(), []float32{9, 9, 16777216, -1e-7})
	cells := make([]string, len(fields))
	p.answer(cells[:0], batch, 1)
	const want = `b, "c"|0.5|0.25|0.5|0.1|no|0.625|0.625|0.375|1.6777216e+07|-1e-07`
	if got := strings.Join(cells, "|"); got != want {
		t.Errorf("the answers are %s, want %s", got, want)
	}
}

// Heads whose columns would have the same name are refused, if the answers have the columns.
func TestTwins(t *testing.T) {
	g := braid.NewGraph("twins")
	x := g.Input("x", tensor.Float32, 2)
	g.Head("a", layer.Dense{Units: 2, Activation: layer.Softmax}, x)
	g.Head("a_p_up", layer.Dense{Units: 1}, x)
	g.Head("error", layer.Dense{Units: 1}, x)
	built, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	m := newModel(t, &modelfile.File{
		Model: built, Targets: []modelfile.Target{
			{Column: "a", Decoder: target.CategoryDecoder{Classes: []string{"up", "down"}}}},
	})
	for want, p := range map[string]*Prediction{
		"": {},
		`two columns "a_p_up", of different heads or classes: predict without`: {Probabilities: true},
		`two columns "error", one of a head: want --on-error skip or empty`:    {OnError: Report},
	} {
		p.Model, p.Rows = m, &script{}
		_, err := p.Header()
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %s", err, want)
		}
	}
}
