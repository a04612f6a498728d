package braid

import "braid/tensor"

// Summed is an op whose output is a sum of terms, each made of some columns of its input alone. In
// training, workers may share the terms instead of the rows: each then keeps the weights of its parts to
// itself, and what passes between processors is the terms, which are far fewer numbers than the weights.
// Forward adds up the same terms in the same order.
type Summed interface {
	Divisible
	Selective
	// Parts is the columns along the last axis of the input that each term is made of, in the order of
	// the sum. They depend on shapes alone. None, or one, means that there is nothing to share.
	Parts() []Span
	// ForwardTerm writes rows t.Lo to t.Hi of one part's term to out.
	ForwardTerm(t *Task, part int, out tensor.Rows[float32])
	// ForwardSum adds up rows t.Lo to t.Hi of the terms into t.Out.
	ForwardSum(t *Task, terms []tensor.Rows[float32])
}

// sum is a node whose terms the workers of a team share.
type sum struct {
	op    Summed
	parts []Span
	terms []tensor.Rows[float32] // by part
	each  int                    // parts of each worker, which lie side by side
}

// termWeights is how many weights a layer must have: with fewer, more meetings cost more than they gain.
const termWeights = 1 << 13

// sums finds the nodes whose terms so many workers share: those whose weights are more than the terms'
// numbers, which one worker writes and another reads.
func (p *Pass) sums(workers int) []*sum {
	list := make([]*sum, len(p.tasks))
	for i, n := range p.model.nodes {
		op, ok := n.op.(Summed)
		if !ok || !p.tasks[i].Train || workers < 2 {
			continue
		}
		parts, weights := op.Parts(), n.weightCount()
		if len(parts) == 0 || len(parts)%workers != 0 || weights < max(termWeights, 2*p.rows*n.shape.Size()) {
			continue
		}
		s := &sum{op: op, parts: parts, each: len(parts) / workers}
		for range parts {
			s.terms = append(s.terms, newRows(p.rows, n.shape.Size()))
		}
		list[i] = s
	}
	return list
}

// columns is what a worker's parts read.
func (s *sum) columns(worker int) Span {
	return Span{s.parts[worker*s.each].Lo, s.parts[(worker+1)*s.each-1].Hi}
}

// owner is the worker to whose parts a block of the op's weights belongs, if it belongs to parts at all.
func (s *sum) owner(b WeightBlock) (worker int, ok bool) {
	reads := s.op.Reads(0, b.weight, b.Block)
	if reads.Lo == reads.Hi {
		return 0, false
	}
	middle := (reads.Lo + reads.Hi) / 2
	for middle >= s.columns(worker).Hi {
		worker++
	}
	return worker, true
}

// forwardTerms computes all rows of the terms of a worker's parts.
func (s *sum) forwardTerms(t *Task, worker int) {
	for part := worker * s.each; part < (worker+1)*s.each; part++ {
		s.op.ForwardTerm(t, part, s.terms[part])
	}
}
