//go:build amd64 && !purego

package kernel

// avx512 is the set for AVX-512.
var avx512 = func() Set {
	dots := &dotsTiles{
		rows: 4,
		full: []dotsTile{
			dots4x1AVX512, dots4x2AVX512, dots4x3AVX512, dots4x4AVX512, dots4x5AVX512,
		},
		one: []dotsTile{
			dots1x1AVX512, dots1x2AVX512, dots1x3AVX512, dots1x4AVX512, dots1x5AVX512,
		},
	}
	lanes := &lanesTiles{lanes: 16, masked: 5, tiles: []lanesHeights{
		{
			{12, lanes12x1AVX512}, // hides the latency of few sums
			{5, lanes5x1AVX512},
			{4, lanes4x1AVX512},
			{3, lanes3x1AVX512},
			{2, lanes2x1AVX512},
			{1, lanes1x1AVX512},
		},
		{
			{5, lanes5x2AVX512},
			{4, lanes4x2AVX512},
			{3, lanes3x2AVX512},
			{2, lanes2x2AVX512},
			{1, lanes1x2AVX512},
		},
		{
			{5, lanes5x3AVX512},
			{4, lanes4x3AVX512},
			{3, lanes3x3AVX512},
			{2, lanes2x3AVX512},
			{1, lanes1x3AVX512},
		},
		{
			{5, lanes5x4AVX512},
			{4, lanes4x4AVX512},
			{3, lanes3x4AVX512},
			{2, lanes2x4AVX512},
			{1, lanes1x4AVX512},
		},
		{
			{5, lanes5x5AVX512},
			{4, lanes4x5AVX512},
			{3, lanes3x5AVX512},
			{2, lanes2x5AVX512},
			{1, lanes1x5AVX512},
		},
	}}
	indirect := &indirectTiles{lanes: 16, masked: 5, tiles: [][]height[indirectTile]{
		{
			{12, indirect12x1AVX512},
			{8, indirect8x1AVX512},
			{4, indirect4x1AVX512},
			{2, indirect2x1AVX512},
			{1, indirect1x1AVX512},
		},
		{
			{12, indirect12x2AVX512},
			{8, indirect8x2AVX512},
			{4, indirect4x2AVX512},
			{2, indirect2x2AVX512},
			{1, indirect1x2AVX512},
		},
		{
			{8, indirect8x3AVX512},
			{4, indirect4x3AVX512},
			{2, indirect2x3AVX512},
			{1, indirect1x3AVX512},
		},
		{
			{6, indirect6x4AVX512},
			{4, indirect4x4AVX512},
			{2, indirect2x4AVX512},
			{1, indirect1x4AVX512},
		},
		{
			{5, indirect5x5AVX512},
			{4, indirect4x5AVX512},
			{2, indirect2x5AVX512},
			{1, indirect1x5AVX512},
		},
	}, adjacent: []height[indirectTile]{{16, adjacent16x1AVX512}, {12, adjacent12x2AVX512}}}
	return assembled("avx512", dots, lanes, indirect, functions{
		exp: expAVX512, log: logAVX512, log1p: log1pAVX512, tanh: tanhAVX512,
		sigmoid: sigmoidAVX512, relu: reluAVX512, reluBack: reluBackAVX512,
		sigmoidBack: sigmoidBackAVX512, tanhBack: tanhBackAVX512, add: addAVX512,
		scale: scaleAVX512, finite: finiteAVX512, spread: spreadAVX512,
		softmax: softmaxAVX512, softmaxBack: softmaxBackAVX512,
		argMax: argMaxAVX512, bytes: bytesAVX512,
		transpose: transposeAVX512, transposeAdd: transposeAddAVX512,
		lookUp: lookUpAVX512, addUp: addUpAVX512, lstm: lstmAVX512, lstmBack: lstmBackAVX512,
		adam: adamAVX512, mulRows: mulRowsAVX512, prefetch: prefetchAVX512, claim: claimAVX512,
		gelu: geluAVX512, geluBack: geluBackAVX512, hardSigmoid: hardSigmoidAVX512,
		hardSigmoidBack: hardSigmoidBackAVX512, leak: leakAVX512, elu: eluAVX512, eluBack: eluBackAVX512,
		mul: mulAVX512, blend: blendAVX512,
		columns: columnFunctions{
			squareSums: squareSumsAVX512, productSums: productSumsAVX512,
			rowProductSums: rowProductSumsAVX512,
			set:            affineAVX512, add: affineAddAVX512, both: affineBothAVX512,
		},
		windows:  windowFunctions{highest: maxWindowAVX512, addBack: maxBackAVX512},
		rowNorms: rowNormFunctions{normalize: rowNormAVX512, addBack: rowNormBackAVX512},
	})
}()
