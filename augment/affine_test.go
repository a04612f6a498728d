package augment

import (
	"math"
	"slices"
	"testing"

	"braid/tensor"
)

// Motions whose results are known exactly.
func TestKnownMotions(t *testing.T) {
	small := Images{Height: 3, Width: 3, Channels: 1}
	count := []float32{1, 2, 3, 4, 5, 6, 7, 8, 9}
	two := Images{Height: 2, Width: 2, Channels: 2}
	for name, c := range map[string]struct {
		images  Images
		affine  Affine
		motion  motion
		in, out []float32
	}{
		"nothing": {small, Affine{Value: 99}, motion{scale: 1}, count, count},
		"quarter turn, clockwise": {small, Affine{Value: 99}, motion{scale: 1, turn: 90}, count,
			[]float32{7, 4, 1, 8, 5, 2, 9, 6, 3}},
		"half turn": {small, Affine{Value: 99}, motion{scale: 1, turn: 180}, count,
			[]float32{9, 8, 7, 6, 5, 4, 3, 2, 1}},
		"right by one": {small, Affine{Value: 99}, motion{scale: 1, shiftX: 1}, count,
			[]float32{99, 1, 2, 99, 4, 5, 99, 7, 8}},
		"down by one": {small, Affine{Border: Edge}, motion{scale: 1, shiftY: 1}, count,
			[]float32{1, 2, 3, 1, 2, 3, 4, 5, 6}},
		"left by a quarter": {small, Affine{Value: 8}, motion{scale: 1, shiftX: -0.25}, count,
			[]float32{1.25, 2.25, 4.25, 4.25, 5.25, 6.5, 7.25, 8.25, 8.75}},
		"left by a quarter, edge": {small, Affine{Border: Edge}, motion{scale: 1, shiftX: -0.25}, count,
			[]float32{1.25, 2.25, 3, 4.25, 5.25, 6, 7.25, 8.25, 9}},
		"left by a quarter, nearest": {small, Affine{Interpolation: Nearest},
			motion{scale: 1, shiftX: -0.25}, count, count},
		"left by three quarters, nearest": {small, Affine{Interpolation: Nearest, Value: 99},
			motion{scale: 1, shiftX: -0.75}, count, []float32{2, 3, 99, 5, 6, 99, 8, 9, 99}},
		"twice the size": {small, Affine{Value: 99}, motion{scale: 2}, count,
			[]float32{3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7}},
		"twice the width": {small, Affine{Value: 99}, motion{scale: 1, scaleY: 1, scaleX: 2}, count,
			[]float32{1.5, 2, 2.5, 4.5, 5, 5.5, 7.5, 8, 8.5}},
		"twice the height, then a quarter turn": {small, Affine{Value: 99},
			motion{scale: 1, scaleY: 2, scaleX: 1, turn: 90}, count,
			[]float32{5.5, 4, 2.5, 6.5, 5, 3.5, 7.5, 6, 4.5}},
		"half the size": {small, Affine{Value: 99}, motion{scale: 0.5}, count,
			[]float32{99, 99, 99, 99, 5, 99, 99, 99, 99}},
		"channels, left by a half": {two, Affine{Value: -10}, motion{scale: 1, shiftX: -0.5},
			[]float32{1, 2, 3, 4, 5, 6, 7, 8}, []float32{2, 3, -3.5, -3, 6, 7, -1.5, -1}},
	} {
		if c.motion.scaleY == 0 {
			c.motion.scaleY, c.motion.scaleX = 1, 1
		}
		got := slices.Clone(c.in)
		affine{c.affine, c.images}.move(newMapping(c.images, c.motion), got, make([]float32, len(got)))
		if !slices.Equal(got, c.out) {
			t.Errorf("%s: got %v, want %v", name, got, c.out)
		}
	}
}

// Any motion, against a slow computation with the inverse of the motion's matrix.
func TestMotions(t *testing.T) {
	for channels := 1; channels <= 2; channels++ {
		testMotions(t, channels)
	}
}

func testMotions(t *testing.T, channels int) {
	images := Images{Height: 7, Width: 11, Channels: channels}
	in := make([]float32, images.size())
	for i := range in {
		in[i] = float32(i*i%97) / 10
	}
	for i := range 200 {
		u := func(k int) float64 {
			return math.Mod(float64(i)*[]float64{.618, .414, .732, .236, .449, .141, .302}[k], 1)
		}
		m := motion{
			turn: 360*u(0) - 180, scale: 0.5 + u(1), scaleY: 0.7 + u(5), scaleX: 0.6 + u(6),
			shear: 60*u(2) - 30, shiftY: 4*u(3) - 2, shiftX: 6*u(4) - 3,
		}
		a := affine{Affine{Border: Border(i % 2), Value: 3}, images}
		got := slices.Clone(in)
		a.move(newMapping(images, m), got, make([]float32, len(got)))
		sin, cos := math.Sincos(m.turn * math.Pi / 180)
		tan := math.Tan(m.shear * math.Pi / 180)
		xx, xy := m.scale*m.scaleX*cos, m.scale*(m.scaleX*cos*tan-m.scaleY*sin)
		yx, yy := m.scale*m.scaleX*sin, m.scale*(m.scaleX*sin*tan+m.scaleY*cos)
		det := xx*yy - xy*yx
		for row := range 7 {
			for column := range 11 {
				dx, dy := float64(column)-5-m.shiftX, float64(row)-3-m.shiftY
				x, y := (yy*dx-xy*dy)/det+5, (xx*dy-yx*dx)/det+3
				for k := range channels {
					var want float64
					for _, p := range [][2]float64{{0, 0}, {0, 1}, {1, 0}, {1, 1}} {
						px, py := math.Floor(x)+p[0], math.Floor(y)+p[1]
						weight := (1 - math.Abs(x-px)) * (1 - math.Abs(y-py))
						v := 3.0
						if a.Border == Edge {
							px, py = min(max(px, 0), 10), min(max(py, 0), 6)
						}
						if px >= 0 && px <= 10 && py >= 0 && py <= 6 {
							v = float64(in[(int(py)*11+int(px))*channels+k])
						}
						want += weight * v
					}
					if g := got[(row*11+column)*channels+k]; math.Abs(float64(g)-want) > 1e-5 {
						t.Fatalf("%+v: pixel (%d, %d), channel %d is %v, want %v", m, row, column, k, g, want)
					}
				}
			}
		}
	}
}

// Each number is drawn from its range, and no two are the same draw.
func TestDrawnMotions(t *testing.T) {
	a := Affine{Rotation: 30, Scale: Range{0.5, 0.75}, Shear: 20, ShiftY: 0.5, ShiftX: 0.25}
	fn, err := a.Bind(Images{Height: 6, Width: 10, Channels: 1, DType: tensor.Float32})
	if err != nil {
		t.Fatal(err)
	}
	var low, high [4]float64
	for example := range 500 {
		m := fn.(affine).draw(drawsOf(3, 1, int32(example)))
		for i, v := range []int64{m.yPerRow, m.yPerColumn, m.xPerColumn, m.xPerRow} {
			v := float64(v) / (1 << 32)
			if example == 0 {
				low[i], high[i] = v, v
			}
			low[i], high[i] = min(low[i], v), max(high[i], v)
		}
	}
	for i, want := range []struct {
		name      string
		low, high float64
	}{
		{"y per row, cos/scale", math.Cos(math.Pi/6) / 0.75, 2},
		{"y per column, -sin/scale", -1, 1},
		{"x per column, (cos + tan sin)/scale", 0.912, 2.1},
		{"x per row, (sin - tan cos)/scale", -1.631, 1.631},
	} {
		wide := 0.15 * (want.high - want.low)
		if low[i] < want.low-1e-3 || low[i] > want.low+wide || high[i] > want.high+1e-3 ||
			high[i] < want.high-wide {
			t.Errorf("%s: from %v to %v, want %v to %v", want.name, low[i], high[i], want.low, want.high)
		}
	}
	a = Affine{ScaleY: Range{0.5, 0.75}, ScaleX: Range{0.8, 2}}
	if fn, err = a.Bind(Images{Height: 6, Width: 10, Channels: 1}); err != nil {
		t.Fatal(err)
	}
	var sizes [2][]float64 // height, width
	for example := range 500 {
		m := fn.(affine).draw(drawsOf(3, 1, int32(example)))
		sizes[0] = append(sizes[0], (1<<32)/float64(m.yPerRow))
		sizes[1] = append(sizes[1], (1<<32)/float64(m.xPerColumn))
	}
	for i, want := range []Range{a.ScaleY, a.ScaleX} {
		low, high, wide := slices.Min(sizes[i]), slices.Max(sizes[i]), 0.02*(want.High-want.Low)
		if low < want.Low-1e-6 || low > want.Low+wide || high > want.High+1e-6 || high < want.High-wide {
			t.Errorf("axis %d is scaled by %v to %v, want %v to %v", i, low, high, want.Low, want.High)
		}
	}
	if math.Abs(correlation(sizes[0], sizes[1])) > 0.15 { // three standard deviations
		t.Errorf("height and width have the correlation %v", correlation(sizes[0], sizes[1]))
	}
	a = Affine{ShiftY: 0.5, ShiftX: 0.25}
	if fn, err = a.Bind(Images{Height: 6, Width: 10, Channels: 1}); err != nil {
		t.Fatal(err)
	}
	var y, x float64
	for example := range 500 {
		m := fn.(affine).draw(drawsOf(3, 1, int32(example)))
		y, x = max(y, math.Abs(float64(m.y)/(1<<32))), max(x, math.Abs(float64(m.x)/(1<<32)))
	}
	if y > 3 || y < 2.8 || x > 2.5 || x < 2.3 {
		t.Errorf("shifts by up to %v rows and %v columns, want 3 and 2.5", y, x)
	}
}

// correlation returns Pearson's coefficient.
func correlation(x, y []float64) float64 {
	var sx, sy, xx, xy, yy float64
	for i := range x {
		sx, sy = sx+x[i], sy+y[i]
		xx, xy, yy = xx+x[i]*x[i], xy+x[i]*y[i], yy+y[i]*y[i]
	}
	n := float64(len(x))
	return (n*xy - sx*sy) / math.Sqrt((n*xx-sx*sx)*(n*yy-sy*sy))
}
