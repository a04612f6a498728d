package arm64

import (
	"fmt"
	"strings"
)

// R is a virtual general register, V a virtual vector register.
type (
	R int
	V int
)

// Lane is one of the four lanes of a register.
type Lane struct {
	V V
	I int
}

// Lane returns lane i.
func (v V) Lane(i int) Lane { return Lane{v, i} }

// node is one instruction or label of a function.
type node struct {
	label string // if a label

	vector *instruction // if written as WORD
	format string       // otherwise: the text, with a verb for each of args
	args   []any        // operands: V, R, Lane or int

	readsV, writesV []V
	readsR, writesR []R

	branch string // label of the branch, if any
	ends   bool   // the next instruction is not reached
}

// parameter is a parameter or a result.
type parameter struct {
	name, kind   string
	offset, size int
}

// function is what Function started.
type function struct {
	name, signature, doc string
	parameters           []parameter
	arguments            int // size of parameters and results
	frame                int
	nodes                []node
	vectors, generals    int // numbers of registers
	labels               int
	constants            constants
}

var (
	functions []*function
	current   *function
	tables    []table
)

// Function starts a function. The first word of its comment will be its name.
func Function(name, signature, doc string) {
	current = &function{name: name, signature: signature, doc: doc}
	current.parse()
	functions = append(functions, current)
}

// parse finds the offsets of the parameters and the result: see Go's ABI0.
func (f *function) parse() {
	inside, result, _ := strings.Cut(strings.TrimPrefix(f.signature, "func("), ")")
	f.add(inside)
	if result = strings.Trim(result, " ()"); result != "" {
		f.arguments = (f.arguments + 7) &^ 7
		f.add(result)
	}
}

// add adds parameters, of which several may share one type.
func (f *function) add(list string) {
	var names []string
	for _, field := range strings.Split(list, ",") {
		name, kind, typed := strings.Cut(strings.TrimSpace(field), " ")
		names = append(names, name)
		if !typed {
			continue
		}
		size := 8
		if kind == "float32" || kind == "uint32" {
			size = 4
		}
		for _, n := range names {
			f.arguments = (f.arguments + size - 1) &^ (size - 1)
			f.parameters = append(f.parameters, parameter{n, kind, f.arguments, size})
			f.arguments += size
		}
		names = nil
	}
}

func (f *function) parameter(name string) parameter {
	for _, p := range f.parameters {
		if p.name == name {
			return p
		}
	}
	panic(fmt.Sprintf("%s has no parameter %s", f.name, name))
}

func (p parameter) String() string { return fmt.Sprintf("%s+%d(FP)", p.name, p.offset) }

// NewV returns a new vector register.
func NewV() V {
	current.vectors++
	return V(current.vectors - 1)
}

// NewR returns a new general register.
func NewR() R {
	current.generals++
	return R(current.generals - 1)
}

// Label starts a loop, or is where a branch goes.
func Label(name string) { current.emit(node{label: name}) }

// NewLabel returns a label that the function does not have yet.
func NewLabel(name string) string {
	current.labels++
	return fmt.Sprint(name, current.labels)
}

func (f *function) emit(n node) { f.nodes = append(f.nodes, n) }

// Scratch reserves memory of the function and returns its address.
func Scratch(bytes int) R {
	current.frame += (bytes + 15) &^ 15
	r := NewR()
	text(fmt.Sprintf("MOVD $scratch-%d(SP), %%v", current.frame), []R{r}, nil, r)
	return r
}

// table is data that functions read.
type table struct {
	name  string
	words []uint32
}

// Table writes a table of 32-bit numbers, filled up to 16 bytes, unless there is one of the name,
// and returns its address.
func Table(name string, words []uint32) R {
	r := NewR()
	addressOf(r, name, words)
	return r
}

// addressOf is Table with a given register.
func addressOf(r R, name string, words []uint32) {
	found := false
	for _, t := range tables {
		found = found || t.name == name
	}
	if !found {
		words = append([]uint32(nil), words...)
		for len(words)%4 != 0 {
			words = append(words, 0)
		}
		tables = append(tables, table{name, words})
	}
	text(fmt.Sprintf("MOVD $%s<>(SB), %%v", name), []R{r}, nil, r)
}
