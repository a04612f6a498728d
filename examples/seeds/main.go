// Command seeds trains the book's network with seeds 1 to 8 and prints docs/results.md.
package main

import (
	"context"
	"fmt"
	"log"
	"runtime"

	"braid/data"
	"braid/data/mnist"
	"braid/digitqa"
	"braid/train"
)

func main() {
	digits, err := mnist.Finder{}.Find(context.Background())
	check(err)
	standard, err := data.Measure(digits.Train.Pixels.Uint8s())
	check(err)
	trainTable, err := digitqa.Table(digits.Train, standard)
	check(err)
	testTable, err := digitqa.Table(digits.Test, standard)
	check(err)

	fmt.Print("# Results\n\n",
		"The book's network, trained for 20 epochs on MNIST with loss weights 0.5 and 0.6, ",
		"measured on the\n10,000 test images after the last epoch. Made by\n\n",
		"    go run ./examples/seeds > docs/results.md\n\n",
		"on ", runtime.GOOS, "/", runtime.GOARCH, ". The same seed gives the same figures ",
		"on any machine of one kind, with any number of\n",
		"workers. The same network in exact Keras semantics gives 0.945 and 0.925 on average.\n\n",
		"| seed | digit accuracy | answer accuracy | both right | digit loss | answer loss |\n",
		"| ---: | ---: | ---: | ---: | ---: | ---: |\n")
	const seeds = 8
	var mean [5]float64
	for seed := uint64(1); seed <= seeds; seed++ {
		model, err := digitqa.Network(28, 28).Build(seed)
		check(err)
		plan := digitqa.Plan()
		plan.Validate = testTable
		history, err := train.Fit(context.Background(), model, trainTable, plan)
		check(err)
		var row [5]float64
		for i, name := range []string{"val_digit_accuracy", "val_answer_accuracy", "", "val_digit_loss",
			"val_answer_loss"} {
			if name != "" {
				row[i], err = history.Value(plan.Epochs, name)
				check(err)
			}
		}
		right, err := digitqa.Measure(model, testTable)
		check(err)
		row[2] = right.Both
		print(fmt.Sprint(seed), row)
		for i, v := range row {
			mean[i] += v / seeds
		}
	}
	print("mean", mean)
}

func print(name string, row [5]float64) {
	fmt.Printf("| %s | %.4f | %.4f | %.4f | %.4f | %.4f |\n", name, row[0], row[1], row[2], row[3],
		row[4])
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
