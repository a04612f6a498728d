package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"braid/experiment"
	"braid/internal/profile"
)

// inspectFlags are the flags of braid inspect.
type inspectFlags struct {
	fileFormat
	json    bool
	set     []string
	workers int
}

func inspectVerb(s streams) *cobra.Command {
	var f inspectFlags
	c := command(&cobra.Command{
		Use:   "inspect FILE [flags]",
		Short: "Report on an experiment or a data file, without training",
		Long: "Inspect reads FILE, an experiment file or a data file, and reports on each column:\n" +
			"its type, missing cells, different values, and the range of numbers or the most frequent\n" +
			"values. Of an experiment it also reports cells and pictures that cannot be read, copies\n" +
			"of rows, rows of other parts that training has too, identifiers, inputs that say what a\n" +
			"head is, columns that are not used, the rows and classes of each part, the network, and\n" +
			"how long an epoch takes. It exits with 1 if train would refuse.\n\n" +
			"--json writes one object:\n" +
			"  file, rows         what was read\n" +
			"  trains             whether train would start\n" +
			"  columns            a list of: column, use (input, head, split, ignored, unused), type,\n" +
			"                     reason (of the type that init would write), missing, missing_words\n" +
			"                     (of these, words such as NA), distinct, distinct_exact, examples, top\n" +
			"                     (a list of value, rows), min, median, max, first_date, last_date,\n" +
			"                     words (in the mean), number_cells, date_cells, pictures,\n" +
			"                     lost_pictures, list_separator\n" +
			"  findings           a list of: level (error, warning, remark), column, text, rows (how\n" +
			"                     many it concerns), places (the first ones: at, as file:line, and\n" +
			"                     text). train refuses if there is an error\n" +
			"  parts              rows: train, validation, test\n" +
			"  rows_without_label rows that no part has\n" +
			"  heads              a list of: head, type, known (rows with a label: train, validation,\n" +
			"                     test), classes (a list of: label, train, validation, test)\n" +
			"  network            parameters, layers (a list of: name, type, output, parameters), batch,\n" +
			"                     steps, epoch_seconds (by the time of a few steps)",
		RunE: func(c *cobra.Command, args []string) error {
			return f.run(c.Context(), s, args[0], c.Flags().Changed)
		},
	}, cobra.ExactArgs(1))
	flags := c.Flags()
	f.fileFormat.add(c)
	flags.BoolVar(&f.json, "json", false, "write one object in JSON")
	flags.StringArrayVar(&f.set, "set", nil,
		"change a key of the experiment file, such as train.batch=64, or leave one out, such as\n"+
			"inputs.title=; may be repeated")
	flags.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "number of workers")
	return c
}

// run reports on a file.
func (f inspectFlags) run(
	ctx context.Context, s streams, path string, changed func(flag string) bool,
) error {
	isExperiment := false
	switch strings.ToLower(filepath.Ext(path)) {
	case ".yaml", ".yml":
		isExperiment = true
	}
	if !isExperiment && len(f.set) > 0 {
		return usage("--set changes an experiment file, and %s is a data file", path)
	}
	for _, flag := range []string{"delimiter", "encoding"} {
		if isExperiment && changed(flag) {
			return usage("--%s is for data files, and %s is an experiment file: write it there, in data, "+
				"or use --set data.%s=VALUE", flag, path, flag)
		}
	}
	report, err := f.report(ctx, s, path, isExperiment)
	if err != nil {
		return err
	}
	if f.json {
		encoder := json.NewEncoder(s.out)
		encoder.SetEscapeHTML(false)
		err = encoder.Encode(report)
	} else {
		err = report.Print(s.out)
	}
	if err == nil && isExperiment && !report.Trains {
		err = fmt.Errorf("train would refuse %s", path)
	}
	return err
}

// report inspects a data file or an experiment.
func (f inspectFlags) report(
	ctx context.Context, s streams, path string, isExperiment bool,
) (*profile.Report, error) {
	if !isExperiment {
		options, err := f.options()
		if err != nil {
			return nil, err
		}
		frame, err := readFrame(ctx, path, options)
		if err != nil {
			return nil, err
		}
		return profile.InspectFrame(frame, path, f.workers)
	}
	e, err := experiment.Read(path, f.set...)
	if err != nil {
		return f.refused(path, err)
	}
	rows, err := e.Load(ctx)
	if err == nil {
		err = rows.CheckIgnored()
	}
	if err != nil {
		return f.refused(path, err)
	}
	repeated, err := rows.Repeated()
	if err != nil {
		return nil, err
	}
	cache := openPictures(s)
	defer cache.Close()
	report, err := profile.Inspect(profile.Data{
		Experiment: rows.Experiment, Frame: rows.Frame, Rows: rows.Rows, Unlabeled: rows.Unlabeled,
		Repeated: repeated, Cache: cache, Workers: f.workers,
	}, path)
	if err != nil || !report.Trains {
		return report, err
	}
	built, err := rows.Build(ctx, experiment.Options{Workers: f.workers, Cache: cache})
	if err != nil {
		report.Refuse(err)
		return report, context.Cause(ctx)
	}
	plan := built.Plan
	plan.Workers = f.workers
	report.Network, err = profile.Network(ctx, built.Model, built.Tables[experiment.TrainPart], plan)
	if err != nil {
		report.Refuse(err)
	}
	return report, context.Cause(ctx)
}

// refused reports an experiment that cannot be read: in JSON as a finding, else as the error.
func (f inspectFlags) refused(path string, err error) (*profile.Report, error) {
	if !f.json {
		return nil, err
	}
	return profile.Refused(path, err), nil
}
