package experiment

import (
	"context"
	"fmt"
	"os"
	"slices"

	"braid/data"
	"braid/data/datafile"
)

// read reads all rows. Those of files for one part are in that part, others in the training part.
func (l *Loaded) read(ctx context.Context) (err error) {
	if l.Frame, err = data.NewFrame(); err != nil {
		return err
	}
	if l.Data.Columns != nil {
		if err := l.readColumns(ctx); err != nil {
			return err
		}
		l.Rows[TrainPart] = rowsFrom(0, l.Frame.Rows())
		return nil
	}
	paths, err := l.expand()
	if err != nil {
		return err
	}
	for part, paths := range paths {
		first := l.Frame.Rows()
		for _, path := range paths {
			l.files = append(l.files, int32(l.Frame.Rows()))
			if err := datafile.Append(ctx, l.Frame, path, l.Data.options()); err != nil {
				return err
			}
		}
		l.Rows[part] = rowsFrom(first, l.Frame.Rows())
	}
	return nil
}

// expand returns the paths of each part's files. The rows of a file belong to one part.
func (l *Loaded) expand() (paths [Parts][]string, err error) {
	for part, patterns := range l.Data.files() {
		if len(patterns) == 0 {
			continue
		}
		if paths[part], err = datafile.Expand(l.Folder, patterns); err != nil {
			return paths, l.at("data", Part(part).String(), err)
		}
	}
	for later := range Part(Parts) {
		for earlier := range later {
			if path := common(paths[earlier], paths[later]); path != "" && !l.mayShare(earlier, later) {
				return paths, l.at("data", later.String(), l.shared(path, earlier, later))
			}
		}
	}
	return paths, nil
}

// common returns the first path of b that is a file of a, by whatever name, or "".
func common(a, b []string) string {
	var files []os.FileInfo
	for _, path := range a {
		if info, err := os.Stat(path); err == nil {
			files = append(files, info)
		}
	}
	for _, path := range b {
		info, err := os.Stat(path)
		same := func(file os.FileInfo) bool { return os.SameFile(file, info) }
		if err == nil && slices.ContainsFunc(files, same) {
			return path
		}
	}
	return ""
}

// mayShare reports whether two parts may have the same rows: validation and test may, if validation
// does not choose the epoch that is kept.
func (l *Loaded) mayShare(earlier, later Part) bool {
	return earlier == ValidationPart && later == TestPart && l.Train.Keep == KeepLast
}

// shared returns the error for a file of two parts.
func (l *Loaded) shared(path string, earlier, later Part) error {
	if earlier == TrainPart {
		return fmt.Errorf("%s is in train and in %v, which would measure what training has seen: want "+
			"other rows for each part, or data: FILE, whose rows the split divides", path, later)
	}
	return fmt.Errorf("%s is in validation and in test, which would measure the rows by which the "+
		"epoch was chosen: want other rows, or keep: last in train", path)
}

// readColumns reads the rows of columns in files of their own.
func (l *Loaded) readColumns(ctx context.Context) error {
	var sets [][]datafile.FileColumn
	for i, c := range l.Data.Columns {
		paths, err := datafile.Expand(l.Folder, c.Files)
		if err != nil {
			return l.at("data", "columns", err)
		}
		if i == 0 {
			sets = make([][]datafile.FileColumn, len(paths))
		}
		if len(paths) != len(sets) {
			return l.at("data", "columns", fmt.Errorf("column %q has %d files and column %q has %d, want "+
				"as many for each column", c.Column, len(paths), l.Data.Columns[0].Column, len(sets)))
		}
		for at, path := range paths {
			sets[at] = append(sets[at], datafile.FileColumn{Name: c.Column, Path: path})
		}
	}
	for _, columns := range sets {
		l.files = append(l.files, int32(l.Frame.Rows()))
		if err := datafile.AppendColumns(ctx, l.Frame, columns, l.Data.options()); err != nil {
			return err
		}
	}
	return nil
}

// rowsFrom returns the rows from first up to, not including, end.
func rowsFrom(first, end int) []int32 {
	rows := make([]int32, end-first)
	for i := range rows {
		rows[i] = int32(first + i)
	}
	return rows
}

// encodingNames are the encodings by their names in experiment files.
var encodingNames = map[string]data.Encoding{
	"": data.UTF8, "utf-8": data.UTF8, "latin1": data.Latin1,
}

// options returns how a file is read.
func (d Data) options() datafile.Options {
	o := datafile.Options{Encoding: encodingNames[d.Encoding]}
	if d.Delimiter != "" {
		o.Delimiter = d.Delimiter[0]
	}
	return o
}

// files returns the patterns of each part's files.
func (d Data) files() [Parts][]string {
	if len(d.Train) > 0 {
		return [Parts][]string{d.Train, d.Validation, d.Test}
	}
	return [Parts][]string{TrainPart: d.Files}
}

// FileOptions returns how the experiment's files are read.
func (e *Experiment) FileOptions() datafile.Options { return e.Data.options() }

// ReadFrame reads all rows of a file, with the experiment's settings of files.
func (e *Experiment) ReadFrame(ctx context.Context, path string) (*data.Frame, error) {
	frame, err := datafile.ReadFrame(ctx, []string{path}, e.Data.options())
	if err != nil {
		return nil, err
	}
	if frame.Rows() == 0 {
		return nil, fmt.Errorf("%s has no rows, want one or more", path)
	}
	return frame, nil
}
