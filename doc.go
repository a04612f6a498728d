// Package braid trains and serves neural networks with several inputs and several outputs.
//
// # A network
//
// A [Graph] describes a network: inputs, layers, heads. Each has a name. Columns of a table, losses
// of a plan and arrays of a prediction are matched by these names. An unknown name is an error that
// lists the known ones. This network reads the six bits of a number. One head classifies the number
// into four classes, the other predicts whether it is odd.
//
//	g := braid.NewGraph("bits")
//	x := g.Input("bits", tensor.Float32, 6)
//	h := g.Add("trunk", layer.Dense{Units: 12, Activation: layer.ReLU}, x)
//	g.Head("class", layer.Dense{Units: 4, Activation: layer.Softmax}, h)
//	g.Head("odd", layer.Dense{Units: 1, Activation: layer.Sigmoid}, h)
//	model, err := g.Build(1)
//
// Package layer has the layers: struct literals whose zero fields are the common case. A mistake in
// a graph is an error of Build with file, line and layer, and with the value or shape that was got
// and wanted. A shape is that of one row, without the batch.
//
// Two nodes may share weights, and weights may be frozen:
//
//	left := g.Add("left", layer.Dense{Units: 8}, a)
//	right := g.Again("right", left, b)
//	words := g.Add("words", layer.Embedding{Vocabulary: 8, Width: 4, Frozen: true}, ids)
//
// # Images and categories
//
// A convolution reads an image, an embedding makes a vector of a category, and Concatenate joins
// them for a trunk and a head:
//
//	g := braid.NewGraph("stripes")
//	image := g.Input("image", tensor.Float32, 8, 8, 1)
//	question := g.Input("question", tensor.Int32, 1) // 0: is the line across? 1: is it down?
//	convolution := layer.Conv2D{Filters: 8, Size: layer.Pair{3, 3}, Activation: layer.ReLU}
//	lines := g.Add("lines", convolution, image)
//	seen := g.Add("seen", layer.GlobalMaxPooling2D{}, lines)
//	vector := g.Add("vector", layer.Embedding{Vocabulary: 2, Width: 4}, question)
//	asked := g.Add("asked", layer.Flatten{}, vector)
//	both := g.Add("both", layer.Concatenate{}, seen, asked)
//	trunk := g.Add("trunk", layer.Dense{Units: 16, Activation: layer.ReLU}, both)
//	g.Head("answer", layer.Dense{Units: 1, Activation: layer.Sigmoid}, trunk)
//	model, err := g.Build(1)
//
// # Training
//
// Package data has tables of named columns. Package train fits a model to a table:
//
//	table, err := data.NewTable(
//		data.Floats("bits", x, 6), data.Ints("class", class), data.Floats("odd", odd),
//	)
//	classLoss := loss.SparseCategoricalCrossentropy{}
//	history, err := train.Fit(ctx, model, table, train.Plan{
//		Epochs: 80, Batch: 8, Optimizer: optim.Adam{Rate: 0.01},
//		Heads: train.Heads{
//			"class": {Loss: classLoss, Metrics: metric.List{metric.Accuracy{}}},
//			"odd":   {Loss: loss.BinaryCrossentropy{}, Weight: 0.5},
//		},
//	})
//
// Zero fields of a plan have Keras' defaults. A plan may have validation data, random changes of
// images ([braid/augment]), checkpoints from which [braid/train.Resume] continues after a crash,
// and callbacks that watch or stop training, such as [braid/train.EarlyStopping].
//
// # Prediction
//
// [Model.Predict] takes any number of rows. Any number of goroutines may call it at once:
//
//	out, err := model.Predict(braid.Tensors{"bits": tensor.Floats(bits, rows, 6)})
//	classes := out["class"].Float32s() // [rows, 4]
//
// [Model.PredictInto] writes to the caller's memory and allocates nothing. Package modelfile saves
// a model with the description of its inputs. Package predictor predicts from images and texts.
// Package serve predicts over HTTP.
//
// # The same bytes
//
// The same seed gives the same weights, bit for bit, with any number of workers and any instruction
// set. First weights depend on seed and name; shuffles, dropout and augmentation depend on seed,
// step and example; the order of every sum is fixed by shapes alone. [Numerics] is the version of
// this arithmetic.
//
// # Custom layers
//
// A layer is a configuration with a Kind and a Build. Build checks shapes, declares weights on the
// [Builder] and returns an op, which computes rows of a batch. Package op is the contract:
//
//	func (l Linear) Build(b *braid.Builder) (op.Op, error) {
//		if err := b.Want(1, tensor.Float32); err != nil {
//			return nil, err
//		}
//		b.Output(l.Units)
//		b.Weight("kernel", small, b.Shape(0)[0], l.Units)
//		b.Weight("bias", small, l.Units)
//		return linear{}, nil
//	}
//
// The op's Forward computes the output, Backward the gradient of the inputs, Gradient the gradient
// of a block of a weight. The engine divides batches into rows for the workers, and weights into
// blocks. op.Multiply and similar functions are the matrix products that the layers of this module
// use. Losses, metrics, optimizers and callbacks may be custom as well.
//
// The code of this tour runs in the Examples of this package, of op and of train.
package braid
