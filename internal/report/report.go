// Package report writes what a trained model has learnt, and where it fails, as one HTML page that
// needs nothing else: pictures and drawings are in it, it runs no script and requests no file.
package report

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"slices"
	"sync"
	"time"

	"braid/data"
	"braid/experiment"
	"braid/modelfile"
	"braid/train"
)

// FileName is the name of the report in a run folder.
const FileName = "report.html"

// Run is a run of an experiment file, or what there is of one.
type Run struct {
	// Experiment is that of the run folder, with the settings that its defaults gave.
	Experiment *experiment.Experiment
	File       *modelfile.File // the trained model; nil if there is none yet
	History    *train.History  // of its epochs; nil if there is none yet
	Unsaved    bool            // both are those of checkpoints: the run has not saved its model
	Running    bool            // the run goes on

	Folder  string    // the name of its folder
	Began   time.Time // zero if it is not known
	Program string    // that writes the report, with its version
	Sources []string  // where the rows are, for people; nil: the experiment's files

	Frame     *data.Frame
	Parts     []Part // of the frame's rows
	Measured  Part   // of the frame's rows too: on which the model is measured
	Unlabeled int    // rows without any label, which are in no part
	Notes     []string

	Workers int // goroutines that convert cells; 0 means one for each processor
}

// Part is a part of the rows.
type Part struct {
	Name string
	Rows []int32
}

// title returns the name in a sentence: of a part of the run's data, or of a file.
func (p Part) title() string {
	for part := range experiment.Part(experiment.Parts) {
		if p.Name == part.String() {
			return "the " + p.Name + " part"
		}
	}
	return short(p.Name)
}

// Limits of the work that a report takes, so that it stays a small share of a training.
const (
	// MostMeasured is the number of rows that the model answers. Of more, as many are drawn at random.
	MostMeasured = 20_000
	// mostShuffled and leastShuffled limit the rows that it answers for each shuffled column, and
	// allShuffled those for all columns together, unless each has leastShuffled.
	mostShuffled  = 2000
	leastShuffled = 200
	allShuffled   = 40_000
)

//go:embed page.html
var pageHTML string

//go:embed style.css
var styleCSS string

// page returns the template, which most commands need not parse.
var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"style": func() template.CSS { return template.CSS(styleCSS) },
	}).Parse(pageHTML))
})

// content is what the page shows.
type content struct {
	Title    string
	About    string // the run: its folder, when it began, its data
	Missing  string // why there are no results
	Measured string // which rows
	Caution  string // why the results may be too good
	Results  []result
	Remarks  []string // on labels, under the results
	End      string   // which epoch was kept and why training ended
	Stopped  bool
	Network  string
	Heads    []*head
	Shuffled *importance
	Conflict *conflicts
	Data     summary
	Settings resolved
}

// Write measures the model and writes the page. The same run gives the same bytes.
func Write(ctx context.Context, w io.Writer, r *Run) error {
	c := &content{Title: r.Experiment.Name, About: r.about()}
	var err error
	if c.Settings, err = r.resolved(); err != nil {
		return err
	}
	if c.Data, err = r.summary(ctx); err != nil {
		return err
	}
	c.End, c.Stopped = r.end()
	c.Conflict = r.conflicts()
	switch {
	case r.File == nil:
		c.Missing = "There is no model yet. " + c.End
	case len(r.Measured.Rows) == 0:
		c.Missing = fmt.Sprintf("%s has no rows, so that nothing can be measured.", r.Measured.title())
	default:
		err = c.measure(ctx, r)
	}
	if err != nil {
		return err
	}
	if r.File != nil {
		c.Network = fmt.Sprintf("The network has %s weights.", c.Settings.Weights)
	}
	return page().Execute(w, c)
}

// measure fills the results and the heads.
func (c *content) measure(ctx context.Context, r *Run) error {
	m, err := r.measure(ctx)
	if err != nil {
		return err
	}
	c.Measured, c.Caution = m.which(r), r.caution()
	var failed []error
	for i := range m.heads {
		h, err := m.head(r, i)
		failed = append(failed, err)
		c.Heads = append(c.Heads, h)
		c.Results = append(c.Results, m.heads[i].results(h)...)
		c.Remarks = append(c.Remarks, m.heads[i].remarks()...)
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	if err := m.addPictures(c.Heads); err != nil {
		return err
	}
	c.Data.Notes = append(slices.Clone(r.Notes), m.remarks()...)
	c.Shuffled, err = m.importance(ctx, r)
	return err
}
