package experiment

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"braid/internal/suggest"
)

// Error is a mistake in an experiment file or in a setting of the command line.
type Error struct {
	File         string // or "--set KEY"
	Line, Column int    // from 1; 0 if the whole file or setting is meant
	Message      string
}

// Error returns a line such as `experiment.yaml:7:3: unknown key "epoch" in train`.
func (e *Error) Error() string {
	return place{e.File, e.Line, e.Column}.String() + ": " + e.Message
}

// Errors are all mistakes of an experiment file, in the order of its lines.
type Errors []*Error

// Error returns a line for each mistake.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, mistake := range e {
		lines[i] = mistake.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the mistakes for errors.As.
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i, mistake := range e {
		all[i] = mistake
	}
	return all
}

// place is where a node begins.
type place struct {
	file         string
	line, column int
}

// String returns a place as file:line:column.
func (p place) String() string {
	if p.line == 0 {
		return p.file
	}
	return fmt.Sprintf("%s:%d:%d", p.file, p.line, p.column)
}

// at returns a place in a document that begins at p: p itself if p has no lines.
func (p place) at(line, column int) place {
	if p.line == 0 {
		return p
	}
	return place{p.file, max(line, 1), max(column, 1)}
}

// reader collects the mistakes of a file while it is read.
type reader struct {
	errors Errors
	// unread is whether a value of the YAML file could not be read at all. What would be said about
	// its content would be wrong.
	unread bool
}

// fail adds a mistake.
func (r *reader) fail(at place, format string, args ...any) {
	r.errors = append(r.errors, &Error{at.file, at.line, at.column, fmt.Sprintf(format, args...)})
}

// wrong adds a mistake about a value: name is what the value is called, and want what it should be.
func (r *reader) wrong(n *node, name, want string) {
	r.fail(n.place, "%s is %s, want %s", name, n, want)
}

// unknown adds a mistake about a name that is not in have: `unknown key "epoch" in train`.
func (r *reader) unknown(n *node, what, in string, have []string) {
	message := fmt.Sprintf("unknown %s %q %s", what, shorten(n.text), in)
	if near := suggest.Nearest(n.text, have); near != "" {
		message += fmt.Sprintf("; did you mean %q?", near)
	} else if len(have) > 0 {
		message += ", want one of " + suggest.List(have)
	} else {
		message += ": there are none"
	}
	r.fail(n.place, "%s", message)
}

// err returns the mistakes in the order of lines, nil if there are none. Those without a line are
// last.
func (r *reader) err() error {
	if len(r.errors) == 0 {
		return nil
	}
	line := func(e *Error) int {
		if e.Line == 0 {
			return math.MaxInt
		}
		return e.Line
	}
	slices.SortStableFunc(r.errors, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(line(a), line(b)), cmp.Compare(a.Column, b.Column))
	})
	return r.errors
}

// shorten cuts a user's text to the length that an error repeats.
func shorten(text string) string { return suggest.Shorten(text) }
