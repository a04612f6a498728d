package cli

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"braid/digitqa"
	"braid/feature"
	"braid/internal/batchpredict"
	"braid/internal/suggest"
	"braid/predictor"
)

// predictFlags are the flags of braid predict.
type predictFlags struct {
	in, out, format     string
	question, questions string
	labels              []string
	unknown             string
	probabilities, skip bool
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
			"FILE is CSV, TSV, JSON lines or Parquet with the columns that the model reads, a\n" +
			"folder of pictures, or IDX images for a model of an image and maybe a text. Text\n" +
			"formats and IDX files may be compressed with gzip or Zstandard. A pipe or standard\n" +
			"input has no Parquet.\n\n" +
			"The answers have a row for each row of FILE, in its order, with columns HEAD and\n" +
			"HEAD_probability (and HEAD_p_CLASS with --probabilities), or HEAD alone for a\n" +
			"number (HEAD_0 and so on for several). Their format is that which the name of --out\n" +
			"ends in, else JSON lines; names of text formats may end in .gz or .zst.\n\n" +
			"In JSON lines, a picture may be a path, its content in base64, or its pixels from 0\n" +
			"to 255, which are used as they are; inputs of numbers are lists:\n\n" +
			"    {\"image\": [0, 17, ...], \"question\": \"odd number\", \"digit\": \"7\"}\n\n" +
			"If FILE has the columns of heads, or with --labels, scores are printed: of all rows\n" +
			"with labels, or of 100,000 drawn at random. --log json prints them as one object. In\n" +
			"JSON lines a label may also be given by its index, from 0, if labels are no numbers.",
		Example: "  braid predict --in new.csv --out answers.csv --keep=id\n" +
			"  braid predict runs/best --in new.parquet --out answers.jsonl.zst --on-error skip\n" +
			"  braid predict --in images.idx.gz --question \"odd number\" --out answers.csv\n" +
			"  braid predict runs/best --in images.idx --questions q.txt --labels labels.idx\n" +
			"  generate | braid predict --in - | jq .digit",
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.check(c.Flags().Changed); err != nil {
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
		"jsonl, csv, tsv or parquet (default: by the end of --out's name; without one jsonl)")
	c.Flags().StringSliceVar(&f.keep, "keep", nil,
		"copy columns of the rows to the answers: all that are no heads, or --keep=`COLUMNS`")
	c.Flags().Lookup("keep").NoOptDefVal = keepAll
	c.Flags().StringVar(&f.onError, "on-error", string(batchpredict.Stop),
		"for a row that cannot be answered: stop, skip, empty, which answers nothing, or\n"+
			"report, which also writes why in a column error")
	c.Flags().StringVar(&f.question, "question", "",
		"question for rows without one, if the model reads questions")
	c.Flags().StringVar(&f.questions, "questions", "",
		"`FILE` with a question in each line, for IDX images")
	c.Flags().StringVar(&f.unknown, "unknown", "error",
		"for unknown words, if the model has no OOV token: error, or\n"+
			"drop, which leaves them out, as Keras does, and counts them")
	c.Flags().StringArrayVar(&f.labels, "labels", nil,
		"IDX `[HEAD=]FILE` of true answers (default HEAD: the first)")
	c.Flags().BoolVar(&f.probabilities, "probabilities", false,
		"write the probabilities of all answers")
	c.Flags().BoolVar(&f.skip, "skip-bad", false, "the same as --on-error report")
	c.Flags().StringVar(&f.log, "log", "text", "format of the scores: text, json or none")
	c.Flags().SortFlags = false
	return c
}

// check checks the flags.
func (f *predictFlags) check(changed func(flag string) bool) error {
	formats, logs := []string{"jsonl", "csv", "tsv", "parquet"}, []string{"text", "json", "none"}
	unknowns := []string{"error", "drop"}
	switch {
	case f.in == "":
		return usage("--in is missing, want a file of rows, or - for standard input")
	case f.out == "":
		return usage("--out is empty, want a file, or - for standard output")
	case f.question != "" && f.questions != "":
		return usage("--question and --questions: want one of them")
	case f.skip && changed("on-error"):
		return usage("--skip-bad and --on-error: want one of them")
	case f.format != "" && !slices.Contains(formats, f.format):
		return usage("--format is %q, want one of %s", f.format, suggest.List(formats))
	case f.inFormat != "" && !slices.Contains(formats, f.inFormat):
		return usage("--in-format is %q, want one of %s", f.inFormat, suggest.List(formats))
	case !slices.Contains(unknowns, f.unknown):
		return usage("--unknown is %q, want one of %s", f.unknown, suggest.List(unknowns))
	case !slices.Contains(batchpredict.OnErrors, f.onError):
		return usage("--on-error is %q, want one of %s", f.onError, suggest.List(batchpredict.OnErrors))
	case !slices.Contains(logs, f.log):
		return usage("--log is %q, want one of %s", f.log, suggest.List(logs))
	}
	if f.skip {
		f.onError = string(batchpredict.Report)
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
	if err := f.setQuestions(model, changed); err != nil {
		return err
	}
	reading, interrupt := context.WithCancelCause(ctx)
	defer interrupt(nil)
	rows, keep, err := f.rows(reading, s, path, model)
	if err != nil {
		return err
	}
	defer rows.Close()
	if f.question != "" && f.log == "text" {
		text, _ := batchpredict.Text(model)
		for _, note := range text.Remarks(feature.Value{Text: f.question}, 0) {
			s.note(note)
		}
	}
	p := batchpredict.Prediction{
		Model: model, Rows: rows, Keep: keep, Question: f.question, Probabilities: f.probabilities,
		OnError: batchpredict.OnError(f.onError), Truth: digitqa.RulesOf(model).Truth,
		Interrupt: interrupt,
	}
	fields, err := p.Header()
	if err != nil {
		return err
	}
	sink, err := f.sink(ctx, s, fields)
	if err != nil {
		return err
	}
	defer sink.Abort()
	bar := newRowsBar(s, f.out)
	if bar != nil {
		p.Progress = bar.show
	}
	began := time.Now()
	sum, err := p.Run(ctx, sink)
	if bar != nil {
		bar.end() // before anything else is printed
	}
	if err == nil {
		err = sink.Close()
	}
	if err != nil {
		return err
	}
	switch took := time.Since(began); f.log {
	case "text":
		printSummary(s.err, model.File, sum, took)
	case "json":
		return printLine(s.err, summaryOf(sum, took))
	}
	return nil
}
