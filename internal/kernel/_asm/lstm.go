package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// planes returns the addresses of the four gates' planes of n numbers, from p on.
func planes(p, n Register) [4]Mem {
	stride := duplicate(n)
	SHLQ(Imm(2), stride)
	triple := tripled(stride)
	return [4]Mem{
		at(p),
		{Base: p, Index: stride, Scale: 1},
		{Base: p, Index: stride, Scale: 2},
		{Base: p, Index: triple, Scale: 1},
	}
}

// lstm writes a step of an LSTM's cell.
func lstm() {
	function("lstm", "func(gates, before, cells, squashed, hidden *float32, n uint64)",
		"computes n cells.")
	p, before, c := pointer("gates"), pointer("before"), pointer("cells")
	s, h, n := pointer("squashed"), pointer("hidden"), pointer("n")
	gates := planes(p, n)
	along("cells", n, func(tail *mask) {
		var z [4]VecVirtual
		for i, activate := range []func(VecVirtual) VecVirtual{sigmoid, sigmoid, tanh, sigmoid} {
			z[i] = activate(load(gates[i], tail))
			store(z[i], gates[i], tail)
		}
		cell := load(at(before), tail)
		mul.do(z[0], z[2], z[2])
		fma213.do(z[2], z[1], cell)
		store(cell, at(c), tail)
		squash := tanh(cell)
		store(squash, at(s), tail)
		mul.do(z[3], squash, squash)
		store(squash, at(h), tail)
	}, p, before, c, s, h)
	end()
}

// lstmBack writes a step of an LSTM's cell backward.
func lstmBack() {
	function("lstmBack", "func(gates, before, squashed, dHidden, dCells *float32, n uint64)",
		"computes n cells backward.")
	p, before, squashed := pointer("gates"), pointer("before"), pointer("squashed")
	dHidden, dCells, n := pointer("dHidden"), pointer("dCells"), pointer("n")
	gates := planes(p, n)
	along("cells", n, func(tail *mask) {
		// rest returns 1 - x x, or x - x x.
		rest := func(start Op, x VecVirtual) VecVirtual {
			var r VecVirtual
			if c, ok := start.(constant); ok {
				r = filled(c)
			} else {
				r = copied(x)
			}
			nma231.do(x, x, r)
			return r
		}
		dh, s := load(at(dHidden), tail), load(at(squashed), tail)
		output := load(gates[3], tail)
		dc := load(at(dCells), tail)
		fma231.do(rest(real(1), s), mul.made(output, dh), dc)
		mul.do(s, dh, dh)
		mul.do(rest(output, output), dh, dh)
		store(dh, gates[3], tail)
		input, candidate := load(gates[0], tail), load(gates[2], tail)
		slope := mul.made(candidate, dc)
		mul.do(rest(input, input), slope, slope)
		store(slope, gates[0], tail)
		slope = mul.made(input, dc)
		mul.do(rest(real(1), candidate), slope, slope)
		store(slope, gates[2], tail)
		forget := load(gates[1], tail)
		slope = mul.made(load(at(before), tail), dc)
		mul.do(rest(forget, forget), slope, slope)
		store(slope, gates[1], tail)
		mul.do(forget, dc, dc)
		store(dc, at(dCells), tail)
	}, p, before, squashed, dHidden, dCells)
	end()
}
