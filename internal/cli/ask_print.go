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

// describeReply returns a line for each head, then the contradictions and notes.
func describeReply(r *reply) string {
	nameWidth, labelWidth := 0, 0
	for _, a := range r.Heads {
		nameWidth = max(nameWidth, utf8.RuneCountInString(suggest.Printable(a.Head)))
		if a.Answers != nil {
			labelWidth = max(labelWidth, utf8.RuneCountInString(suggest.Printable(a.Label)))
		}
	}
	var b strings.Builder
	for _, a := range r.Heads {
		name, label := suggest.Printable(a.Head), suggest.Printable(a.Label)
		line := fmt.Sprintf("%-*s  %-*s", nameWidth, name, labelWidth, label)
		if a.Answers != nil {
			line += fmt.Sprintf("  %s  %-*s  %s",
				percent(a.Probability), barCells, bar(a.Probability), remark(a, r.Question))
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
	} else if next := runnersUp(a); next != nil {
		parts = append(parts, "then "+suggest.Printable(strings.Join(next, ", ")))
	}
	return strings.Join(parts, "; ")
}

// Limits of the answers that are printed after the first.
const (
	mostRunners = 3     // their number
	leastRunner = 0.001 // their probability
)

// runnersUp returns the most probable answers after the first.
func runnersUp(a predictor.Answer) []string {
	sorted := slices.Clone(a.Answers)
	slices.SortStableFunc(sorted, func(x, y predictor.Choice) int {
		return cmp.Compare(y.Probability, x.Probability)
	})
	var list []string
	for _, c := range sorted[1:] {
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
