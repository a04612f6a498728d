// Package arm64 writes assembly functions for arm64 in the syntax of Go's assembler, as avo does
// for amd64. A generator calls Function, then one Go function for each instruction, and in the end
// Write:
//
//	Function("scaleNEON", "func(dst, x *float32, n uint64, factor float32)", "scales 4n numbers.")
//	dst, x, n := Arg("dst"), Arg("x"), Arg("n") // general registers
//	factor := ArgVector("factor")               // the number in all four lanes
//	Label("loop")
//	v := NewV()
//	LDRQ(v, x.Post(16)) // v = x[0:4], then x += 16 bytes
//	FMUL(v, v, factor)
//	STRQ(v, dst.Post(16))
//	SUBS(n, n, 1)
//	BNE("loop")
//	RET()
//
// Registers of type V (vector) and R (general) are virtual: Write gives them numbers. A register
// that is read must have been written on every way to there; nothing is spilled, so Write reports
// a function that needs more than 32 vector registers or 24 general ones.
//
// Operands are in the order of Arm's manual, the destination first. Unless its name says otherwise
// an instruction works on four float32 or four 32-bit integers. FMLA, FMLS, BSL, BIT, BIF and INS
// also read their destination. FMLA, FMLS and FMUL take a lane of a register as their last operand,
// y.Lane(2), which is multiplied with all four lanes. Constant(bits) is such a lane, of a constant
// that is loaded as the function starts; four constants take one register. Kept(bits) is a register
// with a constant in all lanes, loaded as the function starts, and Copies returns such registers to
// overwrite, loaded where they are needed.
//
// Go's assembler lacks most vector instructions. They are in one table, with their encoding and
// their syntax for GNU's assembler, and are written as WORD. A test compares each with GNU's
// assembler. To add an instruction, add a line to the table in vectors.go or memory.go.
package arm64
