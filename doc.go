// Package braid trains and serves networks that take several kinds of input at once and solve several tasks
// at once: many strands in, one trunk, many heads out.
//
// # A network
//
// A network is written down as a [Graph]: inputs, layers, heads. Each has a name, and everything meets by name: the
// columns of a table, the losses of a plan, the arrays of a prediction. An unknown name is an error that lists the
// names there are. This network reads the six bits of a number. One head says in which of four classes the number is,
// the other whether it is odd.
//
//	g := braid.NewGraph("bits")
//	x := g.Input("bits", tensor.Float32, 6)
//	h := g.Add("trunk", layer.Dense{Units: 12, Activation: layer.ReLU}, x)
//	g.Head("class", layer.Dense{Units: 4, Activation: layer.Softmax}, h)
//	g.Head("odd", layer.Dense{Units: 1, Activation: layer.Sigmoid}, h)
//	model, err := g.Build(1)
//
// Package layer has the layers: struct literals whose zero fields are the common case. A mistake in a graph is an
// error of Build with file, line, layer, what was got and what was wanted. A shape is that of one row; the batch has no
// length until training or prediction.
//
// A layer may be placed again with the same weights, and its weights may be frozen:
//
//	left := g.Add("left", layer.Dense{Units: 8}, a)
//	right := g.Again("right", left, b)
//	words := g.Add("words", layer.Embedding{Vocabulary: 8, Width: 4, Frozen: true}, ids)
//
// # Training
//
// Package data has tables of named columns, package train fits a model to one:
//
//	table, err := data.NewTable(
//		data.Floats("bits", x, 6), data.Ints("class", class), data.Floats("odd", odd),
//	)
//	history, err := train.Fit(ctx, model, table, train.Plan{
//		Epochs: 80, Batch: 8, Optimizer: optim.Adam{Rate: 0.01},
//		Heads: train.Heads{
//			"class": {Loss: loss.SparseCategoricalCrossentropy{}, Metrics: metric.List{metric.Accuracy{}}},
//			"odd":   {Loss: loss.BinaryCrossentropy{}, Weight: 0.5},
//		},
//	})
//
// Zero fields of a plan mean what they mean in Keras. A plan may have validation data, checkpoints from which
// [braid/train.Resume] goes on after a crash, and callbacks that watch or stop training.
//
// # Prediction
//
// [Model.Predict] answers any number of rows, from any number of goroutines at once:
//
//	out, err := model.Predict(braid.Tensors{"bits": tensor.Floats(bits, rows, 6)})
//	classes := out["class"].Float32s() // [rows, 4]
//
// [Model.PredictInto] writes to memory of the caller's and allocates nothing. Package modelfile saves a model with what
// its inputs are made of; package infer takes images and texts; package serve answers over HTTP.
//
// # The same bytes
//
// The same seed gives the same weights, bit for bit, with any number of workers and any instruction set: weights start
// as a function of seed and name, shuffles and dropout depend on seed, epoch and example, and no sum depends on how work
// was cut. [Numerics] is the version of these bytes.
//
// # Layers of your own
//
// A layer is a configuration with a Kind and a Build. Build checks shapes, declares weights on the [Builder] and returns
// an op, which computes rows of a batch. Package op is the contract:
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
// The op's Forward computes the output, Backward the gradient by the input, Gradient that by a block of a weight. The
// engine cuts batches into rows for workers and weights into blocks; op.Multiply and its like are the products that the
// layers of this module use. Losses, metrics, optimizers and callbacks can be written outside as well.
//
// The code of this tour runs in the Examples of this package, of op and of train.
package braid
