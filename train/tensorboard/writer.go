package tensorboard

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"braid"
	"braid/internal/atomicfile"
	"braid/internal/kinds"
)

// Writer writes one event file. Each call appends a whole record, so a program that is killed
// leaves at most its last record incomplete, which readers ignore. A tag is the name of a series of
// points. TensorBoard groups tags by their text before a slash.
type Writer struct {
	file   *os.File
	record []byte // for reuse
}

const filePrefix = "events.out.tfevents."

// Create makes a new event file in a folder, which is created if missing. TensorBoard shows each
// folder with event files as a run, and reads its files in the order of their names: a later file
// continues an earlier one.
func Create(folder string) (*Writer, error) {
	if err := atomicfile.MakeFolder(folder); err != nil {
		return nil, fmt.Errorf("tensorboard: %w", err)
	}
	file, err := create(folder)
	if err != nil {
		return nil, fmt.Errorf("tensorboard: %w", err)
	}
	w := &Writer{file: file}
	var source message
	source.text(1, "braid")
	var e message
	e.text(3, "brain.Event:2") // the version of the format
	e.bytes(10, source)
	if err := w.write(0, e); err != nil {
		file.Close()
		return nil, err
	}
	return w, nil
}

// create makes a file whose name comes after those of the others in the folder.
func create(folder string) (*os.File, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	second := time.Now().Unix()
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), filePrefix)
		text, _, _ := strings.Cut(rest, ".")
		if at, err := strconv.ParseInt(text, 10, 64); ok && err == nil {
			second = max(second, at+1)
		}
	}
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	name := fmt.Sprintf("%s%010d.%s.%d.0", filePrefix, second, filepath.Base(host), os.Getpid())
	return os.OpenFile(filepath.Join(folder, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

// write appends an event, of which what has all but the time and the step.
func (w *Writer) write(step int, what message) error {
	var e message
	e.double(1, float64(time.Now().UnixMicro())/1e6)
	e.int(2, int64(step))
	w.record = appendRecord(w.record[:0], append(e, what...))
	if _, err := w.file.Write(w.record); err != nil {
		return fmt.Errorf("tensorboard: %w", err)
	}
	return nil
}

// values appends an event with values of a summary.
func (w *Writer) values(step int, list ...message) error {
	var summary, e message
	for _, v := range list {
		summary.bytes(1, v)
	}
	e.bytes(5, summary)
	return w.write(step, e)
}

// Scalar appends a point of a curve. TensorBoard keeps it as float32.
func (w *Writer) Scalar(tag string, step int, value float64) error {
	return w.Scalars(step, []string{tag}, []float64{value})
}

// Scalars appends a point to each of several curves.
func (w *Writer) Scalars(step int, tags []string, values []float64) error {
	if len(tags) != len(values) {
		return fmt.Errorf("tensorboard: %d tags for %d values", len(tags), len(values))
	}
	var list []message
	for i, tag := range tags {
		var v message
		v.text(1, tag)
		v.float(2, float32(values[i]))
		list = append(list, v)
	}
	return w.values(step, list...)
}

// Histogram appends how numbers are distributed. NaN and Inf are left out.
func (w *Writer) Histogram(tag string, step int, values []float32) error {
	var v message
	v.text(1, tag)
	v.bytes(5, histogram(values))
	return w.values(step, v)
}

// Image appends an image, as PNG.
func (w *Writer) Image(tag string, step int, picture image.Image) error {
	if err := kinds.NotNil(picture, "an image"); err != nil {
		return fmt.Errorf("tensorboard: image %q is %w", tag, err)
	}
	var content bytes.Buffer
	if err := png.Encode(&content, picture); err != nil {
		return fmt.Errorf("tensorboard: image %q: %w", tag, err)
	}
	const grey, rgba = 1, 4
	colours := int64(rgba)
	if m := picture.ColorModel(); m == color.GrayModel || m == color.Gray16Model {
		colours = grey
	}
	var i, v message
	i.int(1, int64(picture.Bounds().Dy()))
	i.int(2, int64(picture.Bounds().Dx()))
	i.int(3, colours)
	i.bytes(4, content.Bytes())
	v.text(1, tag)
	v.bytes(4, i)
	return w.values(step, v)
}

// Graph appends the graph of a model: a node for each input and layer, with its configuration and
// its output's shape. A run has one graph.
func (w *Writer) Graph(m *braid.Model) error {
	g, err := graph(m)
	if err != nil {
		return fmt.Errorf("tensorboard: %w", err)
	}
	var e message
	e.bytes(4, g)
	return w.write(0, e)
}

// Restart says that the run goes on from a step: TensorBoard forgets the points of this step and
// later ones that are before this event, in this file or an earlier one of the folder.
func (w *Writer) Restart(step int) error {
	const start = 1
	var log, e message
	log.int(1, start)
	e.bytes(7, log)
	return w.write(step, e)
}

// Sync waits until everything is on the disk.
func (w *Writer) Sync() error {
	if err := w.file.Sync(); err != nil {
		return fmt.Errorf("tensorboard: %w", err)
	}
	return nil
}

// Close syncs and closes the file.
func (w *Writer) Close() error { return errors.Join(w.Sync(), w.file.Close()) }
