package cli

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"braid/infer"
	"braid/internal/disk"
	"braid/internal/names"
	"braid/internal/rows"
)

// predictFlags are the flags of braid predict.
type predictFlags struct {
	in, out, format     string
	question, questions string
	labels              []string
	probabilities, skip bool
	zip                 bool // the answers are compressed
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
			"is a label in quotes, or a label's index. All files may be compressed with gzip;\n" +
			"what --out names is where it ends in .gz.\n" +
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
	c.Flags().StringVar(&f.format, "format", "", "jsonl, or csv, which is meant if --out ends so, or in .csv.gz")
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
	name := f.out
	if strings.EqualFold(filepath.Ext(name), ".gz") {
		f.zip, name = true, strings.TrimSuffix(name, filepath.Ext(name))
	}
	if f.format == "" {
		f.format = "jsonl"
		if strings.EqualFold(filepath.Ext(name), ".csv") {
			f.format = "csv"
		}
	}
	return nil
}

func (f *predictFlags) predict(ctx context.Context, s streams, args []string) error {
	path, err := modelPath(args)
	if err != nil {
		return err
	}
	model, err := infer.Open(path)
	if err != nil {
		return err
	}
	if err := f.distinct(model); err != nil {
		return err
	}
	if note := untrained(model, f.question); note != "" && f.log == "text" {
		s.note(note)
	}
	source, err := f.source(ctx, s, model)
	if err != nil {
		return err
	}
	defer source.Close()
	table, err := rows.NewTable(model, rows.Format{CSV: f.format == "csv", Probabilities: f.probabilities, Errors: f.skip})
	if err != nil {
		return err
	}
	p := &rows.Prediction{Model: model, Source: source, Table: table, SkipBad: f.skip}
	bar := newRowsBar(s, f.out)
	if bar != nil {
		p.Progress = bar.show
	}
	began := time.Now()
	var score *rows.Score
	var failed error // without what is said around it of the file that is not written then
	err = writeTo(ctx, s, f.out, func(w io.Writer) error {
		if !f.zip {
			score, failed = p.Run(ctx, w)
			return failed
		}
		zipped := gzip.NewWriter(w)
		if score, failed = p.Run(ctx, zipped); failed != nil {
			return failed
		}
		return zipped.Close()
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
	switch took := time.Since(began); f.log {
	case "text":
		printScore(s.err, score, took)
	case "json":
		printScoreJSON(s.err, score, took)
	}
	return nil
}

// source opens the rows, and tests the flags that depend on what they are.
func (f *predictFlags) source(ctx context.Context, s streams, m *infer.Model) (_ rows.Source, err error) {
	file, err := rows.Open(ctx, f.in, s.in)
	if err != nil {
		return nil, fmt.Errorf("--in: %w", err)
	}
	defer func() {
		if err != nil {
			file.Close()
		}
	}()
	isIDX, err := file.IsIDX()
	switch {
	case err != nil:
		return nil, err
	case f.question != "" && m.Input((*infer.Input).IsText) == nil:
		return nil, usage("--question: the model takes no text: its inputs are %s", rows.Takes(m))
	case isIDX:
		return f.idx(ctx, s, file, m)
	case f.questions != "":
		return nil, usage("--questions is for IDX images: in JSON lines the question stands in each")
	case f.labels != nil:
		return nil, usage("--labels is for IDX images: in JSON lines true answers stand in each, by the heads' names")
	}
	source, err := rows.NewJSON(file, m, f.question)
	if err != nil {
		return nil, fmt.Errorf("--question: %w", err)
	}
	return source, nil
}

// idx opens what --questions and --labels name beside the images.
func (f *predictFlags) idx(ctx context.Context, s streams, file *rows.File, m *infer.Model) (_ rows.Source, err error) {
	source, err := rows.NewIDX(file, m)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			source.Close()
		}
	}()
	text := m.Input((*infer.Input).IsText)
	switch {
	case f.questions != "" && text == nil:
		return nil, usage("--questions: the model takes no text: its inputs are %s", rows.Takes(m))
	case f.questions != "":
		questions, err := rows.Open(ctx, f.questions, s.in)
		if err != nil {
			return nil, fmt.Errorf("--questions: %w", err)
		}
		source.Questions(questions)
	case f.question != "":
		if err := source.Ask(f.question); err != nil {
			return nil, fmt.Errorf("--question: %w", err)
		}
	case text != nil:
		return nil, usage("the model reads a question with each image: --question %q for all, or --questions FILE with a line for each", rows.Suggest(text))
	}
	var labelled []int // heads
	for _, flag := range f.labels {
		head, path, err := labelFile(flag, m)
		if err != nil {
			return nil, fmt.Errorf("--labels: %w", err)
		}
		labels, err := rows.Open(ctx, path, s.in)
		if err != nil {
			return nil, fmt.Errorf("--labels: %w", err)
		}
		if err := source.Labels(head, labels); err != nil {
			return nil, fmt.Errorf("--labels: %w", err)
		}
		if slices.Contains(labelled, head) {
			return nil, usage("--labels: head %q has two files", m.Heads[head].Name)
		}
		labelled = append(labelled, head)
	}
	return source, nil
}

// labelFile is what --labels names, as HEAD=FILE or FILE alone: of the first head that has answers.
func labelFile(flag string, m *infer.Model) (head int, path string, err error) {
	path = flag
	head = max(0, slices.IndexFunc(m.Heads, func(h infer.Head) bool { return rows.Answers(&h) != nil }))
	if name, rest, ok := strings.Cut(flag, "="); ok {
		if named := slices.IndexFunc(m.Heads, func(h infer.Head) bool { return h.Name == name }); named >= 0 {
			head, path = named, rest
		} else if _, missing := os.Stat(flag); missing != nil { // it is no file with = in its name
			var have []string
			for i := range m.Heads {
				have = append(have, m.Heads[i].Name)
			}
			return 0, "", names.Unknown("head", name, have)
		}
	}
	if rows.Answers(&m.Heads[head]) == nil {
		return 0, "", fmt.Errorf("head %q gives numbers, not one of some answers", m.Heads[head].Name)
	}
	return head, path, nil
}

// distinct is an error where the answers would replace what is read, or standard input is to be two files.
func (f *predictFlags) distinct(m *infer.Model) error {
	reads := map[string][]string{"--in": {f.in}, "--questions": {f.questions}}
	for _, flag := range f.labels {
		if _, path, err := labelFile(flag, m); err == nil { // else it is told when it is opened
			reads["--labels"] = append(reads["--labels"], path)
		}
	}
	out, missing := os.Stat(f.out)
	input := "" // the flag that reads standard input
	for _, flag := range slices.Sorted(maps.Keys(reads)) {
		for _, path := range reads[flag] {
			if path == "-" {
				if input != "" {
					return usage("%s and %s: only one of them can be standard input", input, flag)
				}
				input = flag
				continue
			}
			info, err := os.Stat(path)
			if err == nil && missing == nil && f.out != "-" && os.SameFile(info, out) && info.Mode().IsRegular() {
				return usage("--out %s is the file of %s, want another", f.out, flag)
			}
		}
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
func writeTo(ctx context.Context, s streams, path string, write func(io.Writer) error) error {
	if path == "-" {
		return write(s.out)
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("--out %s is a folder, want a file", path)
	case err == nil && !info.Mode().IsRegular():
		file, err := rows.OpenPipe(ctx, path, os.O_WRONLY)
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

// printScore prints what was counted, for people.
func printScore(w io.Writer, s *rows.Score, took time.Duration) {
	noun := "rows"
	if s.Rows == 1 {
		noun = "row"
	}
	fmt.Fprintf(w, "%d %s in %.1f s, %.0f a second", s.Rows, noun, took.Seconds(), float64(s.Rows)/took.Seconds())
	if s.Bad > 0 {
		fmt.Fprintf(w, "; %d could not be answered", s.Bad)
	}
	fmt.Fprintln(w)
	if !slices.ContainsFunc(s.Heads, func(h rows.HeadScore) bool { return h.Rows > 0 }) {
		return
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "head\taccuracy\trows known\t")
	line := func(name string, c rows.Tally) {
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
func printScoreJSON(w io.Writer, s *rows.Score, took time.Duration) {
	line := fmt.Appendf(nil, `{"rows":%d,"bad":%d,"seconds":%.3f`, s.Rows, s.Bad, took.Seconds())
	add := func(name, suffix string, t rows.Tally) {
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
