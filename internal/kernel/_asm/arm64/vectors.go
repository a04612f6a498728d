package arm64

// instruction is a line of the table.
type instruction struct {
	name string // in GNU's assembler
	// form is the syntax of the operands in GNU's assembler. A letter in braces is an operand; its
	// letter says how it is encoded, see fields.
	form string
	bits uint32 // without operands
	// writes has the letters of the registers that are written, reads of those among them that are
	// also read.
	writes, reads string
}

var instructions []*instruction

func add(i instruction) *instruction {
	instructions = append(instructions, &i)
	return &i
}

// A Source is the last operand of a multiplication: a register or a lane.
type Source interface{ source() }

func (V) source()    {}
func (Lane) source() {}

// vvv adds an instruction of three registers with elements of some shape.
func vvv(name, shape string, bits uint32) func(d, n, m V) {
	i := add(instruction{name, "{d}." + shape + ", {n}." + shape + ", {m}." + shape, bits, "d", ""})
	return func(d, n, m V) { i.emit(d, n, m) }
}

// updates is vvv for an instruction that reads its destination.
func updates(name, shape string, bits uint32) func(d, n, m V) {
	i := add(instruction{name, "{d}." + shape + ", {n}." + shape + ", {m}." + shape, bits, "d", "d"})
	return func(d, n, m V) { i.emit(d, n, m) }
}

// product adds a multiplication by a register and one by a lane.
func product(name string, bits, byLane uint32, reads string) func(d, n V, m Source) {
	all := add(instruction{name, "{d}.4s, {n}.4s, {m}.4s", bits, "d", reads})
	one := add(instruction{name, "{d}.4s, {n}.4s, {m}.s[{i}]", byLane, "d", reads})
	return func(d, n V, m Source) {
		switch m := m.(type) {
		case V:
			all.emit(d, n, m)
		case Lane:
			one.emit(d, n, m.V, m.I)
		}
	}
}

// vv adds an instruction of two registers, whose operands have some form.
func vv(name, form string, bits uint32) func(d, n V) {
	i := add(instruction{name, form, bits, "d", ""})
	return func(d, n V) { i.emit(d, n) }
}

// shift adds an instruction of two registers and a number.
func shift(name, form string, bits uint32) func(d, n V, by int) {
	i := add(instruction{name, form, bits, "d", ""})
	return func(d, n V, by int) { i.emit(d, n, by) }
}

const (
	four     = "{d}.4s, {n}.4s"
	withZero = "{d}.4s, {n}.4s, #0.0"
)

// Arithmetic. FMLA is d += n m, FMLS is d -= n m, each rounded once. FMAX and FMIN return NaN if an
// operand is NaN. FADDP adds the pairs of n, then those of m.
var (
	FMLA  = product("fmla", 0x4e20cc00, 0x4f801000, "d")
	FMLS  = product("fmls", 0x4ea0cc00, 0x4f805000, "d")
	FMUL  = product("fmul", 0x6e20dc00, 0x4f809000, "")
	FADD  = vvv("fadd", "4s", 0x4e20d400)
	FSUB  = vvv("fsub", "4s", 0x4ea0d400)
	FDIV  = vvv("fdiv", "4s", 0x6e20fc00)
	FMAX  = vvv("fmax", "4s", 0x4e20f400)
	FMIN  = vvv("fmin", "4s", 0x4ea0f400)
	FADDP = vvv("faddp", "4s", 0x6e20d400)
	FABS  = vv("fabs", four, 0x4ea0f800)
	FSQRT = vv("fsqrt", four, 0x6ea1f800)
	SCVTF = vv("scvtf", four, 0x4e21d800) // from integers
)

// Comparisons, which set all bits of a lane or none.
var (
	FCMEQ  = vvv("fcmeq", "4s", 0x4e20e400)
	FCMGE  = vvv("fcmge", "4s", 0x6e20e400)
	FCMGT  = vvv("fcmgt", "4s", 0x6ea0e400)
	FCMGT0 = vv("fcmgt", withZero, 0x4ea0c800)
	FCMEQ0 = vv("fcmeq", withZero, 0x4ea0d800)
	FCMLT0 = vv("fcmlt", withZero, 0x4ea0e800)
	FACGT  = vvv("facgt", "4s", 0x6ea0ec00) // |n| > |m|
	CMEQ   = vvv("cmeq", "4s", 0x6ea08c00)
)

// Bits. BIC is n &^ m, ORN is n | ^m. BSL takes the bits of n where d has ones, and those of m
// elsewhere; BIT copies the bits of n to d where m has ones, BIF where m has zeros.
var (
	VAND = vvv("and", "16b", 0x4e201c00)
	BIC  = vvv("bic", "16b", 0x4e601c00)
	ORR  = vvv("orr", "16b", 0x4ea01c00)
	ORN  = vvv("orn", "16b", 0x4ee01c00)
	BSL  = updates("bsl", "16b", 0x6e601c00)
	BIT  = updates("bit", "16b", 0x6ea01c00)
	BIF  = updates("bif", "16b", 0x6ee01c00)
)

// Integers.
var (
	VADD = vvv("add", "4s", 0x4ea08400)
	VSUB = vvv("sub", "4s", 0x6ea08400)
	UMIN = vvv("umin", "4s", 0x6ea06c00)
	SHL  = shift("shl", "{d}.4s, {n}.4s, #{l}", 0x4f205400)
	SSHR = shift("sshr", "{d}.4s, {n}.4s, #{h}", 0x4f200400)
)

// Order of lanes. The names that end in D work on two numbers of 64 bits. EXT takes 16 bytes of n
// and m, which follows it, from byte by on. TBL takes bytes of n by the indices in m, or 0.
var (
	TRN1  = vvv("trn1", "4s", 0x4e802800)
	TRN2  = vvv("trn2", "4s", 0x4e806800)
	ZIP1D = vvv("zip1", "2d", 0x4ec03800)
	ZIP2D = vvv("zip2", "2d", 0x4ec07800)
	REV64 = vv("rev64", four, 0x4ea00800)

	ext = add(instruction{"ext", "{d}.16b, {n}.16b, {m}.16b, #{e}", 0x6e000000, "d", ""})
	tbl = add(instruction{"tbl", "{d}.16b, {{n}.16b}, {m}.16b", 0x4e000000, "d", ""})
)

func EXT(d, n, m V, by int) { ext.emit(d, n, m, by) }
func TBL(d, n, m V)         { tbl.emit(d, n, m) }

var (
	copyAll  = add(instruction{"mov", "{d}.16b, {c}.16b", 0x4ea01c00, "d", ""})
	dupLane  = add(instruction{"dup", "{d}.4s, {n}.s[{j}]", 0x4e040400, "d", ""})
	dupR     = add(instruction{"dup", "{d}.4s, {w}", 0x4e040c00, "d", ""})
	insLane  = add(instruction{"ins", "{d}.s[{j}], {n}.s[{k}]", 0x6e040400, "d", "d"})
	moveByte = add(instruction{"movi", "{d}.4s, #{b}", 0x4f000400, "d", ""})
)

// VMOV copies a register.
func VMOV(d, n V) { copyAll.emit(d, n) }

// DUP copies a lane to all lanes, DUPR a general register.
func DUP(d V, n Lane) { dupLane.emit(d, n.V, n.I) }
func DUPR(d V, n R)   { dupR.emit(d, n) }

// INS copies a lane to a lane.
func INS(d, n Lane) { insLane.emit(d.V, d.I, n.V, n.I) }

// VMOVI sets all lanes to an integer from 0 to 255.
func VMOVI(d V, number int) { moveByte.emit(d, number) }

// Zero returns a new register of zeros.
func Zero() V {
	v := NewV()
	VMOVI(v, 0)
	return v
}

// VCopy returns a new register with the numbers of v.
func VCopy(v V) V {
	d := NewV()
	VMOV(d, v)
	return d
}
