//go:build !purego

package kernel

// neon is the set for arm64, whose vector registers hold four numbers.
var neon = func() Set {
	dots := &dotsTiles{
		rows: 4,
		full: []dotsTile{dots4x1NEON, dots4x2NEON, dots4x3NEON},
		one:  []dotsTile{dots1x1NEON, dots1x2NEON, dots1x3NEON},
	}
	lanes := &lanesTiles{lanes: 4, masked: 3, tiles: []lanesHeights{
		{{8, lanes8x1NEON}, {4, lanes4x1NEON}, {2, lanes2x1NEON}, {1, lanes1x1NEON}},
		{{8, lanes8x2NEON}, {4, lanes4x2NEON}, {2, lanes2x2NEON}, {1, lanes1x2NEON}},
		{{6, lanes6x3NEON}, {4, lanes4x3NEON}, {2, lanes2x3NEON}, {1, lanes1x3NEON}},
	}, adjacent: [][]lanesTile{
		{
			lanesAdjacent1x1NEON, lanesAdjacent2x1NEON, lanesAdjacent3x1NEON, lanesAdjacent4x1NEON,
			lanesAdjacent5x1NEON, lanesAdjacent6x1NEON, lanesAdjacent7x1NEON, lanesAdjacent8x1NEON,
		},
		{
			lanesAdjacent1x2NEON, lanesAdjacent2x2NEON, lanesAdjacent3x2NEON, lanesAdjacent4x2NEON,
			lanesAdjacent5x2NEON, lanesAdjacent6x2NEON, lanesAdjacent7x2NEON, lanesAdjacent8x2NEON,
		},
		{
			lanesAdjacent1x3NEON, lanesAdjacent2x3NEON, lanesAdjacent3x3NEON, lanesAdjacent4x3NEON,
			lanesAdjacent5x3NEON, lanesAdjacent6x3NEON, lanesAdjacent7x3NEON, lanesAdjacent8x3NEON,
		},
	},
		narrow: lanesHeights{{8, lanesNarrow8x1NEON}, {1, lanesNarrow1x1NEON}},
		flat:   lanesHeights{{1, lanes1x8NEON}},
	}
	indirect := &indirectTiles{lanes: 4, masked: 3, tiles: [][]height[indirectTile]{
		{{8, indirect8x1NEON}, {4, indirect4x1NEON}, {2, indirect2x1NEON}, {1, indirect1x1NEON}},
		{{8, indirect8x2NEON}, {4, indirect4x2NEON}, {2, indirect2x2NEON}, {1, indirect1x2NEON}},
		{{6, indirect6x3NEON}, {4, indirect4x3NEON}, {2, indirect2x3NEON}, {1, indirect1x3NEON}},
	}, adjacent: []height[indirectTile]{
		{8, indirectAdjacent8x1NEON},
		{8, indirectAdjacent8x2NEON},
		{8, indirectAdjacent8x3NEON},
	}, narrow: []height[indirectTile]{{8, indirectNarrow8x1NEON}, {1, indirectNarrow1x1NEON}}}
	return assembled("neon", dots, lanes, indirect, functions{
		exp: expNEON, log: logNEON, log1p: log1pNEON, tanh: tanhNEON, sigmoid: sigmoidNEON,
		relu: reluNEON, reluBack: reluBackNEON, sigmoidBack: sigmoidBackNEON,
		tanhBack: tanhBackNEON, add: addNEON, scale: scaleNEON, finite: finiteNEON,
		transpose: transposeNEON, transposeAdd: transposeAddNEON,
		gelu: geluNEON, geluBack: geluBackNEON, hardSigmoid: hardSigmoidNEON,
		hardSigmoidBack: hardSigmoidBackNEON, leak: leakNEON, elu: eluNEON, eluBack: eluBackNEON,
		mul: mulNEON, blend: blendNEON,
		spread: spreadNEON, bytes: bytesNEON, lookUp: lookUpNEON, addUp: addUpNEON,
		lstm: lstmNEON, lstmBack: lstmBackNEON, adam: adamNEON, mulRows: mulRowsNEON,
		prefetch: prefetchNEON, claim: claimNEON,
		softmax: softmaxNEON, softmaxBack: softmaxBackNEON, argMax: argMaxNEON,
		columns: columnFunctions{
			squareSums: squareSumsNEON, productSums: productSumsNEON,
			rowProductSums: rowProductSumsNEON,
			set:            affineNEON, add: affineAddNEON, both: affineBothNEON,
		},
		windows:  windowFunctions{highest: maxWindowNEON, addBack: maxBackNEON},
		rowNorms: rowNormFunctions{normalize: rowNormNEON, addBack: rowNormBackNEON},
	})
}()
