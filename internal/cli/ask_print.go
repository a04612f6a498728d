package cli

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"braid/internal/suggest"
	"braid/predictor"
)

// printUnder prints what is said of the i-th image under its name.
func printUnder(w io.Writer, i int, path string, r *reply, failed error) error {
	text := ""
	if failed != nil {
		text = wrap("not answered: " + suggest.Printable(plain(failed).Error()))
	} else {
		text = describeReply(r)
	}
	var b bytes.Buffer
	if i > 0 {
		fmt.Fprintln(&b)
	}
	fmt.Fprintln(&b, spoken(path))
	for line := range strings.Lines(text) {
		fmt.Fprintf(&b, "  %s", line)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// describeReply is a line for each head, then what else there is to say.
func describeReply(r *reply) string {
	name, label := 0, 0
	for _, a := range r.Heads {
		name = max(name, utf8.RuneCountInString(suggest.Printable(a.Head)))
		if a.Answers != nil {
			label = max(label, utf8.RuneCountInString(suggest.Printable(a.Label)))
		}
	}
	var b strings.Builder
	for _, a := range r.Heads {
		line := fmt.Sprintf("%-*s  %-*s", name, suggest.Printable(a.Head), label, suggest.Printable(a.Label))
		if a.Answers != nil {
			line += fmt.Sprintf("  %s  %-*s  %s", percent(a.Probability), barCells, bar(a.Probability), remark(a, r.Question))
		}
		fmt.Fprintln(&b, strings.TrimRight(line, " "))
	}
	for _, c := range r.Contradictions {
		b.WriteString(wrap("Both cannot be right: " + suggest.Printable(c) + "."))
	}
	for _, n := range r.Notes {
		b.WriteString(wrap("Note: " + suggest.Printable(n) + "."))
	}
	return b.String()
}

// percent is a share of 1. It is 100.0 % only for what is certain.
func percent(share float64) string {
	p := math.Round(1000*share) / 10
	if p == 100 && share < 1 {
		p = 99.9
	}
	return fmt.Sprintf("%5.1f %%", p)
}

// lineWidth is how wide sentences are, so that they fit a terminal, also if they are indented.
const lineWidth = 76

// wrap breaks a sentence into lines, between words.
func wrap(text string) string {
	var b strings.Builder
	width := 0
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case width+1+n > lineWidth:
			b.WriteString("\n")
			width = 0
		default:
			b.WriteString(" ")
			width++
		}
		b.WriteString(word)
		width += n
	}
	return b.String() + "\n"
}

// remark is what stands beside an answer: that it is unsure; what was asked, beside yes or no; else which answers
// come next.
func remark(a predictor.Answer, question string) string {
	var parts []string
	if a.Unsure {
		parts = append(parts, "unsure")
	}
	if len(a.Answers) == 2 {
		if question != "" {
			parts = append(parts, suggest.Printable(question))
		}
	} else if next := runnersUp(a); next != nil {
		parts = append(parts, "then "+suggest.Printable(strings.Join(next, ", ")))
	}
	return strings.Join(parts, "; ")
}

// mostRunners and leastRunner are how many answers after the first are told, from which probability on.
const (
	mostRunners = 3
	leastRunner = 0.001
)

// runnersUp are the answers after the first.
func runnersUp(a predictor.Answer) []string {
	sorted := slices.Clone(a.Answers)
	slices.SortStableFunc(sorted, func(x, y predictor.Choice) int { return cmp.Compare(y.Probability, x.Probability) })
	var list []string
	for _, c := range sorted[1:] {
		if len(list) < mostRunners && c.Probability >= leastRunner {
			list = append(list, c.Label)
		}
	}
	return list
}

// barCells is how wide a bar is.
const barCells = 8

// bar shows a share of 1 in eighths of a cell.
func bar(share float64) string {
	eighths := int(math.Round(share * barCells * 8))
	text := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		text += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return text
}

// spoken is how a path is told.
func spoken(path string) string {
	if path == "-" {
		return "standard input"
	}
	return suggest.Printable(path)
}
