package arm64

import "fmt"

// text writes an instruction that Go's assembler knows. Its destination, if any, is in writes.
func text(format string, writes, reads []R, args ...any) {
	current.emit(node{format: format, args: args, readsR: reads, writesR: writes})
}

// Shifted is a register shifted left, as the last operand of ADD or SUB.
type Shifted struct {
	R  R
	By int
}

// Shift returns r << by.
func (r R) Shift(by int) Shifted { return Shifted{r, by} }

// three writes d = n op m. m is a register, a shifted register or a number.
func three(name string, d, n R, m any) {
	reads := []R{n}
	switch m := m.(type) {
	case R:
		text(name+" %v, %v, %v", []R{d}, append(reads, m), m, n, d)
	case Shifted:
		text(fmt.Sprintf("%s %%v<<%d, %%v, %%v", name, m.By), []R{d}, append(reads, m.R), m.R, n, d)
	case int:
		text(name+" $%v, %v, %v", []R{d}, reads, m, n, d)
	default:
		panic(fmt.Sprintf("%s: the last operand is a %T, want a register or an int", name, m))
	}
}

// d = n op m, where m is a register, a register shifted left, or a number. SUBS sets the
// flags for a branch.
func ADD(d, n R, m any)  { three("ADD", d, n, m) }
func SUB(d, n R, m any)  { three("SUB", d, n, m) }
func SUBS(d, n R, m any) { three("SUBS", d, n, m) }
func AND(d, n R, m any)  { three("AND", d, n, m) }
func LSL(d, n R, m any)  { three("LSL", d, n, m) }
func LSR(d, n R, m any)  { three("LSR", d, n, m) }

// MADD computes d = n m + a.
func MADD(d, n, m, a R) { text("MADD %v, %v, %v, %v", []R{d}, []R{n, m, a}, m, a, n, d) }

// MOV copies a register.
func MOV(d, n R) { text("MOVD %v, %v", []R{d}, []R{n}, n, d) }

// MOVI sets a register to a number.
func MOVI(d R, number int) { text("MOVD $%v, %v", []R{d}, nil, number, d) }

// Copy returns a new register with the number of r.
func Copy(r R) R {
	d := NewR()
	MOV(d, r)
	return d
}

// CMP compares n with m, a register, a register shifted left or a number, for a branch.
func CMP(n R, m any) {
	switch m := m.(type) {
	case R:
		text("CMP %v, %v", nil, []R{n, m}, m, n)
	case Shifted:
		text(fmt.Sprintf("CMP %%v<<%d, %%v", m.By), nil, []R{n, m.R}, m.R, n)
	default:
		text("CMP $%v, %v", nil, []R{n}, m, n)
	}
}

// LDRSW loads 32 bits with their sign.
func LDRSW(d R, m Mem) {
	text("MOVW "+m.text()+", %v", []R{d}, m.reads(), append(m.args(), d)...)
}

// Arg returns a new register with a parameter of 64 bits.
func Arg(name string) R {
	r := NewR()
	LoadArg(r, name)
	return r
}

// LoadArg loads a parameter.
func LoadArg(r R, name string) {
	p := current.parameter(name)
	move := "MOVD "
	if p.size == 4 {
		move = "MOVWU "
	}
	text(move+p.String()+", %v", []R{r}, nil, r)
}

// SetArg changes a parameter of 64 bits, as a variable in memory.
func SetArg(name string, r R) {
	text("MOVD %v, "+current.parameter(name).String(), nil, []R{r}, r)
}

// ArgVector returns a new vector with a parameter of 32 bits in all lanes.
func ArgVector(name string) V {
	r, v := NewR(), NewV()
	LoadArg(r, name)
	DUPR(v, r)
	return v
}

// SetResult returns lane 0.
func SetResult(name string, v V) {
	current.emit(node{
		format: "FMOVS %v, " + current.parameter(name).String(), args: []any{v}, readsV: []V{v},
	})
}

// Branches, of which those with a condition follow SUBS or CMP. BHS compares without sign.
func B(label string)   { current.emit(node{format: "JMP " + label, branch: label, ends: true}) }
func BEQ(label string) { branch("BEQ", label) }
func BNE(label string) { branch("BNE", label) }
func BLT(label string) { branch("BLT", label) }
func BLE(label string) { branch("BLE", label) }
func BGT(label string) { branch("BGT", label) }
func BGE(label string) { branch("BGE", label) }
func BHS(label string) { branch("BHS", label) }

func branch(name, label string) { current.emit(node{format: name + " " + label, branch: label}) }

// CBZ branches if r is zero, CBNZ if it is not.
func CBZ(r R, label string)  { branchOn("CBZ %v, ", r, label) }
func CBNZ(r R, label string) { branchOn("CBNZ %v, ", r, label) }

// TBZ branches if a bit of r is zero.
func TBZ(r R, bit int, label string) { branchOn(fmt.Sprintf("TBZ $%d, %%v, ", bit), r, label) }

func branchOn(format string, r R, label string) {
	current.emit(node{format: format + label, args: []any{r}, readsR: []R{r}, branch: label})
}

// PRFM loads a cache line: for reading into the first or second level (PLDL1KEEP, PLDL2KEEP), or
// for writing (PSTL1KEEP).
func PRFM(m Mem, how string) { text("PRFM "+m.text()+", "+how, nil, m.reads(), m.args()...) }

// RET ends the function.
func RET() { current.emit(node{format: "RET", ends: true}) }
