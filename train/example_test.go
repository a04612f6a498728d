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
