//go:build amd64 && !purego

package kernel

// avx2 is the set for AVX2 with fused multiply-add.
var avx2 = func() Set {
	dots := &dotsTiles{
		rows: 2,
		full: []dotsTile{dots2x1AVX2, dots2x2AVX2, dots2x3AVX2},
		one:  []dotsTile{dots1x1AVX2, dots1x2AVX2, dots1x3AVX2},
	}
	lanes := &lanesTiles{lanes: 8, masked: 2, tiles: []lanesHeights{
		{
			{12, lanes12x1AVX2}, // hides the latency of few sums
			{4, lanes4x1AVX2},
			{3, lanes3x1AVX2},
			{2, lanes2x1AVX2},
			{1, lanes1x1AVX2},
		},
		{{4, lanes4x2AVX2}, {3, lanes3x2AVX2}, {2, lanes2x2AVX2}, {1, lanes1x2AVX2}},
		{{4, lanes4x3AVX2}, {3, lanes3x3AVX2}, {2, lanes2x3AVX2}, {1, lanes1x3AVX2}},
	}}
	indirect := &indirectTiles{lanes: 8, masked: 2, tiles: [][]height[indirectTile]{
		{
			{8, indirect8x1AVX2},
			{4, indirect4x1AVX2},
			{2, indirect2x1AVX2},
			{1, indirect1x1AVX2},
		},
		{
			{6, indirect6x2AVX2},
			{4, indirect4x2AVX2},
			{2, indirect2x2AVX2},
			{1, indirect1x2AVX2},
		},
		{
			{4, indirect4x3AVX2},
			{2, indirect2x3AVX2},
			{1, indirect1x3AVX2},
		},
	}}
	return assembled("avx2", dots, lanes, indirect, functions{
		exp: expAVX2, log: logAVX2, log1p: log1pAVX2, tanh: tanhAVX2, sigmoid: sigmoidAVX2,
		relu: reluAVX2, reluBack: reluBackAVX2, sigmoidBack: sigmoidBackAVX2,
		tanhBack: tanhBackAVX2, add: addAVX2, scale: scaleAVX2, finite: finiteAVX2,
		spread: spreadAVX2, softmax: softmaxAVX2, softmaxBack: softmaxBackAVX2,
		argMax: argMaxAVX2, bytes: bytesAVX2,
		transpose: transposeAVX2, transposeAdd: transposeAddAVX2,
		lookUp: lookUpAVX2, addUp: addUpAVX2, lstm: lstmAVX2, lstmBack: lstmBackAVX2,
		adam: adamAVX2, mulRows: mulRowsAVX2, prefetch: prefetchAVX2, claim: claimAVX2,
		gelu: geluAVX2, geluBack: geluBackAVX2, hardSigmoid: hardSigmoidAVX2,
		hardSigmoidBack: hardSigmoidBackAVX2, leak: leakAVX2, elu: eluAVX2, eluBack: eluBackAVX2,
		mul: mulAVX2, blend: blendAVX2,
		columns: columnFunctions{
			squareSums: squareSumsAVX2, productSums: productSumsAVX2, rowProductSums: rowProductSumsAVX2,
			set: affineAVX2, add: affineAddAVX2, both: affineBothAVX2,
		},
		windows:  windowFunctions{highest: maxWindowAVX2, addBack: maxBackAVX2},
		rowNorms: rowNormFunctions{normalize: rowNormAVX2, addBack: rowNormBackAVX2},
	})
}()
