package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"braid/data"
	"braid/data/datafile"
	"braid/experiment"
	"braid/internal/profile"
)

// initFlags are the flags of braid init.
type initFlags struct {
	fileFormat
	heads   []string
	out     string
	network bool
	workers int
}

// networkComment is above the section that --network adds.
const networkComment = `The default network, layer by layer: it trains the same model as without
this section. Change it as you like: docs/layers.md of Braid lists all layers. Sizes that follow
the data, such as the vocabularies of embeddings, are those of the rows that it was written for.`

func initVerb(s streams) *cobra.Command {
	var f initFlags
	c := command(&cobra.Command{
		Use:   "init DATA [flags]",
		Short: "Write a first experiment file for people's own data",
		Long: "Init looks at all rows of DATA, a CSV, TSV, JSON lines or Parquet file or a folder of\n" +
			"images, guesses the type of each column, and writes an experiment file that train reads.\n" +
			"A comment gives the reason for each type. Identifiers, and columns that say what a head\n" +
			"is, are left out, with the reason. It never asks, and never overwrites a file.\n\n" +
			"Without --heads, the file lists the columns that could be heads in comments. Move the ones\n" +
			"to predict from inputs to heads before training.\n\n" +
			"With --network, the file also lists the layers of the default network in a section\n" +
			"network, ready to be changed. Unchanged, it trains the same model.",
		Example: "  braid init products.csv --heads category,price\n" +
			"  braid init products.csv --heads price --network --out network.yaml",
		RunE: func(c *cobra.Command, args []string) error { return f.run(c.Context(), s, args[0]) },
	}, cobra.ExactArgs(1))
	flags := c.Flags()
	flags.StringArrayVar(&f.heads, "heads", nil,
		"columns to predict, separated by commas; the flag may be repeated")
	flags.StringVar(&f.out, "out", "",
		`experiment file to write, "-" for standard output (default: the name of DATA with .yaml, here)`)
	f.fileFormat.add(c)
	flags.BoolVar(&f.network, "network", false,
		"also list the layers of the default network, ready to be changed")
	flags.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "number of workers")
	return c
}

// run writes an experiment file for a data file.
func (f initFlags) run(ctx context.Context, s streams, path string) error {
	out := f.out
	if out == "" {
		out = experimentFor(path)
	}
	if _, err := os.Lstat(out); err == nil && out != "-" {
		return existing(out)
	}
	if f.network && len(f.heads) == 0 {
		return usage("--network needs the columns to predict: want --heads COLUMN,COLUMN")
	}
	options, err := f.options()
	if err != nil {
		return err
	}
	frame, err := readFrame(ctx, path, options)
	if err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	heads := splitNames(f.heads, frame.Names())
	p, err := profile.Make(frame, relativeTo(out, path), heads, f.workers)
	if err != nil {
		return err
	}
	if f.delimiter != "" {
		p.Experiment.Data.Delimiter = f.delimiter
	}
	if options.Encoding == data.Latin1 {
		p.Experiment.Data.Encoding = f.encoding
	}
	if f.network {
		if err := f.addNetwork(ctx, s, p, frame); err != nil {
			return err
		}
	}
	var content bytes.Buffer
	if err := p.Write(&content); err != nil {
		return err
	}
	messages := s.out
	if out == "-" {
		messages = s.err
		_, err = s.out.Write(content.Bytes())
	} else {
		err = createFile(out, content.Bytes())
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(messages, initSummary(p, frame.Rows(), path, out))
	return err
}

// addNetwork adds the default network of the rows to the experiment.
func (f initFlags) addNetwork(
	ctx context.Context, s streams, p *profile.Plan, frame *data.Frame,
) error {
	rows, err := p.Experiment.LoadFrame(frame)
	if err != nil {
		return fmt.Errorf("--network: %w", err)
	}
	cache := openPictures(s)
	defer cache.Close()
	b, err := rows.Build(ctx, experiment.Options{Workers: f.workers, Cache: cache})
	if err != nil {
		return fmt.Errorf("--network: %w", err)
	}
	p.Experiment.Network, err = b.DefaultNetwork()
	p.Comments["network"] = experiment.Comment{Above: networkComment}
	return err
}

// readFrame reads the rows of a file, or of several that a glob matches.
func readFrame(ctx context.Context, path string, o datafile.Options) (*data.Frame, error) {
	paths, err := datafile.Expand(".", []string{path})
	if err != nil {
		return nil, err
	}
	frame, err := datafile.ReadFrame(ctx, paths, o)
	if errors.Is(err, data.ErrNotUTF8) {
		err = fmt.Errorf("%w\n--encoding latin1 reads such a file", err)
	}
	return frame, err
}

// experimentFor returns the name of a data file's experiment file: without its folder, and with
// another ending.
func experimentFor(path string) string {
	name := filepath.Base(filepath.Clean(path))
	for _, ending := range []string{".gz", ".zst"} {
		name = strings.TrimSuffix(name, ending)
	}
	name = strings.TrimSuffix(name, filepath.Ext(name))
	if name = strings.Trim(name, "*?[]."); name == "" || name == string(filepath.Separator) {
		name = "experiment"
	}
	return name + ".yaml"
}

// relativeTo returns the path of a data file from the folder of an experiment file.
func relativeTo(out, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	folder := "."
	if out != "-" {
		folder = filepath.Dir(out)
	}
	from, err := filepath.Abs(folder)
	if err != nil {
		return path
	}
	to, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	relative, err := filepath.Rel(from, to)
	if err != nil {
		return to // on another drive
	}
	return filepath.ToSlash(relative)
}

// splitNames splits lists of names at commas. A value that is a column's name stays whole.
func splitNames(values, names []string) []string {
	var list []string
	for _, value := range values {
		if slices.Contains(names, value) {
			list = append(list, value)
			continue
		}
		for name := range strings.SplitSeq(value, ",") {
			if name = strings.TrimSpace(name); name != "" {
				list = append(list, name)
			}
		}
	}
	return list
}

// existing is the error for a file that exists.
func existing(path string) error {
	return fmt.Errorf("%s exists, and init overwrites no file: remove it, or name another with --out",
		path)
}

// createFile writes a file that does not exist yet.
func createFile(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return existing(path)
	}
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// initSummary says what was written, what to look at, and what to do next.
func initSummary(p *profile.Plan, rows int, path, out string) string {
	var text strings.Builder
	e := p.Experiment
	fmt.Fprintf(&text, "%s: %s, %s, ", out, profile.Plural(len(e.Inputs), "input"),
		profile.Plural(len(e.Heads), "head"))
	if len(e.Ignore) > 0 {
		fmt.Fprintf(&text, "%s left out, ", profile.Plural(len(e.Ignore), "column"))
	}
	fmt.Fprintf(&text, "from %s\n", profile.Plural(rows, "row"))
	for _, u := range p.Uses {
		if u.As == "ignored" {
			fmt.Fprintf(&text, "  %s is left out: %s\n", u.Column, u.Reason)
		}
	}
	for _, u := range p.Uses {
		if u.Warning != "" && u.Warning != u.Reason {
			fmt.Fprintf(&text, "  check %s: %s\n", u.Column, u.Warning)
		}
	}
	if e.Split.Column != "" {
		fmt.Fprintf(&text, "  rows are divided by %v, column %s\n", e.Split.By, e.Split.Column)
	}
	if len(e.Heads) > 0 {
		if out == "-" {
			return text.String()
		}
		fmt.Fprintf(&text, "next: braid inspect %s, or braid train %s\n", out, out)
		return text.String()
	}
	columns, _ := p.Candidates()
	var names []string
	for _, c := range columns {
		names = append(names, c.Name)
	}
	text.WriteString("it has no heads yet: move the columns to predict from inputs to heads, or run " +
		"init again with --heads\n")
	if len(names) > 0 {
		fmt.Fprintf(&text, "these could be heads: %s\n", strings.Join(names, ", "))
	}
	return text.String()
}
