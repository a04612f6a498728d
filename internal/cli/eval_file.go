package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"braid/data"
	"braid/experiment"
	"braid/internal/suggest"
	"braid/modelfile"
)

// evaluateFile measures a model of people's own data: on the rows of a file, or on the test part of
// its run's data if there is none.
func evaluateFile(
	ctx context.Context, s streams, path string, file *modelfile.File, rows string, asJSON bool,
	workers int,
) error {
	if workers < 0 {
		return usage("--workers is %d, want 1 or more, or 0 for one for each processor", workers)
	}
	frame, list, part, err := evaluatedRows(ctx, s, path, rows)
	if err != nil {
		return err
	}
	if err := experiment.CheckInputs(file, frame.Names()); err != nil {
		return fmt.Errorf("%s: %w", part, err)
	}
	m, err := experiment.Measure(ctx, file, frame, list, workers)
	if err != nil {
		return err
	}
	if err := checkKnown(file, frame, m, part); err != nil {
		return err
	}
	if asJSON {
		return writeScores(s.out, part, file, m)
	}
	fmt.Fprintf(s.out, "%s on %s: %s\n\n", file.Model.Name(), countOf(m.Rows, "row", "rows"), part)
	printScores(s.out, part, file, m)
	fmt.Fprintln(s.out)
	printNotes(s.out, m.Rows, file.Features, m.Notes)
	return nil
}

// checkKnown returns an error if no row has a label of any head.
func checkKnown(
	f *modelfile.File, frame *data.Frame, m *experiment.Measured, part string,
) error {
	var missing []error
	for i, c := range f.Targets {
		if m.Scores[i].Known > 0 {
			return nil
		}
		if names := frame.Names(); !slices.Contains(names, c.Column) {
			missing = append(missing, suggest.Unknown("column", c.Column, names))
		}
	}
	none := fmt.Errorf("%s: no label is known in %s; braid predict answers rows without labels", part,
		countOf(m.Rows, "row", "rows"))
	return errors.Join(append([]error{none}, missing...)...)
}

// runOf returns the run folder of a model: the folder itself, or that of its model file. It is ""
// if a model file is in no run folder.
func runOf(path string) string {
	if !isFileRun(path) && filepath.Base(path) == modelfile.FileName {
		path = filepath.Dir(path)
	}
	if !isFileRun(path) {
		return ""
	}
	return path
}

// experimentOf returns the experiment of a model's run, or an empty one if the model is in no run
// folder.
func experimentOf(path string) (*experiment.Experiment, error) {
	run := runOf(path)
	if run == "" {
		return &experiment.Experiment{}, nil
	}
	return experiment.Read(filepath.Join(run, experimentName))
}

// evaluatedRows returns the rows to measure a model on, and the name of their part.
func evaluatedRows(
	ctx context.Context, s streams, path, rows string,
) (frame *data.Frame, list []int32, part string, err error) {
	run := runOf(path)
	if rows == "" && run == "" {
		return nil, nil, "", usage("%s is in no run folder, so that its data are not known: name rows "+
			"with --data FILE", path)
	}
	e, err := experimentOf(path)
	if err != nil {
		return nil, nil, "", err
	}
	if rows != "" {
		frame, err = e.ReadFrame(ctx, filepath.Clean(rows))
		if err != nil {
			return nil, nil, "", err
		}
		list = make([]int32, frame.Rows())
		for i := range list {
			list[i] = int32(i)
		}
		return frame, list, filepath.Base(rows), nil
	}
	l, err := e.Load(ctx)
	if errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("%w\nif the data have moved, name the rows to measure with --data FILE", err)
	}
	if err != nil {
		return nil, nil, "", err
	}
	err = checkSplit(l, filepath.Join(run, splitName))
	if errors.Is(err, experiment.ErrOtherRows) {
		s.note(fmt.Sprintf("%v\nthe scores may be on rows that it was trained on", err))
		err = nil
	}
	if err != nil {
		return nil, nil, "", err
	}
	of := l.Measured()
	return l.Frame, l.Rows[of], of.String(), nil
}
