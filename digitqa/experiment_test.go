package digitqa

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"braid"
	"braid/data"
	"braid/data/mnist"
	"braid/experiment"
	"braid/tensor"
	"braid/train"
)

// smallDigits returns the first of MNIST's images.
func smallDigits(t *testing.T, training, test int) *mnist.Dataset {
	t.Helper()
	digits := testMNIST(t)
	first := func(i mnist.Images, n int) mnist.Images {
		shape := i.Pixels.Shape()
		return mnist.Images{
			Pixels: tensor.Bytes(i.Pixels.Uint8s()[:n*shape[1]*shape[2]], n, shape[1], shape[2]),
			Labels: tensor.Bytes(i.Labels.Uint8s()[:n], n),
		}
	}
	return &mnist.Dataset{
		Train: first(digits.Train, training), Test: first(digits.Test, test), Origin: digits.Origin,
	}
}

// rowsFrom returns the rows from lo up to, not including, hi.
func rowsFrom(lo, hi int) (list []int32) {
	for row := lo; row < hi; row++ {
		list = append(list, int32(row))
	}
	return list
}

// digitqa.yaml trains the same weights as Network and Plan do.
func TestExperiment(t *testing.T) {
	digits := smallDigits(t, 1_003, 50)
	standard, err := data.Measure(digits.Train.Pixels.Uint8s())
	if err != nil {
		t.Fatal(err)
	}
	table, err := Table(digits.Train, standard)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Network(28, 28).Build(7)
	if err != nil {
		t.Fatal(err)
	}
	plan := Plan()
	plan.Epochs = 2
	if _, err := train.Fit(t.Context(), want, table, plan); err != nil {
		t.Fatal(err)
	}
	e, err := Experiment("train.epochs=2", "train.seed=7")
	if err != nil {
		t.Fatal(err)
	}
	checkTrains(t, e, digits, [experiment.Parts][]int32{
		rowsFrom(0, 1_003), rowsFrom(1_003, 1_053),
	}, want)
	checkTrains(t, e, digits, [experiment.Parts][]int32{rowsFrom(0, 1_003)}, want) // not validated
}

// checkTrains compares the weights of an experiment's model after training with those of want.
func checkTrains(
	t *testing.T, e *experiment.Experiment, digits *mnist.Dataset, parts [experiment.Parts][]int32,
	want *braid.Model,
) {
	t.Helper()
	rows, err := Load(e, digits, parts)
	if err != nil {
		t.Fatal(err)
	}
	b, err := rows.Build(context.Background(), experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := train.Fit(t.Context(), b.Model, b.Tables[experiment.TrainPart], b.Plan); err != nil {
		t.Fatal(err)
	}
	weights := want.Weights()
	if got := len(b.Model.Weights()); got != len(weights) {
		t.Fatalf("the model has %d weights, want %d", got, len(weights))
	}
	for _, w := range weights {
		got, err := b.Model.Weight(w.Name())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Values(), w.Values()) {
			t.Errorf("%s: got %v, want %v", w.Name(), got.Values()[:1], w.Values()[:1])
		}
	}
}

// record.yaml declares RecordNetwork and RecordPlan.
func TestRecordExperiment(t *testing.T) {
	digits := smallDigits(t, 60, 10)
	table, err := Table(digits.Train, RecordStandard)
	if err != nil {
		t.Fatal(err)
	}
	table, _, err = HoldOut(table)
	if err != nil {
		t.Fatal(err)
	}
	want, err := RecordNetwork(28, 28).Build(1)
	if err != nil {
		t.Fatal(err)
	}
	plan := RecordPlan(table.Rows())
	plan.Epochs, plan.Batch = 1, 20
	plan.Optimizer = RecordOptimizer(4e-3, Steps(plan, table.Rows()))
	if _, err := train.Fit(t.Context(), want, table, plan); err != nil {
		t.Fatal(err)
	}
	e, err := RecordExperiment("train.epochs=1", "train.batch=20")
	if err != nil {
		t.Fatal(err)
	}
	parts, err := Parts(digits, true)
	if err != nil {
		t.Fatal(err)
	}
	checkTrains(t, e, digits, parts, want)
}

// The schedule in record.yaml is that of all of MNIST.
func TestRecordSchedule(t *testing.T) {
	e, err := RecordExperiment()
	if err != nil {
		t.Fatal(err)
	}
	for _, rows := range []int{55_000, 1_000, 1} {
		want := RecordPlan(rows)
		if got := fitted(e.Train, rows); !reflect.DeepEqual(got, want.Optimizer) {
			t.Errorf("%d rows: got %+v, want %+v", rows, got, want.Optimizer)
		}
	}
	if want := RecordPlan(55_000).Optimizer; !reflect.DeepEqual(e.Train.Optimizer, want) {
		t.Errorf("the file has %+v, want %+v", e.Train.Optimizer, want)
	}
}
