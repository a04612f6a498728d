package main

import . "braid/internal/kernel/_asm/arm64"

// columnSums writes the three forms of the sums over rows: of squared deviations, of products with
// deviations from the center of a column, and from the mean of a row.
func columnSums() {
	for _, form := range []struct {
		name, parameters, doc string
		products, byRow       bool
	}{
		{"squareSums", "x, center, sum, product *float32, xRow", "deviations and their squares",
			false, false},
		{"productSums", "x, center, d, sum, product *float32, xRow, dRow",
			"d and its products with deviations", true, false},
		{"rowProductSums", "x, moments, d, sum, product *float32, xRow, dRow",
			"d and its products with deviations from the mean of the row", true, true},
	} {
		function(form.name, "func("+form.parameters+", rows, width uint64)",
			"adds up "+form.doc+", in rows of width numbers.")
		x, sum, product := Arg("x"), Arg("sum"), Arg("product")
		var center, d R
		if !form.byRow {
			center = Arg("center")
		}
		if form.products {
			d = Arg("d")
		}
		along("columns", Arg("width"), func(s span) {
			sums, products := s.load(sum), s.load(product)
			from := Copy(x)
			rows := []walk{{from, "xRow"}}
			var slopes, moments R
			var centers group
			if form.byRow {
				moments = Arg("moments")
			} else {
				centers = s.take(center)
			}
			if form.products {
				slopes = Copy(d)
				rows = append(rows, walk{slopes, "dRow"})
			}
			eachRow("rows", func() {
				deviation := s.load(from)
				if form.byRow {
					mean, factor := loadMoments(moments)
					deviation = timesLane(sub(deviation, mean), factor)
				} else {
					deviation = sub(deviation, centers)
				}
				slope := deviation
				if form.products {
					slope = s.load(slopes)
				}
				sums.update(FADD, sums, slope)
				addProduct(products, slope, deviation)
			}, rows...)
			s.put(sums, sum)
			s.put(products, product)
			s.skip(x)
			if form.products {
				s.skip(d)
			}
		})
		RET()
	}
}

// affine writes the functions of numbers by the factors of their column: without D, with D added to
// Y, and with D alone.
func affine() {
	for _, form := range []string{"affine", "affineAdd", "affineBoth"} {
		both, parameters := form != "affine", "y, x, center, scale, shift *float32, yRow, xRow"
		if both {
			parameters = "y, x, d, center, scale, shift, slope *float32, yRow, xRow, dRow"
		}
		function(form, "func("+parameters+", rows, width uint64)", "computes rows of width numbers.")
		y, x, center, scale, shift := Arg("y"), Arg("x"), Arg("center"), Arg("scale"), Arg("shift")
		var d, slope R
		if both {
			d, slope = Arg("d"), Arg("slope")
		}
		along("columns", Arg("width"), func(s span) {
			centers, scales, shifts := s.take(center), s.take(scale), s.take(shift)
			to, from := Copy(y), Copy(x)
			rows := []walk{{to, "yRow"}, {from, "xRow"}}
			var others R
			var slopes group
			if both {
				others, slopes = Copy(d), s.take(slope)
				rows = append(rows, walk{others, "dRow"})
			}
			eachRow("rows", func() {
				v, deviation := shifts.copied(), sub(s.load(from), centers)
				addProduct(v, deviation, scales)
				if both {
					addProduct(v, s.load(others), slopes)
				}
				if form == "affineAdd" {
					v = add(s.load(to), v)
				}
				s.store(v, to)
			}, rows...)
			s.skip(y)
			s.skip(x)
			if both {
				s.skip(d)
			}
		})
		RET()
	}
}
