package cli

import (
	"os"
	"path/filepath"
	"testing"

	"braid/modelfile"
)

// digitqa is an experiment file: braid train reads it by that name, and --set changes its keys. A
// resumed run keeps them.
func TestDigitsSet(t *testing.T) {
	folder, runs := writeDataset(t), t.TempDir()
	args := func(run string, more ...string) []string {
		list := words("train digitqa --log none --data", folder, "--out", filepath.Join(runs, run))
		return append(list, more...)
	}
	set := words("--set network.trunk.units=7 --set train.optimizer.rate=0.02",
		"--set", "heads.digit={type: category, weight: 2, metrics: [accuracy], smoothing: 0, "+
			"classes: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}", "--set", "train.ema=0.9")
	mustCall(t, append(args("whole", set...), "--set", "train.epochs=3")...)
	mustCall(t, append(args("part", set...), "--epochs", "2")...)
	part := filepath.Join(runs, "part")
	_, errs := mustCall(t, words("train --log none --epochs 3 --resume", part)...)
	checkContains(t, errs, "going on after 2 epochs")
	want := outcome(t, filepath.Join(runs, "whole"))
	if outcome(t, part) != want {
		t.Error("the resumed run ends with other files")
	}
	content, err := os.ReadFile(filepath.Join(runs, "whole", configName))
	if err != nil {
		t.Fatal(err)
	}
	checkContains(t, string(content), `"epochs": 3`, `"batch": 64`, `"rate": 0.02`, `"seed": 1`,
		`"loss_weights": "digit=2,answer=0.6"`, `"network.trunk.units=7"`, `"average": {`)
	f, err := modelfile.Open(part)
	if err != nil {
		t.Fatal(err)
	}
	if w, err := f.Model.Weight("trunk.bias"); err != nil || w.Shape().Size() != 7 {
		t.Errorf("trunk has the bias %v (error %v), want 7 units", w, err)
	}

	sgd := args("sgd", "--set", "train.optimizer={type: sgd, rate: 0.1}", "--epochs", "1")
	mustCall(t, sgd...)
	mustCall(t, words("train --log none --epochs 2 --resume", filepath.Join(runs, "sgd"))...)

	mustCall(t, args("plain", "--epochs", "1")...)
	mustCall(t, words("train --epochs 1 --log none --data", folder, "--out",
		filepath.Join(runs, "unnamed"))...)
	if outcome(t, filepath.Join(runs, "plain")) != outcome(t, filepath.Join(runs, "unnamed")) {
		t.Error("braid train and braid train digitqa differ")
	}
	for want, args := range map[string][]string{
		`--set inputs.image: digitqa lets keys of "train", "network", "heads" be set`: args("x",
			"--set", "inputs.image=image"),
		"--rate and --set of the optimizer": args("x", "--rate", "1", "--set", "train.optimizer=sgd"),
		`unknown key "epoch" in train`:      args("x", "--set", "train.epoch=3"),
		"the head digit is no category of the classes": args("x", "--set",
			"heads.digit.classes=[1, 0, 2, 3, 4, 5, 6, 7, 8, 9]"),
		"the heads are not digit and answer, in this order": args("x", "--set", "heads={answer: binary}",
			"--set", "network={image1: {type: Flatten, inputs: image}, question1: {type: Embedding, "+
				"inputs: question, vocabulary: 8, width: 2}, flat: {type: Flatten, inputs: question1}, "+
				"both: {type: Concatenate, inputs: [image1, flat]}, answer: {type: Dense, inputs: both}}"),
		"keeps its settings, but --epochs may be raised: got --set train.epochs=9": words(
			"train --set train.epochs=9 --resume", part),
	} {
		checkFails(t, want, args...)
	}
}
