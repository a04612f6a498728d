package batchpredict

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"braid/data"
	"braid/experiment"
	"braid/predictor"
	"braid/train"
)

// trainedModel trains a model that predicts y from x, for an epoch.
func trainedModel(t *testing.T) *predictor.Model {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(path, []byte(table(400)), 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := experiment.Parse(filepath.Join(filepath.Dir(path), "e.yaml"), []byte(
		"data: rows.csv\ninputs: {x: number}\nheads: {y: number, odd: category}\ntrain: {epochs: 1}\n"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := e.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b, err := rows.Build(t.Context(), experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	history, err := train.Fit(t.Context(), b.Model, b.Tables[experiment.TrainPart], b.Plan)
	if err != nil {
		t.Fatal(err)
	}
	file, err := b.File(history)
	if err != nil {
		t.Fatal(err)
	}
	m, err := predictor.New(file)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// table returns rows as CSV. Every fifth row has no label.
func table(rows int) string {
	var b strings.Builder
	b.WriteString("x,y,odd\n")
	for i := range rows {
		y, odd := fmt.Sprint(i*7%100), fmt.Sprint(i%2 == 1)
		if i%5 == 0 {
			y, odd = "", ""
		}
		fmt.Fprintf(&b, "%d,%s,%s\n", i*13%100, y, odd)
	}
	return b.String()
}

// discard is a sink that counts rows.
type discard struct{ rows int }

func (d *discard) Write([]string) error { d.rows++; return nil }
func (d *discard) Close() error         { return nil }
func (d *discard) Abort()               {}

// predict answers rows of a table, and scores at most most of them.
func predict(t *testing.T, m *predictor.Model, rows string, most int) *Summary {
	t.Helper()
	source, err := data.NewCSV(strings.NewReader(rows), "rows.csv", data.CSVOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p := &Prediction{Model: m, Rows: NewTable(source, "rows.csv", ""), mostScored: most}
	if _, err := p.Header(); err != nil {
		t.Fatal(err)
	}
	sink := &discard{}
	sum, err := p.Run(t.Context(), sink)
	if err != nil || sink.rows != sum.Rows {
		t.Fatalf("%v; %d rows were written of %d", err, sink.rows, sum.Rows)
	}
	return sum
}

// The scores of a sample are near those of all rows, and the same each time.
func TestSample(t *testing.T) {
	const rows = 20_000 // several blocks
	m := trainedModel(t)
	all, sample := predict(t, m, table(rows), 0), predict(t, m, table(rows), 2000)
	again := predict(t, m, table(rows), 2000)
	if s := all.Scores; s.Rows != rows*4/5 || s.Labeled != s.Rows || all.Rows != rows {
		t.Errorf("of all rows %d, of %d with labels", s.Rows, s.Labeled)
	}
	if s := sample.Scores; s.Rows != 2000 || s.Labeled != rows*4/5 {
		t.Errorf("of the sample %d, of %d with labels", s.Rows, s.Labeled)
	}
	if fmt.Sprint(*sample.Scores) != fmt.Sprint(*again.Scores) { // NaN included
		t.Error("the second sample has other scores")
	}
	for i := range all.Scores.Scores {
		f := all.Scores.Scores[i].Figures[0]
		got := sample.Scores.Scores[i].Figure(f.Name).Value
		// Four standard errors of 2000 rows are below 0.05 of an accuracy, and of a mean near 25.
		if got == f.Value || math.Abs(got-f.Value) > 0.05*max(1, f.Value) {
			t.Errorf("%s is %v of the sample, %v of all rows", f.Name, got, f.Value)
		}
	}
	if s := predict(t, m, "x\n1\n", 0).Scores; s != nil {
		t.Errorf("without labels: %+v", s)
	}
}

// endless is a source without end. Its rows after the first ones cancel the context.
type endless struct {
	rows   int
	cancel context.CancelFunc
}

func (*endless) Columns() []string { return []string{"x"} }
func (*endless) Close() error      { return nil }

func (e *endless) Read(r *data.Record) error {
	if e.rows++; e.rows == 10_000 {
		e.cancel()
	}
	r.Cells, r.Line = []string{"1"}, e.rows
	return nil
}

// brokenSink is a sink that fails.
type brokenSink struct{ discard }

func (*brokenSink) Write([]string) error { return io.ErrShortWrite }

// A cancelled context, and a sink that fails, end the reading.
func TestEnds(t *testing.T) {
	m := trainedModel(t)
	ctx, cancel := context.WithCancel(t.Context())
	source := &endless{cancel: cancel}
	p := &Prediction{Model: m, Rows: NewTable(source, "", "")}
	if _, err := p.Header(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(ctx, &discard{}); !errors.Is(err, context.Canceled) || source.rows > 20_000 {
		t.Errorf("%v after %d rows", err, source.rows)
	}
	source.rows = 100_000
	if _, err := p.Run(t.Context(), &brokenSink{}); !errors.Is(err, io.ErrShortWrite) {
		t.Error(err)
	}
}
