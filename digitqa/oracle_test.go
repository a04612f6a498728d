package digitqa

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"braid"
	"braid/data"
	"braid/data/mnist"
	"braid/internal/braidtest"
	"braid/internal/safetensors"
	"braid/loss"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// Tolerances. A correct float32 computation is below them by a factor of ten; wrong semantics
// exceed them.
const (
	lossLimit     = 5e-6 // of any loss of any step, absolute
	gradientLimit = 1e-5 // of a tensor of the first gradient, relative norm
	weightLimit   = 5e-5 // of any final weight, absolute
	predictLimit  = 5e-6 // of any probability, absolute
)

// oracleNames are the oracle's names of the weights.
var oracleNames = map[string]string{
	"words.embeddings": "embedding", "asked.kernel": "lstm_kernel",
	"asked.recurrent_kernel": "lstm_recurrent",
	"asked.bias":             "lstm_bias", "trunk.kernel": "dense_kernel", "trunk.bias": "dense_bias",
	"digit.kernel": "class_kernel", "digit.bias": "class_bias",
	"answer.kernel": "answer_kernel", "answer.bias": "answer_bias",
}

// oracle is one folder of numbers computed in float64 with Keras' semantics.
type oracle struct {
	t      *testing.T
	folder string

	Batch, Steps int
	ClassWeight  float64 `json:"class_weight"`
	AnswerWeight float64 `json:"answer_weight"`
	Adam         struct{ LR, Beta1, Beta2, Epsilon float64 }
	Losses       []struct{ Total, Class, Answer float64 }
}

// TestKerasOracle compares training with the numbers of every folder that has a spec.json, and of
// the folder that BRAID_ORACLE names.
func TestKerasOracle(t *testing.T) {
	specs, err := filepath.Glob(filepath.Join(braidtest.Oracle(t, "."), "*", "spec.json"))
	if err != nil || len(specs) == 0 {
		t.Fatalf("no folder with a spec.json (%v)", err)
	}
	if extra := os.Getenv("BRAID_ORACLE"); extra != "" {
		specs = append(specs, filepath.Join(extra, "spec.json"))
	}
	for _, spec := range specs {
		folder := filepath.Dir(spec)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			o := &oracle{t: t, folder: folder}
			content, err := os.ReadFile(filepath.Join(folder, "losses.json"))
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(content, o); err != nil {
				t.Fatal(err)
			}
			o.check(testMNIST(t))
		})
	}
}

// tensors reads a file of tensors in the folder.
func (o *oracle) tensors(name string) *safetensors.Container {
	o.t.Helper()
	content, err := os.ReadFile(filepath.Join(o.folder, name))
	if err != nil {
		o.t.Fatal(err)
	}
	c, err := safetensors.Parse(content)
	if err != nil {
		o.t.Fatal(err)
	}
	return c
}

func (o *oracle) floats(c *safetensors.Container, name string) []float64 {
	o.t.Helper()
	e, ok := c.Entry(name)
	if !ok {
		o.t.Fatalf("no tensor %q", name)
	}
	values, err := e.Float64s()
	if err != nil {
		o.t.Fatal(err)
	}
	return values
}

func (o *oracle) ints(c *safetensors.Container, name string) []int32 {
	o.t.Helper()
	e, ok := c.Entry(name)
	if !ok {
		o.t.Fatalf("no tensor %q", name)
	}
	values, err := e.Int32s()
	if err != nil {
		o.t.Fatal(err)
	}
	return values
}

func (o *oracle) check(digits *mnist.Dataset) {
	t := o.t
	standard, err := data.Measure(digits.Train.Pixels.Uint8s())
	if err != nil {
		t.Fatal(err)
	}
	model, err := Network(28, 28).Build(1)
	if err != nil {
		t.Fatal(err)
	}
	initial := o.tensors("init.safetensors")
	for _, w := range model.Weights() {
		values := o.floats(initial, oracleNames[w.Name()])
		narrow := make([]float32, len(values))
		for i, v := range values {
			narrow[i] = float32(v)
		}
		if err := w.Set(narrow); err != nil {
			t.Fatal(err)
		}
	}
	batches := o.tensors("batches.safetensors")
	answers := make([]float32, 0, o.Batch*o.Steps)
	for _, v := range o.floats(batches, "answer") {
		answers = append(answers, float32(v))
	}
	table, err := data.NewTable(
		data.Bytes("image", pick(digits.Train, o.ints(batches, "index")), standard, 28, 28),
		data.Ints("question", o.ints(batches, "question"), 2),
		data.Ints("digit", o.ints(batches, "class")),
		data.Floats("answer", answers),
	)
	if err != nil {
		t.Fatal(err)
	}
	o.gradient(model, table)
	o.train(model, table)
	final := o.tensors("final.safetensors")
	for _, w := range model.Weights() {
		want := o.floats(final, oracleNames[w.Name()])
		if off := furthest(w.Values(), want); !(off <= weightLimit) {
			t.Errorf("final weight %s is off by %.2g, at most %.2g is allowed", w.Name(), off, weightLimit)
		}
	}
	o.predict(model, digits.Test, standard)
}

// pick copies the images with the given indices.
func pick(images mnist.Images, index []int32) []uint8 {
	size := images.Pixels.Shape()[1:].Size()
	var pixels []uint8
	for _, i := range index {
		pixels = append(pixels, images.Pixels.Uint8s()[int(i)*size:][:size]...)
	}
	return pixels
}

// gradient computes the first step's gradient without package train and compares it.
func (o *oracle) gradient(model *braid.Model, table *data.Table) {
	t := o.t
	b := braidtest.NewBatch(model, o.Batch, 1)
	space, worker := b.Space, b.Team.Workers[0]
	order := make([]int32, o.Batch)
	for i := range order {
		order[i] = int32(i)
	}
	column := func(name string) data.Column {
		c, err := table.Column(name)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	column("image").GatherFloats(worker.Input(0), 0, order, 0, o.Batch)
	column("question").GatherInts(worker.IDs(1), order, 0, o.Batch)
	b.Forward()
	labels, targets := tensor.NewRows[int32](o.Batch, 1), tensor.NewRows[float32](o.Batch, 1)
	column("digit").GatherInts(labels, order, 0, o.Batch)
	column("answer").GatherFloats(targets, 0, order, 0, o.Batch)
	losses := make([]float32, o.Batch)
	for i, l := range []loss.Loss{loss.SparseCategoricalCrossentropy{}, loss.BinaryCrossentropy{}} {
		f, err := l.Bind(model.Heads()[i])
		if err != nil {
			t.Fatal(err)
		}
		weight := []float64{o.ClassWeight, o.AnswerWeight}[i]
		f.Rows(loss.Batch{
			Output: space.Output(i), Logits: space.Logits(i), LogSumExp: space.LogSumExp(i),
			Labels: labels, Target: targets, Grad: space.HeadGrad(i, true),
			Scratch: tensor.NewRows[float32](o.Batch, loss.ScratchWidth(f, model.Heads()[i])),
		}, losses, float32(weight/float64(o.Batch)), 0, o.Batch)
	}
	b.Backward()
	golden := o.tensors("grad1.safetensors")
	for _, w := range model.Weights() {
		want := o.floats(golden, oracleNames[w.Name()])
		var off, norm float64
		for i, g := range b.Gradient(w) {
			off += (float64(g) - want[i]) * (float64(g) - want[i])
			norm += want[i] * want[i]
		}
		if relative := math.Sqrt(off / norm); !(relative <= gradientLimit) {
			t.Errorf("first gradient of %s is off by %.2g of its norm, at most %.2g is allowed", w.Name(),
				relative, gradientLimit)
		}
	}
}

// train runs the steps and compares the losses of each.
func (o *oracle) train(model *braid.Model, table *data.Table) {
	heads := Heads()
	for name, weight := range map[string]float64{"digit": o.ClassWeight, "answer": o.AnswerWeight} {
		h := heads[name]
		h.Weight, h.MeasureOnly = weight, weight == 0
		heads[name] = h
	}
	step := 0
	var before [3]float64 // sums of the losses up to the last step
	plan := train.Plan{
		Batch: o.Batch, NoShuffle: true, Heads: heads, Workers: 2,
		Optimizer: optim.Adam{Rate: o.Adam.LR, Beta1: &o.Adam.Beta1, Beta2: &o.Adam.Beta2,
			Epsilon: o.Adam.Epsilon},
		Callbacks: []train.Callback{{Step: func(s train.Step) error {
			want := o.Losses[step]
			step++
			for i, want := range []float64{want.Total, want.Class, want.Answer} {
				sum := s.Figures()[i] * float64(step)
				if off := math.Abs(sum - before[i] - want); !(off <= lossLimit) {
					o.t.Errorf("step %d: loss %d is off by %.2g, at most %.2g is allowed", step, i, off, lossLimit)
				}
				before[i] = sum
			}
			return nil
		}}},
	}
	if _, err := train.Fit(context.Background(), model, table, plan); err != nil {
		o.t.Fatal(err)
	}
	if step != o.Steps || len(o.Losses) != o.Steps {
		o.t.Errorf("%d steps were compared, want %d", step, o.Steps)
	}
}

// predict compares the trained model's outputs for some test images.
func (o *oracle) predict(model *braid.Model, images mnist.Images, standard data.Standard) {
	golden := o.tensors("predict.safetensors")
	table, err := data.NewTable(
		data.Bytes("image", pick(images, o.ints(golden, "index")), standard, 28, 28),
		data.Ints("question", o.ints(golden, "question"), 2),
	)
	if err != nil {
		o.t.Fatal(err)
	}
	in, err := table.Tensors("image", "question")
	if err != nil {
		o.t.Fatal(err)
	}
	out, err := model.Predict(in)
	if err != nil {
		o.t.Fatal(err)
	}
	for head, name := range map[string]string{"digit": "class_prob", "answer": "answer_prob"} {
		if off := furthest(out[head].Float32s(), o.floats(golden, name)); !(off <= predictLimit) {
			o.t.Errorf("head %s is off by %.2g, at most %.2g is allowed", head, off, predictLimit)
		}
	}
}

// furthest returns the largest difference of two lists, NaN if their lengths differ.
func furthest(got []float32, want []float64) float64 {
	if len(got) != len(want) {
		return math.NaN()
	}
	worst := 0.0
	for i, v := range got {
		worst = max(worst, math.Abs(float64(v)-want[i]))
	}
	return worst
}
