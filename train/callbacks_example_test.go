package train_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"braid"
	"braid/augment"
	"braid/data"
	"braid/layer"
	"braid/loss"
	"braid/tensor"
	"braid/train"
)

// Training ends when the sum of two heads' losses has not improved for two epochs.
func ExampleEarlyStopping() {
	early := train.EarlyStopping{
		Sum: map[string]float64{"val_digit_loss": 1, "val_answer_loss": 0.5}, Patience: 2,
	}
	history := &train.History{Names: []string{"val_digit_loss", "val_answer_loss"}}
	callback := early.Callback() // of train.Plan.Callbacks; called here as Fit would
	if err := callback.Start(train.Start{Names: history.Names, History: history}); err != nil {
		log.Fatal(err)
	}
	for i, values := range [][]float64{{1, 1}, {0.5, 1.5}, {0.25, 2.5}, {0.375, 2.25}, {0.1, 0.2}} {
		epoch := train.Epoch{Number: i + 1, Values: values}
		history.Epochs = append(history.Epochs, epoch)
		if err := callback.Epoch(epoch); err != nil {
			fmt.Println(err)
			break
		}
	}
	best, err := early.Best(history)
	fmt.Println("best:", best, err)
	// Output:
	// EarlyStopping: no improvement since epoch 2: stopped by a callback
	// best: 2 <nil>
}

// A run keeps a file with its figures.
func ExampleCSVLog() {
	folder, err := os.MkdirTemp("", "run")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "history.csv")
	g := braid.NewGraph("dark")
	flat := g.Add("flat", layer.Flatten{}, g.Input("image", tensor.Float32, 2, 3))
	g.Head("y", layer.Dense{Units: 1, Activation: layer.Sigmoid}, flat)
	m, err := g.Build(1)
	if err != nil {
		log.Fatal(err)
	}
	table, err := data.NewTable(
		data.Bytes("image", []uint8{9, 80, 7, 3, 2, 1, 90, 99, 97, 250, 230, 99},
			data.Standard{Mean: 80, Std: 80}, 2, 3),
		data.Floats("y", []float32{1, 0}))
	if err != nil {
		log.Fatal(err)
	}
	_, err = train.Fit(context.Background(), m, table, train.Plan{
		Epochs:    2,
		Heads:     train.Heads{"y": {Loss: loss.BinaryCrossentropy{}}},
		Augment:   map[string]augment.List{"image": {augment.Flip{}, augment.Brightness{Factor: 0.1}}},
		Callbacks: []train.Callback{train.CSVLog(path)},
	})
	if err != nil {
		log.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	header, epochs, _ := strings.Cut(string(content), "\n")
	fmt.Println(header)
	fmt.Println(strings.Count(epochs, "\n"), "epochs")
	// Output:
	// epoch,train_s,eval_s,loss,y_loss
	// 2 epochs
}
