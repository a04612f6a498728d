package experiment

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid/train"
)

// Heads of classes read the 3-grams of short texts, and begin with the guess. Without such heads
// there is no input for them.
func TestWide(t *testing.T) {
	dir := t.TempDir()
	var rows strings.Builder
	rows.WriteString("name,kind,price\n")
	for i := range 80 {
		fmt.Fprintf(&rows, "thing%d,%s,%d\n", i, []string{"a", "b", "b"}[i%3], i*i)
	}
	if err := os.WriteFile(filepath.Join(dir, "x.csv"), []byte(rows.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	load := func(heads string) *Loaded {
		text := fmt.Sprintf("data: x.csv\ninputs: {name: text}\nheads: {%s}\n", heads)
		e, err := Parse(filepath.Join(dir, "x.yaml"), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		l, err := e.Load(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	b, err := load("kind: category, price: number").Build(context.Background(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(b.Model.Inputs()); n != 2 {
		t.Errorf("%d inputs, want the words and the 3-grams", n)
	}
	bias, err := b.Model.Weight("kind::deep.bias")
	if err != nil {
		t.Fatal(err)
	}
	if want := b.Targets[0].Decoder.Biases(); !slices.Equal(bias.Values(), want) {
		t.Errorf("the head begins with %v, want %v", bias.Values(), want)
	}
	b.Plan.Epochs = 1
	if _, err := train.Fit(context.Background(), b.Model, b.Tables[TrainPart], b.Plan); err != nil {
		t.Error(err)
	}

	b = &Built{Loaded: load("price: number")}
	if err := b.learn(context.Background(), Options{}); err != nil {
		t.Fatal(err)
	}
	b.narrow()
	if n := len(b.Features[0].Encoder.Inputs("name")); n != 1 {
		t.Errorf("%d inputs without a head of classes, want the words alone", n)
	}
}
