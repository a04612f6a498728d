package feature

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"braid"
	"braid/internal/kinds"
	"braid/internal/suggest"
	"braid/tensor"
)

// DatePart is what a network reads of a date.
type DatePart uint8

// The parts of dates.
const (
	Year      DatePart = iota // the date as a number of years, scaled
	Season                    // sine and cosine of the day in the year
	Weekday                   // sine and cosine of the day in the week
	TimeOfDay                 // sine and cosine of the time
)

var dateParts = kinds.Names[DatePart]{Noun: "part", List: []string{
	Year: "year", Season: "season", Weekday: "weekday", TimeOfDay: "time"}}

// String returns the part's name in configurations.
func (p DatePart) String() string { return dateParts.String(p) }

// MarshalText writes the name.
func (p DatePart) MarshalText() ([]byte, error) { return dateParts.Marshal(p) }

// UnmarshalText reads a name.
func (p *DatePart) UnmarshalText(text []byte) error { return dateParts.Unmarshal(p, text) }

// DateParts are the parts of a date that a network reads. nil, written as auto, means year, season
// and weekday, and the time if the training rows have times.
type DateParts []DatePart

// UnmarshalJSON reads a list of names, or "auto".
func (p *DateParts) UnmarshalJSON(text []byte) error {
	if string(text) == `"auto"` {
		*p = nil
		return nil
	}
	var list []DatePart
	if err := json.Unmarshal(text, &list); err != nil {
		return fmt.Errorf("parts = %s: %w", suggest.Shorten(string(text)), err)
	}
	*p = list
	return nil
}

// Date is a column of dates, all in one format. The network reads its parts and whether it is
// missing. Beside an empty cell, words such as NA, null and - stand for a missing date. Times are
// read as they are written: zones do not shift them.
type Date struct {
	// Format is iso, or how 2 January 2006, 15:04:05, would be written in the column, as for the
	// package time: such as 02.01.2006, or Jan 2, 2006. "" means iso: ISO 8601, such as 2006-01-02,
	// 2006-01-02T15:04:05Z, 2006-01-02 15:04, 20060102, 2006-01 and 2006.
	Format  string    `json:"format,omitzero"`
	Parts   DateParts `json:"parts,omitzero"`
	Missing []string  `json:"missing,omitzero"` // more words that stand for a missing date
}

// Kind is "date".
func (Date) Kind() string { return "date" }

// Check checks the settings.
func (f Date) Check() error {
	for i, p := range f.Parts {
		switch {
		case !dateParts.Has(p):
			return fmt.Errorf("parts has %w", dateParts.Check(p))
		case slices.Contains(f.Parts[:i], p):
			return fmt.Errorf("parts has %s twice", p)
		}
	}
	if f.Parts != nil && len(f.Parts) == 0 {
		return fmt.Errorf("parts is empty, want auto, or some of %s", suggest.List(dateParts.List))
	}
	if !f.iso() && !hasYear(f.Format) {
		return fmt.Errorf("format = %q has no year, want iso, or how 2 January 2006 would be written in "+
			"the column, such as 02.01.2006 or Jan 2, 2006", f.Format)
	}
	return CheckMissing(f.Missing)
}

// hasYear reports whether a date written with a layout has the year.
func hasYear(layout string) bool {
	date := time.Date(1987, 11, 28, 13, 46, 57, 0, time.UTC)
	read, err := time.Parse(layout, date.Format(layout))
	return err == nil && read.Year() == date.Year()
}

func (f Date) iso() bool { return f.Format == "" || f.Format == "iso" }

// parse returns the date in a cell.
func (f Date) parse(cell string) (date time.Time, known bool, err error) {
	text := Trim(cell, f.Missing)
	if text == "" || isMissingWord(text) {
		return date, false, nil
	}
	if f.iso() {
		if date, ok := parseISO(text); ok {
			return date, true, nil
		}
		return date, false, fmt.Errorf("got %q, want a date as in ISO 8601, such as 2006-01-02, or "+
			"another format", suggest.Shorten(text))
	}
	if date, err = time.Parse(f.Format, text); err != nil {
		return date, false, fmt.Errorf("got %q, want a date such as %q, the format for 2 January 2006",
			suggest.Shorten(text), f.Format)
	}
	return date, true, nil
}

// Canonical returns the date and time as in ISO 8601.
func (f Date) Canonical(cell string) string {
	date, known, err := f.parse(cell)
	switch {
	case err != nil:
		return cell
	case !known:
		return ""
	}
	return date.Format("2006-01-02T15:04:05.999999999")
}

// Learn learns the scaling of the years, and whether there are times.
func (f Date) Learn(c Column) (Encoder, error) {
	if err := f.Check(); err != nil {
		return nil, fmt.Errorf("column %q: %w", c.Name, err)
	}
	e := &DateEncoder{Format: f.Format, Missing: f.Missing, Parts: f.Parts}
	var years []float64
	times := false
	err := c.Each(func(cell string) error {
		date, known, err := f.parse(cell)
		if known {
			years = append(years, yearOf(date))
			times = times || seconds(date) > 0
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if e.Parts == nil {
		e.Parts = []DatePart{Year, Season, Weekday}
		if times {
			e.Parts = append(e.Parts, TimeOfDay)
		}
	}
	e.Years = learnScale(years)
	return e, nil
}

// daysInYear is the mean number of days of a year.
const daysInYear = 365.25

// seconds returns the time since midnight.
func seconds(date time.Time) float64 {
	h, m, s := date.Clock()
	return float64(3600*h+60*m+s) + float64(date.Nanosecond())/1e9
}

// day returns the time since the year began, in days.
func day(date time.Time) float64 {
	return float64(date.YearDay()-1) + seconds(date)/86400
}

func yearOf(date time.Time) float64 {
	return float64(date.Year()) + day(date)/daysInYear
}

// DateEncoder computes parts of dates.
type DateEncoder struct {
	Format  string     `json:"format,omitzero"`
	Missing []string   `json:"missing,omitzero"`
	Parts   []DatePart `json:"parts"`
	Years   Scale      `json:"years"`
}

// Kind is "date".
func (*DateEncoder) Kind() string { return "date" }

func (e *DateEncoder) check() error {
	if e.Parts == nil {
		return errors.New("parts is empty")
	}
	return errors.Join(Date{Format: e.Format, Parts: e.Parts}.Check(), e.Years.check())
}

// Inputs returns the parts in order, and whether the date is missing.
func (e *DateEncoder) Inputs(column string) []Input {
	width := 1
	for _, p := range e.Parts {
		width++
		if p != Year {
			width++
		}
	}
	return []Input{{Name: Name(column), DType: tensor.Float32, Shape: tensor.Shape{width}}}
}

// Encode computes the parts.
func (e *DateEncoder) Encode(v Value, row []Slot) (Note, error) {
	date, known, err := Date{Format: e.Format, Missing: e.Missing}.parse(v.Text)
	if err != nil {
		return 0, err
	}
	to := row[0].Floats
	if !known {
		clear(to)
		to[len(to)-1] = 1
		return Missing, nil
	}
	years := yearOf(date)
	at := 0
	turn := func(turns float64) {
		to[at], to[at+1] = float32(sinTurn(turns)), float32(cosTurn(turns))
		at += 2
	}
	for _, p := range e.Parts {
		switch p {
		case Year:
			to[at] = float32(squash(e.Years.z(years)))
			at++
		case Season:
			turn(day(date) / daysInYear)
		case Weekday:
			turn(float64((date.Weekday()+6)%7) / 7) // from Monday, as in ISO 8601
		case TimeOfDay:
			turn(seconds(date) / 86400)
		}
	}
	to[at] = 0
	return e.Years.note(years), nil
}

// Branch passes the input on.
func (e *DateEncoder) Branch(_ *braid.Graph, _ string, inputs []*braid.Node) Branch {
	return Branch{Out: inputs[0]}
}
