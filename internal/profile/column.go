// Package profile describes the columns of a data set: it guesses their types, finds identifiers
// and columns that say what is to be predicted, and plans a first experiment.
package profile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"

	"braid/data"
)

// Column describes the cells of a column. It is computed from all rows.
type Column struct {
	Name     string
	Rows     int
	Missing  int  // rows whose cell is empty
	Distinct int  // different values; at least, if not Exact
	Exact    bool // whether all values were told apart
	Repeated int  // rows whose value another row has too
	Largest  int  // rows of the most frequent value
	Rare     int  // rows whose value fewer than 20 rows have
	Typical  int  // rows of the median value: half of the values have no more
	Examples []string
	Top      []Count // the most frequent values

	Words   float64 // the mean number of words in a cell
	Letters float64 // the share of letters among the characters

	Pair     *Pair     // if there are two values
	Numbers  *Numbers  // if the cells are numbers
	Dates    *Dates    // if they are dates
	Pictures *Pictures // if they are paths to pictures
	List     *List     // if they have several values each
	Web      bool      // all cells are addresses of the web
	Nested   bool      // all cells are objects or lists of JSON

	first          bool    // the first column of the frame
	values         int     // different values; at most, if not Exact
	spaced, digits float64 // the shares of cells that have spaces, and digits
	foreign        float64 // the share of cells with letters outside ASCII
}

// Count is a value and the number of rows that have it.
type Count struct {
	Value string `json:"value"`
	Rows  int    `json:"rows"`
}

const (
	maxExamples = 3
	maxTop      = 5
	rareRows    = 20
)

// known returns the number of rows that have a value.
func (c *Column) known() int { return c.Rows - c.Missing }

// Columns describes all columns of a frame, by at most workers goroutines.
func Columns(frame *data.Frame, workers int) ([]*Column, error) {
	names := frame.Names()
	list, errs := make([]*Column, len(names)), make([]error, len(names))
	var group sync.WaitGroup
	next := make(chan int, len(names))
	for i := range names {
		next <- i
	}
	close(next)
	for range max(workers, 1) {
		group.Go(func() {
			for i := range next {
				list[i], errs[i] = describe(frame, names[i])
				if list[i] != nil {
					list[i].first = i == 0
				}
			}
		})
	}
	group.Wait()
	if err := cmp.Or(errs...); err != nil {
		return nil, err
	}
	return list, settleMarks(frame, list)
}

// describe describes a column.
func describe(frame *data.Frame, name string) (*Column, error) {
	cells, err := frame.Cells(name)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	v := distinctValues(cells, maxDistinct)
	c := &Column{Name: name, Rows: cells.Len(), Missing: v.missing, Distinct: v.distinct,
		Exact: v.exact(), Repeated: v.repeated(), values: v.len()}
	if v.len() == 0 {
		return c, nil
	}
	c.count(v)
	c.Pair = v.pair()
	if c.Pictures = v.pictures(frame); c.Pictures != nil {
		return c, nil
	}
	if c.Numbers = v.numbers(); c.Numbers == nil || c.Numbers.eightDigits() {
		c.Dates = v.dates()
	}
	if c.Numbers != nil && c.Dates != nil && c.Dates.OtherCells > 0 {
		c.Dates = nil // numbers of eight digits
	}
	if c.Numbers == nil && c.Dates == nil {
		c.words(v)
		if !c.Web && !c.Nested {
			c.List = v.list()
		}
	}
	return c, nil
}

// eightDigits reports whether the numbers could be dates such as 20060102.
func (n *Numbers) eightDigits() bool {
	return n.Whole && n.Min >= 19000101 && n.Max <= 21001231 && n.Distinct >= 8
}

// count counts the rows of the values.
func (c *Column) count(v *values) {
	for i := range min(maxExamples, v.distinct) {
		value, _ := v.at(i)
		c.Examples = append(c.Examples, value)
	}
	for _, rows := range v.count {
		c.Largest = max(c.Largest, int(rows))
		if rows < rareRows {
			c.Rare += int(rows)
		}
	}
	sorted := slices.Sorted(slices.Values(v.count))
	c.Typical = int(sorted[(len(sorted)-1)/2])
	// The threshold leaves few values to sort, also if all differ.
	least := sorted[max(len(sorted)-maxTop, 0)]
	for i := range v.len() {
		value, rows := v.at(i)
		if int32(rows) > least || int32(rows) == least && len(c.Top) < 2*maxTop {
			c.Top = append(c.Top, Count{value, rows})
		}
	}
	slices.SortStableFunc(c.Top, func(a, b Count) int { return b.Rows - a.Rows })
	c.Top = c.Top[:min(maxTop, len(c.Top))]
}

// top returns the most frequent values.
func top(counts map[string]int) []Count {
	var list []Count
	for _, value := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, Count{value, counts[value]})
	}
	slices.SortStableFunc(list, func(a, b Count) int { return b.Rows - a.Rows })
	return list[:min(maxTop, len(list))]
}
