package kernel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// matrixTest tests a set on matrices of rows x width numbers, filled by fill with r.
type matrixTest func(
	t *testing.T, set *Set, rows, width int, kind string, r *rand.Rand, fill filler,
)

// eachMatrix calls test with matrices of every small height and width, and each kind of data.
func eachMatrix(t *testing.T, test matrixTest) {
	eachSet(t, func(t *testing.T, set *Set) {
		for _, kind := range fills {
			for _, width := range lengths() {
				for _, rows := range []int{0, 1, 2, 5, 9} {
					r := rand.New(rand.NewPCG(uint64(width), uint64(rows)))
					test(t, set, rows, width, kind.name, r, kind.fill)
				}
			}
		}
	})
}

func TestSoftmaxOfSets(t *testing.T) {
	eachMatrix(t, func(
		t *testing.T, set *Set, rows, width int, kind string, r *rand.Rand, fill filler,
	) {
		what := fmt.Sprintf("Softmax, %s data, %d x %d", kind, rows, width)
		xRow, yRow, offset := width+rows%2, width+width%3, (rows+width)%4
		_, x := matrix(r, fill, rows, width, xRow, 3-offset)
		if width > 2 && rows > 2 { // two largest numbers in row 0, -Inf in row 1
			x[width-1], x[1] = 3e38, 3e38
			for i := range width {
				x[xRow+i] = -inf
			}
		}
		allY, y := matrix(r, fill, rows, width, yRow, offset)
		allHigh, high := guarded(rows, offset)
		allRest, rest := guarded(rows, 3-offset)
		p := Softmax{
			Rows: rows, Width: width, Y: y, YRow: yRow, X: x, XRow: xRow, Max: high, Rest: rest,
		}
		q := p
		q.Y, q.Max, q.Rest = clone(y), clone(high), clone(rest)
		if width > 0 {
			softmax(q)
		}
		set.Softmax(p)
		checkSame(t, what, y, q.Y)
		checkSame(t, what+", highest", high, q.Max)
		checkSame(t, what+", rest", rest, q.Rest)
		checkGuards(t, what, allY, len(y), offset)
		checkGuards(t, what, allHigh, rows, offset)
		checkGuards(t, what, allRest, rows, 3-offset)
		if yRow == xRow {
			p.Y = x
			set.Softmax(p)
			checkSame(t, what+", in place", x, q.Y)
		}
	})
}

// Every combination of strides that are 0, as wide as a row, or wider.
func TestMulRows(t *testing.T) {
	small := []float32{1, 2}
	mulRows(RowProducts{Rows: 3, Width: 2, Y: small, X: []float32{1, 2, 3, 4, 5, 6}, XRow: 2,
		W: []float32{10, 20, 30, 40, 50, 60}, WRow: 2})
	checkSame(t, "sum over rows", small, []float32{351, 562})
	strides := func(width int) []int { return []int{0, width, width + 5} }
	eachMatrix(t, func(
		t *testing.T, set *Set, rows, width int, kind string, r *rand.Rand, fill filler,
	) {
		for _, yRow := range strides(width) {
			for _, xRow := range strides(width) {
				wRow := strides(width)[(yRow+2*xRow+rows)%3]
				offset := (rows + width) % 4
				allY, y := matrix(r, fill, rows, width, yRow, offset)
				_, x := matrix(r, fill, rows, width, xRow, 3-offset)
				_, w := matrix(r, fill, rows, width, wRow, 1)
				want := clone(y)
				p := RowProducts{
					Rows: rows, Width: width, Y: y, YRow: yRow, X: x, XRow: xRow, W: w, WRow: wRow,
				}
				q := p
				q.Y = want
				mulRows(q)
				set.MulRows(p)
				what := fmt.Sprintf("MulRows, %s data, %d x %d, strides %d %d %d", kind, rows, width,
					yRow, xRow, wRow)
				checkSame(t, what, y, want)
				checkGuards(t, what, allY, len(y), offset)
			}
		}
	})
}

func TestArgMax(t *testing.T) {
	rows := []float32{
		1, 3, 3, 2, // the first of two equal numbers
		nan, -5, nan, -4,
		nan, nan, nan, nan,
		-inf, -inf, -inf, -inf,
		negative, 0, -1, 0, // 0 and -0 are equal
		1, 2, inf, nan,
	}
	want := []int32{1, 3, 0, 0, 0, 2}
	eachSet(t, func(t *testing.T, set *Set) {
		got := make([]int32, 6)
		set.ArgMax(ArgMax{Rows: 6, Width: 4, Index: got, X: rows, XRow: 4})
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	eachMatrix(t, func(
		t *testing.T, set *Set, rows, width int, kind string, r *rand.Rand, fill filler,
	) {
		if width == 0 {
			return
		}
		_, x := matrix(r, fill, rows, width, width+3, rows%4)
		if rows > 2 && width > 1 {
			x[width-2], x[width-1] = 3.2e38, 3.2e38
		}
		got, want := make([]int32, rows+1), make([]int32, rows+1)
		got[rows], want[rows] = -7, -7
		argMax(ArgMax{Rows: rows, Width: width, Index: want, X: x, XRow: width + 3})
		set.ArgMax(ArgMax{Rows: rows, Width: width, Index: got, X: x, XRow: width + 3})
		if !slices.Equal(got, want) {
			t.Fatalf("%s data, %d x %d: got %v, want %v", kind, rows, width, got, want)
		}
	})
}

func TestBytes(t *testing.T) {
	eachSet(t, func(t *testing.T, set *Set) {
		small := make([]float32, 4)
		set.Bytes(Gathered{
			Width: 2, Y: small, YRow: 2, X: []uint8{9, 9, 7, 255, 9, 9, 0, 1}, XRow: 2, Order: []int32{3, 1},
			Scale: 0.5, Shift: -3,
		})
		checkSame(t, "bytes", small, []float32{-3, -2.5, 0.5, 124.5})
		for _, width := range lengths() {
			for _, order := range [][]int32{{}, {2}, {4, 0, 4}, {1, 3, 2, 0}} {
				row := width + width%3
				source := make([]uint8, 4*row+width)
				for i := range source {
					source[i] = uint8(i*37 + width)
				}
				offset := width % 4
				all, y := matrix(nil, func(*rand.Rand, []float32) {}, len(order), width, width+2, offset)
				p := Gathered{
					Width: width, Y: y, YRow: width + 2, X: source, XRow: row, Order: order, Scale: 0.0127,
					Shift: -0.424,
				}
				q := p
				q.Y = clone(y)
				if width > 0 {
					bytes(q)
				}
				set.Bytes(p)
				set.Prefetch(source, row, width, order)
				what := fmt.Sprintf("bytes, width %d, order %v", width, order)
				checkSame(t, what, y, q.Y)
				checkGuards(t, what, all, len(y), offset)
			}
		}
	})
}

// Prefetch and Claim change no memory, wherever a row begins and ends.
func TestPrefetchChangesNothing(t *testing.T) {
	eachSet(t, func(t *testing.T, set *Set) {
		for _, width := range lengths() {
			for _, rows := range []int{0, 1, 5} {
				offset, row := width%4, width+width%3
				all, x := matrix(rand.New(rand.NewPCG(uint64(width), 3)), odd, rows, width, row, offset)
				before := clone(all)
				set.Claim(x, row, rows, width)
				checkSame(t, fmt.Sprintf("claim, %d rows of %d", rows, width), all, before)
			}
		}
		bytes := []uint8{1, 2, 3, 4, 5, 6, 7}
		set.Prefetch(bytes[1:], 3, 2, []int32{1, 0})
		set.Prefetch(bytes, 3, 0, []int32{1})
		if !slices.Equal(bytes, []uint8{1, 2, 3, 4, 5, 6, 7}) {
			t.Errorf("prefetch changed bytes to %v", bytes)
		}
	})
}

func TestTranspose(t *testing.T) {
	eachSet(t, func(t *testing.T, set *Set) {
		for rows := range 36 {
			for columns := range 36 {
				for _, adding := range []bool{false, true} {
					r := rand.New(rand.NewPCG(uint64(rows), uint64(columns)))
					fill, offset := fills[(rows+columns)%3].fill, (rows+columns)%4
					_, x := matrix(r, fill, rows, columns, columns+rows%2, 3-offset)
					all, y := matrix(r, fill, columns, rows, rows+columns%3, offset)
					p := Transposition{
						Rows: rows, Columns: columns, Y: y, YRow: rows + columns%3,
						X: x, XRow: columns + rows%2, Add: adding,
					}
					q := p
					q.Y = clone(y)
					transpose(q)
					set.Transpose(p)
					what := fmt.Sprintf("transpose %d x %d, adding %v", rows, columns, adding)
					checkSame(t, what, y, q.Y)
					checkGuards(t, what, all, len(y), offset)
				}
			}
		}
	})
}

func TestLookup(t *testing.T) {
	eachMatrix(t, func(
		t *testing.T, set *Set, rows, width int, kind string, r *rand.Rand, fill filler,
	) {
		what := fmt.Sprintf("%s data, %d ids, width %d", kind, rows, width)
		const words = 7
		ids := make([]int32, rows)
		for i := range ids {
			ids[i] = r.Int32N(words)
		}
		offset := width % 4
		allTable, table := matrix(r, fill, words, width, width+1, offset)
		allX, x := matrix(r, fill, rows, width, width, 3-offset)
		p := Lookup{Width: width, IDs: ids, Table: table, TableRow: width + 1, X: x}
		q := p
		q.X = clone(x)
		lookUp(q)
		set.LookUp(p)
		checkSame(t, what+", look up", x, q.X)
		checkGuards(t, what, allX, len(x), 3-offset)

		// The table has only the ids 2 to 5.
		_, x = matrix(r, fill, rows, width, width+2, offset)
		p = Lookup{
			Width: width, IDs: ids, Table: table, TableRow: width + 1, X: x, XRow: width + 2, Lo: 2, Rows: 4,
		}
		q = p
		q.Table = clone(table)
		addUp(q)
		set.AddUp(p)
		checkSame(t, what+", add up", table, q.Table)
		checkGuards(t, what, allTable, len(table), offset)
	})
}

// TestRowsOutOfBounds checks that Go checks the bounds, because the assembly does not.
func TestRowsOutOfBounds(t *testing.T) {
	x, ids := make([]float32, 12), []int32{0, 3}
	for name, call := range map[string]func(*Set){
		"Softmax": func(s *Set) {
			s.Softmax(Softmax{Rows: 4, Width: 4, Y: x, YRow: 3, X: x, XRow: 3, Max: x, Rest: x})
		},
		"Softmax's Rest": func(s *Set) {
			s.Softmax(Softmax{Rows: 3, Width: 4, Y: x, YRow: 4, X: x, XRow: 4, Max: x, Rest: x[:2:2]})
		},
		"ArgMax": func(s *Set) {
			s.ArgMax(ArgMax{Rows: 3, Width: 4, Index: make([]int32, 2), X: x, XRow: 4})
		},
		"Bytes": func(s *Set) {
			s.Bytes(Gathered{Width: 4, Y: x, YRow: 4, X: make([]uint8, 15), XRow: 4, Order: ids})
		},
		"Bytes rows": func(s *Set) {
			s.Bytes(Gathered{Width: 4, Y: x, YRow: 4, X: make([]uint8, 16), XRow: 3, Order: []int32{0}})
		},
		"Bytes < 0": func(s *Set) {
			s.Bytes(Gathered{Width: 4, Y: x, YRow: 4, X: make([]uint8, 16), XRow: 4, Order: []int32{-1}})
		},
		"Transpose": func(s *Set) {
			s.Transpose(Transposition{Rows: 3, Columns: 4, Y: x, YRow: 4, X: x, XRow: 4})
		},
		"LookUp": func(s *Set) {
			s.LookUp(Lookup{Width: 4, IDs: ids, Table: x, TableRow: 4, X: make([]float32, 8)})
		},
		"AddUp": func(s *Set) {
			s.AddUp(Lookup{Width: 4, IDs: ids, Table: x, TableRow: 4, X: x, XRow: 4, Rows: 4})
		},
		"LSTM": func(s *Set) {
			s.LSTM(LSTMCell{Gates: x[:11:11], Before: x, Cells: x, Squashed: x, Hidden: x[:3]})
		},
		"LSTMBack": func(s *Set) {
			s.LSTMBack(LSTMBack{Gates: x, Before: x[:2:2], Squashed: x, DHidden: x, DCells: x[:3]})
		},
		"ColumnSums": func(s *Set) {
			s.ColumnSums(ColumnSums{Rows: 3, Width: 4, X: x, XRow: 4, Center: x, Sum: x[:3:3], Product: x})
		},
		"ColumnSums' D": func(s *Set) {
			s.ColumnSums(ColumnSums{Rows: 3, Width: 4, X: x, XRow: 4, Center: x, D: x, DRow: 5, Sum: x,
				Product: x})
		},
		"ColumnSums' Moments": func(s *Set) {
			s.ColumnSums(ColumnSums{Rows: 3, Width: 4, X: x, XRow: 4, Moments: x[:5:5], D: x, DRow: 4,
				Sum: x, Product: x})
		},
		"ColumnSums without D": func(s *Set) {
			s.ColumnSums(ColumnSums{Rows: 3, Width: 4, X: x, XRow: 4, Moments: x, Sum: x, Product: x})
		},
		"Affine": func(s *Set) {
			s.Affine(Affine{Rows: 3, Width: 4, Y: x, YRow: 4, X: x[:11:11], XRow: 4, Center: x, Scale: x,
				Shift: x})
		},
		"Affine's Slope": func(s *Set) {
			s.Affine(Affine{Rows: 3, Width: 4, Y: x, YRow: 4, X: x, XRow: 4, Center: x, Scale: x,
				Shift: x, D: x, DRow: 4, Slope: x[:3:3]})
		},
		"RowNorm": func(s *Set) {
			s.RowNorm(RowNorm{Rows: 3, Width: 4, Y: x, YRow: 4, X: x, XRow: 4, Gamma: x, Beta: x[:3:3],
				Moments: x})
		},
		"RowNormBack": func(s *Set) {
			s.RowNormBack(RowNorm{Rows: 3, Width: 4, Grad: x, GradRow: 4, X: x, XRow: 4, Gamma: x, D: x,
				DRow: 5, Moments: x})
		},
		"MulLanes' Start": func(s *Set) {
			s.MulLanes(Product{Rows: 3, Columns: 4, Inner: 1, C: x, CRow: 4, A: x, ARow: 1, ACol: 1, B: x,
				Fresh: true, Start: x[:3:3]})
		},
		"SoftmaxBack": func(s *Set) {
			s.SoftmaxBack(SoftmaxBack{Rows: 3, Width: 4, D: x, DRow: 4, Y: x, YRow: 5})
		},
		"SoftmaxBack's D": func(s *Set) {
			s.SoftmaxBack(SoftmaxBack{Rows: 3, Width: 4, D: x, DRow: 5, Y: x, YRow: 4})
		},
		"MaxWindow": func(s *Set) {
			s.MaxWindow(MaxWindow{Rows: 2, Width: 2, Lines: 2, Taps: 2, X: x[:11:11], XRow: 2, Line: 6,
				Y: x, YRow: 2})
		},
		"MaxWindow without taps": func(s *Set) {
			s.MaxWindow(MaxWindow{Rows: 2, Width: 2, Lines: 2, X: x, XRow: 2, Line: 6, Y: x, YRow: 2})
		},
		"MaxBack": func(s *Set) {
			s.MaxBack(MaxWindow{Rows: 2, Width: 2, Lines: 2, Taps: 2, X: x, XRow: 2, Line: 6, Y: x,
				YRow: 2, D: x, DRow: 2, Grad: x[:11:11]})
		},
		"Adam": func(s *Set) {
			s.Adam(AdamBlock{Rows: 2, Width: 6, W: x, G: x[:11:11], M: x, V: x, WRow: 6, GRow: 6}, adamStep)
		},
	} {
		eachSet(t, func(t *testing.T, set *Set) {
			defer func() {
				if recover() == nil {
					t.Errorf("%s beyond a slice does not panic", name)
				}
			}()
			call(set)
		})
	}
}
