package profile

import (
	"fmt"
	"slices"
	"strings"

	"braid/target"
)

// HeadGuess is what a column could be as a head, and why.
type HeadGuess struct {
	Target  target.Target
	Reason  string
	Warning string
}

const (
	// leastClassRows is the mean number of rows of a class, below which numbers are not classes.
	leastClassRows = 5
	// sequentialClasses is the number of whole numbers 0, 1, 2 ... up to which a head has classes.
	sequentialClasses = 20
	// namedClasses is that of a head that is named so.
	namedClasses = 1000
	// fewNumbers is the number of different whole numbers up to which a head has classes, if each has
	// many rows.
	fewNumbers     = 10
	manyClassRows  = 20
	leastFrequent  = 20   // rows of a class from which it is learnt, where many classes are rare
	manyClasses    = 50   // from which classes may be left out
	rarestTypical  = 5    // rows: the median class has fewer
	mostRareShare  = 0.60 // of the rows, that classes left out may have
	hopelessShare  = 0.5  // of different values, from which classes cannot be learnt
	classNameWords = "class label category type kind species"
)

// Head guesses the type of the column as a head. The error says why it cannot be one.
func (c *Column) Head() (HeadGuess, error) {
	fail := func(format string, args ...any) (HeadGuess, error) {
		return HeadGuess{}, fmt.Errorf("head %q: %s", c.Name, fmt.Sprintf(format, args...))
	}
	switch {
	case c.known() == 0:
		return fail("no row has a label")
	case c.known() == 1:
		return fail("one row has a label, %s, want two values or more", quoted(c.Examples[0]))
	case c.Distinct == 1 && c.Exact:
		return fail("all %s labels are %s, want two values or more", thousands(c.known()),
			quoted(c.Examples[0]))
	case c.Pictures != nil:
		return fail("the cells are paths to pictures, want classes, numbers or labels")
	case c.Pair != nil:
		t := target.Binary{Missing: c.Pair.Missing}
		if c.Pair.Declared {
			t.True = c.Pair.True
		}
		return HeadGuess{t, "two values: " + c.Pair.words() + "; a yes is the last", ""}, nil
	case c.Dates != nil:
		return fail("the cells are dates, want classes, numbers or labels; a column of years would be " +
			"a number")
	case c.Numbers != nil:
		return c.numberHead(), nil
	case c.Nested:
		return fail("the cells are objects or lists of JSON, want classes, numbers or labels")
	case c.List != nil:
		return HeadGuess{target.Labels{Separator: c.List.separator()}, c.List.reason(), ""}, nil
	}
	return c.classes("classes"), nil
}

// numberHead guesses the type of a head of numbers.
func (c *Column) numberHead() HeadGuess {
	n := c.Numbers
	rows := n.Cells / n.Distinct
	switch {
	case n.LeadingZero:
		return c.classes("classes, as some numbers begin with 0")
	case n.OtherCells > 0 || n.Words > 0 || n.years():
	case n.sequential() && rows >= leastClassRows && (n.Distinct <= sequentialClasses ||
		n.Distinct <= namedClasses && c.namedClass()):
		return c.classes(fmt.Sprintf("whole numbers from %.0f to %.0f: classes; number if their size "+
			"matters", n.Min, n.Max))
	case n.Whole && n.Distinct <= fewNumbers && rows >= manyClassRows:
		return c.classes("few whole numbers: classes; number if their size matters")
	}
	reason := n.reason()
	if n.heavyTail() {
		reason += ", most of them far below the largest: log: true may help"
	}
	t := target.Number{NumberFormat: n.Format, Missing: missingWords(n.Others)}
	return HeadGuess{t, reason, n.warning()}
}

// namedClass reports whether the column is named as classes are.
func (c *Column) namedClass() bool {
	return slices.ContainsFunc(nameWords(c.Name), func(w string) bool {
		return slices.Contains(strings.Fields(classNameWords), w)
	})
}

// classes returns a category. Where most classes are too rare to be learnt or measured, and have
// few of the rows, they are left out.
func (c *Column) classes(reason string) HeadGuess {
	g := HeadGuess{Target: target.Category{}, Reason: reason}
	switch rare := float64(c.Rare) / float64(c.known()); {
	case c.share() >= hopelessShare:
		g.Warning = fmt.Sprintf("%s different labels in %s rows: most cannot be learnt",
			thousands(c.Distinct), thousands(c.known()))
	case c.Distinct >= manyClasses && c.Typical < rarestTypical && rare <= mostRareShare:
		g.Target = target.Category{MinCount: leastFrequent}
		g.Reason += fmt.Sprintf(", half with fewer than %d rows; those with fewer than %d are left out, "+
			"%.0f %% of the rows", rarestTypical, leastFrequent, 100*rare)
	}
	return g
}
