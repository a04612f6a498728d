package batchpredict

import (
	"cmp"
	"fmt"
	"slices"

	"braid/experiment"
	"braid/feature"
	"braid/internal/random"
	"braid/modelfile"
	"braid/predictor"
	"braid/target"
)

// Scores has the scores of the rows whose labels are known. So that memory does not grow with the
// rows, they are of a sample, drawn at random, if there are more than fit.
type Scores struct {
	experiment.Measured                    // of the sample
	Targets             []modelfile.Target // the heads that are scored
	Labeled             int                // rows with a label of a head
	Unreadable          int                // labels that cannot be read, which count as missing
	BadLabels           []error            // the first of these, with their places

	// AllRight counts all rows whose answers are right, and AllKnown those whose classes are known, of
	// every head. They are 0 unless the model has several heads, all of classes.
	AllRight, AllKnown int
}

// Limits of the sample.
const (
	mostScored      = 100_000
	mostScoredBytes = 32 << 20 // of outputs
)

// scorer draws a sample of the rows with labels.
type scorer struct {
	p          *Prediction
	most       int // rows of the sample
	draw       random.Stream
	labeled    int
	unreadable int
	bad        []error // the first labels that cannot be read
	heads      []scoredHead
	known      map[string]string // the labels of a row, by head

	isAll           bool // all heads are of classes
	right, allKnown int
}

// scoredHead has the sample of a head.
type scoredHead struct {
	*head
	index   int // in the model
	outputs []float32
	cells   []string
	label   feature.Slot // of the row
	note    feature.Note // of the label
}

func (p *Prediction) newScorer() *scorer {
	s := &scorer{p: p, draw: random.New(1, "scores of a sample"), known: map[string]string{}}
	width, classes := 1, 0
	for i := range p.heads {
		h := &p.heads[i]
		if h.decoder == nil {
			continue
		}
		if h.isClass() {
			classes++
		}
		width += h.Shape.Size()
		s.heads = append(s.heads, scoredHead{head: h, index: i, label: h.slot()})
	}
	s.isAll = classes == len(p.heads) && classes > 1
	s.most = min(cmp.Or(p.mostScored, mostScored), mostScoredBytes/4/width)
	return s
}

// add adds the first n rows of a block.
func (s *scorer) add(b *block, batch *predictor.Batch, n int) {
	if len(s.heads) == 0 {
		return
	}
	labels := make([]string, len(s.heads))
	for i, failed := range b.fail[:n] {
		if failed != nil || !s.read(b, batch, i, labels) {
			continue
		}
		s.countAll(row(b.cells, b.n, i))
		at := s.labeled
		s.labeled++
		if at >= s.most { // each row so far is in the sample with the same probability
			at = int(s.draw.Bits(uint64(at)) % uint64(s.labeled))
		}
		if at >= s.most {
			continue
		}
		for k := range s.heads {
			h := &s.heads[k]
			outputs := batch.Output(h.index, i)
			if at == len(h.cells) {
				h.cells, h.outputs = append(h.cells, labels[k]), append(h.outputs, outputs...)
				continue
			}
			h.cells[at] = labels[k]
			copy(h.outputs[at*len(outputs):], outputs)
		}
	}
}

// read reads the labels of the i-th row of a block, and those that follow from them. It reports
// whether one is known.
func (s *scorer) read(b *block, batch *predictor.Batch, i int, labels []string) bool {
	cells := row(b.labels, b.n, i)
	isSet := func(cell string) bool { return cell != "" }
	if !slices.ContainsFunc(cells, isSet) {
		return false
	}
	clear(s.known)
	for k := range s.heads {
		if err := s.readLabel(k, cells[s.heads[k].index], labels); err != nil {
			if s.unreadable++; len(s.bad) < firstErrors {
				s.bad = append(s.bad, s.p.Rows.at(b, i, named(s.heads[k].Column, err)))
			}
		}
	}
	if s.p.Truth == nil || len(s.known) == 0 {
		return len(s.known) > 0
	}
	for k := range s.heads {
		if cells[s.heads[k].index] != "" {
			continue
		}
		if label, ok := s.p.Truth(s.heads[k].index, batch, i, s.known); ok {
			if s.readLabel(k, label, labels) != nil {
				s.unreadable++
			}
		}
	}
	return true
}

// readLabel reads the label of a head.
func (s *scorer) readLabel(i int, cell string, labels []string) error {
	h := &s.heads[i]
	labels[i], h.note = "", feature.Missing
	if cell == "" {
		return nil
	}
	note, err := h.decoder.Encode(cell, h.label)
	if err == nil && note&feature.Missing == 0 {
		labels[i], h.note = cell, note
		s.known[h.Column] = cell
	}
	return err
}

// countAll compares all answers of a row with the labels that read has read.
func (s *scorer) countAll(answers []string) {
	if !s.isAll {
		return
	}
	right := 1
	for i := range s.heads {
		h := &s.heads[i]
		if h.note != 0 {
			return
		}
		if answers[h.cell] != h.class(h.label) {
			right = 0
		}
	}
	s.allKnown++
	s.right += right
}

// scores returns the scores of the sample, nil without a label.
func (s *scorer) scores() (*Scores, error) {
	if s.labeled == 0 {
		return nil, nil
	}
	list := &Scores{Labeled: s.labeled, Unreadable: s.unreadable, BadLabels: s.bad,
		AllRight: s.right, AllKnown: s.allKnown}
	list.Rows = len(s.heads[0].cells)
	for i := range s.heads {
		h := &s.heads[i]
		score, err := h.decoder.Score(h.outputs, h.cells)
		if err != nil {
			return nil, fmt.Errorf("head %q: %w", h.Column, err)
		}
		guess, err := target.Guessing(h.decoder, h.cells)
		if err != nil {
			return nil, fmt.Errorf("head %q: %w", h.Column, err)
		}
		list.Targets = append(list.Targets, modelfile.Target{Column: h.Column, Decoder: h.decoder})
		list.Scores, list.Guesses = append(list.Scores, score), append(list.Guesses, guess)
	}
	return list, nil
}
