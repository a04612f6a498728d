package tfjs_test

import (
	"braid"
	"braid/layer"
	"braid/loss"
	"braid/tensor"
)

// network is a network for both sides. Fields with a name in JSON are what train.js reads.
type network struct {
	Name       string      `json:"name"`
	Inputs     []input     `json:"inputs"`
	Nodes      []node      `json:"nodes"`
	Heads      []head      `json:"heads"`
	Optimizers []optimizer `json:"optimizers"` // each trains the network from the same weights
	Steps      int         `json:"steps"`      // of each training, on one batch
	rows       int         // of the batch
}

type input struct {
	array
	Name       string `json:"name"`
	vocabulary int    // of an int32 input
}

// node is a layer of Braid and the function of tf.layers that makes the same, with its
// configuration.
type node struct {
	Name    string `json:"name"`
	layer   braid.Layer
	Make    string   `json:"make"`
	Config  config   `json:"config"`
	Inputs  []string `json:"inputs"`  // nil means the node before, or the first input
	Weights []array  `json:"weights"` // in Keras' order, which both sides have
}

type config map[string]any

// head is a node that is an output, its loss and its weight in the total.
type head struct {
	Name   string `json:"name"`
	loss   loss.Loss
	Loss   string  `json:"loss"`
	Weight float64 `json:"weight"` // 0 means 1
	Target array   `json:"target"`
}

// optimizer is an optimizer of Braid, and the function of tf.train that makes the same.
type optimizer struct {
	kind      string
	config    string
	Make      string `json:"make"`
	Arguments []any  `json:"arguments"`
}

// array is numbers with the shape of a batch, or of a weight.
type array struct {
	DType  tensor.DType `json:"dtype"`
	Shape  []int        `json:"shape"`
	Values []float32    `json:"values"`
}

func floats(name string, shape ...int) input {
	return input{Name: name, array: array{DType: tensor.Float32, Shape: shape}}
}

func ids(name string, vocabulary int, shape ...int) input {
	return input{Name: name, array: array{DType: tensor.Int32, Shape: shape}, vocabulary: vocabulary}
}

// The functions below return one layer for both sides.

func dense(name string, units int, f braid.Activation, from ...string) node {
	return node{Name: name, layer: layer.Dense{Units: units, Activation: f}, Make: "dense",
		Config: config{"units": units, "activation": activationNames[f]}, Inputs: from}
}

// activationNames has the names of TensorFlow.js.
var activationNames = map[braid.Activation]string{
	layer.Linear: "linear", layer.ReLU: "relu", layer.Sigmoid: "sigmoid", layer.Tanh: "tanh",
	layer.Softmax: "softmax", layer.GELU: "gelu", layer.GELUTanh: "gelu_new", layer.SiLU: "swish",
	layer.ELU: "elu", layer.SELU: "selu", layer.Softplus: "softplus", layer.Softsign: "softsign",
	layer.Mish: "mish",
}

func plain(name, make string, l braid.Layer, from ...string) node {
	return node{Name: name, layer: l, Make: make, Inputs: from}
}

func lstm(name string, l layer.LSTM) node {
	return node{Name: name, layer: l, Make: "lstm", Config: config{
		"units": l.Units, "returnSequences": l.Sequences, "goBackwards": l.Backwards,
		"recurrentActivation": "sigmoid",
	}}
}

func gru(name string, l layer.GRU) node {
	l.ResetBefore = true // TensorFlow.js has no other GRU
	return node{Name: name, layer: l, Make: "gru", Config: config{
		"units": l.Units, "returnSequences": l.Sequences, "goBackwards": l.Backwards,
		"recurrentActivation": "sigmoid",
	}}
}

func simpleRNN(name string, l layer.SimpleRNN) node {
	return node{Name: name, layer: l, Make: "simpleRNN", Config: config{
		"units": l.Units, "returnSequences": l.Sequences, "goBackwards": l.Backwards,
	}}
}

func embedding(name string, vocabulary, width int, from ...string) node {
	return node{Name: name, layer: layer.Embedding{Vocabulary: vocabulary, Width: width},
		Make: "embedding", Config: config{"inputDim": vocabulary, "outputDim": width}, Inputs: from}
}

func bidirectional(name string, l layer.LSTM, merge layer.Merge) node {
	inner := lstm("", l)
	return node{Name: name, layer: layer.Bidirectional{Layer: l, Merge: merge}, Make: "bidirectional",
		Config: config{
			"layer":     config{"make": inner.Make, "config": inner.Config},
			"mergeMode": merge.String(),
		}}
}

func batchNormalization(name string, momentum, epsilon float64) node {
	return node{Name: name, layer: layer.BatchNormalization{Momentum: &momentum, Epsilon: epsilon},
		Make: "batchNormalization", Config: config{"momentum": momentum, "epsilon": epsilon}}
}

// networks lists the networks. No two axes of an input have the same length, so that a swap of axes
// changes the shapes or the numbers.
var networks = []network{
	{
		Name: "conv2d", rows: 11,
		Inputs: []input{floats("image", 9, 7, 2)},
		Nodes: []node{
			{
				Name: "edges", Make: "conv2d",
				layer: layer.Conv2D{Filters: 4, Size: layer.Pair{3, 2}, Padding: layer.Same,
					Activation: layer.ReLU},
				Config: config{"filters": 4, "kernelSize": []int{3, 2}, "padding": "same",
					"activation": "relu"},
			},
			{
				Name: "border", layer: layer.ZeroPadding2D{Padding: layer.Sides{{1, 0}, {0, 2}}},
				Make: "zeroPadding2d", Config: config{"padding": [][]int{{1, 0}, {0, 2}}},
			},
			{
				Name: "middle", layer: layer.Cropping2D{Cropping: layer.Sides{{0, 1}, {1, 0}}},
				Make: "cropping2D", Config: config{"cropping": [][]int{{0, 1}, {1, 0}}},
			},
			{
				Name: "largest", layer: layer.MaxPooling2D{Size: layer.Pair{2, 3}, Padding: layer.Same},
				Make: "maxPooling2d", Config: config{"poolSize": []int{2, 3}, "padding": "same"},
			},
			{
				Name: "shapes", Make: "conv2d",
				layer: layer.Conv2D{Filters: 6, Size: layer.Pair{2, 2}, Strides: layer.Pair{2, 1},
					Activation: layer.Tanh, NoBias: true},
				Config: config{"filters": 6, "kernelSize": []int{2, 2}, "strides": []int{2, 1},
					"activation": "tanh", "useBias": false},
			},
			{
				Name: "mean", layer: layer.AveragePooling2D{Size: layer.Pair{2, 1}},
				Make: "averagePooling2d", Config: config{"poolSize": []int{2, 1}},
			},
			plain("flat", "flatten", layer.Flatten{}),
			dense("digit", 5, layer.Softmax),
		},
		Heads: []head{{Name: "digit", loss: loss.SparseCategoricalCrossentropy{}}},
	},
	{
		Name: "depthwise", rows: 13,
		Inputs: []input{floats("image", 7, 6, 3)},
		Nodes: []node{
			{
				Name: "mix", layer: layer.Conv2D{Filters: 5, Size: layer.Pair{1, 1}, Activation: layer.ELU},
				Make: "conv2d", Config: config{"filters": 5, "kernelSize": []int{1, 1}, "activation": "elu"},
			},
			{
				Name: "each", Make: "depthwiseConv2d",
				layer: layer.DepthwiseConv2D{Size: layer.Pair{3, 2}, DepthMultiplier: 2,
					Strides: layer.Pair{2, 2}, Padding: layer.Same, Activation: layer.Sigmoid},
				Config: config{"kernelSize": []int{3, 2}, "depthMultiplier": 2, "strides": []int{2, 2},
					"padding": "same", "activation": "sigmoid"},
			},
			plain("mean", "globalAveragePooling2d", layer.GlobalAveragePooling2D{}),
			plain("largest", "globalMaxPooling2d", layer.GlobalMaxPooling2D{}, "each"),
			plain("both", "concatenate", layer.Concatenate{}, "mean", "largest"),
			dense("yes", 1, layer.Sigmoid),
		},
		Heads: []head{{Name: "yes", loss: loss.BinaryCrossentropy{}}},
	},
	activations(),
	{
		Name: "lstm", rows: 19,
		Inputs: []input{floats("x", 6, 3)},
		Nodes: []node{
			lstm("first", layer.LSTM{Units: 4, Sequences: true}),
			lstm("second", layer.LSTM{Units: 5, Backwards: true}),
			dense("class", 3, layer.Softmax),
		},
		Heads: []head{{Name: "class", loss: loss.CategoricalCrossentropy{}}},
	},
	{
		Name: "gru", rows: 13,
		Inputs: []input{floats("x", 6, 3)},
		Nodes: []node{
			gru("first", layer.GRU{Units: 4, Sequences: true, Backwards: true}),
			gru("second", layer.GRU{Units: 5}),
			dense("value", 2, layer.Linear),
		},
		Heads: []head{{Name: "value", loss: loss.MeanSquaredError{}}},
	},
	{
		Name: "simplernn", rows: 11,
		Inputs: []input{floats("x", 5, 3)},
		Nodes: []node{
			simpleRNN("first", layer.SimpleRNN{Units: 4, Sequences: true}),
			simpleRNN("second", layer.SimpleRNN{Units: 6, Sequences: true, Backwards: true}),
			dense("each", 2, layer.Linear), // a head with a value for each step
		},
		Heads: []head{{Name: "each", loss: loss.MeanAbsoluteError{}}},
	},
	{
		Name: "bidirectional", rows: 13,
		Inputs: []input{ids("words", 9, 6)},
		Nodes: []node{
			embedding("vectors", 9, 4),
			bidirectional("both", layer.LSTM{Units: 3, Sequences: true}, layer.MergeConcat),
			bidirectional("last", layer.LSTM{Units: 5}, layer.MergeMul),
			dense("labels", 3, layer.Sigmoid),
		},
		Heads: []head{{Name: "labels", loss: loss.BinaryCrossentropy{}}},
	},
	{
		Name: "batchnormalization", rows: 40, // several chunks, whose statistics are combined
		Inputs: []input{floats("image", 5, 4, 2)},
		Nodes: []node{
			{
				Name: "edges", layer: layer.Conv2D{Filters: 3, Size: layer.Pair{2, 2}, NoBias: true},
				Make: "conv2d", Config: config{"filters": 3, "kernelSize": []int{2, 2}, "useBias": false},
			},
			batchNormalization("channels", 0.9, 0.01),
			plain("bend", "reLU", layer.Activation{Function: layer.ReLU}),
			plain("flat", "flatten", layer.Flatten{}),
			dense("trunk", 6, layer.Tanh),
			batchNormalization("units", 0.99, 0.001),
			dense("class", 4, layer.Softmax),
		},
		Heads: []head{{Name: "class", loss: loss.SparseCategoricalCrossentropy{}}},
	},
	{
		Name: "layernormalization", rows: 11,
		Inputs: []input{floats("x", 4, 5)},
		Nodes: []node{
			plain("steps", "layerNormalization", layer.LayerNormalization{}),
			dense("wide", 7, layer.GELUTanh),
			{
				Name: "narrow", layer: layer.LayerNormalization{Epsilon: 0.1}, Make: "layerNormalization",
				Config: config{"epsilon": 0.1},
			},
			plain("mean", "globalAveragePooling1d", layer.GlobalAveragePooling1D{}),
			dense("value", 2, layer.Linear),
		},
		Heads: []head{{Name: "value", loss: loss.MeanSquaredError{}}},
	},
	{
		Name: "conv1d", rows: 13,
		Inputs: []input{floats("x", 17, 3)},
		Nodes: []node{
			{
				Name: "near", Make: "conv1d",
				layer: layer.Conv1D{Filters: 4, Size: 3, Padding: layer.Same, Activation: layer.SiLU},
				Config: config{"filters": 4, "kernelSize": 3, "padding": "same",
					"activation": "swish"},
			},
			{
				Name: "largest", layer: layer.MaxPooling1D{Size: 3, Strides: 2}, Make: "maxPooling1d",
				Config: config{"poolSize": 3, "strides": 2},
			},
			{
				Name: "far", layer: layer.Conv1D{Filters: 5, Size: 3, Strides: 2, Activation: layer.Softsign},
				Make: "conv1d", Config: config{"filters": 5, "kernelSize": 3, "strides": 2,
					"activation": "softsign"},
			},
			{
				Name: "mean", layer: layer.AveragePooling1D{}, Make: "averagePooling1d",
				Config: config{"poolSize": 2},
			},
			plain("flat", "flatten", layer.Flatten{}),
			dense("class", 3, layer.Softmax),
		},
		Heads: []head{{Name: "class", loss: loss.CategoricalCrossentropy{}}},
	},
	{
		Name: "two-heads", rows: 17,
		Inputs: []input{floats("image", 6, 5), ids("question", 8, 2)},
		Nodes: []node{
			embedding("words", 8, 4, "question"),
			lstm("asked", layer.LSTM{Units: 3}),
			plain("pixels", "flatten", layer.Flatten{}, "image"),
			plain("both", "concatenate", layer.Concatenate{}, "asked", "pixels"),
			dense("trunk", 9, layer.ReLU),
			dense("digit", 5, layer.Softmax),
			dense("answer", 1, layer.Sigmoid, "trunk"),
		},
		Heads: []head{
			{Name: "digit", loss: loss.CategoricalCrossentropy{}, Weight: 0.3},
			{Name: "answer", loss: loss.BinaryCrossentropy{}, Weight: 1.7},
		},
	},
	{
		Name: "merges", rows: 11,
		Inputs: []input{floats("a", 5), floats("b", 4)},
		Nodes: []node{
			dense("left", 6, layer.Tanh, "a"),
			dense("right", 6, layer.Sigmoid, "b"),
			dense("third", 6, layer.Linear, "b"),
			plain("sum", "add", layer.Add{}, "left", "right", "third"),
			plain("product", "multiply", layer.Multiply{}, "left", "right"),
			plain("mean", "average", layer.Average{}, "left", "third"),
			plain("high", "maximum", layer.Maximum{}, "left", "right"),
			plain("low", "minimum", layer.Minimum{}, "right", "third"),
			plain("all", "concatenate", layer.Concatenate{}, "sum", "product", "mean", "high", "low"),
			{
				Name: "grid", layer: layer.Reshape{Shape: []int{3, 10}}, Make: "reshape",
				Config: config{"targetShape": []int{3, 10}},
			},
			{
				Name: "turned", layer: layer.Permute{Dims: []int{2, 1}}, Make: "permute",
				Config: config{"dims": []int{2, 1}},
			},
			dense("each", 4, layer.Softplus),
			plain("mean-of-all", "globalAveragePooling1d", layer.GlobalAveragePooling1D{}),
			dense("value", 2, layer.Linear),
		},
		Heads: []head{{Name: "value", loss: loss.MeanSquaredError{}}},
	},
}

// activations returns a network with a dense layer for each activation side by side.
func activations() network {
	n := network{Name: "activations", rows: 14, Inputs: []input{floats("x", 5)}}
	var names []string
	for _, f := range []braid.Activation{
		layer.Linear, layer.ReLU, layer.Sigmoid, layer.Tanh, layer.Softmax, layer.GELU, layer.GELUTanh,
		layer.SiLU, layer.ELU, layer.SELU, layer.Softplus, layer.Softsign, layer.Mish,
	} {
		names = append(names, f.String())
		n.Nodes = append(n.Nodes, dense(f.String(), 3, f, "x"))
	}
	names = append(names, "leaky")
	n.Nodes = append(n.Nodes,
		dense("raw", 4, layer.Linear, "x"),
		node{
			Name: "leaky", layer: layer.Activation{Function: layer.LeakyReLU, Slope: 0.3},
			Make: "leakyReLU", Config: config{"alpha": 0.3},
		},
		plain("all", "concatenate", layer.Concatenate{}, names...),
		dense("value", 3, layer.Linear),
	)
	n.Heads = []head{{Name: "value", loss: loss.MeanAbsoluteError{}}}
	return n
}

var (
	adam = optimizer{"adam", `{"rate": 0.01}`, "adam", []any{0.01, 0.9, 0.999, 1e-7}}
	sgd  = optimizer{"sgd", `{"rate": 0.05}`, "sgd", []any{0.05}}
)

// others are tested with one network.
var others = []optimizer{
	{"sgd", `{"rate": 0.02, "momentum": 0.8}`, "momentum", []any{0.02, 0.8, false}},
	{"sgd", `{"rate": 0.02, "momentum": 0.7, "nesterov": true}`, "momentum", []any{0.02, 0.7, true}},
	{"rmsprop", `{"rate": 0.003, "rho": 0.8, "epsilon": 1e-4}`, "rmsprop",
		[]any{0.003, 0.8, 0.0, 1e-4, false}},
	{"rmsprop", `{"rate": 0.002, "momentum": 0.6}`, "rmsprop", []any{0.002, 0.9, 0.6, 1e-7, false}},
	{"adagrad", `{"rate": 0.05}`, "adagrad", []any{0.05, 0.1}},
	{"adagrad", `{"rate": 0.02, "initial": 0.01}`, "adagrad", []any{0.02, 0.01}},
	{"adamax", `{"rate": 0.004}`, "adamax", []any{0.004, 0.9, 0.999, 1e-7, 0.0}},
	{"adamax", `{"rate": 0.004, "beta1": 0.8, "beta2": 0.9}`, "adamax",
		[]any{0.004, 0.8, 0.9, 1e-7, 0.0}},
	{"adam", `{"rate": 0.004, "beta1": 0.8, "beta2": 0.9}`, "adam", []any{0.004, 0.8, 0.9, 1e-7}},
}
