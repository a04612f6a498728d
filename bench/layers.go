package main

import (
	"braid"
	"braid/layer"
)

// measuredLayer is a layer whose passes are compared with those of its counterpart in PyTorch. The
// counterpart has the same name in pytorch/layers.py.
type measuredLayer struct {
	name   string
	layer  braid.Layer
	inputs int
	batch  []int // shape of each input, with the rows
}

// Shapes of the inputs of measured layers.
var (
	imageBatch    = []int{32, 14, 14, 64}
	sequenceBatch = []int{32, 64, 128}
	readBatch     = []int{64, 32, 64} // of recurrent layers
	idBatch       = []int{64, 32}     // of embeddings, which read ids
)

// readsIDs reports whether the layer reads ids.
func (l measuredLayer) readsIDs() bool { return len(l.batch) == len(idBatch) }

// measuredLayers lists the layers that have a counterpart and compute something.
var measuredLayers = append([]measuredLayer{
	image("Conv2D", window(64, 1)),
	image("Conv2D of pixels", layer.Conv2D{Filters: 64, Size: layer.Pair{1, 1}}),
	image("Conv2D with strides", window(64, 2)),
	image("Conv2D with dilation", layer.Conv2D{
		Filters: 64, Size: layer.Pair{3, 3}, Dilation: layer.Pair{2, 2}, Padding: layer.Same,
	}),
	image("Conv2D in 4 groups", layer.Conv2D{
		Filters: 64, Size: layer.Pair{3, 3}, Groups: 4, Padding: layer.Same,
	}),
	image("DepthwiseConv2D", layer.DepthwiseConv2D{
		Size: layer.Pair{3, 3}, Padding: layer.Same,
	}),
	image("MaxPooling2D", layer.MaxPooling2D{}),
	image("MaxPooling2D 3x3", layer.MaxPooling2D{
		Size: layer.Pair{3, 3}, Strides: layer.Pair{1, 1},
	}),
	image("AveragePooling2D", layer.AveragePooling2D{}),
	image("GlobalAveragePooling2D", layer.GlobalAveragePooling2D{}),
	image("GlobalMaxPooling2D", layer.GlobalMaxPooling2D{}),
	image("BatchNormalization", batchNorm),
	image("UpSampling2D", layer.UpSampling2D{}),
	image("ZeroPadding2D", layer.ZeroPadding2D{}),
	image("SpatialDropout2D", layer.SpatialDropout2D{Rate: 0.5}),

	sequence("Dense", layer.Dense{Units: 128}),
	sequence("Conv1D", layer.Conv1D{Filters: 128, Size: 3, Padding: layer.Same}),
	sequence("MaxPooling1D", layer.MaxPooling1D{}),
	sequence("AveragePooling1D", layer.AveragePooling1D{}),
	sequence("GlobalAveragePooling1D", layer.GlobalAveragePooling1D{}),
	sequence("GlobalMaxPooling1D", layer.GlobalMaxPooling1D{}),
	sequence("LayerNormalization", layer.LayerNormalization{}),
	sequence("MultiHeadAttention", layer.MultiHeadAttention{Heads: 4, KeyWidth: 32}),
	sequence("TransformerEncoder", layer.TransformerEncoder{Heads: 4, Units: 512}),
	sequence("AxisSoftmax", layer.AxisSoftmax{Axis: 1}),
	sequence("Sum", layer.Sum{}),
	sequence("Permute", layer.Permute{Dims: []int{2, 1}}),
	sequence("Dropout", layer.Dropout{Rate: 0.5}),
	sequence("SpatialDropout1D", layer.SpatialDropout1D{Rate: 0.5}),
	sequence("GaussianNoise", layer.GaussianNoise{Stddev: 0.1}),

	{"Add", layer.Add{}, 2, sequenceBatch},
	{"Subtract", layer.Subtract{}, 2, sequenceBatch},
	{"Multiply", layer.Multiply{}, 2, sequenceBatch},
	{"Average", layer.Average{}, 2, sequenceBatch},
	{"Maximum", layer.Maximum{}, 2, sequenceBatch},
	{"Minimum", layer.Minimum{}, 2, sequenceBatch},
	{"Concatenate", layer.Concatenate{}, 2, sequenceBatch},

	{"LSTM", layer.LSTM{Units: 64}, 1, readBatch},
	{"GRU", layer.GRU{Units: 64}, 1, readBatch},
	{"SimpleRNN", layer.SimpleRNN{Units: 64}, 1, readBatch},
	{"Bidirectional LSTM", layer.Bidirectional{Layer: layer.LSTM{Units: 64}}, 1, readBatch},

	{"Embedding", layer.Embedding{Vocabulary: textWords, Width: 64}, 1, idBatch},
	{"BagEmbedding", layer.BagEmbedding{Vocabulary: textWords, Width: 64}, 1, idBatch},
}, measuredActivations()...)

func image(name string, l braid.Layer) measuredLayer {
	return measuredLayer{name, l, 1, imageBatch}
}

func sequence(name string, l braid.Layer) measuredLayer {
	return measuredLayer{name, l, 1, sequenceBatch}
}

// measuredActivations returns all activations but Linear.
func measuredActivations() []measuredLayer {
	var list []measuredLayer
	for a := layer.Linear + 1; a <= layer.Mish; a++ {
		list = append(list, sequence("Activation "+a.String(), layer.Activation{Function: a}))
	}
	return list
}
