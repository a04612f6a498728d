package cli

import (
	"context"
	"fmt"
	"path/filepath"

	"braid/data"
	"braid/data/datafile"
	"braid/experiment"
	"braid/modelfile"
)

// evaluateFile measures a model of people's own data: on the rows of a file, or on the test part of
// its run's data if there is none.
func evaluateFile(
	ctx context.Context, s streams, run string, file *modelfile.File, rows string, asJSON bool,
	workers int,
) error {
	frame, list, part, err := evaluatedRows(ctx, run, rows)
	if err != nil {
		return err
	}
	m, err := experiment.Measure(ctx, file, frame, list, workers)
	if err != nil {
		return err
	}
	if asJSON {
		return writeScores(s.out, part, file, m)
	}
	fmt.Fprintf(s.out, "%s on %d rows, %s\n\n", file.Model.Name(), m.Rows, part)
	printScores(s.out, part, file, m)
	for _, line := range columnNotes(m.Notes) {
		fmt.Fprintln(s.out, line)
	}
	return nil
}

// evaluatedRows returns the rows to measure a model on, and the name of their part.
func evaluatedRows(
	ctx context.Context, run, rows string,
) (frame *data.Frame, list []int32, part string, err error) {
	if rows != "" {
		frame, err = datafile.ReadFrame([]string{rows}, datafile.Options{})
		if err != nil {
			return nil, nil, "", err
		}
		list = make([]int32, frame.Rows())
		for i := range list {
			list[i] = int32(i)
		}
		return frame, list, filepath.Base(rows), nil
	}
	if !isFileRun(run) {
		return nil, nil, "", usage("%s is no run folder: name the rows with --data", run)
	}
	e, err := experiment.Read(filepath.Join(run, experimentName))
	if err != nil {
		return nil, nil, "", err
	}
	l, err := e.Load(ctx)
	if err != nil {
		return nil, nil, "", err
	}
	of := experiment.TestPart
	if len(l.Rows[of]) == 0 {
		of = experiment.ValidationPart
	}
	return l.Frame, l.Rows[of], of.String(), nil
}
