package arm64

import (
	"fmt"
	"regexp"
	"strings"
)

// field is how an operand is encoded and written.
type field struct {
	register string // prefix of its name, if a register; a vector's form may have another
	// encode returns the bits of the operand.
	encode func(v int) uint32
	values []int // for tests: numbers that it can have; nil for registers
}

func at(bit int) func(int) uint32 { return func(v int) uint32 { return uint32(v) << bit } }

// scaled encodes a number that is a multiple of size.
func scaled(size, bit, least, most int) func(int) uint32 {
	return func(v int) uint32 {
		if v%size != 0 || v/size < least || v/size > most {
			panic(fmt.Sprintf("arm64: offset %d, want a multiple of %d from %d to %d",
				v, size, least*size, most*size))
		}
		return uint32(v/size) & uint32(most-least) << bit // most-least has ones only
	}
}

var fields = map[string]field{
	// Registers.
	"d": {register: "v", encode: at(0)},
	"n": {register: "v", encode: at(5)},
	"m": {register: "v", encode: at(16)},
	"t": {register: "v", encode: at(10)},
	"c": {register: "v", encode: func(v int) uint32 { return uint32(v)<<5 | uint32(v)<<16 }}, // twice
	"x": {register: "x", encode: at(5)},
	"y": {register: "x", encode: at(16)},
	"w": {register: "w", encode: at(5)},
	// Lanes: of a product, of DUP and INS, of the source of INS, of LD1.
	"i": {encode: func(v int) uint32 { return uint32(v&1)<<21 | uint32(v>>1)<<11 }, values: lanes},
	"j": {encode: at(19), values: lanes},
	"k": {encode: at(13), values: lanes},
	"L": {encode: func(v int) uint32 { return uint32(v&1)<<12 | uint32(v>>1)<<30 }, values: lanes},
	// Offsets.
	"o": {encode: scaled(1, 10, 0, 4095), values: []int{0, 1, 4095}},
	"s": {encode: scaled(4, 10, 0, 4095), values: []int{0, 4, 16380}},
	"D": {encode: scaled(8, 10, 0, 4095), values: []int{0, 8, 32760}},
	"q": {encode: scaled(16, 10, 0, 4095), values: []int{0, 16, 65520}},
	"7": {encode: scaled(16, 15, -64, 63), values: []int{0, 16, -16, -1024, 1008}},
	"9": {encode: scaled(1, 12, -256, 255), values: []int{0, 4, 16, -16, -256, 255}},
	// Shifts to the left, to the right, and of EXT.
	"l": {encode: func(v int) uint32 { return uint32(v) << 16 }, values: []int{1, 23, 31}},
	"h": {encode: func(v int) uint32 { return uint32(32-v) << 16 }, values: []int{1, 23, 31}},
	"e": {encode: at(11), values: []int{0, 4, 8, 12, 15}},
	// A byte.
	"b": {encode: byteBits, values: []int{0, 1, 128, 255}},
}

var lanes = []int{0, 1, 2, 3}

func byteBits(v int) uint32 { return uint32(v>>5)<<16 | uint32(v&31)<<5 }

var operandPattern = regexp.MustCompile(`\{(\w)(?::(\w))?\}`)

// emit writes the instruction with operands in the order of its form.
func (i *instruction) emit(operands ...any) {
	n := node{vector: i, args: operands}
	letters := operandPattern.FindAllStringSubmatch(i.form, -1)
	if len(letters) != len(operands) {
		panic(fmt.Sprintf("arm64: %s has %d operands, want %d", i.name, len(operands), len(letters)))
	}
	for k, letter := range letters {
		written := strings.Contains(i.writes, letter[1])
		read := !written || strings.Contains(i.reads, letter[1])
		switch r := operands[k].(type) {
		case V:
			if written {
				n.writesV = append(n.writesV, r)
			}
			if read {
				n.readsV = append(n.readsV, r)
			}
		case R:
			if written {
				n.writesR = append(n.writesR, r)
			}
			if read {
				n.readsR = append(n.readsR, r)
			}
		}
	}
	current.emit(n)
}

// encoded returns the word and the text, in GNU's syntax, of the instruction with numbers for its
// operands.
func (i *instruction) encoded(operands []int) (uint32, string) {
	word, k := i.bits, 0
	text := operandPattern.ReplaceAllStringFunc(i.form, func(match string) string {
		parts := operandPattern.FindStringSubmatch(match)
		f, v := fields[parts[1]], operands[k]
		k++
		word |= f.encode(v)
		switch {
		case parts[2] != "":
			return fmt.Sprint(parts[2], v)
		case f.register != "":
			return fmt.Sprint(f.register, v)
		}
		return fmt.Sprint(v)
	})
	return word, i.name + " " + text
}
