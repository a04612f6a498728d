package experiment_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"braid/experiment"
	"braid/metric"
)

// A head that is only measured does not change the network, and metrics are those that are named.
func TestHeadKeys(t *testing.T) {
	folder := folderOf(t, parcels, parcelRows(150))
	set := []string{
		"heads.kind.measure=true", "heads.big.metrics=[accuracy, log_loss]", "heads.price.weight=2",
	}
	b := build(t, folder, set...)
	kind, big := b.Plan.Heads["kind"], b.Plan.Heads["big"]
	if !kind.MeasureOnly || big.MeasureOnly || b.Plan.Heads["price"].Weight != 2 {
		t.Errorf("the plan has %+v", b.Plan.Heads)
	}
	var names []string
	for _, m := range big.Metrics {
		names = append(names, metric.Name(m))
	}
	if want := []string{"accuracy", "log_loss"}; !slices.Equal(names, want) || len(kind.Metrics) < 3 {
		t.Errorf("got metrics %q of big, want %q; %d of kind, want all", names, want, len(kind.Metrics))
	}
	history := fit(t, b)
	bias, err := b.Model.Weight("kind::deep.bias") // which does not decay
	if start := b.Targets[0].Decoder.Biases(); err != nil || !slices.Equal(bias.Values(), start) {
		t.Errorf("the bias of kind was trained: %v, error %v, want %v", bias.Values(), err, start)
	}
	if !slices.Contains(history.Names, "val_kind_accuracy") ||
		!slices.Contains(history.Names, "val_big_accuracy") ||
		slices.Contains(history.Names, "val_big_auroc") {
		t.Errorf("the history has %q", history.Names)
	}
	resolved, err := b.Resolved()
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := experiment.Write(&file, resolved, nil); err != nil {
		t.Fatal(err)
	}
	again, err := experiment.Parse("e.yaml", file.Bytes())
	if err != nil || !again.Heads[0].MeasureOnly || !slices.Equal(again.Heads[1].Metrics, names) {
		t.Errorf("got %+v and error %v from\n%s", again, err, file.String())
	}
	checkBuildError(t, folder, "e.yaml:8:1: all heads are only measured, want one without measure: "+
		"true: else nothing is learnt", "heads.kind.measure=true", "heads.big.measure=true",
		"heads.price.measure=true")
	checkBuildError(t, folder, `e.yaml:10:3: head "big": unknown metric "acuracy", want one of `+
		`"log_loss", "accuracy", "auroc"; did you mean "accuracy"?`, "heads.big.metrics=[acuracy]")
	checkBuildError(t, folder, `e.yaml:10:3: head "big": metrics lacks "log_loss", which chooses the `+
		"best epoch: add it, or set keep: last in train", "heads.big.metrics=[accuracy]")
	b = build(t, folder, "heads.big.metrics=[accuracy]", "train.keep=last")
	if got := b.Plan.Heads["big"].Metrics; len(got) != 1 || b.Guesses != nil {
		t.Errorf("got metrics %v and guesses %v", got, b.Guesses)
	}
}

// Rows may be divided already, and without validation if the last epoch is kept.
func TestLoadParts(t *testing.T) {
	whole := build(t, folderOf(t, parcels, parcelRows(150)))
	parts := whole.Rows
	rows, err := whole.LoadParts(whole.Frame, parts)
	if err != nil {
		t.Fatal(err)
	}
	b, err := rows.Build(t.Context(), experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(trained(t, b), trained(t, whole)) {
		t.Error("the same parts give other bytes")
	}
	parts = [experiment.Parts][]int32{slices.Concat(parts[0], parts[1])}
	const none = "the validation part has no rows with a label"
	_, err = whole.LoadParts(whole.Frame, parts)
	if err == nil || !strings.Contains(err.Error(), none) {
		t.Errorf("got error %v, want %s", err, none)
	}
	last := *whole.Experiment
	last.Train.Keep = experiment.KeepLast
	if rows, err = last.LoadParts(whole.Frame, parts); err != nil {
		t.Fatal(err)
	}
	if b, err = rows.Build(t.Context(), experiment.Options{}); err != nil {
		t.Fatal(err)
	}
	history := fit(t, b)
	f, _ := fileOf(t, b, history)
	if len(history.Epochs) != 3 || slices.Contains(history.Names, "val_loss") || f.Model != b.Model {
		t.Errorf("%d epochs with %q", len(history.Epochs), history.Names)
	}
}
