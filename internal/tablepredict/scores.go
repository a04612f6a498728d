package tablepredict

import (
	"cmp"
	"fmt"

	"braid/experiment"
	"braid/feature"
	"braid/internal/random"
	"braid/predictor"
	"braid/target"
	"braid/tensor"
)

// Scores has the scores of the rows whose labels are known. So that memory does not grow with the
// rows, they are of a sample, drawn at random, if there are more than fit.
type Scores struct {
	experiment.Measured     // of the sample
	Labeled             int // rows with a label of a head
	Unreadable          int // labels that cannot be read, which count as missing
}

// Limits of the sample.
const (
	mostScored      = 100_000
	mostScoredBytes = 32 << 20 // of outputs
)

// scorer draws a sample of the rows with labels.
type scorer struct {
	p       *Prediction
	most    int // rows of the sample
	draw    random.Stream
	labeled int
	bad     int
	heads   []scoredHead
}

// scoredHead has the sample of a head.
type scoredHead struct {
	output  int // of the batch
	size    int // outputs of a row
	outputs []float32
	cells   []string
	label   feature.Slot // scratch
}

func (p *Prediction) newScorer() *scorer {
	s := &scorer{p: p, draw: random.New(1, "scores of a sample")}
	width := 1
	for _, t := range p.Model.File.Targets {
		for i, h := range p.Model.Heads {
			if h.Name != feature.Name(t.Column) {
				continue
			}
			head := scoredHead{output: i, size: h.Shape.Size()}
			dtype, shape := t.Decoder.Label()
			if dtype == tensor.Int32 {
				head.label.Ints = make([]int32, shape.Size())
			} else {
				head.label.Floats = make([]float32, shape.Size())
			}
			width += head.size
			s.heads = append(s.heads, head)
		}
	}
	s.most = min(cmp.Or(p.mostScored, mostScored), mostScoredBytes/4/width)
	return s
}

// add adds the rows of a block.
func (s *scorer) add(b *block, batch *predictor.Batch) {
	labels := make([]string, len(s.heads))
	for row, failed := range b.fail {
		if failed != nil || !s.read(b.row(row), labels) {
			continue
		}
		at := s.labeled
		s.labeled++
		if at >= s.most { // each row so far is in the sample with the same probability
			at = int(s.draw.Bits(uint64(at)) % uint64(s.labeled))
		}
		if at >= s.most {
			continue
		}
		for i := range s.heads {
			h := &s.heads[i]
			outputs := batch.Outputs[h.output].Float32s()[row*h.size:][:h.size]
			if at == len(h.cells) {
				h.cells, h.outputs = append(h.cells, labels[i]), append(h.outputs, outputs...)
				continue
			}
			h.cells[at] = labels[i]
			copy(h.outputs[at*h.size:], outputs)
		}
	}
}

// read reads the labels of a row. It reports whether one is known.
func (s *scorer) read(cells, labels []string) bool {
	known := false
	for i, column := range s.p.labels {
		labels[i] = ""
		if column < 0 || cells[column] == "" {
			continue
		}
		note, err := s.p.Model.File.Targets[i].Decoder.Encode(cells[column], s.heads[i].label)
		switch {
		case err != nil:
			s.bad++
		case note&feature.Missing == 0:
			labels[i], known = cells[column], true
		}
	}
	return known
}

// scores returns the scores of the sample, nil without a label.
func (s *scorer) scores() (*Scores, error) {
	if s.labeled == 0 {
		return nil, nil
	}
	list := &Scores{Labeled: s.labeled, Unreadable: s.bad}
	list.Rows = len(s.heads[0].cells)
	for i, t := range s.p.Model.File.Targets {
		score, err := t.Decoder.Score(s.heads[i].outputs, s.heads[i].cells)
		if err != nil {
			return nil, fmt.Errorf("head %q: %w", t.Column, err)
		}
		guess, err := target.Guessing(t.Decoder, s.heads[i].cells)
		if err != nil {
			return nil, fmt.Errorf("head %q: %w", t.Column, err)
		}
		list.Scores, list.Guesses = append(list.Scores, score), append(list.Guesses, guess)
	}
	return list, nil
}
