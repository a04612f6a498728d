package cli

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"braid/data"
	"braid/data/datafile"
	"braid/feature"
	"braid/internal/batchpredict"
	"braid/modelfile"
)

// tableFormats are the formats of tables by their names in --format and --in-format.
var tableFormats = map[string]datafile.Format{
	"jsonl": datafile.JSONLines, "csv": datafile.CSV, "tsv": datafile.TSV,
	"parquet": datafile.Parquet,
}

// extensions returns the end of a name that says the format, and that of a compression, in small
// letters.
func extensions(path string) (format, compression string) {
	format = strings.ToLower(filepath.Ext(path))
	if format == ".gz" || format == ".zst" {
		compression = format
		format = strings.ToLower(filepath.Ext(path[:len(path)-len(format)]))
	}
	return format, compression
}

// sink opens the answers: a file, which appears when it is complete, or standard output, a device
// or a pipe. Without a format in a name they are JSON lines.
func (f *predictFlags) sink(
	ctx context.Context, s streams, fields []data.Field,
) (data.Sink, error) {
	o := datafile.Options{Format: tableFormats[f.format]}
	if f.out == "-" {
		return newStream(s.out, nil, "", fields, o)
	}
	info, err := os.Stat(f.out)
	format, compression := extensions(f.out)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("--out %s is a folder, want a file", f.out)
	case err == nil && (!info.Mode().IsRegular() || descriptor.MatchString(f.out)):
		pipe, err := batchpredict.OpenPipe(ctx, f.out, os.O_WRONLY|os.O_APPEND)
		if err != nil {
			return nil, err
		}
		if o.Format == datafile.Auto {
			o.Format = tableFormats[strings.TrimPrefix(format, ".")]
		}
		return newStream(pipe, pipe, compression, fields, o)
	}
	path, err := linkTarget(f.out)
	if err != nil {
		return nil, err
	}
	if o.Format == datafile.Auto && format == "" {
		o.Format = datafile.JSONLines
	}
	return datafile.Create(path, fields, o)
}

// stream is a sink of standard output, a device or a pipe.
type stream struct {
	data.Sink
	compressor io.Closer // nil: none
	pipe       io.Closer // nil: standard output
	isParquet  bool
	closed     bool
}

// newStream returns a sink that writes to w and closes pipe, unless that is nil.
func newStream(
	w io.Writer, pipe io.Closer, compression string, fields []data.Field, o datafile.Options,
) (data.Sink, error) {
	if o.Format == datafile.Auto {
		o.Format = datafile.JSONLines
	}
	t := &stream{pipe: pipe, isParquet: o.Format == datafile.Parquet}
	var err error
	switch compression {
	case ".gz":
		z := gzip.NewWriter(w)
		w, t.compressor = z, z
	case ".zst":
		var z *zstd.Encoder
		if z, err = zstd.NewWriter(w, zstd.WithEncoderConcurrency(1)); err == nil {
			w, t.compressor = z, z
		}
	}
	if err == nil {
		t.Sink, err = datafile.NewSink(w, fields, o)
	}
	if err != nil && pipe != nil {
		pipe.Close()
	}
	return t, err
}

// Close completes what was written.
func (t *stream) Close() error {
	if t.closed {
		return nil
	}
	t.closed = true
	failed := []error{t.Sink.Close()}
	for _, c := range []io.Closer{t.compressor, t.pipe} {
		if c != nil {
			failed = append(failed, c.Close())
		}
	}
	return errors.Join(failed...)
}

// Abort writes the rows before an error. Parquet has none without its end, and gets none.
func (t *stream) Abort() {
	switch {
	case !t.closed && !t.isParquet:
		t.Close() // an error comes after that for which the prediction has ended
	case !t.closed && t.pipe != nil:
		t.pipe.Close()
	}
}

// descriptor matches the path of an open file, which is appended to and not replaced.
var descriptor = regexp.MustCompile(`^/(dev/(stdout|stderr|fd/\d+)|proc/[^/]+/fd/\d+)$`)

// linkTarget follows a symbolic link, whose target is replaced or made. Other paths it returns as
// they are.
func linkTarget(path string) (string, error) {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		return path, nil
	}
	if real, err := filepath.EvalSymlinks(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return real, err
	}
	to, err := os.Readlink(path) // the target does not exist yet
	if err == nil && !filepath.IsAbs(to) {
		to = filepath.Join(filepath.Dir(path), to)
	}
	return to, err
}

// printSummary prints what the prediction met, and the scores if labels are known.
func printSummary(w io.Writer, m *modelfile.File, sum *batchpredict.Summary, took time.Duration) {
	fmt.Fprintf(w, "%s in %.1f s, %.0f a second\n", countOf(sum.Rows, "row", "rows"), took.Seconds(),
		float64(sum.Rows)/took.Seconds())
	printNotes(w, sum.Rows, m.Features, sum.Notes)
	if sum.Failed > 0 {
		fmt.Fprintf(w, "%s could not be answered:\n", countOf(sum.Failed, "row", "rows"))
		printFirst(w, sum.First, sum.Failed)
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
	printScores(w, "score", &modelfile.File{Targets: scores.Targets}, &scores.Measured)
	if scores.AllKnown > 0 {
		fmt.Fprintf(w, "all right: %.2f %% of %s with labels of all heads\n",
			100*share(scores.AllRight, scores.AllKnown), countOf(scores.AllKnown, "row", "rows"))
	}
	if scores.Unreadable > 0 {
		fmt.Fprintf(w, "%s could not be read:\n",
			countOf(scores.Unreadable, "label", "labels"))
		printFirst(w, scores.BadLabels, scores.Unreadable)
	}
}

// printFirst prints the first errors of some.
func printFirst(w io.Writer, first []error, all int) {
	for _, err := range first {
		fmt.Fprintf(w, "  %v\n", err)
	}
	if more := all - len(first); more > 0 {
		fmt.Fprintf(w, "  and %d more\n", more)
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

	// The share of right rows among those with labels of all heads, and the number of these.
	AllRight     *float64 `json:"all_right,omitempty"`
	AllRightRows int      `json:"all_right_rows,omitempty"`
}

func summaryOf(sum *batchpredict.Summary, took time.Duration) summaryJSON {
	j := summaryJSON{Rows: sum.Rows, Failed: sum.Failed, Notes: sum.Notes}
	j.Seconds = float64(took.Milliseconds()) / 1000
	if sum.Scores != nil {
		j.Labeled, j.Scored = sum.Scores.Labeled, sum.Scores.Rows
		j.Heads = headScores(&modelfile.File{Targets: sum.Scores.Targets}, &sum.Scores.Measured)
		if n := sum.Scores.AllKnown; n > 0 {
			right := share(sum.Scores.AllRight, n)
			j.AllRight, j.AllRightRows = &right, n
		}
	}
	return j
}

// share returns a part of n as a number from 0 to 1.
func share(part, n int) float64 { return float64(part) / float64(n) }

// quoted returns a string in JSON.
func quoted(s string) []byte {
	content, err := json.Marshal(s)
	if err != nil {
		panic(err) // every string has a JSON form
	}
	return content
}
