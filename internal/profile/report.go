package profile

// Report is what inspect finds in a data set, or in an experiment and its data.
type Report struct {
	File     string         `json:"file"` // that was inspected
	Rows     int            `json:"rows"`
	Columns  []ColumnReport `json:"columns"` // in the order of the data
	Findings []Finding      `json:"findings"`
	// Trains is whether train would start. It is false for a data file that is not an experiment.
	Trains bool `json:"trains"`

	// The others are of experiments.
	Parts     *PartRows      `json:"parts,omitempty"`
	Unlabeled int            `json:"rows_without_label,omitempty"` // left out of all parts
	Heads     []HeadReport   `json:"heads,omitempty"`
	Network   *NetworkReport `json:"network,omitempty"`
}

// ColumnReport describes a column.
type ColumnReport struct {
	Column string `json:"column"`
	// Use is input, head, ignored, unused, or split; for a data file input or ignored, as init would
	// write it.
	Use       string   `json:"use"`
	Type      string   `json:"type,omitempty"`          // of the input or head
	Reason    string   `json:"reason"`                  // of the type that init would write
	Missing   int      `json:"missing"`                 // rows without a value
	NAs       int      `json:"missing_words,omitempty"` // of these, with a word such as NA
	Distinct  int      `json:"distinct"`
	Exact     bool     `json:"distinct_exact"` // false: there are more
	Examples  []string `json:"examples,omitempty"`
	Top       []Count  `json:"top,omitempty"` // the 5 most frequent values
	Min       *float64 `json:"min,omitempty"` // of numbers
	Median    *float64 `json:"median,omitempty"`
	Max       *float64 `json:"max,omitempty"`
	First     string   `json:"first_date,omitempty"`
	Last      string   `json:"last_date,omitempty"`
	Words     float64  `json:"words,omitempty"` // of a text, in the mean
	Numbers   int      `json:"number_cells,omitempty"`
	Dates     int      `json:"date_cells,omitempty"`
	Pictures  int      `json:"pictures,omitempty"`       // cells that name a file that exists
	Lost      int      `json:"lost_pictures,omitempty"`  // cells that name one that does not
	Separator string   `json:"list_separator,omitempty"` // of several values in a cell
}

// Finding is something that a person should know.
type Finding struct {
	Level  Level   `json:"level"`
	Column string  `json:"column,omitempty"`
	Text   string  `json:"text"`
	Rows   int     `json:"rows,omitempty"`   // how many it concerns
	Places []Place `json:"places,omitempty"` // the first of them
}

// Place is a cell or a row of a file.
type Place struct {
	At   string `json:"at"`             // file:line
	Text string `json:"text,omitempty"` // what is wrong there
}

// Level is how much a finding matters.
type Level string

// The levels.
const (
	Error   Level = "error"   // train refuses
	Warning Level = "warning" // the result will probably be wrong or poor
	Remark  Level = "remark"
)

// PartRows counts rows by part.
type PartRows struct {
	Train      int `json:"train"`
	Validation int `json:"validation"`
	Test       int `json:"test"`
}

// of returns the count of a part.
func (p *PartRows) of(part int) *int { return [...]*int{&p.Train, &p.Validation, &p.Test}[part] }

// HeadReport describes the labels of a head.
type HeadReport struct {
	Head    string       `json:"head"`
	Type    string       `json:"type"`
	Known   PartRows     `json:"known"`             // rows with a label
	Classes []ClassCount `json:"classes,omitempty"` // the most frequent first
}

// ClassCount counts the rows of a class by part.
type ClassCount struct {
	Label string `json:"label"`
	PartRows
}

// NetworkReport describes the network that train would train.
type NetworkReport struct {
	Parameters int           `json:"parameters"`
	Layers     []LayerReport `json:"layers"`
	Batch      int           `json:"batch"`         // rows of a step
	Steps      int           `json:"steps"`         // of an epoch
	Seconds    float64       `json:"epoch_seconds"` // by the time of a few steps: rough
}

// LayerReport is a layer of the network.
type LayerReport struct {
	Name       string `json:"name"`
	Kind       string `json:"type"`
	Output     []int  `json:"output"` // shape of a row
	Parameters int    `json:"parameters"`
}

// Refused returns the report on an experiment that cannot be read.
func Refused(file string, err error) *Report {
	return &Report{File: file, Columns: []ColumnReport{},
		Findings: []Finding{{Level: Error, Text: err.Error()}}}
}
