package braid_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"math"
	"slices"

	"braid"
	"braid/data"
	"braid/layer"
	"braid/loss"
	"braid/metric"
	"braid/op"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// bits returns the numbers 0 to 63, each as its six bits. One head classifies a number by its upper
// two bits, the other predicts whether it is odd.
func bits() *data.Table {
	const rows, width = 64, 6
	x := make([]float32, 0, rows*width)
	class, odd := make([]int32, rows), make([]float32, rows)
	for n := range rows {
		for bit := range width {
			x = append(x, float32(n>>bit&1)*2-1)
		}
		class[n], odd[n] = int32(n>>4), float32(n&1)
	}
	table, err := data.NewTable(data.Floats("bits", x, width), data.Ints("class", class),
		data.Floats("odd", odd))
	if err != nil {
		log.Fatal(err)
	}
	return table
}

func network(trunk braid.Layer) *braid.Model {
	g := braid.NewGraph("bits")
	x := g.Input("bits", tensor.Float32, 6)
	h := g.Add("trunk", trunk, x)
	g.Head("class", layer.Dense{Units: 4, Activation: layer.Softmax}, h)
	g.Head("odd", layer.Dense{Units: 1, Activation: layer.Sigmoid}, h)
	model, err := g.Build(1)
	if err != nil {
		log.Fatal(err)
	}
	return model
}

func heads() train.Heads {
	return train.Heads{
		"class": {Loss: loss.SparseCategoricalCrossentropy{}, Metrics: metric.List{metric.Accuracy{}}},
		"odd":   {Loss: loss.BinaryCrossentropy{}, Weight: 0.5, Metrics: metric.List{metric.Accuracy{}}},
	}
}

// A network with two heads is fitted to a table whose columns have the names of its input and its
// heads.
func Example() {
	model := network(layer.Dense{Units: 12, Activation: layer.ReLU})
	fmt.Print(model.Summary())
	history, err := train.Fit(context.Background(), model, bits(),
		train.Plan{Epochs: 80, Batch: 8, Heads: heads()})
	if err != nil {
		log.Fatal(err)
	}
	last, _ := history.Value(80, "class_accuracy")
	fmt.Println("class accuracy:", last)
	// Output:
	// Model: bits
	// -----------------------------------------------------------
	// Layer (type)          Output shape   Weights   Connected to
	// -----------------------------------------------------------
	// bits (Input)          (batch, 6)     0
	// trunk (Dense)         (batch, 12)    84        bits
	// class (Dense, head)   (batch, 4)     52        trunk
	// odd (Dense, head)     (batch, 1)     13        trunk
	// -----------------------------------------------------------
	// Total weights: 149 (596 B as float32)
	// class accuracy: 1
}

// stripes returns images of 8 by 8 pixels with one bright line, across or down, in each of 16
// positions. Each image comes with either question, and the answer whether its line has that
// direction.
func stripes() *data.Table {
	const size, across, down = 8, 0, 1
	var images, answers []float32
	var questions []int32
	for n := range 2 * size {
		image := make([]float32, size*size)
		for i := range size {
			if n < size {
				image[n*size+i] = 1
			} else {
				image[i*size+n-size] = 1
			}
		}
		for _, question := range []int32{across, down} {
			var answer float32
			if (n < size) == (question == across) {
				answer = 1
			}
			images = append(images, image...)
			questions = append(questions, question)
			answers = append(answers, answer)
		}
	}
	table, err := data.NewTable(data.Floats("image", images, size, size, 1),
		data.Ints("question", questions, 1), data.Floats("answer", answers, 1))
	if err != nil {
		log.Fatal(err)
	}
	return table
}

// A convolution reads an image, an embedding a category. Both meet in one trunk.
func Example_convolution() {
	g := braid.NewGraph("stripes")
	image := g.Input("image", tensor.Float32, 8, 8, 1)
	question := g.Input("question", tensor.Int32, 1) // 0: is the line across? 1: is it down?
	convolution := layer.Conv2D{Filters: 8, Size: layer.Pair{3, 3}, Activation: layer.ReLU}
	lines := g.Add("lines", convolution, image)
	seen := g.Add("seen", layer.GlobalMaxPooling2D{}, lines)
	vector := g.Add("vector", layer.Embedding{Vocabulary: 2, Width: 4}, question)
	asked := g.Add("asked", layer.Flatten{}, vector)
	both := g.Add("both", layer.Concatenate{}, seen, asked)
	trunk := g.Add("trunk", layer.Dense{Units: 16, Activation: layer.ReLU}, both)
	g.Head("answer", layer.Dense{Units: 1, Activation: layer.Sigmoid}, trunk)
	model, err := g.Build(1)
	if err != nil {
		log.Fatal(err)
	}

	head := train.Head{Loss: loss.BinaryCrossentropy{}, Metrics: metric.List{metric.Accuracy{}}}
	history, err := train.Fit(context.Background(), model, stripes(), train.Plan{
		Epochs: 100, Batch: 8, Optimizer: optim.Adam{Rate: 0.01}, Heads: train.Heads{"answer": head},
	})
	if err != nil {
		log.Fatal(err)
	}
	accuracy, _ := history.Value(100, "answer_accuracy")
	fmt.Println("accuracy:", accuracy)
	// Output:
	// accuracy: 1
}

// Predict takes any number of rows and returns the heads' outputs by name.
func ExampleModel_Predict() {
	model := network(layer.Dense{Units: 12, Activation: layer.ReLU})
	if _, err := train.Fit(context.Background(), model, bits(),
		train.Plan{Epochs: 200, Batch: 8, Heads: heads()}); err != nil {
		log.Fatal(err)
	}
	out, err := model.Predict(braid.Tensors{
		"bits": tensor.Floats([]float32{1, -1, -1, -1, 1, 1 /* 49 */, -1, 1, -1, -1, -1, -1 /* 2 */}, 2,
			6),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out["class"].Shape(), out["odd"].Shape())
	for row := range 2 {
		fmt.Println("odd:", out["odd"].Float32s()[row] > 0.5)
	}
	// Output:
	// [2 4] [2 1]
	// odd: true
	// odd: false
}

// PredictInto reuses the memory of the outputs and allocates nothing.
func ExampleModel_PredictInto() {
	model := network(layer.Dense{Units: 12, Activation: layer.ReLU})
	number := make([]float32, 6)
	in := braid.Tensors{"bits": tensor.Floats(number, 1, 6)}
	out, err := model.Predict(in)
	if err != nil {
		log.Fatal(err)
	}
	classes := out["class"].Float32s()
	for n := range 3 {
		number[n] = 1
		if err := model.PredictInto(out, in); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%.3f\n", classes)
	}
	// Output:
	// [0.277 0.349 0.147 0.226]
	// [0.259 0.307 0.148 0.286]
	// [0.301 0.282 0.147 0.270]
}

// Nodes left and right share their weights, which Summary counts once. Training changes them, but
// not the frozen weight of words.
func ExampleGraph_Again() {
	g := braid.NewGraph("pair")
	a, b := g.Input("a", tensor.Float32, 6), g.Input("b", tensor.Float32, 6)
	ids := g.Input("ids", tensor.Int32, 1)
	left := g.Add("left", layer.Dense{Units: 8}, a)
	right := g.Again("right", left, b)
	words := g.Add("words", layer.Embedding{Vocabulary: 8, Width: 4, Frozen: true}, ids)
	asked := g.Add("asked", layer.Flatten{}, words)
	all := g.Add("all", layer.Concatenate{}, left, right, asked)
	g.Head("same", layer.Dense{Units: 1, Activation: layer.Sigmoid}, all)
	model, err := g.Build(1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(model.Summary())

	before := map[string][]float32{}
	for _, w := range model.Weights() {
		before[w.Name()] = w.Values()
	}
	table, err := data.NewTable(data.Floats("a", []float32{1, 2, 3, 4, 5, 6}, 6),
		data.Floats("b", []float32{6, 5, 4, 3, 2, 1}, 6), data.Ints("ids", []int32{3}, 1),
		data.Floats("same", []float32{1}))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := train.Fit(context.Background(), model, table, train.Plan{
		Epochs: 1, Heads: train.Heads{"same": {Loss: loss.BinaryCrossentropy{}}},
	}); err != nil {
		log.Fatal(err)
	}
	for _, w := range model.Weights() {
		fmt.Println(w.Name(), "changed:", !slices.Equal(w.Values(), before[w.Name()]))
	}
	// Output:
	// Model: pair
	// -----------------------------------------------------------------
	// Layer (type)         Output shape    Weights   Connected to
	// -----------------------------------------------------------------
	// a (Input)            (batch, 6)      0
	// b (Input)            (batch, 6)      0
	// ids (Input)          (batch, 1)      0
	// left (Dense)         (batch, 8)      56        a
	// right (Dense)        (batch, 8)      0         b
	// words (Embedding)    (batch, 1, 4)   32        ids
	// asked (Flatten)      (batch, 4)      0         words
	// all (Concatenate)    (batch, 20)     0         left, right, asked
	// same (Dense, head)   (batch, 1)      21        all
	// -----------------------------------------------------------------
	// Total weights: 109 (436 B as float32)
	// Frozen: 32
	// left.kernel changed: true
	// left.bias changed: true
	// words.embeddings changed: false
	// same.kernel changed: true
	// same.bias changed: true
}

// Scale is a custom layer: it multiplies each feature by a trained number.
type Scale struct{}

func (Scale) Kind() string { return "Scale" }

func (Scale) Build(b *braid.Builder) (op.Op, error) {
	if err := b.Want(1, tensor.Float32); err != nil {
		return nil, err
	}
	b.Output(b.Shape(0)...)
	b.Weight("scale", func(values []float32, _ tensor.Shape, _ braid.Draw) {
		for i := range values {
			values[i] = 1
		}
	}, b.Shape(0).Size())
	return scaleOp{}, nil
}

type scaleOp struct{}

func (scaleOp) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		for i, x := range t.In[0].Row(r) {
			t.Out.Row(r)[i] = x * t.Weights[0].Data[i]
		}
	}
}

func (scaleOp) Backward(t *op.Task) {
	for r := t.Lo; r < t.Hi && !t.InGrad[0].IsNil(); r++ {
		for i, d := range t.OutGrad.Row(r) {
			t.InGrad[0].Row(r)[i] += d * t.Weights[0].Data[i]
		}
	}
}

func (scaleOp) Gradient(t *op.Task, _ int, block op.Block, grad tensor.Rows[float32]) {
	for i := block.ColumnLo; i < block.ColumnHi; i++ {
		var sum float32
		for r := t.Lo; r < t.Hi; r++ {
			sum += t.OutGrad.Row(r)[i] * t.In[0].Row(r)[i]
		}
		grad.Row(0)[i-block.ColumnLo] = sum
	}
}

// A custom layer is used like a layer of package layer.
func Example_customLayer() {
	model := network(Scale{})
	history, err := train.Fit(context.Background(), model, bits(),
		train.Plan{Epochs: 200, Batch: 8, Heads: heads()})
	if err != nil {
		log.Fatal(err)
	}
	accuracy, _ := history.Value(200, "odd_accuracy")
	config, _ := json.Marshal(Scale{})
	fmt.Println(accuracy, string(config))
	// Output: 1 {}
}

// Squared is a custom loss: the squared distance from the target.
type Squared struct{}

func (Squared) Kind() string { return "squared" }

func (Squared) Bind(head braid.Spec) (loss.Func, error) { return squaredFunc{head.Shape}, nil }

type squaredFunc struct{ shape tensor.Shape }

func (f squaredFunc) Target() loss.Target {
	return loss.Target{DType: tensor.Float32, Shape: f.shape}
}
func (squaredFunc) FromLogits() bool { return false }

func (squaredFunc) Rows(b loss.Batch, losses []float32, scale float32, lo, hi int) {
	for r := lo; r < hi; r++ {
		losses[r] = 0
		for i, y := range b.Output.Row(r) {
			d := y - b.Target.Row(r)[i]
			losses[r] += d * d
			if !b.Grad.IsNil() {
				b.Grad.Row(r)[i] = 2 * d * scale
			}
		}
	}
}

// Distance is a custom metric: the mean distance from the target.
type Distance struct{}

func (Distance) Kind() string { return "distance" }

func (Distance) Bind(braid.Spec, metric.Target) (metric.Func, error) { return distanceFunc{}, nil }

type distanceFunc struct{}

func (distanceFunc) Width() int { return 1 }

func (distanceFunc) Rows(b metric.Batch, numbers tensor.Rows[float32], lo, hi int) {
	for r := lo; r < hi; r++ {
		numbers.Row(r)[0] = float32(math.Abs(float64(b.Output.Row(r)[0] - b.Target.Row(r)[0])))
	}
}

func (distanceFunc) Value(sums []float64, weight float64) float64 { return sums[0] / weight }

// A custom loss, a custom metric, and a callback that stops training when the metric is good
// enough.
func Example_customLossMetricCallback() {
	plan := heads()
	plan["odd"] = train.Head{Loss: Squared{}, Metrics: metric.List{Distance{}}}
	model := network(layer.Dense{Units: 12, Activation: layer.Tanh})
	var names []string
	history, err := train.Fit(context.Background(), model, bits(), train.Plan{
		Epochs: 500, Batch: 8, Heads: plan,
		Callbacks: []train.Callback{{
			Start: func(s train.Start) error {
				names = s.Names
				return nil
			},
			Epoch: func(e train.Epoch) error {
				if e.Values[len(names)-1] < 0.1 {
					return train.ErrStop
				}
				return nil
			},
		}},
	})
	fmt.Println(names)
	fmt.Println(len(history.Epochs) < 500, err)
	// Output:
	// [loss class_loss odd_loss class_accuracy odd_distance]
	// true <nil>
}
