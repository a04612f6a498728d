package main

import . "braid/internal/kernel/_asm/arm64"

// adam writes the Adam step.
func adam() {
	function("adam", "func(w, grad, m, v *float32, "+
		"wRow, gradRow, mRow, vRow, rows, width uint64, "+
		"beta1, rest1, beta2, rest2, rate, epsilon float32)",
		"updates rows of width weights and their moments.")
	w, grad, m, v := Arg("w"), Arg("grad"), Arg("m"), Arg("v")
	number := func(name string) group { return group{ArgVector(name)} }
	beta1, rest1, beta2, rest2 := number("beta1"), number("rest1"), number("beta2"), number("rest2")
	rate, epsilon := number("rate"), number("epsilon")
	flush := func(x group) { x.clear(made(FACGT, constant(smallestNormal), x)) }
	eachRow("rows", func() {
		w, grad, m, v := Copy(w), Copy(grad), Copy(m), Copy(v)
		along("weights", Arg("width"), func(s span) {
			g := s.take(grad)
			first, second := mul(g, rest1), mul(mul(g, rest2), g)
			addProduct(first, s.load(m), beta1)
			flush(first)
			s.put(first, m)
			addProduct(second, s.load(v), beta2)
			flush(second)
			s.put(second, v)
			weight := s.load(w)
			subProduct(weight, div(first, add(made1(FSQRT, second), epsilon)), rate)
			s.put(weight, w)
		})
	}, walk{w, "wRow"}, walk{grad, "gradRow"}, walk{m, "mRow"}, walk{v, "vRow"})
	RET()
}

// mulRows writes the kernel that adds the products of two matrices, element by element.
func mulRows() {
	function("mulRows", "func(y, x, w *float32, yRow, xRow, wRow, rows, width uint64)",
		"adds the products of rows of width numbers, at least one row.")
	y, x, w := Arg("y"), Arg("x"), Arg("w")
	eachRow("rows", func() {
		y, x, w := Copy(y), Copy(x), Copy(w)
		along("numbers", Arg("width"), func(s span) {
			products := s.load(y)
			addProduct(products, s.take(x), s.take(w))
			s.put(products, y)
		})
	}, walk{y, "yRow"}, walk{x, "xRow"}, walk{w, "wRow"})
	RET()
}
