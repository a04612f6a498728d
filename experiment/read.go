package experiment

import (
	"context"
	"errors"
	"fmt"

	"braid/data"
	"braid/data/datafile"
)

// read reads all rows. Those of files for one part are in that part, others in the training part.
func (e *Experiment) read(ctx context.Context) (*data.Frame, [Parts][]int32, error) {
	var rows [Parts][]int32
	frame, err := data.NewFrame()
	if err != nil {
		return nil, rows, err
	}
	for part, patterns := range e.Data.files() {
		if len(patterns) == 0 {
			continue
		}
		paths, err := datafile.Expand(e.Folder, patterns)
		if err != nil {
			return nil, rows, err
		}
		for _, path := range paths {
			if ctx.Err() != nil {
				return nil, rows, context.Cause(ctx)
			}
			if err := appendFile(frame, path, e.Data.options()); err != nil {
				return nil, rows, err
			}
		}
		for row := int32(len(rows[0]) + len(rows[1])); int(row) < frame.Rows(); row++ {
			rows[part] = append(rows[part], row)
		}
	}
	if frame.Rows() == 0 {
		return nil, rows, errors.New("the data has no rows, want one or more")
	}
	return frame, rows, nil
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

// appendFile adds the rows of a file to a frame.
func appendFile(frame *data.Frame, path string, o datafile.Options) error {
	source, err := datafile.Open(path, o)
	if err != nil {
		return err
	}
	return errors.Join(frame.Append(path, source), source.Close())
}

// files returns the patterns of each part's files.
func (d Data) files() [Parts][]string {
	if len(d.Train) > 0 {
		return [Parts][]string{d.Train, d.Validation, d.Test}
	}
	return [Parts][]string{TrainPart: d.Files}
}

// ReadFrame reads all rows of a file, with the experiment's settings of files.
func (e *Experiment) ReadFrame(path string) (*data.Frame, error) {
	frame, err := data.NewFrame()
	if err != nil {
		return nil, err
	}
	if err := appendFile(frame, path, e.Data.options()); err != nil {
		return nil, err
	}
	if frame.Rows() == 0 {
		return nil, fmt.Errorf("%s has no rows, want one or more", path)
	}
	return frame, nil
}
