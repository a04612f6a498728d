package profile

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"braid/experiment"
	"braid/internal/suggest"
)

// lineWidth is the width of comments, in characters.
const lineWidth = 96

// comment writes the comments of an experiment file.
func (p *Plan) comment(rows int, noHeads bool) {
	p.Comments[""] = experiment.Comment{Above: fmt.Sprintf(
		"A first experiment, from all %s rows. Read why each column has its type; mend what is wrong.",
		thousands(rows))}
	for i, u := range p.Uses {
		text := capital(u.Reason) + facts(p.Columns[i])
		if u.Warning != "" {
			text += ".\nCHECK: " + u.Warning
		}
		path := map[string]string{"input": "inputs.", "head": "heads."}[u.As]
		if path == "" {
			p.Comments["ignore."+u.Column] = experiment.Comment{End: u.Reason}
			continue
		}
		p.Comments[path+u.Column] = experiment.Comment{Above: wrap(text)}
	}
	if s := p.Experiment.Split; s.By == experiment.Group {
		p.Comments["split"] = experiment.Comment{Above: fmt.Sprintf(
			"Rows with the same %s stay together: otherwise the test has what training has seen.", s.Column)}
	}
	if noHeads {
		p.Comments["heads"] = experiment.Comment{Under: p.candidateLines()}
	}
}

// candidateLines lists the columns that could be heads.
func (p *Plan) candidateLines() string {
	lines := []string{"Move the columns to predict from inputs to here. These could be heads:"}
	columns, guesses := p.Candidates()
	for i, c := range columns {
		what := guesses[i].Reason
		if c.Numbers == nil {
			what = fmt.Sprintf("%s distinct", thousands(c.Distinct))
		}
		if c.Missing > 0 {
			what += fmt.Sprintf("; %s missing", thousands(c.Missing))
		}
		lines = append(lines, fmt.Sprintf("%s: %s  (%s)", c.Name, guesses[i].Target.Kind(), what))
	}
	return strings.Join(lines, "\n")
}

// capital begins a text with a capital letter.
func capital(text string) string {
	if text == "" || text[0] < 'a' || text[0] > 'z' {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// facts says how many cells of a column are missing, how many values differ, and gives examples.
func facts(c *Column) string {
	text := "; "
	if c.Missing == 0 {
		text += "no gap"
	} else {
		text += thousands(c.Missing) + " missing"
	}
	more := ""
	if !c.Exact {
		more = "more than "
	}
	text += fmt.Sprintf("; %s%s distinct", more, thousands(c.Distinct))
	if len(c.Examples) > 0 {
		text += ": " + strings.Join(c.shortExamples(30), ", ")
	}
	return text
}

// shortExamples returns the examples, each cut to a number of characters.
func (c *Column) shortExamples(width int) []string {
	var list []string
	for _, e := range c.Examples {
		list = append(list, shorten(e, width))
	}
	return list
}

// shorten cuts a cell to a number of characters, and joins its lines.
func shorten(cell string, width int) string {
	cell = strings.Join(strings.Fields(cell), " ")
	if utf8.RuneCountInString(cell) <= width {
		return cell
	}
	return strings.TrimSpace(string([]rune(cell)[:width-1])) + "…"
}

// wrap breaks lines that are too long for a comment.
func wrap(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = suggest.Wrap(line, lineWidth, "  ")
	}
	return strings.Join(lines, "\n")
}
