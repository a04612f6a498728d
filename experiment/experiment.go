// Package experiment trains networks on people's own data, as an experiment file declares it: where
// the rows are, which columns are inputs and heads, and of which types.
package experiment

import (
	"fmt"

	"braid/balance"
	"braid/feature"
	"braid/internal/kinds"
	"braid/optim"
	"braid/target"
)

// Experiment is what an experiment file declares. Paths are as written, relative to Folder.
type Experiment struct {
	Name   string
	Folder string // of the experiment file
	Data   Data
	Inputs []Input // in the file's order
	Heads  []Head
	Ignore []string // columns that are known to be unused
	Split  Split
	Trunk  Trunk
	Train  Train

	// Network, if set, lists all layers in place of the default network; Trunk has no effect.
	Network *Network

	file   string           // the experiment file, for errors
	places map[string]place // of keys in it, by path
}

// Place returns where the experiment file has a key, such as "inputs.picture" or "split.column":
// "experiment.yaml:4:3". Without such a key it is the file, and "" without a file.
func (e *Experiment) Place(path string) string {
	if at, ok := e.places[path]; ok {
		return at.String()
	}
	return e.file
}

// at returns an error about a key of a section, with its place in the file.
func (e *Experiment) at(section, key string, err error) error {
	if err == nil {
		return nil
	}
	if where := e.Place(e.pathOf(section, key)); where != "" {
		return fmt.Errorf("%s: %w", where, err)
	}
	return err
}

// pathOf returns the path of a key of a section, or that of the section if the key is not there.
func (e *Experiment) pathOf(section, key string) string {
	if _, ok := e.places[section+"."+key]; ok {
		return section + "." + key
	}
	return section
}

// Data says where the rows are.
type Data struct {
	Files     []string `json:"files"`     // files, globs, or folders of images
	Delimiter string   `json:"delimiter"` // of CSV; "" means that the header decides
	Encoding  string   `json:"encoding"`  // of text files: utf-8 or latin1
	Missing   []string `json:"missing"`   // more words that stand for a missing cell, in any column

	// Columns, if set, replace Files: each column has files of its own.
	Columns []FileColumn

	// Train, Validation and Test, if set, replace Files: the rows are already divided. Without
	// Validation, rows of Train become the validation part, as the section split says.
	Train, Validation, Test []string
}

// FileColumn is a column in files of its own, each with one column, such as IDX files or NumPy
// arrays of one axis. The rows of the columns' first files stand together, then those of the second
// ones. In a file:
//
//	data:
//	  columns:
//	    image: [train-images-idx3-ubyte.gz, t10k-images-idx3-ubyte.gz]
//	    digit: [train-labels-idx1-ubyte.gz, t10k-labels-idx1-ubyte.gz]
type FileColumn struct {
	Column string
	Files  []string
}

// Input is a column that the network reads.
type Input struct {
	Column  string
	Feature feature.Feature
}

// Head is a column that the network predicts.
type Head struct {
	Column string
	Target target.Target
	Weight float64 // of its loss in the sum; 0 means 1
	// MeasureOnly leaves the loss out of the sum: it is measured, but not trained. In a file it is
	// "measure: true".
	MeasureOnly bool
	// Metrics are the names of those of the target's figures that training measures besides the loss;
	// nil means all. The figures that choose the best epoch are among them.
	Metrics []string
}

// Split says how rows become the training, validation and test parts.
type Split struct {
	By       SplitBy `json:"by"`       // how rows are divided
	Parts    []int   `json:"parts"`    // percentages of train, validation, test: 70, 15, 15
	Column   string  `json:"column"`   // of the group, the time, or the word for the part
	Stratify string  `json:"stratify"` // a column whose values are divided alike
}

// SplitBy is how rows are divided.
type SplitBy uint8

// The ways to divide rows.
const (
	Random SplitBy = iota // by a hash of the seed and the input cells
	Group                 // rows of a group stay together
	Time                  // the first rows train, the last ones test
	Column                // a column has the words train, validation and test
)

var splitNames = kinds.Names[SplitBy]{
	Noun: "split", List: []string{"random", "group", "time", "column"},
}

// String returns the name in experiment files.
func (s SplitBy) String() string { return splitNames.String(s) }

// MarshalText writes the name.
func (s SplitBy) MarshalText() ([]byte, error) { return splitNames.Marshal(s) }

// UnmarshalText reads a name.
func (s *SplitBy) UnmarshalText(text []byte) error { return splitNames.Unmarshal(s, text) }

// Trunk is the part of the default network that all heads share.
type Trunk struct {
	Units   []int    `json:"units"`   // widths of its dense layers; nil means 128, 128
	Dropout *float64 `json:"dropout"` // after each of its dense layers; nil means 0.3
}

// Train configures the training.
type Train struct {
	Epochs   int     `json:"epochs"`   // the most epochs; 0 means 100
	Batch    int     `json:"batch"`    // rows of a step; 0 means auto: by the number of rows
	Rate     float64 `json:"rate"`     // learning rate, without optimizer; 0 means 0.004
	Patience int     `json:"patience"` // epochs without improvement that end training; 0 means 8
	Minutes  float64 `json:"minutes"`  // after which training ends; 0 means no limit
	Seed     uint64  `json:"seed"`     // of random numbers; 0 means 1
	Mix      Mix     `json:"mix"`      // how often rows of each of several files are drawn

	// Optimizer replaces lazy AdamW with weight decay. In a file it is a type with its settings, and
	// a schedule is one too:
	//
	//	optimizer: {type: adam, schedule: {type: cosine_decay, rate: 0.001, steps: 5000}}
	Optimizer optim.Optimizer `json:"optimizer"`
	// Balance is how the losses of several heads count; nil means fixed, their sum. In a file it is a
	// type, as in balance: pcgrad, or a mapping with a type and settings.
	Balance  balance.Method `json:"balance"`
	Clip     *float64       `json:"clip"`      // the largest norm of gradients; 0: none; nil means 1
	EMA      *float64       `json:"ema"`       // momentum of mean weights; 0: none; nil means 0.98
	DropLast *bool          `json:"drop_last"` // leave out a smaller last batch; nil means true
	Keep     Keep           `json:"keep"`      // which epoch's weights are kept
}

// Keep is the epoch whose weights a training keeps.
type Keep uint8

// The epochs to keep.
const (
	KeepBest Keep = iota // the best on validation; training ends without improvement
	KeepLast             // the last one; all epochs are trained
)

var keepNames = kinds.Names[Keep]{Noun: "keep", List: []string{"best", "last"}}

// String returns the name in experiment files.
func (k Keep) String() string { return keepNames.String(k) }

// MarshalText writes the name.
func (k Keep) MarshalText() ([]byte, error) { return keepNames.Marshal(k) }

// UnmarshalText reads a name.
func (k *Keep) UnmarshalText(text []byte) error { return keepNames.Unmarshal(k, text) }

// Mix is how often the rows of each of several files are drawn.
type Mix uint8

// The ways to mix files.
const (
	Proportional Mix = iota // each row once an epoch
	// Equal draws as many rows of each file in an epoch: the training table repeats the rows of
	// smaller files, which takes memory.
	Equal
)

var mixNames = kinds.Names[Mix]{Noun: "mix", List: []string{"proportional", "equal"}}

// String returns the name in experiment files.
func (m Mix) String() string { return mixNames.String(m) }

// MarshalText writes the name.
func (m Mix) MarshalText() ([]byte, error) { return mixNames.Marshal(m) }

// UnmarshalText reads a name.
func (m *Mix) UnmarshalText(text []byte) error { return mixNames.Unmarshal(m, text) }
