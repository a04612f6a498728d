package profile

import (
	"fmt"
)

const (
	// mostlyDistinct is the share of different values from which a column's values do not occur often
	// enough to be learnt one by one.
	mostlyDistinct = 0.5
	// fewRows is the mean number of rows of a value up to which an identifier's values are not learnt.
	fewRows = 5
	// leastGroups is the number of groups from which rows are divided by them.
	leastGroups = 20
	// leastRows is the number of rows below which nothing is concluded from values that differ.
	leastRows = 10
)

// share returns the share of different values among the rows that have one. Values that were not
// told apart count as different.
func (c *Column) share() float64 { return float64(c.values) / float64(c.known()) }

// identifier returns why the column identifies rows, or what they are about, and says nothing that
// holds for new rows. It returns "" for other columns.
func (c *Column) identifier() string {
	unique := c.Missing == 0 && c.Repeated == 0
	switch n := c.Numbers; {
	case c.known() < leastRows, c.Pair != nil && !c.Pair.Declared, c.Pictures != nil, c.Dates != nil,
		c.List != nil:
		return ""
	case c.namedIndex() && unique && (n != nil && n.Whole || c.first):
		return "an index: a different value in every row"
	case n != nil && !n.Whole:
		return ""
	case c.namedID() && unique:
		return "an identifier: named so, and a different value in every row"
	case c.namedID() && c.known() <= fewRows*c.values:
		return fmt.Sprintf("an identifier: named so, with %s values in %s rows", thousands(c.Distinct),
			thousands(c.known()))
	case n != nil && unique && c.counts():
		return fmt.Sprintf("an index: whole numbers from %.0f to %.0f, each once", n.Min, n.Max)
	case n != nil && n.LeadingZero && c.share() >= mostlyDistinct:
		return "codes, as some begin with 0, that differ in most rows"
	case n != nil && c.namedCode() && c.share() >= mostlyDistinct:
		return "codes, by the name, that differ in most rows"
	case c.Web && c.share() >= mostlyDistinct:
		return "addresses that differ in most rows"
	case c.codes() && unique:
		return "an identifier: a different code in every row"
	case c.codes() && c.share() >= mostlyDistinct:
		return fmt.Sprintf("codes that identify what the rows are about: %s values in %s rows",
			thousands(c.Distinct), thousands(c.known()))
	}
	return ""
}

// counts reports whether the numbers count the rows: whole numbers, almost without gaps. A list of
// years does not.
func (c *Column) counts() bool {
	n := c.Numbers
	return c.known() >= 2*leastRows && n.Max-n.Min < 1.5*float64(c.Distinct) &&
		!(n.years() && c.known() <= 300)
}

// groups reports whether the column names things that several rows each are about, so that a random
// split would test with things that training has seen: an identifier of which many values repeat,
// and none has a large share of the rows.
func (c *Column) groups() bool {
	return c.identifier() != "" && c.Missing == 0 && c.Distinct >= leastGroups &&
		5*c.Repeated >= c.Rows && 10*c.Largest <= c.Rows
}

// thousands writes a count with commas.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
