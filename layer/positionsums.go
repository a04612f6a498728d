package layer

import (
	"braid/internal/kernel"
	"braid/tensor"
)

// positionSums adds up numbers over the positions of a row, by channel. So that few channels fill a
// vector, it keeps separate sums for groups of positions that follow each other: a row is then a
// matrix [positions / groups, width], and the positions that remain.
//
//	sum of channel c = sum over g of the sum of x[p,c] over p = g, g + groups, ...
type positionSums struct {
	positions, channels int // of a row
	width               int // channels of all groups
}

func sumPositions(shape tensor.Shape) positionSums {
	const full = 64 // numbers that keep the kernels busy
	last := len(shape) - 1
	s := positionSums{positions: shape[:last].Size(), channels: shape[last]}
	groups := 1
	for groups*s.channels < full && 2*groups <= s.positions {
		groups *= 2
	}
	s.width = groups * s.channels
	return s
}

// each calls work with the matrices of a row: the index of the first number, rows and width.
func (s positionSums) each(work func(at, rows, width int)) {
	size := s.positions * s.channels
	rows := size / s.width
	work(0, rows, s.width)
	if rest := size - rows*s.width; rest > 0 {
		work(rows*s.width, 1, rest)
	}
}

// add adds a row to p.Sum and p.Product, which have the channels of all groups. Positions with mask
// 0 do not count, unless mask is nil.
func (s positionSums) add(p kernel.ColumnSums, x, d, mask []float32) {
	if mask != nil {
		s.addMasked(p, x, mask)
		return
	}
	s.each(func(at, rows, width int) {
		p.Rows, p.Width, p.X, p.XRow = rows, width, x[at:], s.width
		if d != nil {
			p.D, p.DRow = d[at:], s.width
		}
		kernel.Default().ColumnSums(p)
	})
}

// addMasked is add without d.
func (s positionSums) addMasked(p kernel.ColumnSums, x, mask []float32) {
	sum, product := p.Sum, p.Product
	p.Rows, p.Width = 1, s.channels
	for i, counts := range mask {
		if counts != 0 {
			at := i * s.channels
			p.X, p.Sum, p.Product = x[at:], sum[at%s.width:], product[at%s.width:]
			kernel.Default().ColumnSums(p)
		}
	}
}

// fold adds the sums of all groups to those of the first.
func (s positionSums) fold(sums []float32) []float32 {
	first := sums[:s.channels]
	for at := s.channels; at < s.width; at += s.channels {
		kernel.Default().Add(first, sums[at:][:s.channels])
	}
	return first
}

// spread copies a number of each channel to all groups.
func (s positionSums) spread(x []float32) {
	for at := s.channels; at < s.width; at += s.channels {
		copy(x[at:], x[:s.channels])
	}
}
