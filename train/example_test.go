package train_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"braid"
	"braid/data"
	"braid/layer"
	"braid/loss"
	"braid/metric"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// A run is interrupted in its second epoch and resumed.
func ExampleResume() {
	build := func() *braid.Model {
		g := braid.NewGraph("or")
		g.Head("y", layer.Dense{Units: 1, Activation: layer.Sigmoid}, g.Input("x", tensor.Float32, 2))
		m, err := g.Build(1)
		if err != nil {
			log.Fatal(err)
		}
		return m
	}
	table, err := data.NewTable(data.Floats("x", []float32{0, 0, 0, 1, 1, 0, 1, 1}, 2),
		data.Floats("y", []float32{0, 1, 1, 1}))
	if err != nil {
		log.Fatal(err)
	}
	folder, err := os.MkdirTemp("", "run")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)

	plan := train.Plan{
		Epochs: 3, Batch: 2,
		Heads:      train.Heads{"y": {Loss: loss.BinaryCrossentropy{}}},
		Checkpoint: &train.Checkpoint{Dir: filepath.Join(folder, "checkpoints"), Every: time.Minute},
		Callbacks: []train.Callback{{
			Start: func(s train.Start) error {
				fmt.Printf("after %d epochs and %d of %d steps\n", s.From, s.Step, s.Steps)
				return nil
			},
			Step: func(s train.Step) error {
				if s.Epoch == 2 {
					return train.ErrStop
				}
				return nil
			},
		}},
	}
	history, err := train.Fit(context.Background(), build(), table, plan)
	fmt.Println(len(history.Epochs), "epoch,", err)

	plan.Callbacks[0].Step = nil
	history, err = train.Resume(context.Background(), build(), table, plan)
	fmt.Println(len(history.Epochs), "epochs,", err)
	// Output:
	// after 0 epochs and 0 of 2 steps
	// 1 epoch, <nil>
	// after 1 epochs and 1 of 2 steps
	// 3 epochs, <nil>
}

// Each word of a sentence has a tag: whether its id is even. The sentences end in padding, which
// has no tag: the loss and the metrics are those of the words.
func ExampleHead() {
	const no = data.NoLabel
	table, err := data.NewTable(
		data.Ints("words", []int32{4, 1, 2, 0, 3, 6, 0, 0, 5, 5, 4, 1, 2, 3, 0, 0}, 4),
		data.Ints("tag", []int32{1, 0, 1, no, 0, 1, no, no, 0, 0, 1, 0, 1, 0, no, no}, 4))
	if err != nil {
		log.Fatal(err)
	}
	g := braid.NewGraph("tags")
	words := g.Add("vectors", layer.Embedding{Vocabulary: 7, Width: 3},
		g.Input("words", tensor.Int32, 4))
	g.Head("tag", layer.Dense{Units: 2, Activation: layer.Softmax}, words) // [4, 2] a row
	m, err := g.Build(1)
	if err != nil {
		log.Fatal(err)
	}
	heads := train.Heads{"tag": {
		Loss:    loss.SparseCategoricalCrossentropy{},
		Metrics: metric.List{metric.Accuracy{}, metric.ConfusionMatrix{}},
	}}
	plan := train.Plan{Epochs: 100, Optimizer: optim.Adam{Rate: 0.1}, Heads: heads}
	if _, err := train.Fit(context.Background(), m, table, plan); err != nil {
		log.Fatal(err)
	}
	scores, err := train.Evaluate(context.Background(), m, table, heads, 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(scores.Names[2], scores.Values[2])
	fmt.Println(scores.Tables["tag_confusion_matrix"].Values)
	// Output:
	// tag_accuracy 1
	// [[6 0] [0 5]]
}

// An evaluation has all metrics that fit, while training showed the accuracy alone.
func ExampleHeads_WithAllMetrics() {
	g := braid.NewGraph("signs")
	g.Head("sign", layer.Dense{Units: 1, Activation: layer.Sigmoid}, g.Input("x", tensor.Float32, 1))
	m, err := g.Build(1)
	if err != nil {
		log.Fatal(err)
	}
	table, err := data.NewTable(data.Floats("x", []float32{-4, -3, -2, -1, 1, 2, 3, 4}, 1),
		data.Floats("sign", []float32{0, 0, 0, 0, 1, 1, 1, 0}))
	if err != nil {
		log.Fatal(err)
	}
	heads := train.Heads{"sign": {
		Loss:    loss.BinaryCrossentropy{},
		Metrics: metric.List{metric.Accuracy{}, metric.ConfusionMatrix{Labels: []string{"-", "+"}}},
	}}
	plan := train.Plan{Epochs: 200, Batch: 8, Optimizer: optim.Adam{Rate: 0.1}, Heads: heads}
	if _, err := train.Fit(context.Background(), m, table, plan); err != nil {
		log.Fatal(err)
	}
	scores, err := train.Evaluate(context.Background(), m, table, heads.WithAllMetrics(m), 0)
	if err != nil {
		log.Fatal(err)
	}
	for i, name := range scores.Names[2:7] {
		fmt.Printf("%s %.3f\n", name, scores.Values[2+i])
	}
	fmt.Println(scores.Tables["sign_confusion_matrix"])
	// Output:
	// sign_accuracy 0.750
	// sign_precision 0.667
	// sign_recall 0.667
	// sign_f1_score 0.667
	// sign_auroc 0.800
	// {[- +] [- +] [[4 1] [1 2]]}
}
