//go:build amd64 && !purego

package kernel

// floatSize is the distance in bytes of two float32: the assembly counts strides in bytes.
const floatSize = 4

type dotsTile func(c, a, b *float32, cRow, aRow, bRow, rowTiles, columnTiles, inner uint64, old uint32)

// dotsTiles is how a set computes Dots: in tiles of rows x columns sums.
type dotsTiles struct {
	rows  int
	whole []dotsTile // of rows rows, by their columns less 1, the widest last
	one   []dotsTile // the same of one row
}

// dotsBlock is how many numbers of A are gone through for every few rows of B: they stay in the
// second-level cache, and the rows of B in the first.
const dotsBlock = 64 << 10

// run computes a product. The assembly checks no bounds: it is done here.
func (t *dotsTiles) run(p Dots) {
	if p.Rows <= 0 || p.Columns <= 0 {
		return
	}
	if p.overlaps() {
		mulDots(p)
		return
	}
	p.check()
	width := len(t.whole)
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

// columns computes, for some rows, tiles that are width columns wide, from column j on.
func (t *dotsTiles) columns(p *Dots, i, rows, j, tiles, width int) {
	whole, ones := rows/t.rows, rows%t.rows
	if whole > 0 {
		t.tile(p, t.whole[width-1], i, whole, j, tiles)
	}
	if ones > 0 {
		t.tile(p, t.one[width-1], i+whole*t.rows, ones, j, tiles)
	}
}

func (t *dotsTiles) tile(p *Dots, tile dotsTile, i, rowTiles, j, columnTiles int) {
	var a, b *float32
	if p.Inner > 0 {
		a, b = &p.A[i*p.ARow], &p.B[j*p.BRow]
	}
	tile(&p.C[i*p.CRow+j], a, b, uint64(p.CRow*floatSize), uint64(p.ARow*floatSize),
		uint64(p.BRow*floatSize), uint64(rowTiles), uint64(columnTiles), uint64(p.Inner), uint32(asNumber(p.Fresh))-1)
}

type lanesTile func(c, a, b *float32, cRow, aRow, aCol, bRow, rowTiles, inner, lanes, fresh uint64)

// lanesTiles is how a set computes Product: in tiles of rows x registers.
type lanesTiles struct {
	rows   int           // of the highest tile
	lanes  int           // of a register
	masked int           // tiles up to this many registers wide may have a last one cut short
	tiles  [][]lanesTile // by registers less 1, by rows less 1
}

// lanesBlock is how far along the inner axis a tile goes at a time: so many rows of B, one tile
// wide, stay in the second-level cache even where they lie a power of two apart. C is read again
// for each block, so the order of a sum is kept.
const lanesBlock = 192

// run computes a product. The assembly checks no bounds: it is done here.
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
		inner := (p.Inner - l + blocks - 1) / blocks // alike, not full ones and a short one
		for j := 0; j < p.Columns; {
			registers, width := t.width(p.Columns - j)
			t.column(&p, l, inner, j, registers, width)
			j += width
		}
		l += inner
	}
}

// width chooses the tiles for the next of so many columns: about alike, for narrow ones are slow.
func (t *lanesTiles) width(columns int) (registers, width int) {
	all := (columns + t.lanes - 1) / t.lanes
	tiles := (all + len(t.tiles) - 1) / len(t.tiles)
	registers = (all + tiles - 1) / tiles
	if registers > t.masked && columns < registers*t.lanes {
		registers = t.masked
	}
	return registers, min(columns, registers*t.lanes)
}

// column adds the products of inner rows of B, from l on, to the width columns of C from j on.
func (t *lanesTiles) column(p *Product, l, inner, j, registers, width int) {
	for i := 0; i < p.Rows; {
		rows := min(p.Rows-i, t.rows)
		tiles := (p.Rows - i) / rows
		t.tiles[registers-1][rows-1](&p.C[i*p.CRow+j], &p.A[i*p.ARow+l*p.ACol], &p.B[l*p.BRow+j],
			uint64(p.CRow*floatSize), uint64(p.ARow*floatSize), uint64(p.ACol*floatSize),
			uint64(p.BRow*floatSize), uint64(tiles), uint64(inner),
			uint64(width-(registers-1)*t.lanes), asNumber(p.Fresh && l == 0))
		i += rows * tiles
	}
}

func asNumber(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
