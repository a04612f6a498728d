package feature

import (
	"math"

	"braid"
	"braid/layer"
)

// The initializers of all branches.
var (
	heNormal    = layer.Weight{Init: layer.HeNormal}
	smallNormal = layer.Weight{Init: layer.Normal, Value: 0.02}
)

// embeddingWidth returns the width of the vectors of a vocabulary: fastai's rule, at most 32.
func embeddingWidth(size int) int {
	return min(32, int(math.Round(1.6*math.Pow(float64(size), 0.56))))
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
