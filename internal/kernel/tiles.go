//go:build (amd64 || arm64) && !purego

package kernel

// floatSize is the size of a float32: the assembly takes strides in bytes.
const floatSize = 4

type dotsTile func(
	c, a, b *float32, cRow, aRow, bRow, rowTiles, columnTiles, inner uint64, old uint32,
)

// dotsTiles computes Dots in tiles of rows x columns sums.
type dotsTiles struct {
	rows int
	full []dotsTile // tiles of rows rows, by columns-1
	one  []dotsTile // tiles of one row, by columns-1
}

// dotsBlock is the number of elements of A that are used with all rows of B before the next block:
// they stay in the L2 cache, and a few rows of B in the L1 cache.
const dotsBlock = 64 << 10

// run computes a product. It checks the bounds, because the assembly does not.
func (t *dotsTiles) run(p Dots) {
	if p.Rows <= 0 || p.Columns <= 0 {
		return
	}
	if p.overlaps() {
		mulDots(p)
		return
	}
	p.check()
	width := len(t.full)
	block := max(dotsBlock/max(p.Inner, 1)/t.rows, 1) * t.rows
	for i := 0; i < p.Rows; i += block {
		rows := min(block, p.Rows-i)
		if tiles := p.Columns / width; tiles > 0 {
			t.columns(&p, i, rows, 0, tiles, width)
		}
		if rest := p.Columns % width; rest > 0 {
			t.columns(&p, i, rows, p.Columns-rest, 1, rest)
		}
	}
}

// columns computes rows i to i+rows of tiles that are width columns wide, from column j on.
func (t *dotsTiles) columns(p *Dots, i, rows, j, tiles, width int) {
	full, ones := rows/t.rows, rows%t.rows
	if full > 0 {
		t.tile(p, t.full[width-1], i, full, j, tiles)
	}
	if ones > 0 {
		t.tile(p, t.one[width-1], i+full*t.rows, ones, j, tiles)
	}
}

func (t *dotsTiles) tile(p *Dots, tile dotsTile, i, rowTiles, j, columnTiles int) {
	var a, b *float32
	if p.Inner > 0 {
		a, b = &p.A[i*p.ARow], &p.B[j*p.BRow]
	}
	tile(&p.C[i*p.CRow+j], a, b, uint64(p.CRow*floatSize), uint64(p.ARow*floatSize),
		uint64(p.BRow*floatSize), uint64(rowTiles), uint64(columnTiles), uint64(p.Inner),
		uint32(asNumber(p.Fresh))-1)
}

type lanesTile func(
	c, a, b, start *float32, cRow, aRow, aCol, bRow, rowTiles, inner, lanes uint64,
)

// height is a tile of some rows.
type height[T any] struct {
	rows int
	tile T
}

// lanesTiles computes Product in tiles of rows x registers. Its lists of heights have the tallest
// tile first.
type lanesTiles struct {
	lanes  int            // of a register
	masked int            // width in registers of the widest tile that may be ragged
	tiles  []lanesHeights // by registers-1

	// These may be nil.
	adjacent [][]lanesTile // by registers-1, by rows-1, for columns of A whose numbers are adjacent
	narrow   lanesHeights  // for C narrower than a register, if tiles are not
	flat     lanesHeights  // of flatRegisters, for a product of few rows
}

type lanesHeights = []height[lanesTile]

// A tile of few sums would show their latency. A product of up to flatRows rows has wide tiles.
const (
	flatRows      = 2
	flatRegisters = 8
)

// lanesBlock is the number of steps along the inner axis that a tile takes at a time: the rows of
// B, one tile wide, stay in the L2 cache even if their stride is a power of two. C is read again
// for each block, which keeps the order of the sums.
const lanesBlock = 192

// run computes a product. It checks the bounds, because the assembly does not.
func (t *lanesTiles) run(p Product) {
	if p.Rows <= 0 || p.Columns <= 0 {
		return
	}
	if p.overlaps() || p.Inner <= 0 {
		mulLanes(p)
		return
	}
	p.check()
	blocks := (p.Inner + lanesBlock - 1) / lanesBlock
	for l := 0; l < p.Inner; blocks-- {
		inner := (p.Inner - l + blocks - 1) / blocks // equal blocks, without a short last one
		for j := 0; j < p.Columns; {
			registers, width := tileWidth(p.Columns-j, t.lanes, len(t.tiles), t.masked)
			if flat := flatRegisters * t.lanes; t.flat != nil && p.Rows <= flatRows && p.Columns-j >= flat {
				registers, width = flatRegisters, flat
			}
			t.column(&p, l, inner, j, registers, width)
			j += width
		}
		l += inner
	}
}

// tileWidth returns the width of the next tile, in registers of some lanes and in columns. It makes
// tiles of about equal width, because narrow tiles are slow. Only the last one is ragged: its last
// register is not full.
func tileWidth(columns, lanes, widest, masked int) (registers, width int) {
	all := (columns + lanes - 1) / lanes
	tiles := (all + widest - 1) / widest
	registers = (all + tiles - 1) / tiles
	if registers > masked && columns < registers*lanes {
		registers = masked
	}
	return registers, min(columns, registers*lanes)
}

var noStart [80]float32 // the zeros that a tile of up to 5 registers of AVX-512 starts with

// column adds the products of rows l to l+inner of B to columns j to j+width of C.
func (t *lanesTiles) column(p *Product, l, inner, j, registers, width int) {
	var start *float32 // nil to start with C
	switch {
	case !p.Fresh || l > 0:
	case p.Start == nil:
		start = &noStart[0]
	default:
		start = &p.Start[j]
	}
	var heights lanesHeights
	var adjacent []lanesTile
	switch {
	case width < t.lanes && t.narrow != nil:
		heights = t.narrow
	case registers > len(t.tiles):
		heights = t.flat
	case p.ARow == 1 && p.ACol != 1 && t.adjacent != nil:
		adjacent = t.adjacent[registers-1]
	default:
		heights = t.tiles[registers-1]
	}
	for i := 0; i < p.Rows; {
		var next height[lanesTile]
		var tiles int
		if adjacent != nil {
			next.rows, tiles = evenly(p.Rows-i, len(adjacent))
			next.tile = adjacent[next.rows-1]
		} else {
			for heights[0].rows > p.Rows-i {
				heights = heights[1:]
			}
			next = heights[0]
			tiles = (p.Rows - i) / next.rows
		}
		next.tile(&p.C[i*p.CRow+j], &p.A[i*p.ARow+l*p.ACol], &p.B[l*p.BRow+j],
			start, uint64(p.CRow*floatSize), uint64(p.ARow*floatSize), uint64(p.ACol*floatSize),
			uint64(p.BRow*floatSize), uint64(tiles), uint64(inner),
			uint64(width-(registers-1)*t.lanes))
		i += next.rows * tiles
	}
}

// evenly divides rows into as few tiles as possible, whose heights differ by one row at most. It
// returns the height of the taller ones, and their number.
func evenly(rows, tallest int) (height, count int) {
	tiles := (rows + tallest - 1) / tallest
	height = (rows + tiles - 1) / tiles
	return height, tiles - (height*tiles - rows)
}

func asNumber(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

type indirectTile func(
	c, a, b *float32, cRows, aRows, aSegments, bSegments *int32,
	cRow, aCol, bRow, rowTiles, segments, inner, lanes, fresh uint64,
)

// indirectTiles computes Indirect in tiles of rows x registers. Its lists have the tallest tile
// first.
type indirectTiles struct {
	lanes  int                      // of a register
	masked int                      // as in lanesTiles
	tiles  [][]height[indirectTile] // by registers-1

	adjacent []height[indirectTile] // by registers-1, for rows of A that are adjacent numbers
	narrow   []height[indirectTile] // as in lanesTiles
}

// indirectBlock is as lanesBlock. It is larger, because the steps of a convolution are many.
const indirectBlock = 768

// run computes a product. It checks the bounds, because the assembly does not.
func (t *indirectTiles) run(p Indirect) {
	if len(p.CRows) == 0 || p.Columns <= 0 {
		return
	}
	if len(p.ASegments) == 0 || p.Inner <= 0 {
		indirect(p)
		return
	}
	p.check()
	segments := max(1, indirectBlock/p.Inner)
	blocks := (p.Inner + indirectBlock - 1) / indirectBlock
	for first := 0; first < len(p.ASegments); first += segments {
		last := min(first+segments, len(p.ASegments))
		for l, left := 0, blocks; left > 0; left-- {
			inner := (p.Inner - l + left - 1) / left // equal blocks, as in lanesTiles
			t.block(&p, p.ASegments[first:last], p.BSegments[first:last], l, inner,
				p.Fresh && first == 0 && l == 0)
			l += inner
		}
	}
}

// block adds the products of some segments, of their steps l to l+inner.
func (t *indirectTiles) block(
	p *Indirect, aSegments, bSegments []int32, l, inner int, fresh bool,
) {
	adjacent := areAdjacent(p.ARows)
	for j := 0; j < p.Columns; {
		registers, width := tileWidth(p.Columns-j, t.lanes, len(t.tiles), t.masked)
		i := 0
		run := func(height height[indirectTile]) {
			tiles := (len(p.CRows) - i) / height.rows
			if tiles == 0 {
				return
			}
			height.tile(&p.C[j], &p.A[l*p.ACol], &p.B[l*p.BRow+j],
				&p.CRows[i], &p.ARows[i], &aSegments[0], &bSegments[0],
				stride(p.CRow), stride(p.ACol), stride(p.BRow), uint64(tiles),
				uint64(len(aSegments)), uint64(inner), uint64(width-(registers-1)*t.lanes),
				asNumber(fresh))
			i += tiles * height.rows
		}
		heights := t.tiles[registers-1]
		switch {
		case p.Columns < t.lanes && t.narrow != nil:
			heights = t.narrow
		case adjacent && registers <= len(t.adjacent):
			run(t.adjacent[registers-1])
		}
		for _, height := range heights {
			run(height)
		}
		j += width
	}
}

// areAdjacent reports whether each number is one more than the one before it.
func areAdjacent(x []int32) bool {
	for i, v := range x {
		if v != x[0]+int32(i) {
			return false
		}
	}
	return true
}
