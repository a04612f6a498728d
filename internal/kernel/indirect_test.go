package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// indirectOf makes an indirect product with tables in no order, and rows of C that are apart. It
// returns C with its guards.
func indirectOf(
	fill filler, rows, columns, segments, inner int,
) (p Indirect, all []float32, offset int) {
	r := rand.New(rand.NewPCG(uint64(rows), uint64(columns*1000+inner)))
	offset = (rows + columns + inner) % 4
	p = Indirect{
		Columns: columns, Inner: inner, CRow: columns + inner%3, BRow: columns + rows%2,
		ACol: 1 + columns%2*(rows+1),
	}
	steps, apart := max(inner-1, 0)*p.ACol+1, inner+3
	for i := range rows {
		p.CRows = append(p.CRows, int32((i*2+1)%max(rows|1, 1)))
		p.ARows = append(p.ARows, int32((i*7+3)%(rows+1)-2))
	}
	for s := range segments {
		p.ASegments = append(p.ASegments, int32(2+(s*5+1)%segments*apart))
		p.BSegments = append(p.BSegments, int32((s*3+2)%segments*inner))
	}
	_, p.A = matrix(r, fill, 1, rows+segments*apart+steps, 0, offset)
	_, p.B = matrix(r, fill, max(segments*inner, 1), columns, p.BRow, 3-offset)
	all, p.C = matrix(r, fill, rows|1, columns, p.CRow, offset)
	return p, all, offset
}

// TestIndirectOrder checks an indirect product against sums in exact arithmetic.
func TestIndirectOrder(t *testing.T) {
	eachSet(t, func(t *testing.T, set *Set) {
		for _, fresh := range []bool{false, true} {
			p, _, _ := indirectOf(lopsided, 5, 3, 4, 3)
			p.Fresh = fresh
			want := clone(p.C)
			for i := range p.CRows {
				for j := range p.Columns {
					sum := &want[int(p.CRows[i])*p.CRow+j]
					if fresh {
						*sum = 0
					}
					for s := range p.ASegments {
						for l := range p.Inner {
							a := p.A[int(p.ARows[i]+p.ASegments[s])+l*p.ACol]
							*sum = exactFMA(a, p.B[(int(p.BSegments[s])+l)*p.BRow+j], *sum)
						}
					}
				}
			}
			set.MulIndirect(p)
			checkSame(t, fmt.Sprintf("MulIndirect, fresh %v", fresh), p.C, want)
		}
	})
}

// TestIndirectOfSets compares indirect products of every set with the reference: every height and
// width of the tiles, rows of A that are adjacent or not, and steps that are cut into blocks.
func TestIndirectOfSets(t *testing.T) {
	eachSet(t, func(t *testing.T, set *Set) {
		compare := func(rows, columns, segments, inner int, fill filler) {
			for form := range 4 {
				p, all, offset := indirectOf(fill, rows, columns, segments, inner)
				p.Fresh = form%2 > 0
				if form >= 2 {
					for i := range p.ARows {
						p.ARows[i] = int32(i - 1)
					}
				}
				q := p
				q.C = clone(p.C)
				indirect(q)
				set.MulIndirect(p)
				what := fmt.Sprintf("MulIndirect %d x %d x %d x %d, form %d", rows, columns, segments,
					inner, form)
				checkSame(t, what, p.C, q.C)
				checkGuards(t, what, all, len(p.C), offset)
			}
		}
		for rows := range 26 {
			for i, columns := range append(lengths()[:71], 80, 81, 96, 97, 112, 128, 161) {
				for j, steps := range [][2]int{{0, 2}, {1, 0}, {1, 1}, {2, 8}, {3, 5}} {
					compare(rows, columns, steps[0], steps[1], fills[(rows+i+j)%len(fills)].fill)
				}
			}
		}
		for _, steps := range [][2]int{{1, 2000}, {7, 300}, {900, 1}, {3, 768}, {2, 769}} {
			compare(13, 33, steps[0], steps[1], lopsided)
			compare(29, 16, steps[0], steps[1], lopsided)
		}
	})
}

// TestIndirectBounds checks that tables that lead outside of a matrix are refused.
func TestIndirectBounds(t *testing.T) {
	for name, spoil := range map[string]func(p *Indirect){
		"before A":          func(p *Indirect) { p.ASegments[1] = -9 },
		"after A":           func(p *Indirect) { p.A = p.A[:12] },
		"before C":          func(p *Indirect) { p.CRows[2] = -1 },
		"after C":           func(p *Indirect) { p.CRows[2] = 9 },
		"before B":          func(p *Indirect) { p.BSegments[0] = -1 },
		"after B":           func(p *Indirect) { p.BSegments[0] += 5 },
		"rows of A":         func(p *Indirect) { p.ARows = p.ARows[:4] },
		"segments of A":     func(p *Indirect) { p.ASegments = p.ASegments[:2] },
		"stride of B":       func(p *Indirect) { p.BRow = 0 },
		"stride of C":       func(p *Indirect) { p.CRow = -1 },
		"distance in A":     func(p *Indirect) { p.ACol = -1 },
		"a column of C":     func(p *Indirect) { p.C = p.C[:len(p.C)-1] },
		"a column of B":     func(p *Indirect) { p.B = p.B[:len(p.B)-1] },
		"a number of A":     func(p *Indirect) { p.ACol += 40 },
		"a column too many": func(p *Indirect) { p.Columns++ },
	} {
		eachSet(t, func(t *testing.T, set *Set) {
			if set.Name == "go" {
				return // Go checks bounds itself
			}
			p, _, _ := indirectOf(lopsided, 5, 4, 3, 2)
			p.C = p.C[:4*p.CRow+p.Columns]
			spoil(&p)
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			set.MulIndirect(p)
		})
	}
}

// Convolutions with a window of 3 x 3, without padding.
var benchIndirect = []struct{ images, size, channels, filters int }{
	{2, 26, 1, 24}, {4, 14, 24, 48}, {4, 14, 48, 24}, {8, 8, 64, 64}, {32, 5, 64, 128},
	{1, 30, 16, 16}, {1, 14, 128, 128},
}

func BenchmarkMulIndirect(b *testing.B) {
	for _, s := range benchIndirect {
		p := Indirect{
			Columns: s.filters, Inner: 3 * s.channels, CRow: s.filters, ACol: 1, BRow: s.filters,
			C: filled(s.images * s.size * s.size * s.filters),
			A: filled(s.images * s.size * s.size * s.channels),
			B: filled(9 * s.channels * s.filters), Fresh: true,
		}
		for k := range s.images {
			for y := range s.size - 2 {
				for x := range s.size - 2 {
					p.CRows = append(p.CRows, int32(len(p.CRows)))
					p.ARows = append(p.ARows, int32(((k*s.size+y)*s.size+x)*s.channels))
				}
			}
		}
		for a := range 3 {
			p.ASegments = append(p.ASegments, int32(a*s.size*s.channels))
			p.BSegments = append(p.BSegments, int32(a*3*s.channels))
		}
		name := fmt.Sprintf("images=%d/size=%d/c=%d/f=%d", s.images, s.size, s.channels, s.filters)
		eachSetBench(b, name, func(b *testing.B, set *Set) {
			for b.Loop() {
				set.MulIndirect(p)
			}
			reportFLOPs(b, len(p.CRows), s.filters, 9*s.channels)
		})
	}
}
