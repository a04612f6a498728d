package arm64

import "fmt"

// Mem is an address: a base with an offset or an index, in bytes, or a base that then moves.
type Mem struct {
	base   R
	offset int
	index  R
	kind   memoryKind
}

type memoryKind int

const (
	atOffset memoryKind = iota
	atIndex
	thenMoves
)

// At returns the address offset bytes from r, Index that index bytes from r. Post returns the
// address r, which the instruction then increases.
func (r R) At(offset int) Mem { return Mem{base: r, offset: offset} }
func (r R) Index(index R) Mem { return Mem{base: r, index: index, kind: atIndex} }
func (r R) Post(offset int) Mem {
	return Mem{base: r, offset: offset, kind: thenMoves}
}

// text returns the address in the syntax of Go's assembler, with verbs for args.
func (m Mem) text() string {
	switch m.kind {
	case atIndex:
		return "(%v)(%v)"
	case thenMoves:
		panic("arm64: an address that moves is only for vectors")
	}
	return fmt.Sprintf("%d(%%v)", m.offset)
}

func (m Mem) args() []any {
	if m.kind == atIndex {
		return []any{m.base, m.index}
	}
	return []any{m.base}
}

// reads returns the registers of the address, after others.
func (m Mem) reads(others ...R) []R {
	if m.kind == atIndex {
		others = append(others, m.index)
	}
	return append(others, m.base)
}

// access is a load or store in its forms, by the kind of address.
type access [3]*instruction

// one adds the forms of a load or store of one register of a size. Offsets are multiples of it.
func one(name, size string, atOffset, atIndex, thenMoves uint32) access {
	writes, scaled := "", map[string]string{"b": "o", "s": "s", "d": "D", "q": "q"}[size]
	if name == "ldr" {
		writes = "d"
	}
	d := "{d:" + size + "}, "
	return access{
		add(instruction{name, d + "[{x}, #{" + scaled + "}]", atOffset, writes, ""}),
		add(instruction{name, d + "[{x}, {y}]", atIndex, writes, ""}),
		add(instruction{name, d + "[{x}], #{9}", thenMoves, writes + "x", "x"}),
	}
}

func (a access) emit(v V, m Mem) {
	if m.kind == atIndex {
		a[atIndex].emit(v, m.base, m.index)
		return
	}
	a[m.kind].emit(v, m.base, m.offset)
}

// two adds the forms of a load or store of two registers.
func two(name string, atOffset, thenMoves uint32) access {
	writes := ""
	if name == "ldp" {
		writes = "dt"
	}
	form := "{d:q}, {t:q}, "
	return access{
		add(instruction{name, form + "[{x}, #{7}]", atOffset, writes, ""}), nil,
		add(instruction{name, form + "[{x}], #{7}", thenMoves, writes + "x", "x"}),
	}
}

func (a access) emitPair(v, w V, m Mem) {
	if m.kind == atIndex {
		panic("arm64: a pair has no address with an index")
	}
	a[m.kind].emit(v, w, m.base, m.offset)
}

var (
	loadB  = one("ldr", "b", 0x3d400000, 0x3c606800, 0x3c400400)
	loadS  = one("ldr", "s", 0xbd400000, 0xbc606800, 0xbc400400)
	loadD  = one("ldr", "d", 0xfd400000, 0xfc606800, 0xfc400400)
	loadQ  = one("ldr", "q", 0x3dc00000, 0x3ce06800, 0x3cc00400)
	storeS = one("str", "s", 0xbd000000, 0xbc206800, 0xbc000400)
	storeD = one("str", "d", 0xfd000000, 0xfc206800, 0xfc000400)
	storeQ = one("str", "q", 0x3d800000, 0x3ca06800, 0x3c800400)
	loadP  = two("ldp", 0xad400000, 0xacc00000)
	storeP = two("stp", 0xad000000, 0xac800000)

	loadAll   = add(instruction{"ld1r", "{{d}.4s}, [{x}]", 0x4d40c800, "d", ""})
	loadLane  = add(instruction{"ld1", "{{d}.s}[{L}], [{x}]", 0x0d408000, "d", "d"})
	storeLane = add(instruction{"st1", "{{d}.s}[{L}], [{x}]", 0x0d008000, "", ""})
)

// Loads and stores of 16 bytes (Q), or of 8, 4, 1 bytes (D, S, B), where loads clear the rest of
// the register. Offsets from a base are multiples of the size and not negative, those by which a
// base moves from -256 to 255.
func LDRQ(v V, m Mem)  { loadQ.emit(v, m) }
func LDRD(v V, m Mem)  { loadD.emit(v, m) }
func LDRS(v V, m Mem)  { loadS.emit(v, m) }
func LDRBV(v V, m Mem) { loadB.emit(v, m) }
func STRQ(v V, m Mem)  { storeQ.emit(v, m) }
func STRD(v V, m Mem)  { storeD.emit(v, m) }
func STRS(v V, m Mem)  { storeS.emit(v, m) }

// LDPQ and STPQ load and store two registers of 16 bytes. Offsets are multiples of 16, from -1024
// to 1008.
func LDPQ(v, w V, m Mem) { loadP.emitPair(v, w, m) }
func STPQ(v, w V, m Mem) { storeP.emitPair(v, w, m) }

// LD1R loads a number into all lanes.
func LD1R(v V, from R) { loadAll.emit(v, from) }

// LD1 loads one lane, and keeps the others. ST1 stores one lane.
func LD1(l Lane, from R) { loadLane.emit(l.V, l.I, from) }
func ST1(l Lane, to R)   { storeLane.emit(l.V, l.I, to) }
