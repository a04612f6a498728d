package main

import . "braid/internal/kernel/_asm/arm64"

// planes returns the addresses of the four gates' planes of n numbers, from p on.
func planes(p, n R) []R {
	list := []R{p}
	for i := 1; i < 4; i++ {
		list = append(list, sum(list[i-1], n.Shift(2)))
	}
	return list
}

// lstm writes a step of an LSTM's cell.
func lstm() {
	function("lstm", "func(gates, before, cells, squashed, hidden *float32, n uint64)",
		"computes n cells.")
	before, cells, squashed := Arg("before"), Arg("cells"), Arg("squashed")
	hidden, n := Arg("hidden"), Arg("n")
	gates := planes(Arg("gates"), n)
	along("cells", n, func(s span) {
		activated := func(gate R, activation func(group) group) group {
			a := activation(s.load(gate))
			s.put(a, gate)
			return a
		}
		input := activated(gates[0], sigmoid)
		cell := mul(input, activated(gates[2], tanh))
		addProduct(cell, activated(gates[1], sigmoid), s.take(before))
		s.put(cell, cells)
		state := tanh(cell)
		s.put(state, squashed)
		s.put(mul(state, activated(gates[3], sigmoid)), hidden)
	})
	RET()
}

// lstmBack writes a step of an LSTM's cell backward.
func lstmBack() {
	function("lstmBack", "func(gates, before, squashed, dHidden, dCells *float32, n uint64)",
		"computes n cells backward.")
	before, squashed := Arg("before"), Arg("squashed")
	dHidden, dCells, n := Arg("dHidden"), Arg("dCells"), Arg("n")
	gates := planes(Arg("gates"), n)
	along("cells", n, func(s span) {
		// The slopes of sigmoid and tanh, by their result.
		slope := func(y group) group {
			d := y.copied()
			subProduct(d, y, y)
			return d
		}
		tanhSlope := func(y group) group {
			d := copies(1, len(y))
			subProduct(d, y, y)
			return d
		}
		dh, state, output := s.take(dHidden), s.take(squashed), s.load(gates[3])
		dc := s.load(dCells)
		addProduct(dc, tanhSlope(state), mul(dh, output))
		s.put(mul(mul(dh, state), slope(output)), gates[3])
		input, candidate := s.load(gates[0]), s.load(gates[2])
		s.put(mul(mul(dc, candidate), slope(input)), gates[0])
		s.put(mul(mul(dc, input), tanhSlope(candidate)), gates[2])
		forget := s.load(gates[1])
		s.put(mul(mul(dc, s.take(before)), slope(forget)), gates[1])
		s.put(mul(dc, forget), dCells)
	})
	RET()
}
