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

// printUnder prints the reply or the error of the i-th image under the image's name.
func printUnder(w io.Writer, i int, path string, r *reply, failed error) error {
	text := ""
	if failed != nil {
		text = wrap("not answered: " + suggest.Printable(failed.Error()))
	} else {
		text = describeReply(r)
	}
	var b bytes.Buffer
	if i > 0 {
		fmt.Fprintln(&b)
	}
	fmt.Fprintln(&b, displayName(path))
	for line := range strings.Lines(text) {
		fmt.Fprintf(&b, "  %s", line)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// replyLine is a line about a head. An answer without a choice is a number, or none of some labels.
type replyLine struct {
	head, label string
	choice      *predictor.Choice
	remark      string
}

// describeReply returns a line for each head, or for each label that applies, then the
// contradictions and notes.
func describeReply(r *reply) string {
	var lines []replyLine
	for _, a := range r.Heads {
		if a.Applies != nil {
			lines = append(lines, labelLines(a)...)
			continue
		}
		line := replyLine{head: a.Head, label: cmp.Or(a.Short, a.Label)}
		if a.Answers != nil {
			line.choice = &predictor.Choice{Label: a.Label, Probability: a.Probability}
			line.remark = remark(a, r.Question)
		}
		lines = append(lines, line)
	}
	nameWidth, labelWidth := 0, 0
	for i := range lines {
		l := &lines[i]
		l.head, l.label = suggest.Printable(l.head), suggest.Printable(l.label)
		nameWidth = max(nameWidth, utf8.RuneCountInString(l.head))
		if l.choice != nil || l.remark != "" {
			labelWidth = max(labelWidth, utf8.RuneCountInString(l.label))
		}
	}
	var b strings.Builder
	for _, l := range lines {
		line := fmt.Sprintf("%-*s  %-*s", nameWidth, l.head, labelWidth, l.label)
		switch {
		case l.choice != nil:
			p := l.choice.Probability
			line += fmt.Sprintf("  %s  %-*s  %s", percent(p), barCells, bar(p), l.remark)
		case l.remark != "":
			line += "  " + l.remark
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

// noLabel stands for the answer that no label applies.
const noLabel = "none"

// labelLines returns a line for each label that applies to a row, with its own probability, the
// most probable first. The last has the most probable ones of the others.
func labelLines(a predictor.Answer) []replyLine {
	rest := slices.DeleteFunc(slices.Clone(a.Answers), func(c predictor.Choice) bool {
		return slices.Contains(a.Applies, c)
	})
	var lines []replyLine
	for _, c := range byProbability(a.Applies) {
		l := replyLine{label: c.Label, choice: &c}
		if c.Probability < predictor.Sure {
			l.remark = "unsure"
		}
		lines = append(lines, l)
	}
	if lines == nil {
		lines = []replyLine{{label: noLabel}}
	}
	lines[0].head = a.Head
	if next := runnersUp(byProbability(rest)); next != nil {
		last := &lines[len(lines)-1]
		if last.remark != "" {
			last.remark += "; "
		}
		last.remark += "then " + suggest.Printable(strings.Join(next, ", "))
	}
	return lines
}

// percent writes a fraction as a percentage. Only 1 is written as 100.0 %.
func percent(fraction float64) string {
	p := math.Round(1000*fraction) / 10
	if p == 100 && fraction < 1 {
		p = 99.9
	}
	return fmt.Sprintf("%5.1f %%", p)
}

// lineWidth is the width at which sentences are wrapped. Indented, they still fit a terminal.
const lineWidth = 76

// wrap breaks a sentence into lines between words.
func wrap(text string) string { return suggest.Wrap(text, lineWidth, "") + "\n" }

// remark returns the text beside an answer: whether it is unsure, then the question beside yes or
// no, or else the next answers.
func remark(a predictor.Answer, question string) string {
	var parts []string
	if a.Unsure {
		parts = append(parts, "unsure")
	}
	if len(a.Answers) == 2 {
		if question != "" {
			parts = append(parts, suggest.Printable(question))
		}
	} else if next := runnersUp(byProbability(a.Answers)[1:]); next != nil {
		parts = append(parts, "then "+suggest.Printable(strings.Join(next, ", ")))
	}
	return strings.Join(parts, "; ")
}

// Limits of the answers that are printed after the first.
const (
	mostRunners = 3     // their number
	leastRunner = 0.001 // their probability
)

// byProbability returns choices, the most probable first.
func byProbability(choices []predictor.Choice) []predictor.Choice {
	sorted := slices.Clone(choices)
	slices.SortStableFunc(sorted, func(x, y predictor.Choice) int {
		return cmp.Compare(y.Probability, x.Probability)
	})
	return sorted
}

// runnersUp returns the first of sorted answers with their probabilities.
func runnersUp(sorted []predictor.Choice) []string {
	var list []string
	for _, c := range sorted {
		if len(list) < mostRunners && c.Probability >= leastRunner {
			list = append(list, fmt.Sprintf("%s (%s)", c.Label, strings.TrimSpace(percent(c.Probability))))
		}
	}
	return list
}

// barCells is the width of a bar in characters.
const barCells = 8

// bar draws a fraction as a bar, in eighths of a character.
func bar(fraction float64) string {
	eighths := int(math.Round(fraction * barCells * 8))
	text := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		text += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return text
}

// displayName returns the name of an image for people.
func displayName(path string) string {
	if path == "-" {
		return "standard input"
	}
	return suggest.Printable(path)
}
