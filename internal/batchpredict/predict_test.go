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

	"braid/predictor"
)

// run predicts a reader's rows as JSON lines.
func run(
	t *testing.T, ctx context.Context, m *predictor.Model, s RowReader, skipBad bool,
) ([]string, *Score, error) {
	t.Helper()
	table, err := NewTable(m, Format{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	p := Prediction{Model: m, Reader: s, Table: table, SkipBad: skipBad}
	score, err := p.Run(ctx, &out)
	s.Close()
	return slices.Collect(strings.Lines(out.String())), score, err
}

// checkRows tests that there are n rows, and that row i is the answer to an image of the number i.
func checkRows(t *testing.T, lines []string, n int) {
	t.Helper()
	if len(lines) != n {
		t.Fatalf("%d rows are answered, want %d", len(lines), n)
	}
	for row, line := range lines {
		start, end := fmt.Sprintf(`{"row":%d,"colour":"red",`, row), fmt.Sprintf(`[12,%d]}`+"\n", row)
		if !strings.HasPrefix(line, start) || !strings.HasSuffix(line, end) {
			t.Fatalf("row %d is %swant %s...%s", row, line, start, end)
		}
	}
}

// Rows come out in their order, whatever reader they come from and however they fall into blocks.
func TestRunOrder(t *testing.T) {
	m := testModel(t)
	for _, n := range []int{1, 2, PerBlock - 1, PerBlock, PerBlock + 1, 2*PerBlock + 7} {
		var lines strings.Builder
		for i := range n {
			fmt.Fprintln(&lines, line(i))
		}
		fromIDX, err := NewIDX(stdin(t, images(n)), m)
		if err != nil {
			t.Fatal(err)
		}
		if err := fromIDX.Ask("odd number"); err != nil {
			t.Fatal(err)
		}
		fromJSON := NewJSON(stdin(t, lines.String()), m, "")
		for _, reader := range []RowReader{fromIDX, fromJSON} {
			out, score, err := run(t, t.Context(), m, reader, false)
			if err != nil || score.Rows != n || score.Bad != 0 {
				t.Fatalf("%T: %+v, %v", reader, score, err)
			}
			checkRows(t, out, n)
		}
	}
}

// script is a reader of rows with given errors. It ends with an error once, then with io.EOF.
type script struct {
	blocks [][]error
	end    error
	next   int
	row    func(b *block, row int) // fills a row; may be nil
}

func (s *script) fill(b *block) error {
	b.n = 0
	if s.next < len(s.blocks) {
		b.n = len(s.blocks[s.next])
		for row, err := range s.blocks[s.next] {
			b.begin(row)
			b.bad[row] = err
			if s.row != nil {
				s.row(b, row)
			}
		}
	}
	switch s.next++; {
	case s.next < len(s.blocks):
		return nil
	case s.next <= max(1, len(s.blocks)):
		return s.end
	}
	return io.EOF
}

func (s *script) at(row int, err error) error { return fmt.Errorf("script: row %d: %w", row, err) }
func (s *script) Progress() (int64, int64)    { return int64(s.next), int64(len(s.blocks)) }
func (s *script) Close()                      {}

// The first row that cannot be answered ends the run, unless it is skipped. The rows before it are
// written, those after it are not.
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
		out, score, err := run(t, t.Context(), m, &script{blocks: c.blocks, end: c.end}, false)
		if !errors.Is(err, c.want) || len(out) != c.rows || (score == nil) != (err != nil) {
			t.Errorf("%v: %d rows, %v, want %d, %v", c.blocks, len(out), err, c.rows, c.want)
		}
		isBad := c.want == errFirst
		if err != nil && strings.Contains(err.Error(), "(--skip-bad goes on after such rows)") != isBad {
			t.Errorf("%v: the error is %v", c.blocks, err)
		}
		if score != nil && score.Rows != c.rows {
			t.Errorf("%v: the score has %d rows, want %d", c.blocks, score.Rows, c.rows)
		}
	}
	s := &script{blocks: [][]error{{nil, nil}, {nil, errFirst, nil, errSecond}, {nil}}, end: io.EOF}
	out, score, err := run(t, t.Context(), m, s, true)
	if err != nil || len(out) != 7 || score.Rows != 7 || score.Bad != 2 ||
		out[3] != "{\"row\":3,\"error\":\"first\"}\n" || out[5] != "{\"row\":5,\"error\":\"second\"}\n" {
		t.Errorf("%d rows, %+v, %v: %q", len(out), score, err, out)
	}
}

// A row without an answer, because its numbers overflow, is bad: the reader says where it is.
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
	overflow := func(b *block, row int) {
		b.rows.Inputs[0].Float32s()[6*row] = float32(row % 2 * 1e3)
	}
	s := &script{blocks: [][]error{{nil}, {nil, nil, nil}}, end: io.EOF, row: overflow}
	const want = `script: row 1: head "digits" gives +Inf, which is no answer`
	out, _, err := run(t, t.Context(), m, s, false)
	if err == nil || !strings.HasPrefix(err.Error(), want) || len(out) != 2 {
		t.Errorf("%d rows, %v, want %s", len(out), err, want)
	}
	s.next = 0
	out, score, err := run(t, t.Context(), m, s, true)
	if err != nil || score.Bad != 1 || len(out) != 4 ||
		!strings.HasPrefix(strings.ReplaceAll(out[2], `\"`, `"`), `{"row":2,"error":"`+want) {
		t.Errorf("%q, %+v, %v, want %s", out, score, err, want)
	}
}

// A context that is done ends the run with its cause, and with the number of rows answered.
func TestRunCancelled(t *testing.T) {
	m := testModel(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	s := &script{blocks: [][]error{make([]error, 5), make([]error, 3), make([]error, 2)}, end: io.EOF}
	s.row = func(b *block, row int) {
		if b.first == 5 {
			cancel(enough)
		}
	}
	out, score, err := run(t, ctx, m, s, false)
	if !errors.Is(err, enough) || err.Error() != "enough after 8 rows" || len(out) != 8 ||
		score != nil {
		t.Errorf("%d rows, %v", len(out), err)
	}
	out, _, err = run(t, ctx, m, &script{end: io.EOF}, false)
	if !errors.Is(err, enough) || len(out) > 0 {
		t.Errorf("%d rows, %v", len(out), err)
	}
}

// limited fails after some writes.
type limited struct{ writes int }

func (l *limited) Write(p []byte) (int, error) {
	if l.writes--; l.writes < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

// An output that fails ends the run with its error, at the header as in any block.
func TestRunBrokenOutput(t *testing.T) {
	m := testModel(t)
	for _, f := range []Format{{}, {CSV: true}} {
		table, err := NewTable(m, f)
		if err != nil {
			t.Fatal(err)
		}
		perBlock, header := len(table.buffers), 0 // writes
		if f.CSV {
			header = 1
		}
		for writes := range header + 2*perBlock {
			s := &script{end: io.EOF}
			for range 3 {
				s.blocks = append(s.blocks, make([]error, perBlock))
			}
			p := Prediction{Model: m, Reader: s, Table: table}
			score, err := p.Run(t.Context(), &limited{writes})
			read := 0 // blocks
			if writes >= header {
				read = (writes-header)/perBlock + 1
			}
			if !errors.Is(err, errBroken) || score != nil || s.next != read {
				t.Errorf("%+v, after %d writes: %v, %d blocks read", f, writes, err, s.next)
			}
		}
	}
}

// Progress is called between blocks, with the rows answered and the reader's progress.
func TestRunProgress(t *testing.T) {
	m := testModel(t)
	table, err := NewTable(m, Format{})
	if err != nil {
		t.Fatal(err)
	}
	s := &script{blocks: [][]error{make([]error, 4), make([]error, 1), make([]error, 2)}, end: io.EOF}
	var got []string
	p := Prediction{Model: m, Reader: s, Table: table, Progress: func(rows int, done, total int64) {
		got = append(got, fmt.Sprint(rows, done, total))
	}}
	if _, err := p.Run(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	if want := []string{"4 1 3", "5 2 3"}; !slices.Equal(got, want) {
		t.Errorf("progress is %q, want %q", got, want)
	}
}
