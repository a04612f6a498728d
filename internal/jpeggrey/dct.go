package jpeggrey

// natural is the row-major index of each coefficient in zigzag order: T.81, figure A.6.
var natural = func() (table [64]uint8) {
	x, y, up := 0, 0, true
	for k := range table {
		table[k] = uint8(8*y + x)
		switch {
		case up && x == 7:
			y, up = y+1, false
		case up && y == 0:
			x, up = x+1, false
		case up:
			x, y = x+1, y-1
		case y == 7:
			x, up = x+1, true
		case x == 0:
			y, up = y+1, true
		default:
			x, y = x-1, y+1
		}
	}
	return table
}()

// factor is the factor of each coefficient, row-major, before the inverse DCT.
var factor = func() (table [64]float32) {
	// 1, and the square root of 2 times cos(k pi/16) for k = 1 to 7.
	line := [8]float32{
		1, 1.387039845, 1.306562965, 1.175875602, 1, 0.785694958, 0.541196100, 0.275899379,
	}
	for i := range table {
		table[i] = line[i/8] * line[i%8] / 8
	}
	return table
}()

// inverse computes the inverse DCT of a block whose coefficients have been multiplied with their
// factors: Y. Arai, T. Agui, M. Nakajima, "A fast DCT-SQ scheme for images", 1988.
func inverse(block *[64]float32) {
	for x := range 8 {
		inverseLine(block[x:], 8)
	}
	for y := range 8 {
		inverseLine(block[8*y:], 1)
	}
}

// inverseLine transforms eight values that are step apart.
func inverseLine(v []float32, step int) {
	const (
		sqrt2 = 1.414213562
		a     = 1.847759065 // 2 cos(pi/8)
		b     = 1.082392200 // 2 (cos(pi/8) - cos(3 pi/8))
		c     = 2.613125930 // 2 (cos(pi/8) + cos(3 pi/8))
	)
	v = v[: 7*step+1 : 7*step+1]
	v0, v1, v2, v3 := v[0], v[step], v[2*step], v[3*step]
	v4, v5, v6, v7 := v[4*step], v[5*step], v[6*step], v[7*step]

	sum, difference, edge := v0+v4, v0-v4, v2+v6
	middle := float32((v2-v6)*sqrt2) - edge
	e0, e1, e2, e3 := sum+edge, difference+middle, difference-middle, sum-edge

	z13, z10, z11, z12 := v5+v3, v5-v3, v1+v7, v1-v7
	o0 := z11 + z13
	z5 := float32((z10 + z12) * a)
	o1 := z5 - float32(z10*c) - o0
	o2 := float32((z11-z13)*sqrt2) - o1
	o3 := float32(z12*b) - z5 + o2

	v[0], v[step], v[2*step], v[3*step] = e0+o0, e1+o1, e2+o2, e3-o3
	v[4*step], v[5*step], v[6*step], v[7*step] = e3+o3, e2-o2, e1-o1, e0-o0
}

// toSample returns a value of a block as a sample from 0 to 255.
func toSample(v float32) float32 { return float32(int32(min(max(v+128.5, 0), 255))) }

// mean returns the mean of a block's samples, from its DC coefficient.
func (c *component) mean(dc int32) float32 {
	return min(max(float32(float32(dc)*c.scale[0])+128, 0), 255)
}

// show adds a block to its plane. All coefficients but the DC are multiplied with their factors.
func (c *component) show(column, row int, dc int32, block *[64]float32) {
	block[0] = float32(dc) * c.scale[0]
	inverse(block)
	for i, v := range block {
		block[i] = toSample(v)
	}
	c.plane.add(column, row, block)
}
