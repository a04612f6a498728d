//go:build amd64 && !purego

package kernel

// avx512 overrides what AVX-512 speeds up.
var avx512 = func() Set {
	dots := &dotsTiles{
		rows:  4,
		whole: []dotsTile{dots4x1AVX512, dots4x2AVX512, dots4x3AVX512, dots4x4AVX512, dots4x5AVX512},
		one:   []dotsTile{dots1x1AVX512, dots1x2AVX512, dots1x3AVX512, dots1x4AVX512, dots1x5AVX512},
	}
	lanes := &lanesTiles{rows: 5, lanes: 16, masked: 5, tiles: [][]lanesTile{
		{lanes1x1AVX512, lanes2x1AVX512, lanes3x1AVX512, lanes4x1AVX512, lanes5x1AVX512},
		{lanes1x2AVX512, lanes2x2AVX512, lanes3x2AVX512, lanes4x2AVX512, lanes5x2AVX512},
		{lanes1x3AVX512, lanes2x3AVX512, lanes3x3AVX512, lanes4x3AVX512, lanes5x3AVX512},
		{lanes1x4AVX512, lanes2x4AVX512, lanes3x4AVX512, lanes4x4AVX512, lanes5x4AVX512},
		{lanes1x5AVX512, lanes2x5AVX512, lanes3x5AVX512, lanes4x5AVX512, lanes5x5AVX512},
	}}
	s := reference
	s.Name = "avx512"
	s.MulDots, s.MulLanes = dots.run, lanes.run
	s.Exp, s.Sigmoid, s.Tanh = each(expAVX512), each(sigmoidAVX512), each(tanhAVX512)
	s.Log, s.Softmax = each(logAVX512), each(softmaxAVX512)
	s.ReLU, s.ReLUBack = each(reluAVX512), pairs(reluBackAVX512)
	s.Add = addBy(addAVX512)
	s.Adam = adamBy(adamAVX512)
	s.Bytes = func(dst []float32, src []uint8, scale, shift float32) {
		if n := len(src); n > 0 {
			_ = dst[n-1]
			bytesAVX512(&dst[0], &src[0], uint64(n), scale, shift)
		}
	}
	return s
}()
