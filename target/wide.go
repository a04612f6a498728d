package target

import (
	"fmt"

	"braid"
	"braid/feature"
	"braid/layer"
)

// A WideDecoder is a Decoder whose head may also read ids directly.
type WideDecoder interface {
	Decoder
	// WideHead adds the head in place of Head. The bias is that of the layer DeepName(name).
	WideHead(g *braid.Graph, name string, skip *braid.Node, wide []feature.Wide)
}

// DeepName is the name of the dense layer of a head that WideHead adds.
func DeepName(head string) string { return head + "::deep" }

// WideHead adds a softmax.
func (d CategoryDecoder) WideHead(
	g *braid.Graph, name string, skip *braid.Node, wide []feature.Wide,
) {
	wideHead(g, name, len(d.Classes), layer.Softmax, skip, wide)
}

// WideHead adds a sigmoid.
func (BinaryDecoder) WideHead(
	g *braid.Graph, name string, skip *braid.Node, wide []feature.Wide,
) {
	wideHead(g, name, 1, layer.Sigmoid, skip, wide)
}

// WideHead adds a sigmoid for each class.
func (d LabelsDecoder) WideHead(
	g *braid.Graph, name string, skip *braid.Node, wide []feature.Wide,
) {
	wideHead(g, name, len(d.Classes), layer.Sigmoid, skip, wide)
}

// wideHead adds a head whose logits are the sum of those of a dense layer, as head has it, and of
// linear classifiers of ids. These start at 0, so that training begins as without them. A text of n
// ids is divided by the square root of n, as if its one-hot vector had length 1.
func wideHead(
	g *braid.Graph, name string, units int, a braid.Activation, skip *braid.Node,
	wide []feature.Wide,
) {
	deep := g.Add(DeepName(name), layer.Dense{Units: units, Kernel: smallNormal}, skip)
	logits := []*braid.Node{deep}
	for i, w := range wide {
		part := func(what string) string { return fmt.Sprint(name, "::", what, i+1) }
		mask := g.Add(part("mask"), layer.NotZero{}, w.IDs)
		linear := layer.BagEmbedding{Vocabulary: w.Vocabulary, Width: units, Mode: layer.BagSqrtN,
			Embeddings: layer.Weight{Init: layer.Constant}}
		logits = append(logits, g.Add(part("wide"), linear, w.IDs, mask))
	}
	sum := g.Add(name+"::logits", layer.Add{}, logits...)
	g.Head(name, layer.Activation{Function: a}, sum)
}
