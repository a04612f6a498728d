// Command owndata trains the default network on data sets with seeds 1 to 3, and prints a section
// of docs/results.md. Its argument is a folder with the folders food, movies, emoji and wordnet, of
// which each has the file that its experiment file names.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"braid/experiment"
	"braid/train"
)

const seeds = 3

func main() {
	only := flag.String("only", "", "regular expression: the names of the experiments to run")
	workers := flag.Int("workers", 2, "goroutines that train")
	flag.Parse()
	which, err := regexp.Compile(*only)
	check(err)
	if flag.NArg() != 1 {
		log.Fatalf("got %d arguments, want the folder of the data sets", flag.NArg())
	}
	fmt.Printf("\n## Tables of texts, pictures and numbers\n\n"+
		"The default network of experiment files with seeds 1 to %d, which also divide the rows anew. "+
		"Each\nfigure is measured on the test part, 15 %% of the rows; guessing is the mean over the "+
		"seeds of what\nthe training part's frequencies or mean reach there. Seconds are those of a "+
		"whole experiment with\n%d workers, and the processor's in parentheses. Made by\n\n"+
		"    go run ./examples/owndata -workers %d DATA >> docs/results.md\n\non %s/%s.\n\n",
		seeds, *workers, *workers, runtime.GOOS, runtime.GOARCH)
	fmt.Println("| experiment | head | metric | seed 1 | seed 2 | seed 3 | guessing | floor | " +
		"seconds |")
	fmt.Println("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | --- |")
	for _, t := range trials {
		if which.MatchString(t.name) {
			check(t.print(os.Stdout, flag.Arg(0), *workers))
		}
	}
}

// print runs a trial with all seeds, and prints a line for each head.
func (t trial) print(w io.Writer, data string, workers int) error {
	var runs []result
	for seed := 1; seed <= seeds; seed++ {
		r, err := t.run(data, seed, workers)
		if err != nil {
			return fmt.Errorf("%s, seed %d: %w", t.name, seed, err)
		}
		runs = append(runs, r)
	}
	var times []string
	for _, r := range runs {
		times = append(times, fmt.Sprintf("%.0f (%.0f)", r.seconds, r.processor))
	}
	took := strings.Join(times, ", ")
	for i, h := range runs[0].heads {
		guess := 0.0
		fmt.Fprintf(w, "| %s | %s | %s |", t.name, h.head, h.metric)
		for _, r := range runs {
			fmt.Fprintf(w, " %s |", number(r.heads[i].value))
			guess += r.heads[i].guess / seeds
		}
		fmt.Fprintf(w, " %s | %s | %s |\n", number(guess), t.floors[h.head].text(guess), took)
		took = ""
	}
	return nil
}

// number formats a figure with three digits.
func number(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return strings.TrimPrefix(fmt.Sprintf("%#.3g", v), "0")
}

// result is what a run gives.
type result struct {
	heads              []figure
	seconds, processor float64
}

// figure is the deciding metric of a head.
type figure struct {
	head, metric string
	value, guess float64
}

// run trains once and measures on the test part.
func (t trial) run(data string, seed, workers int) (r result, err error) {
	ctx, began, worked := context.Background(), time.Now(), processorTime()
	e, err := t.read(data, seed)
	if err != nil {
		return r, err
	}
	rows, err := e.Load(ctx)
	if err != nil {
		return r, err
	}
	if t.complete {
		for _, part := range []experiment.Part{experiment.TrainPart, experiment.ValidationPart} {
			rows.Rows[part] = slices.DeleteFunc(rows.Rows[part], func(row int32) bool {
				return hasGap(rows, row)
			})
		}
	}
	b, err := rows.Build(ctx, experiment.Options{Workers: workers})
	if err != nil {
		return r, err
	}
	b.Plan.Workers = workers
	history, err := train.Fit(ctx, b.Model, b.Tables[experiment.TrainPart], b.Plan)
	if err != nil {
		return r, err
	}
	file, err := b.File(history)
	if err != nil {
		return r, err
	}
	m, err := experiment.Measure(ctx, file, b.Frame, b.Rows[experiment.TestPart], workers)
	if err != nil {
		return r, err
	}
	r.seconds, r.processor = time.Since(began).Seconds(), processorTime()-worked
	for i, target := range file.Targets {
		_, metric := target.Decoder.Deciding()
		r.heads = append(r.heads, figure{target.Column, metric, m.Scores[i].Figure(metric).Value,
			m.Guesses[i].Figure(metric).Value})
	}
	kept, err := b.Keep.Best(history)
	fmt.Fprintf(os.Stderr, "%s, seed %d: %d weights, epoch %d of %d, %.1f s (%.1f s): %v\n", t.name,
		seed, b.Model.Summary().Total, kept, len(history.Epochs), r.seconds, r.processor, r.heads)
	return r, err
}

// hasGap reports whether a row has no label of some head.
func hasGap(l *experiment.Loaded, row int32) bool {
	return slices.ContainsFunc(l.Heads, func(h experiment.Head) bool {
		cells, err := l.Frame.Cells(h.Column)
		check(err)
		return h.Target.Canonical(cells.At(int(row))) == ""
	})
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
