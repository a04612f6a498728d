package feature

import (
	"slices"

	"braid"
	"braid/layer"
)

// The initializers of all branches.
var (
	heNormal    = layer.Weight{Init: layer.HeNormal}
	smallNormal = layer.Weight{Init: layer.Normal, Value: 0.02}
)

// widthSizes are the smallest vocabularies of each width of vectors from 1: those of fastai's rule
// 1.6 size^0.56, rounded, up to 32; no size has 1. math.Pow has other last digits on some
// processors.
var widthSizes = [...]int{
	1, 1, 3, 5, 7, 10, 13, 16, 20, 25, 29, 34, 40, 46, 52, 58, 65, 72, 80, 87, 96, 104, 113,
	122, 131, 141, 151, 161, 172, 183, 194, 205,
}

// embeddingWidth returns the width of the vectors of a vocabulary.
func embeddingWidth(size int) int {
	width, _ := slices.BinarySearch(widthSizes[:], size+1) // how many are at most size
	return width
}

// bag adds the mean of the vectors of the ids that are not 0. part names its layers.
func bag(g *braid.Graph, column, part string, ids *braid.Node, vocabulary, width int) *braid.Node {
	mask := g.Add(Part(column, part+"_mask"), layer.NotZero{}, ids)
	return g.Add(Part(column, part+"_mean"), layer.BagEmbedding{
		Vocabulary: vocabulary, Width: width, Embeddings: smallNormal}, ids, mask)
}

// embedded adds a vector for each id, and the mask of the ids that are not 0.
func embedded(
	g *braid.Graph, column string, ids *braid.Node, vocabulary, width int,
) (vectors, mask *braid.Node) {
	mask = g.Add(Part(column, "mask"), layer.NotZero{}, ids)
	vectors = g.Add(Part(column, "embedding"), layer.Embedding{
		Vocabulary: vocabulary, Width: width, Embeddings: smallNormal}, ids)
	return vectors, mask
}

// projected adds the end of the branch of a text or a sequence: dropout, a dense layer,
// normalization and ReLU.
func projected(g *braid.Graph, column string, pooled *braid.Node, width int) Branch {
	dropped := g.Add(Part(column, "dropout"), layer.Dropout{Rate: 0.5}, pooled)
	dense := g.Add(Part(column, "dense"), layer.Dense{Units: width, Kernel: heNormal}, dropped)
	norm := g.Add(Part(column, "norm"), layer.LayerNormalization{Epsilon: 1e-5}, dense)
	out := g.Add(Part(column, "out"), layer.Activation{Function: layer.ReLU}, norm)
	return Branch{Out: out, Modality: true}
}
