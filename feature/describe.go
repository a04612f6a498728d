package feature

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"braid/internal/kinds"
)

// Form is how people give a value of a column.
type Form uint8

// The forms.
const (
	AsText   Form = iota // any text
	AsNumber             // a number
	AsChoice             // one of some values
	AsTruth              // yes or no
	AsDate               // a date
	AsList               // several values with a separator between them
	AsFile               // a file
	AsArray              // the numbers of an input
)

var forms = kinds.Names[Form]{Noun: "form", List: []string{
	AsText: "text", AsNumber: "number", AsChoice: "choice", AsTruth: "truth", AsDate: "date",
	AsList: "list", AsFile: "file", AsArray: "array"}}

// String returns the form's name.
func (f Form) String() string { return forms.String(f) }

// MarshalText writes the name.
func (f Form) MarshalText() ([]byte, error) { return forms.Marshal(f) }

// UnmarshalText reads a name.
func (f *Form) UnmarshalText(text []byte) error { return forms.Unmarshal(f, text) }

// Description says what values a column takes, for people and programs that have the model alone.
type Description struct {
	Form     Form
	Optional bool // a missing value is accepted, as an empty text

	// Values are those that training had: categories, labels, ids, texts; of AsTruth the text of a no
	// and that of a yes. The most frequent ones come first. Closed is whether another is an error.
	Values []string
	Closed bool

	// Least and Most are the range of training as texts of the column, of numbers and dates; "" if
	// training had none. Decimal is the decimal mark of numbers. Unit has what cells may have around
	// numbers, such as €.
	Least, Most string
	Decimal     string
	Unit        string

	Separator string // of AsList
	Layout    string // of AsDate: how 2 January 2006 is written, as for package time
	Length    int    // words or values that the network reads; the rest is cut; 0: all

	Example string // a value; "" if what was learnt has none
}

// Describer is an Encoder that says what values it takes.
type Describer interface {
	Encoder
	Describe() Description
}

// Describe returns the description of an encoder's values. Those of an encoder that is no Describer
// are files or texts.
func Describe(e Encoder) Description {
	if d, ok := e.(Describer); ok {
		return d.Describe()
	}
	d := Description{Optional: takesMissing(e)}
	if _, ok := e.(FileReader); ok {
		d.Form = AsFile
	}
	return d
}

// takesMissing reports whether an encoder takes a missing value.
func takesMissing(e Encoder) bool {
	var row []Slot
	for _, in := range e.Inputs("column") {
		row = append(row, newSlot(in, 1))
	}
	_, err := e.Encode(Value{}, row)
	return err == nil
}

// first returns the first words of a vocabulary with a separator between them.
func (v Vocabulary) first(n int, separator string) string {
	return strings.Join(v.words[:min(n, len(v.words))], separator)
}

// Describe has the words for yes and no.
func (e *BinaryEncoder) Describe() Description {
	d := Description{Form: AsTruth, Optional: true, Closed: true, Values: []string{"no", "yes"}}
	if e.True != "" {
		d.Values = []string{e.False, e.True}
		d.Closed = e.False != ""
	}
	d.Example = d.Values[1]
	return d
}

// Describe has the categories.
func (e *CategoryEncoder) Describe() Description {
	return Description{Form: AsChoice, Optional: true, Values: e.Values.Words(),
		Example: e.Values.first(1, "")}
}

// Describe has the layout and the range.
func (e *DateEncoder) Describe() Description {
	d := Description{Form: AsDate, Optional: true, Layout: e.Format}
	if (Date{Format: e.Format}).iso() {
		d.Layout = time.DateOnly
		if slices.Contains(e.Parts, TimeOfDay) {
			d.Layout = "2006-01-02T15:04"
		}
	}
	if e.Years.Max > 0 { // training had dates
		write := func(years float64) string { return dateOf(years).Format(d.Layout) }
		d.Least, d.Most = write(e.Years.Min), write(e.Years.Max)
		d.Example = write(e.Years.Median)
	}
	return d
}

// dateOf returns the date of which yearOf returns the number of years. Those of the last hours of
// a leap year are taken for the next year's.
func dateOf(years float64) time.Time {
	year := math.Floor(years)
	seconds := math.Round(float64((years - year) * daysInYear * 86400))
	return time.Date(int(year), 1, 1, 0, 0, 0, 0, time.UTC).Add(
		time.Duration(seconds) * time.Second)
}

// Describe is a file, which must not be missing.
func (e *DigitEncoder) Describe() Description { return Description{Form: AsFile} }

// Describe is a file.
func (e *ImageEncoder) Describe() Description { return Description{Form: AsFile, Optional: true} }

// Describe has the labels.
func (e *LabelsEncoder) Describe() Description {
	return Description{Form: AsList, Optional: true, Values: e.Labels.Words(),
		Separator: e.Separator, Length: e.Length, Example: e.Labels.first(2, e.Separator)}
}

// Describe has the range, in the column's format.
func (e *NumberEncoder) Describe() Description {
	f := e.Settings.NumberFormat
	d := Description{Form: AsNumber, Optional: true, Decimal: f.decimal(), Unit: f.Strip}
	write := func(x float64, digits int) string {
		if e.Settings.Log {
			x = math.Expm1(x)
		}
		x, _ = strconv.ParseFloat(strconv.FormatFloat(x, 'g', digits, 64), 64)
		format := byte('f')
		if size := math.Abs(x); size >= 1e15 || size < 1e-5 && size > 0 {
			format = 'e'
		}
		return strings.Replace(strconv.FormatFloat(x, format, -1, 64), ".", f.decimal(), 1)
	}
	const limits, example = 10, 4 // digits: fewer than a float64 has, as a logarithm is undone
	d.Least, d.Most = write(e.Scale.Min, limits), write(e.Scale.Max, limits)
	d.Example = write(e.Scale.Median, example)
	return d
}

// Describe is an array of the input's shape.
func (e *NumbersEncoder) Describe() Description { return Description{Form: AsArray} }

// Describe has the ids.
func (e *SequenceEncoder) Describe() Description {
	separator := e.Settings.Separator
	if e.Settings.spaces() {
		separator = " "
	}
	return Description{Form: AsList, Optional: true, Values: e.IDs.Words(), Separator: separator,
		Length: e.Steps, Example: e.IDs.first(min(3, e.Steps), separator)}
}

// Describe has the number of words, and the most frequent ones as an example.
func (e *TextEncoder) Describe() Description {
	return Description{Form: AsText, Optional: true, Length: e.Steps,
		Example: e.Words.first(min(3, e.Steps), " ")}
}

// Describe has the texts of training, if they are few.
func (e *TokensEncoder) Describe() Description {
	return Description{Form: AsText, Optional: takesMissing(e), Values: slices.Clone(e.Texts),
		Length: e.Padding.Length, Example: e.Suggest()}
}
