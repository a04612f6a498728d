package main

import . "braid/internal/kernel/_asm/arm64"

// rowNorm writes the normalization of rows.
func rowNorm() {
	function("rowNorm", "func(y, x, gamma, beta, moments *float32, yRow, xRow, rows, width uint64, "+
		"count, epsilon float32)", "normalizes rows of width numbers, at least 1; count is width.")
	y, x, width, moments := Arg("y"), Arg("x"), Arg("width"), Arg("moments")
	count, epsilon := group{ArgVector("count")}, group{ArgVector("epsilon")}
	eachRow("rows", func() {
		sums, from := group(zeros(4)), Copy(x)
		inLanes("sum", width, func(s span) {
			v := s.take(from)
			s.update(sums, func(sums group) { sums.update(FADD, sums, v) })
		})
		mean := div(fold(sums, FADD), count)
		squares, from := group(zeros(4)), Copy(x)
		inLanes("squares", width, func(s span) {
			v := sub(s.take(from), mean)
			s.update(squares, func(sums group) { addProduct(sums, v, v) })
		})
		variance := div(fold(squares, FADD), count)
		factor := div(constant(1), made1(FSQRT, add(variance, epsilon)))
		STRS(mean[0], moments.Post(4))
		STRS(factor[0], moments.Post(4))
		to, from, gamma, beta := Copy(y), Copy(x), Arg("gamma"), Arg("beta")
		along("normalize", Copy(width), func(s span) {
			v, normalized := mul(sub(s.take(from), mean), factor), s.take(beta)
			addProduct(normalized, v, s.take(gamma))
			s.put(normalized, to)
		})
	}, walk{y, "yRow"}, walk{x, "xRow"})
	RET()
}

// loadMoments loads the mean of a row, and its factor into a lane. It moves p to the next row.
func loadMoments(p R) (mean group, factor Lane) {
	pair, mean := NewV(), newGroup(1)
	LDRD(pair, p.Post(8))
	DUP(mean[0], pair.Lane(0))
	return mean, pair.Lane(1)
}

// rowNormBack writes the gradient of rowNorm.
func rowNormBack() {
	function("rowNormBack", "func(grad, x, d, gamma, moments *float32, "+
		"gradRow, xRow, dRow, rows, width uint64, count float32)",
		"adds the gradient of rows of width numbers, at least 1; count is width.")
	grad, x, d, width, moments := Arg("grad"), Arg("x"), Arg("d"), Arg("width"), Arg("moments")
	count := group{ArgVector("count")}
	eachRow("rows", func() {
		mean, factor := loadMoments(moments)
		from, slopes, factors := Copy(x), Copy(d), Arg("gamma")
		// scaled returns d gamma, and the normalized x.
		scaled := func(s span) (group, group) {
			return mul(s.take(slopes), s.take(factors)), timesLane(sub(s.take(from), mean), factor)
		}
		sums, products := group(zeros(4)), group(zeros(4))
		inLanes("sums", width, func(s span) {
			slope, normalized := scaled(s)
			s.update(sums, func(sums group) { sums.update(FADD, sums, slope) })
			s.update(products, func(sums group) { addProduct(sums, slope, normalized) })
		})
		sum, product := div(fold(sums, FADD), count), div(fold(products, FADD), count)
		MOV(from, x)
		MOV(slopes, d)
		LoadArg(factors, "gamma")
		to := Copy(grad)
		along("add", Copy(width), func(s span) {
			slope, normalized := scaled(s)
			slope = sub(slope, sum)
			subProduct(slope, normalized, product)
			total := s.load(to)
			total.update(func(d, n, _ V) { FMLA(d, n, factor) }, slope, slope)
			s.put(total, to)
		})
	}, walk{grad, "gradRow"}, walk{x, "xRow"}, walk{d, "dRow"})
	RET()
}
