package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"braid/train"
)

// The networks have as many weights as those of the scripts, and train on their tables.
func TestNetworks(t *testing.T) {
	// An LSTM of PyTorch has a second bias, of 4 times its units.
	scripts := map[string]int{
		"wide": 669_706, "text": 673_670 - 4*64, "gru": 25_285, "transformer": 104_389,
		"record": 151_340 - 4*8, "resnet": 175_258,
	}
	for _, n := range networks {
		want, synthetic := scripts[n.name]
		if !synthetic {
			continue // it needs MNIST
		}
		t.Run(n.name, func(t *testing.T) {
			table, err := n.table(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if table, err = table.Slice(0, 5); err != nil {
				t.Fatal(err)
			}
			model, err := n.graph().Build(1)
			if err != nil {
				t.Fatal(err)
			}
			size := 0
			for _, w := range model.Weights() {
				if !strings.Contains(w.Name(), "moving") {
					size += w.Shape().Size()
				}
			}
			if size != want {
				t.Errorf("%d weights, want %d", size, want)
			}
			plan := n.plan()
			plan.Epochs = 1
			history, err := train.Fit(context.Background(), model, table, plan)
			if err != nil {
				t.Fatal(err)
			}
			if loss := history.Series("loss")[0]; !(loss > 0.1 && loss < 10) {
				t.Errorf("loss is %v, want that of a network that knows nothing", loss)
			}
		})
	}
}

// Each layer runs, and pytorch/layers.py has a counterpart.
func TestMeasuredLayers(t *testing.T) {
	script, err := os.ReadFile("pytorch/layers.py")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range measuredLayers {
		l.batch = append([]int{3}, l.batch[1:]...)
		passes, err := l.passes()
		if err == nil {
			err = passes()
		}
		if err != nil {
			t.Errorf("%s: %v", l.name, err)
		}
		if !strings.Contains(string(script), fmt.Sprintf("        '%s': ", l.name)) {
			t.Errorf("pytorch/layers.py has no %s", l.name)
		}
	}
}

func TestGrowth(t *testing.T) {
	x := []float64{1, 10, 1000}
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = 7 * math.Pow(v, 1.25)
	}
	if got := slope(x, y); math.Abs(got-1.25) > 1e-12 {
		t.Errorf("slope is %v, want 1.25", got)
	}
	y[2] *= 2 // a line through three points that are not on one
	if got, want := slope(x, y), 1.25+math.Log10(2)*(5./3)/(14./3); math.Abs(got-want) > 1e-12 {
		t.Errorf("slope is %v, want %v", got, want)
	}
	for _, g := range growths {
		first, last := g.size(g.sizes[0]), g.size(slices.Max(g.sizes))
		if decades := math.Log10(last.work / first.work); math.Abs(decades-3) > 0.02 {
			t.Errorf("work grows with %s over %.2f decades, want 3", g.name, decades)
		}
	}
	if _, err := growthNamed("row"); err == nil || !strings.Contains(err.Error(), `"rows"`) {
		t.Errorf("unknown growth: error is %v", err)
	}
}
