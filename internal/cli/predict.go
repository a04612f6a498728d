package cli

import (
	"cmp"
	"compress/gzip"
	"context"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"braid/digitqa"
	"braid/feature"
	"braid/internal/batchpredict"
	"braid/internal/suggest"
	"braid/internal/tablepredict"
	"braid/predictor"
)

// predictFlags are the flags of braid predict.
type predictFlags struct {
	in, out, format     string
	question, questions string
	labels              []string
	unknown             string
	probabilities, skip bool
	gzip                bool // compress the answers
	keep                []string
	onError, inFormat   string
	log                 string
}

func predictVerb(s streams) *cobra.Command {
	var f predictFlags
	c := command(&cobra.Command{
		Use:   "predict [MODEL] --in FILE [--out FILE] [flags]",
		Short: "Answer many rows: of a table, or of IDX images",
		Long: "Predict answers the rows of a file of any length in constant memory. MODEL is a\n" +
			"model file or a run folder, by default runs/latest.\n\n" +
			"For a model of your own data, FILE is CSV, TSV, JSON lines or Parquet with the\n" +
			"columns that the model reads. The answers have a row for each row of FILE, in its\n" +
			"order, with columns HEAD and HEAD_probability (and HEAD_p_CLASS with\n" +
			"--probabilities), in the format that the name of --out ends in; names of text\n" +
			"formats may end in .gz or .zst. A pipe or standard input is CSV, TSV or JSON lines.\n" +
			"If FILE has the columns of heads, scores are printed: of all rows with labels, or\n" +
			"of 100,000 drawn at random. --log json prints them as one object.\n\n" +
			"For a digitqa model, FILE contains IDX images, with --question or --questions, or a\n" +
			"JSON object in each line: values by the names of the model's inputs and, if they\n" +
			"are known, true answers by the heads' names:\n\n" +
			"    {\"image\": [0, 17, ...], \"question\": \"odd number\", \"digit\": \"7\"}\n\n" +
			"An image is its pixels, from 0 to 255, which are used as they are, or a PNG or\n" +
			"JPEG in base64. A true answer is a label in quotes, or a label's index. All files\n" +
			"may be compressed with gzip; --out is if its name ends in .gz. Texts are read as\n" +
			"in training: words beyond the model's length are cut. If true answers are known\n" +
			"or follow from others, the heads' scores are printed.",
		Example: "  braid predict --in new.csv --out answers.csv --keep=id\n" +
			"  braid predict runs/best --in new.parquet --out answers.jsonl.zst --on-error skip\n" +
			"  braid predict --in images.idx.gz --question \"odd number\" --out answers.csv\n" +
			"  braid predict runs/best --in images.idx --questions q.txt --labels labels.idx\n" +
			"  generate | braid predict --in - | jq .digit",
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return f.predict(c.Context(), s, args, c.Flags().Changed)
		},
	}, cobra.MaximumNArgs(1))
	c.Flags().StringVar(&f.in, "in", "", "`FILE` with rows, - is standard input; required")
	c.Flags().StringVar(&f.inFormat, "in-format", "",
		"jsonl, csv, tsv or parquet (default: by the name and the first bytes of --in)")
	c.Flags().StringVar(&f.out, "out", "-", "`FILE` for the answers, - is standard output")
	c.Flags().StringVar(&f.format, "format", "",
		"jsonl, csv, tsv or parquet (default: by the end of --out's name, else jsonl)")
	c.Flags().StringSliceVar(&f.keep, "keep", nil,
		"copy columns of the rows to the answers: all that are no heads, or --keep=`COLUMNS`")
	c.Flags().Lookup("keep").NoOptDefVal = keepAll
	c.Flags().StringVar(&f.onError, "on-error", string(tablepredict.Stop),
		"for a row that cannot be read: stop, skip, or empty, which answers nothing")
	c.Flags().StringVar(&f.question, "question", "", "question for rows without one")
	c.Flags().StringVar(&f.questions, "questions", "",
		"`FILE` with a question in each line, for IDX images")
	c.Flags().StringVar(&f.unknown, "unknown", "error",
		"for unknown words, if the model has no OOV token: error, or\n"+
			"drop, which leaves them out, as Keras does, and counts them")
	c.Flags().StringArrayVar(&f.labels, "labels", nil,
		"IDX `[HEAD=]FILE` of true answers (default HEAD: the first)")
	c.Flags().BoolVar(&f.probabilities, "probabilities", false,
		"write the probabilities of all answers")
	c.Flags().BoolVar(&f.skip, "skip-bad", false, "write an error for a row that cannot be answered")
	c.Flags().StringVar(&f.log, "log", "text", "format of the scores: text, json or none")
	c.Flags().SortFlags = false
	return c
}

// check checks the flags and fills in the format.
func (f *predictFlags) check() error {
	formats, logs := []string{"jsonl", "csv", "tsv", "parquet"}, []string{"text", "json", "none"}
	unknowns := []string{"error", "drop"}
	switch {
	case f.in == "":
		return usage("--in is missing, want a file of IDX images or JSON lines, or - for standard input")
	case f.out == "":
		return usage("--out is empty, want a file, or - for standard output")
	case f.question != "" && f.questions != "":
		return usage("--question and --questions: want one of them")
	case f.format != "" && !slices.Contains(formats, f.format):
		return usage("--format is %q, want one of %s", f.format, suggest.List(formats))
	case f.inFormat != "" && !slices.Contains(formats, f.inFormat):
		return usage("--in-format is %q, want one of %s", f.inFormat, suggest.List(formats))
	case !slices.Contains(unknowns, f.unknown):
		return usage("--unknown is %q, want one of %s", f.unknown, suggest.List(unknowns))
	case !slices.Contains(tablepredict.OnErrors, f.onError):
		return usage("--on-error is %q, want one of %s", f.onError, suggest.List(tablepredict.OnErrors))
	case !slices.Contains(logs, f.log):
		return usage("--log is %q, want one of %s", f.log, suggest.List(logs))
	}
	name := f.out
	if strings.EqualFold(filepath.Ext(name), ".gz") {
		f.gzip, name = true, strings.TrimSuffix(name, filepath.Ext(name))
	}
	if f.format == "" {
		f.format = "jsonl"
		if strings.EqualFold(filepath.Ext(name), ".csv") {
			f.format = "csv"
		}
	}
	return nil
}

func (f *predictFlags) predict(
	ctx context.Context, s streams, args []string, changed func(flag string) bool,
) error {
	path, err := modelPath(args)
	if err != nil {
		return err
	}
	model, err := predictor.Open(path)
	if err != nil {
		return err
	}
	if err := f.checkDistinct(path, model); err != nil {
		return err
	}
	if _, words := batchpredict.Text(model); words != nil {
		words.Drop = f.unknown == "drop"
	}
	if !f.isBatch(model) {
		return f.predictFile(ctx, s, path, model, changed)
	}
	if f.format == "tsv" || f.format == "parquet" {
		return usage("--format %s belongs to models of your own data", f.format)
	}
	for _, flag := range []string{"keep", "on-error", "in-format"} {
		if changed(flag) {
			return usage("--%s belongs to models of your own data", flag)
		}
	}
	reader, err := f.rowReader(ctx, s, model)
	if err != nil {
		return err
	}
	defer reader.Close()
	if f.question != "" && f.log == "text" {
		text, _ := batchpredict.Text(model)
		for _, note := range text.Remarks(feature.Value{Text: f.question}, 0) {
			s.note(note)
		}
	}
	table, err := batchpredict.NewTable(model, batchpredict.Format{
		CSV: f.format == "csv", Probabilities: f.probabilities, Errors: f.skip,
	})
	if err != nil {
		return err
	}
	p := &batchpredict.Prediction{
		Model: model, Reader: reader, Table: table, SkipBad: f.skip,
		Truth: digitqa.RulesOf(model).Truth,
	}
	bar := newRowsBar(s, f.out)
	if bar != nil {
		p.Progress = bar.show
	}
	began := time.Now()
	var score *batchpredict.Score
	var failed error // of Run, without the context that writeTo adds
	err = writeTo(ctx, s, f.out, func(w io.Writer) error {
		if !f.gzip {
			score, failed = p.Run(ctx, w)
			return failed
		}
		compressed := gzip.NewWriter(w)
		score, failed = p.Run(ctx, compressed)
		return cmp.Or(failed, compressed.Close())
	})
	if bar != nil {
		bar.end() // before anything else is printed
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

// isBatch reports whether a model reads numbers, or pictures and texts as the default experiment:
// IDX files and lines of JSON, which package batchpredict reads.
func (f *predictFlags) isBatch(m *predictor.Model) bool {
	for i := range m.Columns {
		switch m.Columns[i].Encoder.(type) {
		case *feature.DigitEncoder, *feature.TokensEncoder, *feature.NumbersEncoder:
		default:
			return false
		}
	}
	return true
}
