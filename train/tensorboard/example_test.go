package tensorboard_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"braid/train"
	"braid/train/tensorboard"
)

// A training writes curves, and histograms of the weights each five epochs.
func ExampleLog() {
	plan := train.Plan{Callbacks: []train.Callback{
		tensorboard.Log{Dir: "runs/digitqa", Steps: 100, Histograms: 5}.Callback(),
	}}
	fmt.Println(len(plan.Callbacks), "callback")
	// Output: 1 callback
}

// A program writes a curve of its own.
func ExampleWriter() {
	folder, err := os.MkdirTemp("", "runs")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	w, err := tensorboard.Create(filepath.Join(folder, "rate"))
	if err != nil {
		log.Fatal(err)
	}
	for step := range 3 {
		if err := w.Scalar("rate", step, 0.1/float64(step+1)); err != nil {
			log.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "rate", "events.out.tfevents.*"))
	fmt.Println(len(files), "file", err)
	// Output: 1 file <nil>
}
