package main

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"text/tabwriter"

	"braid/experiment"
	"braid/feature"
	"braid/target"
	"braid/train"
)

// scoreSeeds is the number of trainings of each side. A seed also divides the rows.
const scoreSeeds = 5

// compareScores trains the default networks of data sets to the end with Braid and with PyTorch, on
// the same rows, and prints the figures of the test part: means and standard deviations.
func compareScores(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("bench scores", flag.ContinueOnError)
	var s settings
	flags.StringVar(&s.only, "only", "", "regular expression: the data sets to compare")
	flags.StringVar(&s.tables, "tables", "", tablesUsage)
	flags.StringVar(&s.python, "python", "", pythonUsage)
	if err := flags.Parse(args); err != nil {
		return err
	}
	only, err := regexp.Compile(s.only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	l, err := newLab(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "set\thead\tmetric\tBraid\tPyTorch\tdifference of pairs")
	for _, name := range tableNames {
		if !only.MatchString(name) {
			continue
		}
		var ours, theirs [][]target.Figure // by seed and head
		var b *experiment.Built
		for seed := 1; seed <= scoreSeeds; seed++ {
			path, data, err := l.table(name)
			if err != nil {
				return err
			}
			if b, err = readTable(ctx, path, data, seed, experiment.Options{}); err != nil {
				return err
			}
			a, err := braidScores(ctx, b)
			if err != nil {
				return err
			}
			p, err := l.pytorchScores(ctx, b, seed)
			if err != nil {
				return err
			}
			ours, theirs = append(ours, a), append(theirs, p)
			fmt.Fprintf(os.Stderr, "%s, seed %d: Braid %v, PyTorch %v\n", name, seed, a, p)
		}
		for i, t := range b.Targets {
			var a, p, difference []float64
			for seed := range ours {
				a, p = append(a, ours[seed][i].Value), append(p, theirs[seed][i].Value)
				difference = append(difference, a[seed]-p[seed])
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", name, t.Column, ours[0][i].Name, spread(a),
				spread(p), spread(difference))
		}
	}
	return w.Flush()
}

// spread formats the mean and the standard deviation of some figures.
func spread(list []float64) string {
	mean, deviation := meanAndDeviation(list)
	return fmt.Sprintf("%.4g ± %.2g", mean, deviation)
}

// braidScores trains an experiment and returns the deciding figure of each head on the test part.
func braidScores(ctx context.Context, b *experiment.Built) ([]target.Figure, error) {
	history, err := train.Fit(ctx, b.Model, b.Tables[experiment.TrainPart], b.Plan)
	if err != nil {
		return nil, err
	}
	file, err := b.File(history)
	if err != nil {
		return nil, err
	}
	m, err := experiment.Measure(ctx, file, b.Frame, b.Rows[experiment.TestPart], 0)
	if err != nil {
		return nil, err
	}
	var list []target.Figure
	for i, t := range b.Targets {
		_, deciding := t.Decoder.Deciding()
		list = append(list, m.Scores[i].Figure(deciding))
	}
	return list, nil
}

// pytorchScores is braidScores of pytorch/tables.py.
func (l *lab) pytorchScores(
	ctx context.Context, b *experiment.Built, seed int,
) ([]target.Figure, error) {
	t, err := l.pytorch(ctx)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(l.temp, "tables-")
	if err != nil {
		return nil, err
	}
	if err := export(b, folder); err != nil {
		return nil, err
	}
	c := t.script(l.script("tables.py"), threads{1, 1}, "--whole", "--seed", strconv.Itoa(seed),
		folder)
	if _, err := c.start(ctx); err != nil {
		return nil, err
	}
	var list []target.Figure
	for i, t := range b.Targets {
		content, err := os.ReadFile(filepath.Join(folder, fmt.Sprint("outputs.", i)))
		if err != nil {
			return nil, err
		}
		outputs := make([]float32, len(content)/4)
		if _, err := binary.Decode(content, binary.LittleEndian, outputs); err != nil {
			return nil, err
		}
		var cells []string
		all, err := b.Frame.Cells(t.Column)
		if err != nil {
			return nil, err
		}
		for _, row := range b.Rows[experiment.TestPart] {
			cells = append(cells, all.At(int(row)))
		}
		score, err := t.Decoder.Score(outputs, cells)
		if err != nil {
			return nil, fmt.Errorf("head %q: %w", feature.Name(t.Column), err)
		}
		_, deciding := t.Decoder.Deciding()
		list = append(list, score.Figure(deciding))
	}
	return list, nil
}
