package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"braid/data"
	"braid/data/mnist"
	"braid/digitqa"
	"braid/experiment"
	"braid/feature"
	"braid/modelfile"
	"braid/predictor"
	"braid/train"
)

func evalVerb(s streams) *cobra.Command {
	var dir, log string
	var asJSON bool
	var workers int
	c := command(&cobra.Command{
		Use:   "eval MODEL [flags]",
		Short: "Measure a model on its test rows, or on those of a file",
		Long: "Eval measures each head of a model, beside answers that do not depend on the inputs.\n" +
			"A run of your own data is measured on its test part, or on the rows of --data, of\n" +
			"which some may lack labels. A digitqa model is measured on the test images. MODEL\n" +
			"is a model file or a run folder. For your own data, --json prints one object:\n\n" +
			`    {"part":"test","rows":561,"heads":{"group":{"type":"category","known":559,` + "\n" +
			`      "metrics":{"accuracy":..},"guessing":{"accuracy":..}},..}}` + "\n\n" +
			"Known is the number of rows with a label; a figure that is not defined is null.",
		Example: "  braid eval runs/latest\n" +
			"  braid eval runs/latest --data more.csv --json",
		RunE: func(c *cobra.Command, args []string) error {
			if log != "text" && log != "json" {
				return usage("--log is %q, want text or json", log)
			}
			return evaluate(c.Context(), s, args[0], dir, asJSON || log == "json", workers)
		},
	}, cobra.ExactArgs(1))
	c.Flags().StringVar(&dir, "data", "",
		"file with rows; digitqa: folder with the test files of a data set in MNIST's format\n"+
			"(default: the run's test part; digitqa: find MNIST)")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	c.Flags().StringVar(&log, "log", "text", "text or json")
	c.Flags().IntVar(&workers, "workers", 0, "number of workers; 0: one for each processor")
	return c
}

func evaluate(ctx context.Context, s streams, path, dir string, asJSON bool, workers int) error {
	file, err := modelfile.Open(path)
	if err != nil {
		return err
	}
	standard, err := digitStandard(file)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if standard == nil {
		return evaluateFile(ctx, s, path, file, dir, asJSON, workers)
	}
	bars := newDownloads(s)
	images, err := mnist.Finder{Dir: dir, Progress: bars.progress, Note: s.note}.FindTest(ctx)
	bars.end()
	if err != nil {
		return err
	}
	table, err := digitqa.Table(images, *standard)
	if err != nil {
		return err
	}
	scores, err := train.Evaluate(ctx, file.Model, table, trainedHeads(file), workers)
	if err != nil {
		return err
	}
	right, err := digitqa.Measure(file.Model, table)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(s, scores, right.Both)
	}
	fmt.Fprintf(s.out, "%s on %d test images\n\n", file.Model.Name(), scores.Rows)
	w := tabwriter.NewWriter(s.out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "head\tloss\taccuracy\t")
	for _, h := range file.Model.Heads() {
		loss, accuracy := value(scores, h.Name+"_loss"), value(scores, h.Name+"_accuracy")
		fmt.Fprintf(w, "%s\t%.4f\t%.2f %%\t\n", h.Name, loss, 100*accuracy)
	}
	fmt.Fprintf(w, "both right\t\t%.2f %%\t\n", 100*right.Both)
	return w.Flush()
}

func value(s *train.Scores, name string) float64 { return s.Values[slices.Index(s.Names, name)] }

func printJSON(s streams, scores *train.Scores, both float64) error {
	line := fmt.Appendf(nil, `{"rows":%d`, scores.Rows)
	line = train.AppendJSON(line, scores.Names, scores.Values)
	line = train.AppendJSON(line, []string{"both_right"}, []float64{both})
	_, err := fmt.Fprintf(s.out, "%s}\n", line)
	return err
}

// digitStandard returns the standardization of the pictures of a digitqa model. It is nil for
// another model.
func digitStandard(f *modelfile.File) (*data.Standard, error) {
	m, err := predictor.New(f)
	if err != nil || digitqa.RulesOf(m) == nil {
		return nil, err
	}
	for _, c := range f.Features {
		if e, ok := c.Encoder.(*feature.DigitEncoder); ok && c.Column == "image" {
			return &e.Standard, nil
		}
	}
	return nil, nil
}

// trainedHeads returns the default heads with the loss weights that the model was trained with.
func trainedHeads(f *modelfile.File) train.Heads {
	heads := digitqa.Heads()
	var m experiment.Training
	if json.Unmarshal(f.Training, &m) != nil {
		return heads
	}
	for _, trained := range m.Heads {
		if h, ok := heads[trained.Name]; ok {
			h.Weight, h.MeasureOnly = trained.Weight, trained.Weight == 0
			heads[trained.Name] = h
		}
	}
	return heads
}
