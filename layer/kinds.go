package layer

import (
	"slices"

	"braid"
	"braid/internal/kinds"
)

// members lists an example of each layer of this package.
var members = []braid.Layer{
	Activation{},
	Add{},
	AveragePooling1D{},
	AveragePooling2D{},
	Average{},
	AxisSoftmax{},
	BagEmbedding{},
	BatchNormalization{},
	Bidirectional{},
	Concatenate{},
	Conv1D{},
	Conv2D{},
	Cropping2D{},
	Dense{},
	DepthwiseConv2D{},
	Dropout{},
	Embedding{},
	Flatten{},
	GRU{},
	GaussianNoise{},
	GlobalAveragePooling1D{},
	GlobalAveragePooling2D{},
	GlobalMaxPooling1D{},
	GlobalMaxPooling2D{},
	LSTM{},
	LayerNormalization{},
	MaxPooling1D{},
	MaxPooling2D{},
	Maximum{},
	Minimum{},
	ModalityDropout{},
	MultiHeadAttention{},
	Multiply{},
	NotZero{},
	Permute{},
	PositionEmbedding{},
	Reshape{},
	SimpleRNN{},
	SpatialDropout1D{},
	SpatialDropout2D{},
	Subtract{},
	Sum{},
	TransformerEncoder{},
	UpSampling2D{},
	ZeroPadding2D{},
}

// Kinds returns the kinds of layers of this package, sorted.
func Kinds() []string {
	var list []string
	for _, l := range members {
		list = append(list, l.Kind())
	}
	slices.Sort(list)
	return list
}

// Decode returns the layer of a kind, read from its configuration in JSON. custom holds an example
// of each layer from outside this package; Decode returns a new value of the example's type.
func Decode(kind string, config []byte, custom ...braid.Layer) (braid.Layer, error) {
	return kinds.Decode("layer", kind, config, slices.Concat(custom, members))
}
