//go:build amd64 && !purego

package kernel

// avx2 overrides what AVX2 with fused multiply-add speeds up.
var avx2 = func() Set {
	dots := &dotsTiles{
		rows:  2,
		whole: []dotsTile{dots2x1AVX2, dots2x2AVX2, dots2x3AVX2},
		one:   []dotsTile{dots1x1AVX2, dots1x2AVX2, dots1x3AVX2},
	}
	lanes := &lanesTiles{rows: 4, lanes: 8, masked: 2, tiles: [][]lanesTile{
		{lanes1x1AVX2, lanes2x1AVX2, lanes3x1AVX2, lanes4x1AVX2},
		{lanes1x2AVX2, lanes2x2AVX2, lanes3x2AVX2, lanes4x2AVX2},
		{lanes1x3AVX2, lanes2x3AVX2, lanes3x3AVX2, lanes4x3AVX2},
	}}
	s := reference
	s.Name = "avx2"
	s.MulDots, s.MulLanes = dots.run, lanes.run
	s.Exp, s.Sigmoid, s.Tanh = each(expAVX2), each(sigmoidAVX2), each(tanhAVX2)
	s.Log, s.Softmax = each(logAVX2), each(softmaxAVX2)
	s.ReLU, s.ReLUBack = each(reluAVX2), pairs(reluBackAVX2)
	s.Add = addBy(addAVX2)
	s.Adam = adamBy(adamAVX2)
	s.Bytes = func(dst []float32, src []uint8, scale, shift float32) {
		whole := len(src) &^ 7
		if whole > 0 {
			_ = dst[whole-1]
			bytesAVX2(&dst[0], &src[0], uint64(whole/8), scale, shift)
		}
		bytes(dst[whole:], src[whole:], scale, shift)
	}
	return s
}()
