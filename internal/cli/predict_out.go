package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"text/tabwriter"
	"time"

	"braid/internal/atomicfile"
	"braid/internal/batchpredict"
)

// writeTo lets write write to a file, whole or not at all, or to standard output as it goes. Devices and pipes
// are written to as they are.
func writeTo(ctx context.Context, s streams, path string, write func(io.Writer) error) error {
	if path == "-" {
		return write(s.out)
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("--out %s is a folder, want a file", path)
	case err == nil && (!info.Mode().IsRegular() || descriptor.MatchString(path)):
		file, err := batchpredict.OpenPipe(ctx, path, os.O_WRONLY|os.O_APPEND)
		if err != nil {
			return err
		}
		return errors.Join(write(file), file.Close())
	}
	if path, err = target(path); err != nil {
		return err
	}
	return atomicfile.Write(path, write)
}

// descriptor is a path of what is open already: it may be a file, which holds something.
var descriptor = regexp.MustCompile(`^/(dev/(stdout|stderr|fd/\d+)|proc/[^/]+/fd/\d+)$`)

// target is what a link leads to, which is replaced or made, and not the link.
func target(path string) (string, error) {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		return path, nil
	}
	if real, err := filepath.EvalSymlinks(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return real, err
	}
	to, err := os.Readlink(path) // to nothing yet
	if err == nil && !filepath.IsAbs(to) {
		to = filepath.Join(filepath.Dir(path), to)
	}
	return to, err
}

// printScore prints what was counted, for people.
func printScore(w io.Writer, s *batchpredict.Score, took time.Duration) {
	noun := "rows"
	if s.Rows == 1 {
		noun = "row"
	}
	fmt.Fprintf(w, "%d %s in %.1f s, %.0f a second", s.Rows, noun, took.Seconds(), float64(s.Rows)/took.Seconds())
	if s.Bad > 0 {
		fmt.Fprintf(w, "; %d could not be answered", s.Bad)
	}
	if s.DroppedWords > 0 {
		fmt.Fprintf(w, "; unknown words dropped: %d, in rows: %d", s.DroppedWords, s.DroppedRows)
	}
	if s.CutRows > 0 {
		fmt.Fprintf(w, "; rows whose text was cut: %d", s.CutRows)
	}
	fmt.Fprintln(w)
	if !slices.ContainsFunc(s.Heads, func(h batchpredict.HeadScore) bool { return h.Rows > 0 }) {
		return
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "head\taccuracy\trows known\t")
	line := func(name string, c batchpredict.Tally) {
		if c.Rows == 0 {
			fmt.Fprintf(t, "%s\t\t0\t\n", name)
			return
		}
		fmt.Fprintf(t, "%s\t%.2f %%\t%d\t\n", name, 100*c.Share(), c.Rows)
	}
	for _, h := range s.Heads {
		line(h.Name, h.Tally)
	}
	if len(s.Heads) > 1 {
		line("all right", s.All)
	}
	t.Flush()
}

// printScoreJSON prints what was counted, as a line of JSON.
func printScoreJSON(w io.Writer, s *batchpredict.Score, took time.Duration) {
	line := fmt.Appendf(nil, `{"rows":%d,"bad":%d,"seconds":%.3f`, s.Rows, s.Bad, took.Seconds())
	add := func(name, suffix string, t batchpredict.Tally) {
		if t.Rows > 0 {
			line = fmt.Appendf(line, ",%s:%v,%s:%d", quoted(name+suffix), t.Share(), quoted(name+"_rows"), t.Rows)
		}
	}
	for _, h := range s.Heads {
		add(h.Name, "_accuracy", h.Tally)
	}
	if len(s.Heads) > 1 {
		add("all_right", "", s.All)
	}
	if s.DroppedWords > 0 {
		line = fmt.Appendf(line, `,"dropped_words":%d,"dropped_rows":%d`, s.DroppedWords, s.DroppedRows)
	}
	if s.CutRows > 0 {
		line = fmt.Appendf(line, `,"cut_rows":%d`, s.CutRows)
	}
	fmt.Fprintf(w, "%s}\n", line)
}

// quoted is a string as JSON.
func quoted(s string) []byte {
	content, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always can be
	}
	return content
}
