package train

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"braid/balance"
	"braid/internal/engine"
	"braid/internal/kernel"
	"braid/internal/parallel"
	"braid/optim"
	"braid/tensor"
)

// passes computes the gradients of each head apart, to combine or to compare those of shared
// weights: the ones that the losses of several heads reach.
type passes struct {
	list     []*engine.Pass // of each trained head
	products []products     // of the blocks of shared weights, in the order of Network.Blocks
	byBlock  []int          // index in products by WeightBlock.Index
	sparse   []*sparseBlock // of shared weights, in the order of the model and its rows

	combination        balance.Combination // nil: the gradients are compared only
	gram, coefficients []float64
	factors            []float32 // the coefficients

	conflicts []conflict // if they are measured
}

// combines reports whether a method combines the gradients of heads.
func (run *runner) combines() bool { return run.passes != nil && run.passes.combination != nil }

// headGradient is the gradient of a block by the loss of one head.
type headGradient struct {
	head  int                // in passes.list
	block engine.WeightBlock // with the uses that the pass reaches
	grad  tensor.Rows[float32]
	sum   tensor.Rows[float32] // over the batches of a group; the zero view if that is one batch
}

// sparseHeadGradient is headGradient for a sparse block. All heads have the same IDs.
type sparseHeadGradient struct {
	head int
	*engine.SparseBlock
	grad tensor.Rows[float32] // of the last batch
}

// products has the products of the gradients of a block by each pair of heads: the sums over
// productRows rows. Their number does not depend on how blocks are cut.
type products struct {
	weight *trained
	heads  []int     // in passes.list
	sums   []float32 // [rows / productRows, heads, heads]
}

const productRows = engine.CutRows

// bindPasses prepares a method that combines gradients, or one that is nil to compare them only. If
// no weight is shared, each weight has its head's gradient, as without it.
func (run *runner) bindPasses(m balance.Combining, plan Plan) error {
	c := &passes{}
	for i, h := range run.heads {
		if h.weight != 0 {
			c.list = append(c.list, run.space.Pass(i))
		}
	}
	shared, sums := false, map[*engine.Weight]int{}
	lazy, _ := plan.Optimizer.(optim.Lazy)
	for _, b := range run.model.Network().Blocks() {
		reached := 0
		for _, p := range c.list {
			if _, ok := p.Block(b); ok {
				reached++
			}
		}
		shared = shared || reached > 1
		if plan.Accumulate == 1 || m == nil {
			continue
		}
		sums[b.Weight] = max(reached, 1)
		if reached > 1 && b.IsSparse() && lazy != nil && lazy.IsLazy() {
			return fmt.Errorf("Balance: %s cannot combine sums of sparse gradients: want Accumulate = 1, "+
				"or the optimizer %s without Lazy", m.Kind(), plan.Optimizer.Kind())
		}
	}
	if !shared {
		return nil
	}
	run.passes = c
	n := len(c.list)
	c.gram, c.coefficients, c.factors = make([]float64, n*n), make([]float64, n), make([]float32, n)
	if m == nil {
		return nil
	}
	c.combination = m.Combine(n, plan.Seed)
	run.gather, run.arrays.sums = true, sums
	run.arrays.trained = slices.DeleteFunc(run.arrays.trained, func(name string) bool {
		return name == gradientArray
	})
	run.balance.watch()
	return nil
}

// bindHeadGradients allocates the gradients of a block by the heads that reach it, one after the
// other. Where they are combined, the first becomes that of the update.
func (run *runner) bindHeadGradients(b *block) {
	for i, p := range run.passes.list {
		if reached, ok := p.Block(b.WeightBlock); ok {
			b.byHead = append(b.byHead, headGradient{head: i, block: reached,
				sum: run.arrayBlock(b.WeightBlock, headArray(len(b.byHead)))})
		}
	}
	size := b.values.Rows * b.fresh.Stride
	numbers := parallel.Floats(size * max(len(b.byHead), 1))
	if run.combines() {
		b.values.Gradient = b.fresh
		b.values.Gradient.Data = numbers[:size]
	}
	for i := range b.byHead {
		g := &b.byHead[i]
		g.grad = b.fresh
		g.grad.Data = numbers[i*size : (i+1)*size]
	}
}

// bindSparseGradients allocates the gradients of a sparse block by the heads that reach it: that of
// the first one, which is 0, if none does. Where they are combined, the first becomes that of the
// update.
func (run *runner) bindSparseGradients(b *sparseBlock, worker int) {
	for i, p := range run.passes.list {
		if s, reached := run.team.PassSparseBlock(p, b.SparseBlock, worker); reached {
			b.byHead = append(b.byHead, sparseHeadGradient{head: i, SparseBlock: s})
		}
	}
	if b.byHead == nil {
		s, _ := run.team.PassSparseBlock(run.passes.list[0], b.SparseBlock, worker)
		b.byHead = []sparseHeadGradient{{SparseBlock: s}}
	}
	n := len(b.byHead)
	for _, g := range b.byHead {
		b.heads = append(b.heads, g.head)
	}
	b.products = make([]float32, cap(b.IDs)*n*n)
	if run.combines() {
		b.SparseBlock = b.byHead[0].SparseBlock
		b.values.Gradient = run.arrayBlock(b.WeightBlock, headArray(0))
	}
}

// bindProducts allocates the products of the blocks of shared weights.
func (run *runner) bindProducts() {
	c := run.passes
	all := run.model.Network().Blocks()
	c.byBlock = make([]int, len(all))
	seen := make([]*block, len(all)) // any worker's rows of the block
	for worker := range run.blocks {
		for i := range run.blocks[worker] {
			b := &run.blocks[worker][i]
			seen[b.Index] = b
		}
	}
	for i, b := range seen {
		if b == nil || len(b.byHead) < 2 {
			continue
		}
		p, heads := products{weight: b.trained}, b.byHead
		for _, g := range heads {
			p.heads = append(p.heads, g.head)
		}
		groups := (all[i].RowHi - all[i].RowLo + productRows - 1) / productRows
		p.sums = make([]float32, groups*len(heads)*len(heads))
		c.byBlock[i], c.products = len(c.products), append(c.products, p)
	}
	for i := range run.sparse[0] { // each worker has a share of the rows of the same weights
		for worker := range run.sparse {
			if b := &run.sparse[worker][i]; len(b.byHead) > 1 {
				c.sparse = append(c.sparse, b)
			}
		}
	}
	run.bindConflicts()
}

// backward computes a worker's share of pass i: the only one unless gradients are combined. It
// returns false if the crew must stop.
func (run *runner) backward(worker, rows, i int) bool {
	if !run.combines() {
		return run.team.Backward(worker, rows)
	}
	return run.team.BackwardPass(worker, rows, run.passes.list[i])
}

// headGradients computes the gradients of a worker's blocks by each head, beginning with the first,
// whose pass the workers have completed. It returns false if the crew must stop. A gradient that is
// not finite sets badGradient.
func (run *runner) headGradients(worker, rows int, t turn, ds *dataset, next []int32) bool {
	passes, blocks := run.passes.list, run.blocks[worker]
	shares := (len(next) + prefetchRows - 1) / prefetchRows
	for pass := range passes {
		if pass > 0 {
			if !run.team.BackwardPass(worker, rows, passes[pass]) || !run.crew.Meet(worker) {
				return false
			}
		}
		for i := range blocks {
			b := &blocks[i]
			if pass == 0 {
				for share := shares * i / len(blocks); share < shares*(i+1)/len(blocks); share++ {
					run.prefetch(worker, ds, next, share, shares)
				}
			}
			for j := range b.byHead {
				if g := &b.byHead[j]; g.head == pass {
					run.headGradient(worker, rows, b, g, t)
				}
			}
		}
		for i := range run.sparse[worker] {
			b := &run.sparse[worker][i]
			for j := range b.byHead {
				if g := &b.byHead[j]; g.head == pass {
					g.grad = run.team.SparseGradient(worker, g.SparseBlock, rows)
					run.check(worker, b.name, g.grad, len(g.IDs))
				}
			}
		}
		if !run.crew.Meet(worker) { // the next pass overwrites what the gradients read
			return false
		}
	}
	return true
}

// headGradient computes the gradient of a block by one head: the mean of the batches of the group,
// with the last one.
func (run *runner) headGradient(worker, rows int, b *block, g *headGradient, t turn) {
	run.team.Gradient(worker, g.block, rows, g.grad)
	if !run.check(worker, b.name, g.grad, b.values.Rows) || g.sum.IsNil() {
		return
	}
	tensor.EachRow(g.sum, g.grad, 0, b.values.Rows, kernel.Default().Add)
	if t.last {
		scale := 1 / float32(t.batches)
		tensor.EachRow(g.grad, g.sum, 0, b.values.Rows, func(to, from []float32) {
			kernel.Default().Scale(to, from, scale)
			clear(from)
		})
		run.check(worker, b.name, g.grad, b.values.Rows)
	}
}

// updateCombined is update where the gradients of the heads are combined.
func (run *runner) updateCombined(worker, rows int, t turn, ds *dataset, next []int32) bool {
	if !run.headGradients(worker, rows, t, ds, next) || run.badGradient.Load() {
		return false
	}
	step := run.optimizer.At(t.update)
	if !t.last {
		for i := range run.sparse[worker] {
			b := &run.sparse[worker][i]
			run.prepareRows(worker, b, b.byHead[0].grad, t)
		}
		return run.updateGathered(worker, step, t)
	}
	c := run.passes
	if !run.multiplyAll(worker) {
		return false
	}
	if worker == 0 {
		if t.measured {
			c.addConflicts()
		}
		c.combine(run.balance.takeLosses(), t.update)
	}
	if !run.crew.Meet(worker) {
		return false
	}
	for i := range run.blocks[worker] {
		b := &run.blocks[worker][i]
		run.claim(b)
		c.sum(b)
		run.finish(b, t)
	}
	for i := range run.sparse[worker] {
		b := &run.sparse[worker][i]
		run.prepareRows(worker, b, c.sumRows(b), t)
	}
	return run.updateGathered(worker, step, t) && run.limit(worker, t)
}

// multiplyAll computes the products of the gradients of a worker's blocks, and waits for the
// others. It returns false if the crew must stop.
func (run *runner) multiplyAll(worker int) bool {
	for i := range run.blocks[worker] {
		run.multiply(&run.blocks[worker][i])
	}
	for i := range run.sparse[worker] {
		run.sparse[worker][i].multiply()
	}
	return run.crew.Meet(worker)
}

// multiply computes the products of a block's gradients.
func (run *runner) multiply(b *block) {
	n := len(b.byHead)
	if n < 2 {
		return
	}
	p := &run.passes.products[run.passes.byBlock[b.Index]]
	to := p.sums[(b.RowLo-b.First)/productRows*n*n:]
	rows, stride := b.values.Rows, b.fresh.Stride
	numbers, distance := b.byHead[0].grad.Data, rows*stride
	numbers = numbers[: n*distance : n*distance]
	for r := 0; r < rows; r += productRows {
		from := numbers[r*stride:]
		kernel.Default().MulDots(kernel.Dots{
			Rows: n, Columns: n, Inner: min(productRows, rows-r) * stride, Fresh: true,
			A: from, ARow: distance, B: from, BRow: distance, C: to, CRow: n,
		})
		to = to[n*n:]
	}
}

// multiply computes the products of a block's gradients, row by row in the order of the IDs.
func (b *sparseBlock) multiply() {
	n := len(b.byHead)
	if n < 2 {
		return
	}
	ids := b.byHead[0].IDs
	b.ordered = b.ordered[:0]
	for i := range ids {
		b.ordered = append(b.ordered, int32(i))
	}
	slices.SortFunc(b.ordered, func(i, j int32) int { return cmp.Compare(ids[i], ids[j]) })
	to := b.products
	for _, row := range b.ordered {
		for i := range b.byHead {
			for j := range b.byHead {
				x, y := b.byHead[i].grad.Row(int(row)), b.byHead[j].grad.Row(int(row))
				kernel.Default().MulDots(kernel.Dots{Rows: 1, Columns: 1, Inner: len(x), Fresh: true,
					A: x, ARow: len(x), B: y, BRow: len(y), C: to[i*n+j:], CRow: 1})
			}
		}
		to = to[n*n:]
	}
}

// combine finds the coefficients from the products. One worker calls it.
func (c *passes) combine(losses []float64, step int) {
	c.multiplied(c.gram, "")
	c.combination.Coefficients(c.coefficients, losses, c.gram, step)
	for i, v := range c.coefficients {
		c.factors[i] = float32(v)
	}
}

// multiplied sets gram to the products of the heads' gradients by the shared weights of a layer, or
// of all. The order of the sums is fixed.
func (c *passes) multiplied(gram []float64, layer string) {
	clear(gram)
	for _, p := range c.products {
		if layer == "" || p.weight.layer() == layer {
			c.add(gram, p.heads, p.sums)
		}
	}
	for _, b := range c.sparse {
		if layer == "" || b.layer() == layer {
			c.add(gram, b.heads, b.products[:len(b.byHead[0].IDs)*len(b.heads)*len(b.heads)])
		}
	}
}

// add adds sums over rows of products of some heads to gram.
func (c *passes) add(gram []float64, heads []int, sums []float32) {
	n := len(heads)
	for i, head := range heads {
		for j, other := range heads {
			var sum float64
			for at := i*n + j; at < len(sums); at += n * n {
				sum += float64(sums[at])
			}
			gram[head*len(c.list)+other] += sum
		}
	}
}

// layer returns the name of the layer that declares a weight.
func (t *trained) layer() string {
	end := strings.LastIndexByte(t.name, '.')
	return t.name[:max(end, 0)]
}

// sum sets the gradient of a block's update.
func (c *passes) sum(b *block) {
	switch first := b.values.Gradient.Data; len(b.byHead) {
	case 0:
		clear(first)
	case 1: // the weight is its head's alone
	default:
		factor := c.factors[b.byHead[0].head]
		for _, g := range b.byHead[1:] {
			kernel.Default().Blend(first, g.grad.Data, factor, c.factors[g.head])
			factor = 1
		}
	}
}

// sumRows returns the gradient of a sparse block's update.
func (c *passes) sumRows(b *sparseBlock) tensor.Rows[float32] {
	first := b.byHead[0].grad
	factor := c.factors[b.byHead[0].head]
	for _, g := range b.byHead[1:] {
		tensor.EachRow(first, g.grad, 0, len(b.IDs), func(to, from []float32) {
			kernel.Default().Blend(to, from, factor, c.factors[g.head])
		})
		factor = 1
	}
	return first
}
