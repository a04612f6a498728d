package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"braid/internal/report"
	"braid/internal/suggest"
	"braid/target"
)

func runsVerb(s streams) *cobra.Command {
	var asJSON bool
	c := command(&cobra.Command{
		Use:   "runs [DIR] [flags]",
		Short: "List the runs in a folder, with their scores and the settings that differ",
		Long: "Runs lists the runs in a folder, by default runs, in the order in which they began:\n" +
			"the experiment, the rows of all parts, the epochs that are done, of those that were\n" +
			"planned, the epoch that is kept, its figures on the validation part, and whether the\n" +
			"run is done, was stopped, or is running now. Under a run are the settings that differ\n" +
			"among the runs of its experiment. A run that cannot be read is listed as broken, with\n" +
			"the reason. --json prints an object for each run, on a line of its own:\n\n" +
			`    {"run":"..","path":"..","state":"done","started":"..","experiment":"..",` + "\n" +
			`      "rows":{"train":..},"epochs":..,"planned_epochs":..,"kept_epoch":..,` + "\n" +
			`      "settings":{"train.rate":".."},"scores":{"val_HEAD_METRIC":..}}` + "\n\n" +
			"State is done, stopped, running or broken, which has a problem; a running one has\n" +
			"held_by. Scores are all figures of the kept epoch.",
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
			return printRuns(s.out, list, terminalWidth(s.out))
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
		if entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") {
			list = append(list, listRun(filepath.Join(dir, entry.Name())))
		}
	}
	slices.SortStableFunc(list, func(a, b listedRun) int { return a.began.Compare(b.began) })
	differing(list)
	return list, nil
}

// scoreColumn is a column of the table: a figure of a head on the validation part.
type scoreColumn struct{ head, metric string }

// name returns the name of the figure in a training's history.
func (c scoreColumn) name() string { return "val_" + c.head + "_" + c.metric }

// text returns the figure of a run, or a dash.
func (c scoreColumn) text(r listedRun) string {
	v := r.Scores[c.name()]
	if v == nil {
		return "-"
	}
	return report.FormatFigure(target.Figure{Name: c.metric, Value: *v})
}

// printRuns prints a table, and under each run its settings. Scores that do not fit are left out.
func printRuns(w io.Writer, list []listedRun, width int) error {
	top := []string{"", "", "", "", "", "", ""}
	under := []string{"run", "began", "experiment", "rows", "epochs", "kept", "state"}
	lines := make([][]string, len(list))
	for i, r := range list {
		lines[i] = r.cells()
	}
	columns := scoreColumns(list)
	sum := 0
	for i := range under {
		sum += columnWidth(i, under, lines) + 2
	}
	for _, name := range []string{"began", "rows"} { // where the terminal is too narrow for them
		if sum+leastWidth <= width {
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
		head := cut(suggest.Printable(c.head), mostHead)
		cells := []string{report.FigureName(c.metric)}
		size := max(utf8.RuneCountInString(head), utf8.RuneCountInString(cells[0]))
		for _, r := range list {
			cells = append(cells, c.text(r))
			size = max(size, utf8.RuneCountInString(cells[len(cells)-1]))
		}
		if sum+size > width {
			break
		}
		sum += size + 2
		shown++
		at := len(under) - 1 // before the state
		top = slices.Insert(top, at, head)
		under = slices.Insert(under, at, cells[0])
		for i := range lines {
			lines[i] = slices.Insert(lines[i], at, cells[i+1])
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
			list[i-2].printUnder(&b, width)
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
// that most runs have.
func scoreColumns(list []listedRun) (columns []scoreColumn) {
	counts := map[scoreColumn]int{}
	for _, r := range list {
		for _, h := range r.heads {
			at := slices.IndexFunc(h.Metrics, func(m string) bool { return !strings.HasSuffix(m, "loss") })
			if at < 0 {
				continue
			}
			c := scoreColumn{h.Name, h.Metrics[at]}
			if counts[c]++; counts[c] == 1 {
				columns = append(columns, c)
			}
		}
	}
	slices.SortStableFunc(columns, func(a, b scoreColumn) int { return counts[b] - counts[a] })
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
