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

// writeTo calls write with a file that replaces path once it is complete, or with standard output,
// or with the device or pipe at path.
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
	if path, err = linkTarget(path); err != nil {
		return err
	}
	return atomicfile.Write(path, write)
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

// printScore prints the counts and the heads' accuracies as text.
func printScore(w io.Writer, s *batchpredict.Score, took time.Duration) {
	noun := "rows"
	if s.Rows == 1 {
		noun = "row"
	}
	seconds := took.Seconds()
	fmt.Fprintf(w, "%d %s in %.1f s, %.0f a second", s.Rows, noun, seconds, float64(s.Rows)/seconds)
	if s.Bad > 0 {
		fmt.Fprintf(w, "; %d could not be answered", s.Bad)
	}
	if n := s.Notes.Unknown; n > 0 {
		fmt.Fprintf(w, "; rows with unknown words: %d", n)
	}
	if n := s.Notes.Cut; n > 0 {
		fmt.Fprintf(w, "; rows whose text was cut: %d", n)
	}
	fmt.Fprintln(w)
	hasLabels := func(h batchpredict.HeadScore) bool { return h.Rows > 0 }
	if !slices.ContainsFunc(s.Heads, hasLabels) {
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

// printScoreJSON prints the counts and the heads' accuracies as a line of JSON.
func printScoreJSON(w io.Writer, s *batchpredict.Score, took time.Duration) {
	line := fmt.Appendf(nil, `{"rows":%d,"bad":%d,"seconds":%.3f`, s.Rows, s.Bad, took.Seconds())
	add := func(name, suffix string, t batchpredict.Tally) {
		if t.Rows > 0 {
			line = fmt.Appendf(line, ",%s:%v", quoted(name+suffix), t.Share())
			line = fmt.Appendf(line, ",%s:%d", quoted(name+"_rows"), t.Rows)
		}
	}
	for _, h := range s.Heads {
		add(h.Name, "_accuracy", h.Tally)
	}
	if len(s.Heads) > 1 {
		add("all_right", "", s.All)
	}
	if n := s.Notes.Unknown; n > 0 {
		line = fmt.Appendf(line, `,"unknown_rows":%d`, n)
	}
	if n := s.Notes.Cut; n > 0 {
		line = fmt.Appendf(line, `,"cut_rows":%d`, n)
	}
	fmt.Fprintf(w, "%s}\n", line)
}

// quoted returns a string in JSON.
func quoted(s string) []byte {
	content, err := json.Marshal(s)
	if err != nil {
		panic(err) // every string has a JSON form
	}
	return content
}
