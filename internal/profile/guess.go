package profile

import (
	"fmt"
	"strings"

	"braid/feature"
)

// Guess is what a column could be as an input, and why.
type Guess struct {
	Feature feature.Feature // nil if the column is left out
	Reason  string
	// Warning is what a person should decide or look at; "" in most cases.
	Warning string
}

const (
	// textWords is the mean number of words of a cell from which a column has texts.
	textWords = 5
	// fewValues is the number of different values up to which texts are categories, whatever their
	// length.
	fewValues = 20
	// mostClasses is the number of whole numbers 0, 1, 2 ... up to which an input is a category: those
	// that a network reads as one-hot numbers, so that nothing is lost.
	mostClasses = 8
)

// Input guesses the type of the column as an input.
func (c *Column) Input() Guess {
	out := func(reason string) Guess { return Guess{Reason: reason} }
	switch {
	case c.Rows == 0 || c.known() == 0:
		return out("no cell has a value")
	case c.Distinct == 1 && c.Exact && c.Missing == 0:
		return out("one value, the same in every row: " + quoted(c.Examples[0]))
	case c.Pictures != nil:
		return c.picture()
	case c.Distinct == 1 && c.Exact:
		return Guess{feature.Category{}, "one value, and gaps, which say something too", ""}
	}
	if reason := c.identifier(); reason != "" {
		return out(reason)
	}
	return c.typed()
}

// typed guesses the type of a column with several values, whether or not it identifies rows.
func (c *Column) typed() Guess {
	out := func(reason string) Guess { return Guess{Reason: reason} }
	switch {
	case c.Pair != nil && (!c.Pair.Declared || c.Pair.Opposite):
		f := feature.Binary{Missing: c.Pair.Missing}
		if c.Pair.Declared {
			f.True = c.Pair.True
		}
		return Guess{f, "two values: " + c.Pair.words(), ""}
	case c.Dates != nil && c.Dates.Ambiguous != "":
		return Guess{nil, fmt.Sprintf("dates, but day and month cannot be told apart: no number is "+
			"above 12; as an input: {type: date, format: %q} or format: %q", c.Dates.Format,
			c.Dates.Ambiguous), "day and month cannot be told apart"}
	case c.Dates != nil:
		f := feature.Date{Format: c.Dates.Format, Missing: missingWords(c.Dates.Others)}
		return Guess{f, c.Dates.reason(), otherCells("date", c.Dates.Others, c.Dates.OtherCells)}
	case c.Numbers != nil:
		return c.number()
	case c.Nested:
		return out("objects or lists of JSON: make columns of their parts")
	case c.List != nil && c.List.Ordered:
		separator := strings.TrimPrefix(c.List.Separator, " ")
		return Guess{feature.Sequence{Separator: separator}, c.List.reason(), ""}
	case c.List != nil:
		return Guess{feature.Labels{Separator: c.List.separator()}, c.List.reason(), ""}
	}
	return c.text()
}

// picture guesses the type of a column of paths.
func (c *Column) picture() Guess {
	p := c.Pictures
	if p.Found == 0 {
		reason := fmt.Sprintf("names of pictures, but none of %s is there: put them beside the "+
			"data, or give their folder as root", Plural(p.Named, "file"))
		return Guess{nil, reason, reason}
	}
	if p.ofMNIST() && p.Found == c.Rows { // an input of type digit has no gaps
		return Guess{feature.Digit{}, "grey pictures of 28 x 28 pixels in an array, as MNIST's: " +
			"taken as they are", ""}
	}
	g := Guess{feature.Image{Root: p.Root}, fmt.Sprintf("paths to pictures, %s of %s found",
		thousands(p.Found), thousands(c.known())), ""}
	if lost := c.known() - p.Found; lost > 0 {
		g.Warning = fmt.Sprintf("%s of %s pictures are not there, such as %s", thousands(lost),
			thousands(c.known()), quoted(append(p.Lost, "")[0]))
	}
	return g
}

// number guesses the type of a column of numbers.
func (c *Column) number() Guess {
	n := c.Numbers
	switch {
	case n.LeadingZero:
		return Guess{feature.Category{}, "codes, as some begin with 0", ""}
	case c.namedCode() && n.Whole && n.Distinct > 2 && c.Repeated > 0:
		return Guess{feature.Category{}, "codes, by the name: their size says nothing", ""}
	case c.namedID() && c.Repeated > 0:
		return Guess{feature.Category{}, "an identifier by the name, with many rows for each value",
			"if new rows will have new values of it, leave it out, and split by group"}
	case n.sequential() && n.Distinct <= mostClasses && n.OtherCells == 0:
		return Guess{feature.Category{}, fmt.Sprintf("whole numbers from %.0f to %.0f: classes; number "+
			"if their size matters", n.Min, n.Max), ""}
	}
	f := feature.Number{NumberFormat: n.Format, Missing: missingWords(n.Others), Log: n.heavyTail()}
	g := Guess{f, n.reason(), n.warning()}
	if f.Log {
		g.Reason += ", most of them far below the largest: log"
	}
	return g
}

// missingWords returns the values that stand for a missing number or date, beside the usual words.
func missingWords(others []string) []string {
	if len(others) > maxOtherValues {
		return nil
	}
	for _, word := range others {
		if strings.ContainsFunc(word, isDigit) {
			return nil // a number or a date that is not well written
		}
	}
	return others
}

// otherCells says what a person should look at in cells that are none of a kind.
func otherCells(kind string, others []string, cells int) string {
	not := fmt.Sprintf("%s cells are not %ss", thousands(cells), kind)
	if cells == 1 {
		not = "1 cell is not a " + kind
	}
	switch {
	case cells == 0:
		return ""
	case missingWords(others) == nil:
		return fmt.Sprintf("%s, such as %s: mend them, or add them to missing", not, quoted(others[0]))
	}
	return fmt.Sprintf("%s (%s), and taken for missing", not, quotedList(others))
}

// reason says what the numbers are.
func (n *Numbers) reason() string {
	kind := "numbers"
	if n.Whole {
		kind = "whole numbers"
	}
	write := number
	if n.years() {
		kind, write = "years", numberWriter(n.Min, n.Max)
	}
	text := fmt.Sprintf("%s from %s to %s, median %s", kind, write(n.Min), write(n.Max),
		write(n.Median))
	if n.Words > 0 {
		text += fmt.Sprintf(", %s words such as NA", thousands(n.Words))
	}
	if n.like != "" {
		text += fmt.Sprintf(", with a decimal comma as column %s", quoted(n.like))
	}
	return text
}

// warning says what a person should look at.
func (n *Numbers) warning() string {
	switch {
	case n.Ambiguous:
		return `"," is taken for a mark of thousands, but could be a decimal mark: see decimal, thousands`
	case n.like != "" && n.Format.Thousands == ".":
		return fmt.Sprintf(`"." is taken for a mark of thousands, as column %s has a decimal comma: `+
			"see decimal, thousands", quoted(n.like))
	}
	return otherCells("number", n.Others, n.OtherCells)
}

// reason says what the dates are.
func (d *Dates) reason() string {
	in := "all in one format"
	if d.OtherCells > 0 {
		in = "most in one format"
	}
	return fmt.Sprintf("dates from %s to %s, %s", d.Min.Format(isoDay), d.Max.Format(isoDay), in)
}

// reason says what the lists are.
func (l *List) reason() string {
	what := "several values in a cell"
	if l.Ordered {
		what = "values in order"
	}
	return fmt.Sprintf("%s, separated by %q: %.1f in the mean, %s different", what, l.Separator,
		l.Mean, thousands(l.Distinct))
}

// separator returns the setting: "" is the default.
func (l *List) separator() string {
	if l.Separator == ";" {
		return ""
	}
	return l.Separator
}

// words names the two values, the true one last.
func (p *Pair) words() string { return quoted(p.False) + " and " + quoted(p.True) }

// text guesses the type of a column of texts.
func (c *Column) text() Guess {
	known := c.known()
	switch {
	case c.Distinct <= fewValues && known >= 2*c.Distinct || c.Pair != nil:
		return Guess{feature.Category{}, "values that repeat", ""}
	case c.Words >= textWords:
		return Guess{feature.Text{}, fmt.Sprintf("texts of %.1f words in the mean", c.Words), ""}
	case c.share() < mostlyDistinct:
		g := Guess{feature.Category{}, "values that repeat", ""}
		if c.namedID() {
			g.Warning = "if new rows will have new values of it, leave it out, and split by group"
		}
		return g
	case c.Words < 1.2 && c.Letters >= 0.5:
		return Guess{feature.Text{Encoding: feature.Characters},
			"single words that differ in most rows: read by characters", ""}
	}
	return Guess{feature.Text{}, fmt.Sprintf("texts that differ in most rows, of %.1f words in the "+
		"mean", c.Words), ""}
}
