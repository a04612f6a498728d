package profile

import (
	"cmp"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"braid/data"
	"braid/experiment"
	"braid/feature"
	"braid/vision/picture"
)

// InspectFrame reports on a data file: its columns, and what init would make of them.
func InspectFrame(frame *data.Frame, file string, workers int) (*Report, error) {
	if frame.Rows() == 0 {
		return nil, fmt.Errorf("%s: no rows, want a row or more under the header", file)
	}
	columns, err := Columns(frame, workers)
	if err != nil {
		return nil, err
	}
	r := &Report{File: file, Rows: frame.Rows(), Findings: notes(frame)}
	for _, c := range columns {
		g := c.Input()
		of := c.report()
		of.Use, of.Reason = "ignored", g.Reason
		if g.Feature != nil {
			of.Use, of.Type = "input", g.Feature.Kind()
		}
		r.Columns = append(r.Columns, of)
		if g.Warning != "" {
			r.add(Warning, c.Name, 0, nil, "%s", g.Warning)
		}
	}
	r.copies(frame, frame.Names(), nil)
	return r, nil
}

// notes returns the remarks of the frame's sources.
func notes(frame *data.Frame) []Finding {
	list := []Finding{}
	for _, note := range frame.Notes() {
		list = append(list, Finding{Level: Remark, Text: note})
	}
	return list
}

// add adds a finding.
func (r *Report) add(level Level, column string, rows int, places []Place, format string,
	args ...any) {
	r.Findings = append(r.Findings, Finding{level, column, fmt.Sprintf(format, args...), rows, places})
}

// mostShown is the number of characters of a cell in a report; texts may be long.
const mostShown = 200

// report describes a column, but for its use.
func (c *Column) report() ColumnReport {
	r := ColumnReport{Column: c.Name, Missing: c.Missing, Distinct: c.Distinct, Exact: c.Exact,
		Examples: c.shortExamples(mostShown), Words: c.Words}
	for _, t := range c.Top {
		r.Top = append(r.Top, Count{shorten(t.Value, mostShown), t.Rows})
	}
	if n := c.Numbers; n != nil {
		r.Min, r.Median, r.Max, r.Numbers, r.NAs = &n.Min, &n.Median, &n.Max, n.Cells, n.Words
	}
	if d := c.Dates; d != nil {
		r.NAs = d.Words
		r.First, r.Last, r.Dates = d.Min.Format(isoDay), d.Max.Format(isoDay), d.Cells
	}
	r.Missing += r.NAs
	if p := c.Pictures; p != nil {
		r.Pictures, r.Lost = p.Found, c.known()-p.Found
	}
	if l := c.List; l != nil {
		r.Separator = l.Separator
	}
	return r
}

// Data is what Inspect reads: an experiment, its rows, and how they are divided.
type Data struct {
	Experiment *experiment.Experiment
	Frame      *data.Frame
	Rows       [experiment.Parts][]int32
	Unlabeled  int
	Repeated   [experiment.Parts][]int32 // rows with the inputs of a training row
	Cache      *picture.Cache            // of decoded pictures; nil: they are decoded again
	Workers    int
}

// Inspect reports on an experiment and its rows. It does not build the network.
func Inspect(d Data, file string) (*Report, error) {
	columns, err := Columns(d.Frame, d.Workers)
	if err != nil {
		return nil, err
	}
	r := &Report{File: file, Rows: d.Frame.Rows(), Findings: notes(d.Frame), Parts: &PartRows{},
		Unlabeled: d.Unlabeled}
	for part, rows := range d.Rows {
		*r.Parts.of(part) = len(rows)
	}
	i := inspection{Data: d, report: r, columns: map[string]*Column{}}
	for _, c := range columns {
		i.columns[c.Name] = c
	}
	if err := i.heads(); err != nil {
		return nil, err
	}
	if err := i.inputs(); err != nil {
		return nil, err
	}
	i.uses(columns)
	i.repeated()
	var inputs, heads []string
	for _, in := range d.Experiment.Inputs {
		inputs = append(inputs, in.Column)
	}
	for _, h := range d.Experiment.Heads {
		heads = append(heads, h.Column)
	}
	r.copies(d.Frame, inputs, heads)
	r.settle()
	return r, nil
}

// settle sorts the findings by level, and says whether train would start.
func (r *Report) settle() {
	order := []Level{Error, Warning, Remark}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Compare(slices.Index(order, a.Level), slices.Index(order, b.Level))
	})
	r.Trains = !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Level == Error })
}

// Refuse adds the error with which train would refuse, unless a finding says it already.
func (r *Report) Refuse(err error) {
	if r.Trains {
		r.add(Error, "", 0, nil, "%v", err)
		r.settle()
	}
}

// inspection is Inspect at work.
type inspection struct {
	Data
	report  *Report
	columns map[string]*Column
	labels  []*labels
}

// all returns all rows that are in a part.
func (i *inspection) all() []int32 {
	list := slices.Concat(i.Rows[:]...)
	slices.Sort(list)
	return list
}

// heads reports on the heads.
func (i *inspection) heads() error {
	for _, h := range i.Experiment.Heads {
		c := i.columns[h.Column]
		if c == nil {
			continue // Load has named it
		}
		l, err := readLabels(i.Frame, c)
		if err != nil {
			return err
		}
		i.labels = append(i.labels, l)
		_, err = h.Target.Learn(feature.Column{Name: h.Column, Frame: i.Frame, Rows: i.all()})
		i.bad(h.Column, err)
		of := i.headReport(h)
		i.report.Heads = append(i.report.Heads, of)
		if err == nil {
			i.classFindings(of, h.Target)
		}
		if h.Target.Kind() == "category" && c.share() >= hopelessShare && c.Distinct > 1 {
			i.report.add(Warning, h.Column, 0, nil, "%s different labels in %s: most cannot be learnt",
				thousands(c.Distinct), Plural(c.known(), "row"))
		}
	}
	return nil
}

// inputs reports on the inputs.
func (i *inspection) inputs() error {
	rows := i.all()
	for _, in := range i.Experiment.Inputs {
		c := i.columns[in.Column]
		if c == nil {
			continue
		}
		f := in.Feature
		if image, is := f.(feature.Image); is {
			image.Cache = i.Cache
			f = image
		}
		_, err := f.Learn(feature.Column{Name: in.Column, Frame: i.Frame, Rows: rows})
		i.bad(in.Column, err)
		if reason := c.identifier(); reason != "" && in.Feature.Kind() != "image" {
			i.report.add(Warning, c.Name, 0, nil, "it seems to be of no use for new rows: %s", reason)
		}
		for _, head := range i.labels {
			reason, err := head.leak(i.Frame, c)
			if err != nil {
				return err
			}
			if reason != "" {
				i.report.add(Warning, c.Name, 0, nil, "%s: if new rows do not have it, leave it out", reason)
			}
		}
		if c.Distinct == 1 && c.Exact && c.Missing == 0 {
			i.report.add(Remark, c.Name, 0, nil, "one value, the same in every row: %s",
				quoted(c.Examples[0]))
		}
	}
	return nil
}

// bad adds the findings of an error that Learn returned.
func (i *inspection) bad(column string, err error) {
	var cells *feature.BadCells
	switch {
	case err == nil:
	case errors.As(err, &cells):
		var places []Place
		for _, cell := range cells.First {
			places = append(places, Place{i.Frame.Place(int(cell.Row)), cell.Err.Error()})
		}
		i.report.add(Error, column, cells.Count, places, "%s cannot be read", Plural(cells.Count, "cell"))
	default:
		i.report.add(Error, column, 0, nil, "%v", err)
	}
}

// uses reports on all columns, and names those that are not used.
func (i *inspection) uses(columns []*Column) {
	e := i.Experiment
	var unused []string
	for _, c := range columns {
		of := c.report()
		of.Use, of.Reason = "unused", c.Input().Reason
		for _, in := range e.Inputs {
			if in.Column == c.Name {
				of.Use, of.Type = "input", in.Feature.Kind()
			}
		}
		for _, h := range e.Heads {
			if h.Column == c.Name {
				of.Use, of.Type = "head", h.Target.Kind()
			}
		}
		switch {
		case of.Use != "unused":
		case c.Name == e.Split.Column || c.Name == e.Split.Stratify:
			of.Use = "split"
		case slices.Contains(e.Ignore, c.Name):
			of.Use = "ignored"
		default:
			unused = append(unused, c.Name)
		}
		i.report.Columns = append(i.report.Columns, of)
	}
	if len(unused) > 0 {
		i.report.add(Remark, "", 0, nil,
			"columns that are not used: %s; add them to inputs, heads or ignore",
			strings.Join(unused, ", "))
	}
}

// repeated reports the rows of other parts that have the inputs of a training row.
func (i *inspection) repeated() {
	for part, rows := range i.Repeated {
		if len(rows) == 0 {
			continue
		}
		var places []Place
		for _, row := range rows[:min(len(rows), maxExamples)] {
			places = append(places, Place{At: i.Frame.Place(int(row))})
		}
		i.report.add(Warning, "", len(rows), places, "%s of %s with the inputs of a training row: what "+
			"training has learnt by heart, they do not measure", Plural(len(rows), "row"),
			experiment.Part(part))
	}
}

// copies counts rows that are copies of earlier rows in some columns, and, with labels, those whose
// labels differ.
func (r *Report) copies(frame *data.Frame, columns, heads []string) {
	read := func(names []string) []data.Cells {
		var list []data.Cells
		for _, name := range names {
			if cells, err := frame.Cells(name); err == nil {
				list = append(list, cells)
			}
		}
		return list
	}
	inputs, labels := read(columns), read(heads)
	if len(inputs) == 0 {
		return
	}
	seed := maphash.MakeSeed()
	hash := func(of []data.Cells, row int) uint64 {
		var h maphash.Hash
		h.SetSeed(seed)
		for _, cells := range of {
			h.WriteString(cells.At(row))
			h.WriteByte(0)
		}
		return h.Sum64()
	}
	first := make(map[uint64]int32, frame.Rows())
	var same, other, sameAt, otherAt = 0, 0, []Place(nil), []Place(nil)
	for row := range frame.Rows() {
		key := hash(inputs, row)
		at, copied := first[key]
		if !copied {
			first[key] = int32(row)
			continue
		}
		place := Place{frame.Place(row), "as " + frame.Place(int(at))}
		if hash(labels, row) == hash(labels, int(at)) {
			if same++; len(sameAt) < maxExamples {
				sameAt = append(sameAt, place)
			}
		} else if other++; len(otherAt) < maxExamples {
			otherAt = append(otherAt, place)
		}
	}
	if same > 0 {
		r.add(Remark, "", same, sameAt, "%s of earlier rows", Plural(same, "exact copy"))
	}
	if other > 0 {
		r.add(Remark, "", other, otherAt, "%s with the inputs of an earlier row, but other labels",
			Plural(other, "row"))
	}
}
