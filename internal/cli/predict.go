package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"braid/infer"
	"braid/internal/disk"
	"braid/internal/names"
)

// predictFlags are the flags of braid predict.
type predictFlags struct {
	in, out, format     string
	question, questions string
	labels              []string
	probabilities, skip bool
	log                 string
}

func predictVerb(s streams) *cobra.Command {
	var f predictFlags
	c := command(&cobra.Command{
		Use:   "predict [MODEL] --in FILE [--out FILE] [flags]",
		Short: "Answer many rows: from IDX images or JSON lines, to JSON lines or CSV",
		Long: "Predict answers the rows of a file, however many, in constant memory. MODEL is a\n" +
			"model file or a run folder; without it runs/latest is meant.\n\n" +
			"FILE holds IDX images, with --question or --questions; or a JSON object a line,\n" +
			"with the names of the model's inputs and, where they are known, true answers by\n" +
			"the heads' names:\n\n" +
			"    {\"image\": [0, 17, ...], \"question\": \"odd number\", \"digit\": \"7\"}\n\n" +
			"An image is its pixels, from 0 to 255, or a PNG or JPEG in base64. A true answer\n" +
			"is a label in quotes, or a label's index. All files may be compressed with gzip.\n" +
			"Where true answers are known, or follow from others, the heads' scores are told.",
		Example: "  braid predict --in images.idx.gz --question \"odd number\" --out answers.csv\n" +
			"  braid predict runs/best --in images.idx --questions q.txt --labels labels.idx\n" +
			"  generate | braid predict --in - | jq .digit",
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return f.predict(c.Context(), s, args)
		},
	}, cobra.MaximumNArgs(1))
	c.Flags().StringVar(&f.in, "in", "", "`FILE` with rows, - is standard input; required")
	c.Flags().StringVar(&f.out, "out", "-", "`FILE` for the answers, - is standard output")
	c.Flags().StringVar(&f.format, "format", "", "jsonl, or csv, which is meant if --out ends so")
	c.Flags().StringVar(&f.question, "question", "", "asked of all rows that have none of their own")
	c.Flags().StringVar(&f.questions, "questions", "", "`FILE` with a question a line, for IDX images")
	c.Flags().StringArrayVar(&f.labels, "labels", nil, "IDX `[HEAD=]FILE` of true answers; HEAD: the first")
	c.Flags().BoolVar(&f.probabilities, "probabilities", false, "write the probabilities of all answers")
	c.Flags().BoolVar(&f.skip, "skip-bad", false, "write an error for a row that cannot be answered")
	c.Flags().StringVar(&f.log, "log", "text", "how the scores are told: text, json or none")
	c.Flags().SortFlags = false
	return c
}

// check tests the flags, and fills in the format.
func (f *predictFlags) check() error {
	formats, logs := []string{"jsonl", "csv"}, []string{"text", "json", "none"}
	switch {
	case f.in == "":
		return usage("--in is missing, want a file of IDX images or JSON lines, or - for standard input")
	case f.question != "" && f.questions != "":
		return usage("--question and --questions: want one of them")
	case f.format != "" && !slices.Contains(formats, f.format):
		return usage("--format is %q, want one of %s", f.format, names.List(formats))
	case !slices.Contains(logs, f.log):
		return usage("--log is %q, want one of %s", f.log, names.List(logs))
	}
	if f.format == "" {
		f.format = "jsonl"
		if strings.EqualFold(filepath.Ext(f.out), ".csv") {
			f.format = "csv"
		}
	}
	return nil
}

func (f *predictFlags) predict(ctx context.Context, s streams, args []string) error {
	if err := distinct(f.in, f.out); err != nil {
		return err
	}
	path, err := modelPath(args)
	if err != nil {
		return err
	}
	model, err := infer.Open(path)
	if err != nil {
		return err
	}
	heads := outputs(model)
	in, err := openRows(ctx, s, f.in)
	if err != nil {
		return err
	}
	defer in.Close()
	rows, err := f.source(ctx, s, in, model, heads)
	if err != nil {
		return err
	}
	defer rows.close()
	t, err := newTable(heads, f)
	if err != nil {
		return err
	}
	p := &prediction{model: model, rows: rows, table: t, score: newScore(model, heads), skip: f.skip}
	bar := newRowsBar(s, f.out)
	if bar != nil {
		p.progress = bar.show
	}
	began := time.Now()
	var failed error // without what is said around it of the file that is not written then
	err = writeTo(s, f.out, func(w io.Writer) error {
		failed = p.run(ctx, w)
		return failed
	})
	if bar != nil {
		bar.end() // before anything is said
	}
	if failed != nil {
		return failed
	}
	if err != nil {
		return err
	}
	p.score.tell(s.err, f.log, time.Since(began))
	return nil
}

// distinct is an error where the answers would replace the rows.
func distinct(in, out string) error {
	a, err := os.Stat(in)
	if err != nil || in == "-" || out == "-" {
		return nil // it is told when it is opened
	}
	if b, err := os.Stat(out); err == nil && os.SameFile(a, b) && a.Mode().IsRegular() {
		return usage("--out %s is the file of --in, want another", out)
	}
	return nil
}

// latestRun is the run that is meant where no model is named.
var latestRun = filepath.Join(runs, "latest")

// modelPath is the model that is named, or the latest run.
func modelPath(args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	if _, err := os.Stat(latestRun); err != nil {
		return "", fmt.Errorf("no model is named, and there is no run at %s: train one with braid train, or name a model file or a run folder", latestRun)
	}
	return latestRun, nil
}

// writeTo lets write write to a file, whole or not at all, or to standard output as it goes. Devices and pipes
// are written to as they are.
func writeTo(s streams, path string, write func(io.Writer) error) error {
	if path == "-" {
		return write(s.out)
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("--out %s is a folder, want a file", path)
	case err == nil && !info.Mode().IsRegular():
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(file), file.Close())
	case err == nil: // what a link leads to is replaced, not the link
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
	}
	return disk.Write(path, write)
}

// prediction is rows on their way through a model.
type prediction struct {
	model    *infer.Model
	rows     rowSource
	table    *table
	score    *score
	skip     bool // rows that cannot be answered
	progress func(rows int, done, total int64)
}

// run answers all rows.
func (p *prediction) run(ctx context.Context, w io.Writer) error {
	b := newBlock(p.model)
	if err := p.table.begin(w); err != nil {
		return err
	}
	for {
		if ctx.Err() != nil {
			return fmt.Errorf("%w after %d rows", context.Cause(ctx), b.first+b.n)
		}
		b.first += b.n
		read := p.rows.fill(b)
		if read != nil && read != io.EOF && b.n == 0 {
			return read
		}
		bad, err := p.answer(w, b)
		switch {
		case err != nil:
			return err
		case bad != nil:
			return fmt.Errorf("%w (--skip-bad goes on after such rows)", bad)
		case read == io.EOF:
			return nil
		case read != nil:
			return read
		}
		if p.progress != nil {
			done, total := p.rows.progress()
			p.progress(b.first+b.n, done, total)
		}
	}
}

// answer answers a block. Rows before one that cannot be answered are not lost: bad is why it cannot.
func (p *prediction) answer(w io.Writer, b *block) (bad, err error) {
	if !p.skip {
		if at := slices.IndexFunc(b.bad[:b.n], func(err error) bool { return err != nil }); at >= 0 {
			bad, b.n = b.bad[at], at
		}
	}
	if b.n == 0 {
		return bad, nil
	}
	if err := p.model.Predict(b.rows); err != nil {
		return nil, err
	}
	if err := p.table.write(w, b); err != nil {
		return nil, err
	}
	p.score.add(b)
	return bad, nil
}
