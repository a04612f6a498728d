package profile

import (
	"strings"
	"time"

	"braid/feature"
)

// Dates describes a column of dates.
type Dates struct {
	Format    string // as in feature.Date; "" is ISO 8601
	Cells     int    // that are dates
	Words     int    // cells with a word for a missing date, such as NA
	Min, Max  time.Time
	Ambiguous string // another format that reads all cells too: day and month cannot be told apart
	// Others are the first values that are neither, and OtherCells the number of their cells.
	Others     []string
	OtherCells int
}

// layouts are formats of dates, of which the first that reads all cells is taken. Those with two
// digits for the day come before those with one or two.
var layouts = dateLayouts()

func dateLayouts() []string {
	days := []string{
		"", "2006/01/02", "2006.01.02", "2006/1/2", "2006-1-2",
		"02/01/2006", "01/02/2006", "2/1/2006", "1/2/2006",
		"02.01.2006", "01.02.2006", "2.1.2006", "1.2.2006",
		"02-01-2006", "01-02-2006", "2-1-2006", "1-2-2006",
		"02/01/06", "01/02/06", "2/1/06", "1/2/06",
		"02.01.06", "2.1.06", "02-Jan-06", "2-Jan-06", "02-Jan-2006", "2-Jan-2006",
		"Jan 02 2006", "Jan 2 2006", "Jan 02, 2006", "Jan 2, 2006",
		"January 02 2006", "January 2 2006", "January 02, 2006", "January 2, 2006",
		"02 Jan 2006", "2 Jan 2006", "02 January 2006", "2 January 2006",
		"Mon Jan 02 2006", "Mon, 02 Jan 2006", "Mon, 2 Jan 2006", "Monday, January 2, 2006",
		"Jan 2006", "January 2006", "01/2006", "1/2006", "02Jan2006",
	}
	list := days
	for _, clock := range []string{
		" 15:04", " 15:04:05", " 03:04 PM", " 3:04 PM", " 03:04:05 PM", " 3:04:05 PM",
		" 15:04:05 MST", " 15:04:05 -0700", "T15:04:05", "T15:04:05Z07:00",
	} {
		for _, day := range days[1:] {
			list = append(list, day+clock)
		}
	}
	return append(list, time.ANSIC, time.UnixDate, time.RubyDate, "Mon Jan 02 15:04:05 MST 2006")
}

// swapped returns the layout with day and month exchanged, or "".
func swapped(layout string) string {
	for _, pair := range [][2]string{{"02", "01"}, {"2", "1"}} {
		for _, mark := range []string{"/", ".", "-"} {
			day, month := pair[0]+mark+pair[1]+mark, pair[1]+mark+pair[0]+mark
			if rest, ok := strings.CutPrefix(layout, day); ok {
				return month + rest
			}
			if rest, ok := strings.CutPrefix(layout, month); ok {
				return day + rest
			}
		}
	}
	return ""
}

// Values that rule most formats out: their number, and how many of them may be no dates in a column
// that has cells of another form.
const (
	firstTried  = 8
	firstOthers = 2
)

// dates describes a column of dates. It returns nil if more than a few cells are no dates of one
// format.
func (v *values) dates() *Dates {
	for _, most := range []int{0, int(maxOthers * float64(v.known()))} {
		var best *Dates
		for _, layout := range layouts {
			if v.inLayout(layout, firstTried, min(most, firstOthers)) == nil {
				continue
			}
			d := v.inLayout(layout, v.len(), most)
			if d == nil || best != nil && d.Cells <= best.Cells {
				continue
			}
			if best = d; d.OtherCells == 0 {
				break
			}
		}
		if best == nil {
			continue
		}
		if layout := swapped(best.Format); layout != "" {
			other := v.inLayout(layout, v.len(), best.OtherCells)
			if other != nil && other.Cells == best.Cells {
				best.Ambiguous = layout
			}
		}
		return best
	}
	return nil
}

// inLayout reads the first values as dates of a layout. It returns nil if more than mostOthers
// cells are none.
func (v *values) inLayout(layout string, first, mostOthers int) *Dates {
	d := &Dates{Format: layout}
	f := feature.Date{Format: layout}
	for i := range v.len() {
		value, cells := v.at(i)
		if first == 0 {
			break
		}
		isWord := len(value) > 40 || !strings.ContainsFunc(value, isDigit)
		if isWord && f.Canonical(value) == "" {
			d.Words += cells
			continue
		}
		first--
		at, err := time.Parse(canonicalDate, f.Canonical(value))
		if isWord || err != nil || value == f.Canonical(value) && layout != "" {
			if d.OtherCells += cells; d.OtherCells > mostOthers {
				return nil
			}
			if len(d.Others) <= maxOtherValues {
				d.Others = append(d.Others, value)
			}
			continue
		}
		if d.Cells == 0 || at.Before(d.Min) {
			d.Min = at
		}
		if d.Cells == 0 || at.After(d.Max) {
			d.Max = at
		}
		d.Cells += cells
	}
	if d.Cells == 0 {
		return nil
	}
	return d
}

// isoDay is the form of dates for people.
const isoDay = "2006-01-02"

// canonicalDate is the form of feature.Date's canonical cells.
const canonicalDate = "2006-01-02T15:04:05.999999999"
