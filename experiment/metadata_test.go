package experiment_test

import (
	"encoding/json"
	"slices"
	"testing"

	"braid/experiment"
)

// A model file says how its model was trained, with the figures of the epoch that is kept.
func TestTraining(t *testing.T) {
	b := build(t, folderOf(t, parcels, parcelRows(150)), "heads.kind.measure=true",
		"heads.price.weight=2", "train.epochs=12", "train.rate=0.1", "train.patience=3")
	history := fit(t, b)
	kept, err := b.Kept(history)
	if err != nil {
		t.Fatal(err)
	}
	if kept == len(history.Epochs) {
		t.Fatalf("epoch %d of %d is kept, want an earlier one", kept, len(history.Epochs))
	}
	f, _ := fileOf(t, b, history)
	var got experiment.Training
	if err := json.Unmarshal(f.Training, &got); err != nil {
		t.Fatal(err)
	}
	if got.Task != "parcels" || got.Kept != kept || got.Epochs != len(history.Epochs) ||
		got.Rows != len(b.Rows[experiment.TrainPart]) || got.Optimizer.Kind != "adamw" ||
		!got.DropLast || got.Average == nil || got.Augment != nil {
		t.Errorf("got %+v", got)
	}
	var weights []float64
	for _, h := range got.Heads {
		weights = append(weights, h.Weight)
	}
	if !slices.Equal(weights, []float64{0, 1, 2}) || got.Heads[1].Loss != "binary_crossentropy" ||
		!slices.Contains(got.Heads[0].Metrics, "macro_f1") {
		t.Errorf("got heads %+v", got.Heads)
	}
	at := slices.Index(history.Names, "val_loss")
	if want := history.Epochs[kept-1].Values[at]; len(got.Final) != len(history.Names) ||
		*got.Final[at].Value != want || got.Final[at].Name != "val_loss" {
		t.Errorf("got figures %+v, want val_loss %v", got.Final, want)
	}
}
