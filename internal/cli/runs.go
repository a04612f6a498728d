package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"braid/internal/report"
	"braid/internal/suggest"
	"braid/modelfile"
	"braid/target"
)

func runsVerb(s streams) *cobra.Command {
	var asJSON bool
	c := command(&cobra.Command{
		Use:   "runs [DIR] [flags]",
		Short: "List the runs in a folder, with their scores and the settings that differ",
		Long: "Runs lists the runs in a folder, by default runs, in the order in which they began,\n" +
			"with a table for each experiment:\n" +
			"the experiment, the rows of all parts, the epochs that are done, of those that were\n" +
			"planned, the epoch that is kept, its figures on the validation part and, once training\n" +
			"has ended, on the test part, and whether the run is done, was stopped, or is running\n" +
			"now. Under a run are the settings that differ\n" +
			"among the runs of its experiment; inputs.NAME= is an input that a run leaves out. A\n" +
			"run that cannot be read is listed as broken, with the reason. --json prints an object\n" +
			"for each run, on a line of its own:\n\n" +
			`    {"run":"..","path":"..","state":"done","started":"..","experiment":"..",` + "\n" +
			`      "rows":{"train":..},"epochs":..,"planned_epochs":..,"kept_epoch":..,` + "\n" +
			`      "settings":{"train.rate":".."},"scores":{"val_HEAD_METRIC":..},` + "\n" +
			`      "test_scores":{"HEAD_METRIC":..}}` + "\n\n" +
			"State is done, stopped, running or broken, which has a problem; a running one has\n" +
			"held_by. Scores are all figures of the kept epoch; test_scores are those of braid eval,\n" +
			"where the run's scores.json has them.",
		Example: "  braid runs\n" +
			"  braid runs runs --json",
		RunE: func(c *cobra.Command, args []string) error {
			dir := runs
			if len(args) > 0 {
				dir = args[0]
			}
			list, err := readRuns(dir)
			if errors.Is(err, fs.ErrNotExist) && len(args) == 0 {
				err = nil
			}
			switch {
			case err != nil:
				return err
			case asJSON:
				for _, r := range list {
					if err := printLine(s.out, r); err != nil {
						return err
					}
				}
				return nil
			case list == nil:
				s.note(fmt.Sprintf("there are no runs in %s; braid train makes one", dir))
				return nil
			}
			width := math.MaxInt // a file or another program gets all of the table
			if isTerminal(s.out) {
				width = terminalWidth(s.out)
			}
			return printRuns(s.out, list, width)
		},
	}, cobra.MaximumNArgs(1))
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON object for each run")
	return c
}

// readRuns reads the runs in a folder, or the run that the folder is, in the order in which they
// began.
func readRuns(dir string) ([]listedRun, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("runs: %w", suggest.MissingFile(dir, "a folder with runs", err))
	}
	var list []listedRun
	if _, err := os.Stat(filepath.Join(dir, configName)); err == nil {
		list = []listedRun{listRun(dir)}
		entries = nil
	}
	for _, entry := range entries {
		// Links such as latest lead to runs that are listed anyway.
		path := filepath.Join(dir, entry.Name())
		if entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") && looksLikeRun(path) {
			list = append(list, listRun(path))
		}
	}
	slices.SortStableFunc(list, func(a, b listedRun) int { return a.began.Compare(b.began) })
	differing(list)
	return list, nil
}

// looksLikeRun reports whether a folder has a file of a run.
func looksLikeRun(folder string) bool {
	for _, name := range []string{
		configName, experimentName, modelfile.FileName, historyName, checkpointsName,
	} {
		if _, err := os.Stat(filepath.Join(folder, name)); err == nil {
			return true
		}
	}
	return false
}

// scoreColumn is a column of the table: a figure of a head on the validation part, or on the test
// part.
type scoreColumn struct {
	top, under string
	cells      []string // of the runs
	size       int      // the width of the widest
}

// newScoreColumn returns the column of a figure, whose value a run has or not.
func newScoreColumn(
	top, under, metric string, list []listedRun, value func(listedRun) *float64,
) scoreColumn {
	c := scoreColumn{top: top, under: under,
		size: max(utf8.RuneCountInString(top), utf8.RuneCountInString(under))}
	for _, r := range list {
		text := "-"
		if v := value(r); v != nil {
			text = report.FormatFigure(target.Figure{Name: metric, Value: *v})
		}
		c.cells, c.size = append(c.cells, text), max(c.size, utf8.RuneCountInString(text))
	}
	return c
}

// printRuns prints a table for each experiment, whose runs have the same heads. Experiments stand
// in the order in which their first runs began; runs of none, which are broken, come last.
func printRuns(w io.Writer, list []listedRun, width int) error {
	var names []string
	of := map[string][]listedRun{}
	for _, r := range list {
		if of[r.Experiment] == nil && r.Experiment != "" {
			names = append(names, r.Experiment)
		}
		of[r.Experiment] = append(of[r.Experiment], r)
	}
	if of[""] != nil {
		names = append(names, "")
	}
	for i, name := range names {
		if i > 0 {
			if _, err := io.WriteString(w, "\n"); err != nil {
				return err
			}
		}
		if err := printExperiment(w, of[name], width); err != nil {
			return err
		}
	}
	return nil
}

// printExperiment prints the runs of an experiment, and under each its settings. Where scores do
// not fit, it leaves out when runs began and their rows, then scores.
func printExperiment(w io.Writer, list []listedRun, width int) error {
	top := []string{"", "", "", "", "", "", ""}
	under := []string{"run", "began", "experiment", "rows", "epochs", "kept", "state"}
	lines := make([][]string, len(list))
	for i, r := range list {
		lines[i] = r.cells()
	}
	columns := scoreColumns(list)
	sum, wanted := 0, 0
	for i := range under {
		sum += columnWidth(i, under, lines) + 2
	}
	for _, c := range columns {
		wanted += c.size + 2
	}
	for _, name := range []string{"began", "rows"} {
		if sum+wanted <= width {
			break
		}
		at := slices.Index(under, name)
		sum -= columnWidth(at, under, lines) + 2
		top, under = slices.Delete(top, at, at+1), slices.Delete(under, at, at+1)
		for i := range lines {
			lines[i] = slices.Delete(lines[i], at, at+1)
		}
	}
	left := slices.Index(under, "experiment") + 1 // the columns whose cells begin at the left
	shown := 0
	for _, c := range columns {
		if sum+c.size > width {
			break
		}
		sum += c.size + 2
		shown++
		at := len(under) - 1 // before the state
		top = slices.Insert(top, at, c.top)
		under = slices.Insert(under, at, c.under)
		for i := range lines {
			lines[i] = slices.Insert(lines[i], at, c.cells[i])
		}
	}
	if more := len(columns) - shown; more > 0 {
		top[len(top)-1] = fmt.Sprintf("+%d", more)
	}
	var b strings.Builder
	all := slices.Concat([][]string{top, under}, lines)
	for i, line := range all {
		if i == 0 && strings.Join(line, "") == "" {
			continue
		}
		var row strings.Builder
		for k, cell := range line {
			size := columnWidth(k, all[0], all[1:])
			if k < left || k == len(line)-1 {
				size = -size
			}
			fmt.Fprintf(&row, "%*s  ", size, cell)
		}
		b.WriteString(strings.TrimRight(row.String(), " ") + "\n")
		if i >= 2 {
			list[i-2].printUnder(&b, min(width, plainWidth))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// mostHead is the width to which the name of a head is cut.
const mostHead = 16

func columnWidth(at int, header []string, lines [][]string) int {
	width := utf8.RuneCountInString(header[at])
	for _, line := range lines {
		width = max(width, utf8.RuneCountInString(line[at]))
	}
	return width
}

// scoreColumns returns the first figure of each head of the runs, which is no loss: those first
// that most runs have. Where runs have it on the test part, too, that column follows.
func scoreColumns(list []listedRun) (columns []scoreColumn) {
	type figure struct{ head, metric string }
	var figures []figure
	counts := map[figure]int{}
	for _, r := range list {
		for _, h := range r.heads {
			at := slices.IndexFunc(h.Metrics, func(m string) bool { return !strings.HasSuffix(m, "loss") })
			if at < 0 {
				continue
			}
			f := figure{h.Name, h.Metrics[at]}
			if counts[f]++; counts[f] == 1 {
				figures = append(figures, f)
			}
		}
	}
	slices.SortStableFunc(figures, func(a, b figure) int { return counts[b] - counts[a] })
	for _, f := range figures {
		name := f.head + "_" + f.metric
		columns = append(columns, newScoreColumn(
			cut(suggest.Printable(f.head), mostHead), report.FigureName(f.metric), f.metric, list,
			func(r listedRun) *float64 { return r.Scores["val_"+name] }))
		onTest := func(r listedRun) *float64 { return r.Test[name] }
		if slices.ContainsFunc(list, func(r listedRun) bool { return onTest(r) != nil }) {
			columns = append(columns, newScoreColumn("", "test", f.metric, list, onTest))
		}
	}
	return columns
}

// cells returns the run's cells of the table, without scores.
func (r listedRun) cells() []string {
	rows := 0
	for _, n := range r.Rows {
		rows += n
	}
	kept := "-"
	if r.Kept > 0 {
		kept = fmt.Sprint(r.Kept)
	}
	list := []string{
		suggest.Printable(r.Run), "-", suggest.Printable(cmp.Or(r.Experiment, "-")), fmt.Sprint(rows),
		fmt.Sprintf("%d of %d", r.Epochs, r.Planned), kept, r.State,
	}
	if r.Started != nil {
		list[1] = r.Started.Local().Format("2006-01-02 15:04")
	}
	if r.Planned == 0 {
		list[3], list[4] = "-", "-"
	}
	return list
}

// printUnder prints why a run is broken, and its settings.
func (r listedRun) printUnder(b *strings.Builder, width int) {
	const margin = "    "
	if r.Problem != "" {
		fmt.Fprintf(b, "%s%s\n", margin, suggest.Printable(r.Problem))
	}
	line := ""
	for _, s := range r.settings {
		text := suggest.Printable(s.key + "=" + r.Settings[s.key])
		if _, differs := r.Settings[s.key]; !differs {
			continue
		}
		if line != "" && utf8.RuneCountInString(margin+line+", "+text+",") > width {
			fmt.Fprintf(b, "%s%s,\n", margin, line)
			line = ""
		}
		if line != "" {
			line += ", "
		}
		line += text
	}
	if line != "" {
		fmt.Fprintf(b, "%s%s\n", margin, line)
	}
}
