package cli

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"braid/experiment"
	"braid/feature"
	"braid/internal/report"
	"braid/internal/suggest"
	"braid/target"
	"braid/train"
)

// Widths of lines and columns in characters.
const (
	plainWidth = 100 // of a line that does not go to a terminal
	leastWidth = 9   // of a column
	firstWidth = 16  // of the epoch and the loss, which come first
	lastWidth  = 14  // of the mark of the best epoch and the time left, which come last
)

// terminalWidth returns the width of a terminal, or plainWidth.
func terminalWidth(w io.Writer) int {
	if file, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return plainWidth
}

// epochTable prints a row for each epoch: the loss, the deciding figure of each head on validation,
// whether the epoch is the best so far, and how long training may still take. Names are cut, and
// the last heads left out, where a line would be wider than the terminal.
type epochTable struct {
	w       io.Writer
	width   int
	t       *fileTraining
	start   train.Start
	left    timeLeft
	columns []epochColumn
	more    int // heads that are left out
}

// epochColumn is the column of a head.
type epochColumn struct {
	head, figure string
	at           int // of the figure in an epoch's values
	width        int
}

func newEpochTable(w io.Writer, t *fileTraining) *epochTable {
	return &epochTable{w: w, width: terminalWidth(w), t: t}
}

func (e *epochTable) callback() train.Callback {
	return train.Callback{
		Start: func(s train.Start) error {
			e.start, e.left = s, newTimeLeft(e.t.Built, s)
			e.layOut()
			return e.printHeader()
		},
		Epoch: e.printRow,
	}
}

// layOut chooses the columns and their widths.
func (e *epochTable) layOut() {
	e.columns, e.more = nil, 0
	for _, t := range e.t.Targets {
		_, answers := t.Decoder.Deciding()
		at := slices.Index(e.start.Names, "val_"+feature.Name(t.Column)+"_"+answers)
		if at < 0 {
			continue
		}
		c := epochColumn{head: suggest.Printable(t.Column), figure: answers, at: at}
		c.width = max(leastWidth, utf8.RuneCountInString(c.head))
		e.columns = append(e.columns, c)
	}
	left := e.width - firstWidth - lastWidth
	fit := len(e.columns)
	if most := max(1, left/(leastWidth+2)); fit > most {
		fit = most
		left -= len(" +99") // says how many more there are
	}
	e.columns, e.more = e.columns[:fit], len(e.columns)-fit
	for {
		sum, widest := 0, 0
		for i, c := range e.columns {
			sum += c.width + 2
			if c.width > e.columns[widest].width {
				widest = i
			}
		}
		if sum <= left || fit == 0 || e.columns[widest].width == leastWidth {
			return
		}
		e.columns[widest].width--
	}
}

func (e *epochTable) printHeader() error {
	names := fmt.Sprintf("%-*s", firstWidth, "validation")
	figures := fmt.Sprintf("%5s  %*s", "epoch", firstWidth-7, "loss")
	for _, c := range e.columns {
		names += fmt.Sprintf("  %*s", c.width, cut(c.head, c.width))
		figures += fmt.Sprintf("  %*s", c.width, cut(report.FigureName(c.figure), c.width))
	}
	if e.more > 0 {
		names += fmt.Sprintf(" +%d", e.more)
	}
	_, err := fmt.Fprintf(e.w, "%s\n%s  best  left\n", names, figures)
	return err
}

func (e *epochTable) printRow(epoch train.Epoch) error {
	best, err := e.t.Keep.Best(e.start.History)
	if err != nil {
		return err
	}
	line := fmt.Sprintf("%5d  %*.4f", epoch.Number, firstWidth-7, epoch.Values[0])
	for _, c := range e.columns {
		value := "-" // no row of the validation part has a label
		if v := epoch.Values[c.at]; !math.IsNaN(v) {
			value = report.FormatFigure(target.Figure{Name: c.figure, Value: v})
		}
		line += fmt.Sprintf("  %*s", c.width, value)
	}
	mark := " "
	if best == epoch.Number {
		mark = "*"
	}
	line = strings.TrimRight(fmt.Sprintf("%s  %3s   %s", line, mark, e.left.text(best)), " ")
	_, err = fmt.Fprintln(e.w, line)
	return err
}

// cut shortens a text to a width, with an ellipsis in its middle, so that names that differ at
// their ends differ still.
func cut(text string, width int) string {
	r := []rune(text)
	if len(r) <= width {
		return text
	}
	tail := (width - 1) / 2
	return string(r[:width-1-tail]) + "…" + string(r[len(r)-tail:])
}

// timeLeft computes the time that training still takes.
type timeLeft struct {
	history *train.History
	epochs  int
	rule    train.EarlyStopping
	budget  time.Duration // of the run; 0 is none
	began   time.Time     // minus the time of earlier epochs of a resumed run
}

func newTimeLeft(b *experiment.Built, start train.Start) timeLeft {
	return timeLeft{
		start.History, start.Epochs, b.Keep, time.Duration(b.Train.Minutes * float64(time.Minute)),
		time.Now().Add(-epochsTook(start.History)),
	}
}

// epochsTook returns the time that epochs took.
func epochsTook(h *train.History) (sum time.Duration) {
	for _, e := range h.Epochs {
		sum += e.Train + e.Evaluate
	}
	return sum
}

// text returns what is left if no epoch is better than the best so far, given the mean time of the
// epochs, or what is left of the budget if that is less. It is empty below a second.
func (t timeLeft) text(best int) string {
	done := len(t.history.Epochs)
	epochs := max(min(t.epochs, best+t.rule.Patience)-done, 0)
	left, sign := time.Duration(epochs)*epochsTook(t.history)/time.Duration(done), "> "
	if rest := t.budget - time.Since(t.began); t.budget > 0 && rest < left {
		left, sign = rest, "" // it takes no longer if epochs improve
	}
	if left < time.Second {
		return ""
	}
	return sign + left.Round(time.Second).String()
}
