package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"braid/data"
	"braid/data/datafile"
	"braid/feature"
	"braid/internal/batchpredict"
	"braid/internal/tablepredict"
	"braid/modelfile"
	"braid/predictor"
)

// predictFile answers the rows of a table with a model of people's own data. path is the model's.
func (f *predictFlags) predictFile(
	ctx context.Context, s streams, path string, model *predictor.Model,
	changed func(flag string) bool,
) error {
	for _, flag := range []string{"question", "questions", "labels", "unknown", "skip-bad"} {
		if changed(flag) {
			return usage("--%s belongs to digitqa models", flag)
		}
	}
	e, err := experimentOf(path)
	if err != nil {
		return err
	}
	o := e.FileOptions()
	o.Format = tableFormats[f.inFormat]
	source, folder, err := f.source(ctx, s, model, o)
	if err != nil {
		return err
	}
	defer source.Close()
	name := f.in
	if name == "-" {
		name = standardInput
	}
	p := tablepredict.Prediction{
		Model: model, Source: source, Path: name, Folder: folder,
		Keep: f.kept(source.Columns(), model), Probabilities: f.probabilities,
		OnError: tablepredict.OnError(f.onError),
	}
	fields, err := p.Header()
	if err != nil {
		return err
	}
	sink, err := f.sink(ctx, s, fields, changed("format"))
	if err != nil {
		return err
	}
	defer sink.Abort()
	bar := newRowsBar(s, f.out)
	if bar != nil {
		p.Progress = func(rows int) {
			done, total := int64(rows), int64(0)
			if c, ok := source.(interface{ Progress() (done, total int64) }); ok {
				done, total = c.Progress()
			}
			bar.show(rows, done, total)
		}
	}
	began := time.Now()
	sum, err := p.Run(ctx, sink)
	if bar != nil {
		bar.end()
	}
	if err == nil {
		err = sink.Close()
	}
	if err != nil {
		return err
	}
	switch took := time.Since(began); f.log {
	case "text":
		printSummary(s.err, model.File, sum, took)
	case "json":
		return printLine(s.err, summaryOf(model.File, sum, took))
	}
	return nil
}

// standardInput is the name of standard input in errors.
const standardInput = "standard input"

// source opens the rows, and returns the folder where the paths of pictures in them begin.
func (f *predictFlags) source(
	ctx context.Context, s streams, model *predictor.Model, o datafile.Options,
) (data.Source, string, error) {
	info, err := os.Stat(f.in)
	if f.in != "-" && (err != nil || info.IsDir() || info.Mode().IsRegular()) {
		source, err := datafile.Open(f.in, o)
		return source, filepath.Dir(filepath.Clean(f.in)), err // of pictures/ as of pictures
	}
	if f.keepsAll() && o.Format != datafile.CSV && o.Format != datafile.TSV {
		return nil, "", usage("--keep without columns: the columns of JSON lines on a pipe are not " +
			"known before its end; name them, such as --keep=id, or read CSV with --in-format csv")
	}
	columns := slices.Clone(f.keep)
	add := func(column string) {
		if !slices.Contains(columns, column) {
			columns = append(columns, column)
		}
	}
	for _, c := range model.File.Features {
		add(c.Column)
	}
	for _, c := range model.File.Targets {
		add(c.Column)
	}
	if f.in == "-" {
		if isTerminal(s.in) {
			return nil, "", usage("--in - is a terminal, want rows, such as with < new.csv")
		}
		source, err := datafile.NewSource(
			batchpredict.Interruptible(ctx, s.in), standardInput, columns, o)
		return source, ".", err
	}
	pipe, err := batchpredict.OpenPipe(ctx, f.in, os.O_RDONLY)
	if err != nil {
		return nil, "", err
	}
	source, err := datafile.NewSource(batchpredict.Interruptible(ctx, pipe), f.in, columns, o)
	if err != nil {
		pipe.Close()
		return nil, "", err
	}
	return closing{source, pipe}, ".", nil
}

// closing is a source that closes its pipe.
type closing struct {
	data.Source
	pipe io.Closer
}

func (c closing) Close() error { return errors.Join(c.Source.Close(), c.pipe.Close()) }

// keepAll is the value of --keep that keeps all columns.
const keepAll = "*"

func (f *predictFlags) keepsAll() bool { return slices.Equal(f.keep, []string{keepAll}) }

// kept returns the columns of the rows that are copied to the answers. All columns are those that
// no head has.
func (f *predictFlags) kept(have []string, model *predictor.Model) []string {
	if !f.keepsAll() {
		return f.keep
	}
	var list []string
	for _, name := range have {
		isHead := func(t modelfile.Target) bool { return t.Column == name }
		if !slices.ContainsFunc(model.File.Targets, isHead) {
			list = append(list, name)
		}
	}
	return list
}

// sink opens the answers: a file, which appears when it is complete, or standard output, a device
// or a pipe.
func (f *predictFlags) sink(
	ctx context.Context, s streams, fields []data.Field, hasFormat bool,
) (data.Sink, error) {
	o := datafile.Options{}
	if hasFormat {
		o.Format = tableFormats[f.format]
	}
	plain := datafile.Options{Format: cmp.Or(o.Format, datafile.JSONLines)} // not by a name
	if f.out == "-" {
		return datafile.NewSink(s.out, fields, plain)
	}
	info, err := os.Stat(f.out)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("--out %s is a folder, want a file", f.out)
	case err == nil && (!info.Mode().IsRegular() || descriptor.MatchString(f.out)):
		pipe, err := batchpredict.OpenPipe(ctx, f.out, os.O_WRONLY|os.O_APPEND)
		if err != nil {
			return nil, err
		}
		sink, err := datafile.NewSink(pipe, fields, plain)
		if err != nil {
			pipe.Close()
			return nil, err
		}
		return &pipeSink{sink, pipe}, nil
	}
	path, err := linkTarget(f.out)
	if err != nil {
		return nil, err
	}
	return datafile.Create(path, fields, o)
}

// pipeSink is a sink that closes its pipe.
type pipeSink struct {
	data.Sink
	pipe io.Closer
}

func (p *pipeSink) Close() error { return errors.Join(p.Sink.Close(), p.pipe.Close()) }
func (p *pipeSink) Abort()       { p.pipe.Close() }

// printSummary prints what the prediction met, and the scores if labels are known.
func printSummary(w io.Writer, m *modelfile.File, sum *tablepredict.Summary, took time.Duration) {
	fmt.Fprintf(w, "%s in %.1f s, %.0f a second\n", countOf(sum.Rows, "row", "rows"), took.Seconds(),
		float64(sum.Rows)/took.Seconds())
	printNotes(w, sum.Rows, m.Features, sum.Notes)
	if sum.Failed > 0 {
		fmt.Fprintf(w, "%s could not be read:\n", countOf(sum.Failed, "row", "rows"))
		for _, err := range sum.First {
			fmt.Fprintf(w, "  %v\n", err)
		}
		if more := sum.Failed - len(sum.First); more > 0 {
			fmt.Fprintf(w, "  and %d more\n", more)
		}
	}
	scores := sum.Scores
	if scores == nil {
		return
	}
	fmt.Fprintln(w)
	if scores.Labeled > scores.Rows {
		fmt.Fprintf(w, "scores of %d rows, drawn at random from %d with labels (braid eval measures "+
			"all):\n", scores.Rows, scores.Labeled)
	}
	printScores(w, "score", m, &scores.Measured)
	if scores.Unreadable > 0 {
		fmt.Fprintf(w, "%s could not be read\n", countOf(scores.Unreadable, "label", "labels"))
	}
}

// summaryJSON has what a prediction met for programs.
type summaryJSON struct {
	Rows    int                      `json:"rows"`
	Failed  int                      `json:"failed"`
	Seconds float64                  `json:"seconds"`
	Notes   map[string]feature.Notes `json:"notes"`
	Labeled int                      `json:"labeled"`         // rows with a label
	Scored  int                      `json:"scored"`          // of these
	Heads   map[string]headJSON      `json:"heads,omitempty"` // without labels there are none
}

func summaryOf(m *modelfile.File, sum *tablepredict.Summary, took time.Duration) summaryJSON {
	j := summaryJSON{Rows: sum.Rows, Failed: sum.Failed, Notes: sum.Notes}
	j.Seconds = float64(took.Milliseconds()) / 1000
	if sum.Scores != nil {
		j.Labeled, j.Scored = sum.Scores.Labeled, sum.Scores.Rows
		j.Heads = headScores(m, &sum.Scores.Measured)
	}
	return j
}

// tableFormats are the formats of tables by their names in --format and --in-format.
var tableFormats = map[string]datafile.Format{
	"jsonl": datafile.JSONLines, "csv": datafile.CSV, "tsv": datafile.TSV,
	"parquet": datafile.Parquet,
}
