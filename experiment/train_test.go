package experiment_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"braid/balance"
	"braid/experiment"
	"braid/optim"
	"braid/train"
)

const bookTraining = `train:
  epochs: 3
  batch: 16
  optimizer: {type: adam, rate: 0.002}
  clip: 0
  ema: 0
  drop_last: false
  keep: last
  balance: {type: upgrad}
`

// A training that is declared in full is that of the same plan in Go.
func TestTrainKeys(t *testing.T) {
	folder := folderOf(t, parcels, parcelRows(150))
	path := filepath.Join(folder, "e.yaml")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	declared, _, _ := strings.Cut(string(content), "train:")
	if err := os.WriteFile(path, []byte(declared+bookTraining), 0o644); err != nil {
		t.Fatal(err)
	}
	got, want := build(t, folder), build(t, folder)
	want.Plan = train.Plan{
		Epochs: 3, Batch: 16, Optimizer: optim.Adam{Rate: 0.002}, Heads: want.Plan.Heads,
		Balance:  balance.UPGrad{},
		Validate: want.Tables[experiment.ValidationPart], Augment: want.Plan.Augment,
	}
	if !bytes.Equal(trained(t, got), trained(t, want)) {
		t.Error("the model has other bytes than that of the plan in Go")
	}
	if kept, err := got.Kept(&train.History{Epochs: make([]train.Epoch, 3)}); kept != 3 || err != nil {
		t.Errorf("kept epoch %d and error %v, want 3", kept, err)
	}
	resolved, err := got.Resolved()
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := experiment.Write(&file, resolved, nil); err != nil {
		t.Fatal(err)
	}
	again, err := experiment.Parse(path, file.Bytes())
	if err != nil || !reflect.DeepEqual(again.Train, resolved.Train) {
		t.Errorf("got %+v and error %v from\n%s", again, err, file.String())
	}
}

func TestTrainOptimizer(t *testing.T) {
	const columns = "data: a\ninputs: {x: number}\nheads: {y: number}\n"
	e, err := experiment.Parse("e.yaml", []byte(columns+`train:
  optimizer:
    type: adamw
    schedule: {type: piecewise_linear, steps: [0, 10], rates: [0.1, 0]}
    beta2: 0.99
    weight_decay: {rate: 0.1, except: [words.]}
  ema: 0.995
  clip: 2
  balance: pcgrad
`))
	if err != nil {
		t.Fatal(err)
	}
	want := optim.AdamW{
		Schedule: optim.PiecewiseLinear{Steps: []int{0, 10}, Rates: []float64{0.1, 0}},
		Beta2:    new(0.99), WeightDecay: optim.Decay{Rate: 0.1, Except: []string{"words."}},
	}
	if !reflect.DeepEqual(e.Train.Optimizer, want) || *e.Train.EMA != 0.995 || *e.Train.Clip != 2 ||
		e.Train.Balance != (balance.PCGrad{}) {
		t.Errorf("got %+v, want %+v", e.Train, want)
	}
	var file bytes.Buffer
	if err := experiment.Write(&file, e, nil); err != nil {
		t.Fatal(err)
	}
	again, err := experiment.Parse("e.yaml", file.Bytes())
	if err != nil || !reflect.DeepEqual(again.Train, e.Train) {
		t.Errorf("got %+v and error %v from\n%s", again, err, file.String())
	}
	for _, c := range []struct{ train, want string }{
		{"{optimizer: adm}",
			`e.yaml:4:20: unknown type "adm" of optimizer in train; did you mean "adam"?`},
		{"{optimizer: {rate: 1}}", "e.yaml:4:20: optimizer in train has no type, want {type: TYPE, ...}"},
		{"{optimizer: {type: adam, rte: 1}}",
			`e.yaml:4:33: unknown key "rte" in optimizer in train; did you mean "rate"?`},
		{"{optimizer: {type: adam, schedule: {type: cosin}}}",
			`e.yaml:4:43: schedule in optimizer in train: unknown schedule kind "cosin"`},
		{"{optimizer: {type: adam, schedule: {rate: 1}}}",
			"e.yaml:4:43: schedule in optimizer in train has"},
		{"{optimizer: {type: adam, rate: -1}}", "optimizer in train: "},
		{"{rate: 1, optimizer: adam}", "e.yaml:4:9: rate in train has no effect beside optimizer, want"},
		{"{balance: pcgrab}",
			`e.yaml:4:18: unknown type "pcgrab" of balance in train; did you mean "pcgrad"?`},
		{"{balance: {type: mgda, rate: 1}}", `e.yaml:4:31: unknown key "rate" in balance in train`},
		{"{balance: [mgda]}", "e.yaml:4:18: balance in train is a list, want its type, or {type: TYPE"},
		{"{patience: 1, keep: last}", "e.yaml:4:9: patience in train has no effect with keep: last"},
		{"{keep: first}", `e.yaml:4:15: keep in train: unknown keep "first", want one of "best", "last"`},
		{"{ema: 1}",
			`e.yaml:4:14: ema in train is "1", want a number from 0, which means none, to 0.999999`},
		{"{clip: -1}", `e.yaml:4:15: clip in train is "-1", want a number from 0, which means none`},
		{"{drop_last: 3}", `e.yaml:4:20: drop_last in train is "3", want true or false`},
	} {
		_, err := experiment.Parse("e.yaml", []byte(columns+"train: "+c.train))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want %s", c.train, err, c.want)
		}
	}
}
