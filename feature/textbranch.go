package feature

import (
	"fmt"

	"braid"
	"braid/layer"
)

// Branch adds the layers of the encoding, and a dense layer. Its Wide has the 3-grams.
func (e *TextEncoder) Branch(g *braid.Graph, column string, inputs []*braid.Node) Branch {
	width := orDefault(e.Settings.Width, defaultWidth)
	b := projected(g, column, e.pooled(g, column, inputs, width), width)
	if e.Grams > 0 {
		b.Wide = &Wide{IDs: inputs[1], Vocabulary: 1 + grams}
	}
	return b
}

// Narrow leaves out 3-grams that the branch does not read.
func (e *TextEncoder) Narrow() {
	if !e.Deep {
		e.Grams = 0
	}
}

// pooled adds the layers between the ids and one vector.
func (e *TextEncoder) pooled(
	g *braid.Graph, column string, inputs []*braid.Node, width int,
) *braid.Node {
	size := e.Words.Size()
	if e.Settings.Encoding == Words {
		words := bag(g, column, "word", inputs[0], size, width)
		if !e.Deep {
			return words
		}
		found := bag(g, column, "gram", inputs[1], 1+grams, width)
		return g.Add(Part(column, "both"), layer.Concatenate{}, words, found)
	}
	vectors, mask := embedded(g, column, inputs[0], size, width)
	switch e.Settings.Encoding {
	case GRU:
		return g.Add(Part(column, "gru"), layer.GRU{Units: width}, vectors, mask)
	case Transformer:
		return attended(g, column, vectors, mask, width)
	case CNN:
		return convolved(g, column, vectors, mask, width, 2, 3, 4)
	}
	return convolved(g, column, vectors, mask, width, 3, 5, 7)
}

// convolved adds convolutions with windows of some sizes, side by side, and takes the largest
// number of each filter: Kim, "Convolutional neural networks for sentence classification", 2014.
func convolved(
	g *braid.Graph, column string, vectors, mask *braid.Node, filters int, sizes ...int,
) *braid.Node {
	var list []*braid.Node
	for _, size := range sizes {
		conv := g.Add(Part(column, fmt.Sprint("conv", size)), layer.Conv1D{
			Filters: filters, Size: size, Padding: layer.Same, Activation: layer.ReLU,
			Kernel: heNormal}, vectors)
		list = append(list, g.Add(Part(column, fmt.Sprint("max", size)), layer.GlobalMaxPooling1D{},
			conv, mask))
	}
	return g.Add(Part(column, "both"), layer.Concatenate{}, list...)
}

// attended adds a Transformer of one block, and takes the mean over the words.
func attended(
	g *braid.Graph, column string, vectors, mask *braid.Node, width int,
) *braid.Node {
	heads := 4
	for width%heads != 0 {
		heads /= 2
	}
	positions := g.Add(Part(column, "positions"), layer.PositionEmbedding{Embeddings: smallNormal},
		vectors)
	placed := g.Add(Part(column, "placed"), layer.Add{}, vectors, positions)
	read := g.Add(Part(column, "transformer"), layer.TransformerEncoder{
		Heads: heads, Units: 2 * width, Rate: 0.1}, placed, mask)
	return g.Add(Part(column, "mean"), layer.GlobalAveragePooling1D{}, read, mask)
}
