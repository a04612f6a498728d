// Package kernel has the inner loops over []float32. The Go code is the specification: the assembly
// of every instruction set gives the same bytes at every length. Three rules make that possible.
//
//   - A product accumulates with fused multiply-add, rounded once.
//   - A sum along the axis that is in vector lanes runs in 16 lanes (lane i takes elements i,
//     i+16, ...), folded by one fixed tree: 16 to 8 to 4 to 2 to 1, lane i with lane i+half.
//   - If the outputs are in the lanes, each output's sum runs in ascending order.
//
// Results below the smallest normal number are flushed to zero in Exp, Sigmoid, Softmax and Adam.
package kernel

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
)

// Set is one implementation of every kernel. Arguments are passed by value: a pointer passed to a
// function value would be allocated at every call. The slices of a call must not overlap unless
// they are the same slice. A kernel reads and writes exactly the lengths it documents.
type Set struct {
	Name string

	// MulLanes adds a product with the outputs in the lanes; see Product.
	MulLanes func(p Product)
	// MulDots adds a product with the summed axis in the lanes; see Dots.
	MulDots func(p Dots)
	// MulIndirect adds a product whose operands are found by tables; see Indirect.
	MulIndirect func(p Indirect)

	// Exp, Log, Log1p, Tanh and Sigmoid compute dst[i] = f(src[i]). Log1p requires src[i] >= 0.
	Exp, Log, Log1p, Tanh, Sigmoid func(dst, src []float32)
	// ReLU computes dst[i] = max(src[i], 0); NaN stays NaN.
	ReLU func(dst, src []float32)
	// ReLUBack computes dst[i] = dy[i] where y[i] > 0, else 0.
	ReLUBack func(dst, y, dy []float32)
	// SigmoidBack computes dst[i] = dy[i] (y[i] - y[i]²), TanhBack dst[i] = dy[i] (1 - y[i]²).
	SigmoidBack, TanhBack func(dst, y, dy []float32)
	// GELU computes dst[i] = x Φ(x) for x = src[i], with the normal distribution Φ, and GELUBack
	// dst[i] = dy[i] times its slope at x[i].
	GELU     func(dst, src []float32)
	GELUBack func(dst, x, dy []float32)
	// HardSigmoid computes dst[i] = x/6 + 0.5, cut at 0 and 1, for x = src[i], and HardSigmoidBack
	// dst[i] = dy[i] / 6 where -3 < x[i] < 3, else 0.
	HardSigmoid     func(dst, src []float32)
	HardSigmoidBack func(dst, x, dy []float32)
	// Leak computes dst[i] = dy[i], times slope where x[i] < 0.
	Leak func(dst, x, dy []float32, slope float32)
	// ELU computes dst[i] = scale x for x = src[i], or scale alpha (exp(x) - 1) where x < 0, and
	// ELUBack dst[i] = dy[i] times above, or times y[i] + shift where y[i] < 0.
	ELU     func(dst, src []float32, scale, alpha float32)
	ELUBack func(dst, y, dy []float32, shift, above float32)
	// Mul computes dst[i] = x[i] y[i].
	Mul func(dst, x, y []float32)
	// Add computes dst[i] += src[i].
	Add func(dst, src []float32)
	// Scale computes dst[i] = src[i] factor.
	Scale func(dst, src []float32, factor float32)
	// Blend computes dst[i] = dst[i] keep + src[i] share, with both products rounded.
	Blend func(dst, src []float32, keep, share float32)
	// Finite reports whether no number is NaN or Inf.
	Finite func(x []float32) bool
	// Spread repeats each number of src len(dst)/len(src) times in dst.
	Spread func(dst, src []float32)

	Softmax     func(p Softmax)
	SoftmaxBack func(p SoftmaxBack)
	ArgMax      func(p ArgMax)
	// Bytes gathers rows of bytes and converts them to float32; see Gathered.
	Bytes     func(p Gathered)
	Transpose func(p Transposition)
	// MulRows adds the products of two matrices, element by element; see RowProducts.
	MulRows func(p RowProducts)
	// ColumnSums adds up rows and their products with deviations; see there.
	ColumnSums func(p ColumnSums)
	// Affine computes functions of numbers by the factors of their column; see there.
	Affine func(p Affine)
	// RowNorm normalizes rows, RowNormBack adds the gradient; see there.
	RowNorm, RowNormBack func(p RowNorm)
	// MaxWindow finds the largest number under a window, MaxBack adds the gradient; see there.
	MaxWindow, MaxBack func(p MaxWindow)
	// LookUp copies rows of a table by ids, AddUp adds to them; see Lookup.
	LookUp, AddUp func(p Lookup)
	LSTM          func(c LSTMCell)
	LSTMBack      func(c LSTMBack)
	// Adam updates weights and both moments; see AdamStep.
	Adam func(b AdamBlock, s AdamStep)

	// Prefetch loads the rows of x with the indices in order into the cache, some time before they
	// are read. Rows have width bytes and stride row.
	Prefetch func(x []uint8, row, width int, order []int32)
	// Claim loads rows of width numbers, with stride row, into the cache for writing, some time
	// before they are written: other cores have read them.
	Claim func(x []float32, row, rows, width int)
}

var current atomic.Pointer[Set]

// Default returns the set that the library uses: the fastest of this machine, unless Use has set
// another.
func Default() *Set {
	if s := current.Load(); s != nil {
		return s
	}
	return sets[len(sets)-1]
}

// Use makes s the default.
func Use(s *Set) { current.Store(s) }

// Sets returns the sets that this machine can run, the Go reference first, the fastest last.
func Sets() []*Set { return slices.Clone(sets) }

var sets = append([]*Set{&reference}, machineSets()...)

// Named returns a set of this machine by its name: go, avx2, avx512 or neon.
func Named(name string) (*Set, error) {
	var have []string
	for _, s := range sets {
		if s.Name == name {
			return s, nil
		}
		have = append(have, s.Name)
	}
	return nil, fmt.Errorf("kernel set %q: this machine has %s", name, strings.Join(have, ", "))
}

var reference = Set{
	Name:        "go",
	MulLanes:    wideLanes,
	MulDots:     wideDots,
	MulIndirect: wideIndirect,
	Exp:         expAll,
	Log:         logAll,
	Log1p:       log1pAll,
	Tanh:        tanhAll,
	Sigmoid:     sigmoidAll,
	ReLU:        relu,
	ReLUBack:    reluBack,
	SigmoidBack: sigmoidBack,
	TanhBack:    tanhBack,
	GELU:        geluAll,
	GELUBack:    geluBack,
	HardSigmoid: hardSigmoid,
	Leak:        leak,
	ELU:         elu,
	ELUBack:     eluBack,
	Mul:         mul,
	Add:         add,

	HardSigmoidBack: hardSigmoidBack,

	Scale:       scale,
	Blend:       blend,
	Finite:      finite,
	Spread:      spread,
	Softmax:     softmax,
	SoftmaxBack: softmaxBack,
	ArgMax:      argMax,
	Bytes:       bytes,
	Transpose:   transpose,
	MulRows:     mulRows,
	ColumnSums:  columnSums,
	Affine:      affine,
	RowNorm:     rowNorm,
	RowNormBack: rowNormBack,
	MaxWindow:   maxWindow,
	MaxBack:     maxBack,
	LookUp:      lookUp,
	AddUp:       addUp,
	LSTM:        lstm,
	LSTMBack:    lstmBack,
	Adam:        adam,
	Prefetch:    func([]uint8, int, int, []int32) {},
	Claim:       func([]float32, int, int, int) {},
}
