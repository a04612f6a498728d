package profile

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"

	"braid/feature"
)

// Numbers describes a column of numbers.
type Numbers struct {
	Format feature.NumberFormat
	Cells  int // that are numbers
	Words  int // cells with a word for a missing number, such as NA
	// Others are the first values that are neither, and OtherCells the number of their cells.
	Others     []string
	OtherCells int

	Min, Median, Max float64
	Low, High        float64 // the 5th and the 95th percentile
	Distinct         int     // different numbers
	Whole            bool    // all are whole
	LeadingZero      bool    // some are written with zeros before them, as codes are: 00501
	Ambiguous        bool    // the mark of thousands could as well be a decimal mark

	mark markOf
	like string // the column that has decided on a decimal comma; "" if this one has
}

// formats are tried in order. A later one is taken if it reads more cells than those before it.
var formats = []feature.NumberFormat{
	{},
	{Thousands: ","},
	{Decimal: ","},
	{Decimal: ",", Thousands: "."},
	{Thousands: " "},
	{Decimal: ",", Thousands: " "},
	{Thousands: "'"},
	{Thousands: "’"},
}

// signs are currencies and other signs beside numbers.
const signs = "$€£¥₹₽₩₺₴₫₪₦฿¢%‰°"

// maxOthers is the share of cells that may be neither numbers nor missing in a column of numbers.
const maxOthers = 0.05

// maxOtherValues is the number of different values that stand for a missing number in a column.
const maxOtherValues = 5

// weighted is a number and how many cells have it.
type weighted struct {
	x     float64
	cells int
}

// numbers describes a column of numbers. It returns nil if more than a few cells are none.
func (v *values) numbers() *Numbers {
	strip := v.besideNumbers()
	var best *Numbers
	var found []weighted
	for _, f := range formats {
		f.Strip = strip
		n, list := v.inFormat(f)
		if n == nil || best != nil && n.Cells <= best.Cells {
			continue
		}
		if best, found = n, list; best.OtherCells == 0 {
			break
		}
	}
	if best == nil {
		return nil
	}
	if other := v.checkComma(best); other != nil {
		found = other
	}
	best.mark = v.decimalMark(best)
	best.measure(found)
	best.LeadingZero = v.anyCell(leadingZero)
	return best
}

// inFormat reads the numbers of one format. It returns nil if more than a few cells are none.
func (v *values) inFormat(f feature.NumberFormat) (*Numbers, []weighted) {
	n := &Numbers{Format: f}
	limit := int(maxOthers * float64(v.known()))
	list := make([]weighted, 0, min(v.len(), 1<<10))
	for i := range v.len() {
		value, cells := v.at(i)
		x, known, err := f.Parse(value)
		switch {
		case err != nil:
			if n.OtherCells += cells; n.OtherCells > limit {
				return nil, nil
			}
			if len(n.Others) <= maxOtherValues && !slices.Contains(n.Others, value) {
				n.Others = append(n.Others, value)
			}
		case !known:
			n.Words += cells
		default:
			n.Cells += cells
			list = append(list, weighted{x, cells})
		}
	}
	if n.Cells == 0 {
		return nil, nil
	}
	return n, list
}

// checkComma decides between a mark of thousands and a decimal mark where both read all cells: in
// 1,250 and 0,125 it is the decimal mark, in 950 and 1,250 that of thousands. If every cell is like
// 1,250, it could be either. It returns the numbers if it changes the format.
func (v *values) checkComma(n *Numbers) []weighted {
	if n.Format.Thousands != "," || n.Format.Decimal != "" {
		return nil
	}
	belowOne := func(cell string) bool {
		return strings.HasPrefix(strings.TrimLeft(cell, "-+ "+n.Format.Strip), "0,")
	}
	if v.anyCell(belowOne) {
		other, found := v.inFormat(feature.NumberFormat{Decimal: ",", Strip: n.Format.Strip})
		if other != nil && other.Cells == n.Cells {
			n.Format = other.Format
			return found
		}
	}
	n.Ambiguous = !v.anyCell(func(cell string) bool {
		_, known, err := n.Format.Parse(cell)
		return err == nil && known && (strings.Count(cell, ",") != 1 || strings.Contains(cell, "."))
	})
	return nil
}

// anyCell reports whether is holds for some value.
func (v *values) anyCell(is func(string) bool) bool {
	for i := range v.len() {
		if value, _ := v.at(i); is(value) {
			return true
		}
	}
	return false
}

func leadingZero(cell string) bool {
	return len(cell) > 1 && cell[0] == '0' && !strings.ContainsFunc(cell, notDigit)
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func notDigit(r rune) bool { return !isDigit(r) }

// besideNumbers returns the signs beside the numbers of a column, or the unit that all of its cells
// end with.
func (v *values) besideNumbers() string {
	var found []rune
	unit, without, some := "", 0, false
	for i := range v.len() {
		value, cells := v.at(i)
		at := strings.IndexFunc(value, func(r rune) bool { return !notDigit(r) })
		if at < 0 {
			if without += cells; without > int(maxOthers*float64(v.known())) {
				return "" // not a column of numbers
			}
			continue
		}
		end := strings.LastIndexFunc(value, func(r rune) bool { return !notDigit(r) }) + 1
		for _, r := range value[:at] + value[end:] {
			if strings.ContainsRune(signs, r) && !slices.Contains(found, r) {
				found = append(found, r)
			}
		}
		u := strings.TrimSpace(value[end:])
		if !some {
			unit, some = u, true
		} else if u != unit {
			unit = ""
		}
	}
	if len(found) == 0 {
		if isUnit(unit) {
			return unit
		}
		return ""
	}
	slices.Sort(found)
	return string(found)
}

// maxUnit is the length of a unit such as "km/h", in characters.
const maxUnit = 5

func isUnit(text string) bool {
	return len([]rune(text)) <= maxUnit && !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && r != '/' && r != '²' && r != '³' && r != 'µ'
	})
}

// measure computes the figures of the numbers.
func (n *Numbers) measure(list []weighted) {
	slices.SortFunc(list, func(a, b weighted) int { return cmp.Compare(a.x, b.x) })
	n.Min, n.Max, n.Whole = list[0].x, list[len(list)-1].x, true
	seen := 0
	marks := []struct {
		rank int // of the cell, from 1
		to   *float64
	}{
		{1 + int(0.05*float64(n.Cells-1)), &n.Low},
		{1 + int(0.95*float64(n.Cells-1)), &n.High},
	}
	lower, upper := (n.Cells+1)/2, n.Cells/2+1
	for i, w := range list {
		if i == 0 || w.x != list[i-1].x {
			n.Distinct++
		}
		n.Whole = n.Whole && w.x == math.Trunc(w.x)
		for _, m := range marks {
			if seen < m.rank && m.rank <= seen+w.cells {
				*m.to = w.x
			}
		}
		if seen < lower && lower <= seen+w.cells {
			n.Median = w.x / 2
		}
		if seen < upper && upper <= seen+w.cells {
			n.Median += float64(w.x / 2)
		}
		seen += w.cells
	}
}

// heavyTail reports whether the logarithm of the numbers is spread more evenly than the numbers.
// Percentiles decide: outliers alone do not. Where most numbers are the smallest, such as 0, the
// largest one decides.
func (n *Numbers) heavyTail() bool {
	if n.Min < 0 || n.Max <= 0 {
		return false
	}
	if n.Median == n.Min {
		return n.Max >= 100*max(n.Median, 1)
	}
	if n.High < 20*max(n.Low, 1) {
		return false
	}
	skew := func(low, middle, high float64) float64 { return (high + low - 2*middle) / (high - low) }
	plain := skew(n.Low, n.Median, n.High)
	logs := skew(math.Log1p(n.Low), math.Log1p(n.Median), math.Log1p(n.High))
	return plain >= 0.5 && math.Abs(logs) < plain-0.1
}

// sequential reports whether the numbers are all of 0, 1, 2 ... or of 1, 2, 3 ...
func (n *Numbers) sequential() bool {
	return n.Whole && (n.Min == 0 || n.Min == 1) && int(n.Max-n.Min)+1 == n.Distinct
}

// years reports whether the numbers look like years.
func (n *Numbers) years() bool { return n.Whole && n.Min >= 1500 && n.Max <= 2200 }

// plainNumber reads a number without signs.
func plainNumber(cell string) (float64, bool) {
	x, known, err := feature.NumberFormat{}.Parse(cell)
	return x, known && err == nil
}

// missingWord reports whether a cell has a word that stands for a missing number, such as NA.
func missingWord(cell string) bool {
	_, known, err := feature.NumberFormat{}.Parse(cell)
	return cell != "" && err == nil && !known
}
