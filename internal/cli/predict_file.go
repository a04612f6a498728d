package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"braid/data"
	"braid/data/datafile"
	"braid/internal/tablepredict"
	"braid/modelfile"
	"braid/predictor"
)

// predictFile answers the rows of a table with a model of people's own data.
func (f *predictFlags) predictFile(
	ctx context.Context, s streams, model *predictor.Model, changed func(flag string) bool,
) error {
	for _, flag := range []string{"question", "questions", "labels", "unknown", "skip-bad"} {
		if changed(flag) {
			return usage("--%s belongs to digitqa models", flag)
		}
	}
	if f.in == "-" {
		return usage("--in is -, want a file: the rows of a table are read from a file")
	}
	source, err := datafile.Open(f.in, datafile.Options{})
	if err != nil {
		return err
	}
	defer source.Close()
	bar := newRowsBar(s, f.out)
	p := tablepredict.Prediction{
		Model: model, Source: source, Path: f.in, Folder: filepath.Dir(f.in),
		Keep: f.kept(source.Columns(), model), Probabilities: f.probabilities,
		OnError: tablepredict.OnError(f.onError),
		Progress: func(rows int) {
			if bar != nil {
				bar.show(rows, 0, 0)
			}
		},
	}
	fields, err := p.Header()
	if err != nil {
		return err
	}
	sink, err := f.sink(s, fields, changed)
	if err != nil {
		return err
	}
	defer sink.Abort()
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
	f.printSummary(s, sum)
	return nil
}

// keepAll is the value of --keep that keeps all columns.
const keepAll = "*"

// kept returns the columns of the rows that are copied to the answers. All columns are those that
// no head has.
func (f *predictFlags) kept(have []string, model *predictor.Model) []string {
	if !slices.Equal(f.keep, []string{keepAll}) {
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

// sink opens the answers.
func (f *predictFlags) sink(
	s streams, fields []data.Field, changed func(flag string) bool,
) (data.Sink, error) {
	if f.out != "-" {
		return datafile.Create(f.out, fields, datafile.Options{Format: f.tableFormat(changed("format"))})
	}
	return datafile.NewSink(s.out, fields, datafile.Options{Format: f.tableFormat(changed("format"))})
}

// printSummary says what the prediction met.
func (f *predictFlags) printSummary(s streams, sum *tablepredict.Summary) {
	if f.log == "none" {
		return
	}
	fmt.Fprintf(s.err, "%d rows answered\n", sum.Rows)
	for _, line := range columnNotes(sum.Notes) {
		fmt.Fprintln(s.err, line)
	}
	if sum.Failed > 0 {
		fmt.Fprintf(s.err, "%d rows could not be read; the first of them:\n%v\n", sum.Failed,
			errors.Join(sum.First...))
	}
}

// tableFormats are the formats of answers by their names in --format.
var tableFormats = map[string]datafile.Format{
	"jsonl": datafile.JSONLines, "csv": datafile.CSV, "tsv": datafile.TSV,
	"parquet": datafile.Parquet,
}

// tableFormat returns the format of the answers. Without --format the name of the file decides.
func (f *predictFlags) tableFormat(given bool) datafile.Format {
	if !given && f.out != "-" {
		return datafile.Auto
	}
	return tableFormats[f.format]
}
