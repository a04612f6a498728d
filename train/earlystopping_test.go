package train_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"braid/optim"
	"braid/train"
)

// kerasStops returns the epoch after which Keras' EarlyStopping stops, 0 for none, and the best
// epoch: its on_epoch_end, with its variables.
func kerasStops(e train.EarlyStopping, values []float64) (stopped, bestEpoch int) {
	better := func(a, b float64) bool { return a < b }
	delta, best, wait := -e.MinDelta, math.Inf(1), 0
	if e.Mode == train.Max {
		better = func(a, b float64) bool { return a > b }
		delta, best = e.MinDelta, math.Inf(-1)
	}
	improves := func(value, reference float64) bool { return better(value-delta, reference) }
	for epoch, current := range values {
		if epoch < e.StartFrom {
			continue
		}
		wait++
		if improves(current, best) {
			best, bestEpoch = current, epoch+1
			if e.Baseline == nil || improves(current, *e.Baseline) {
				wait = 0
			}
			continue
		}
		if wait >= e.Patience && epoch > 0 {
			return epoch + 1, bestEpoch
		}
	}
	return 0, bestEpoch
}

// Training stops where Keras stops, also if it was resumed after any epoch.
func TestStopsAsKeras(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		e := train.EarlyStopping{
			Figure: "score", Patience: rapid.IntRange(0, 4).Draw(r, "patience"),
			Mode:      rapid.SampledFrom([]train.Mode{train.Min, train.Max}).Draw(r, "mode"),
			MinDelta:  rapid.SampledFrom([]float64{0, 0.25, 1}).Draw(r, "delta"),
			StartFrom: rapid.IntRange(0, 3).Draw(r, "start"),
		}
		if rapid.Bool().Draw(r, "baseline") {
			e.Baseline = new(float64(rapid.IntRange(-3, 3).Draw(r, "value")))
		}
		values := rapid.SliceOfN(rapid.SampledFrom([]float64{
			-3, -2, -1.25, -1, 0, 0.25, 0.5, 1, 2, 3, math.NaN(), math.Inf(1), math.Inf(-1),
		}), 1, 12).Draw(r, "values")
		want, wantBest := kerasStops(e, values)
		resumed := rapid.IntRange(0, len(values)-1).Draw(r, "resumed")
		h := &train.History{Names: []string{"loss", "score"}}
		c := e.Callback()
		for epoch, v := range values {
			if epoch == 0 || epoch == resumed {
				c = e.Callback()
				if err := c.Start(train.Start{Names: h.Names, History: h, From: epoch}); err != nil {
					r.Fatal(err)
				}
			}
			last := train.Epoch{Number: epoch + 1, Values: []float64{float64(-epoch), v}}
			h.Epochs = append(h.Epochs, last)
			err := c.Epoch(last)
			if stops := err != nil; stops != (epoch+1 == want) || stops && !errors.Is(err, train.ErrStop) {
				r.Fatalf("after epoch %d: error %v; Keras stops after %d", epoch+1, err, want)
			} else if stops {
				break
			}
		}
		if best, err := e.Best(h); best != wantBest || err != nil {
			r.Fatalf("epoch %d is the best (%v), with Keras %d", best, err, wantBest)
		}
	})
}

// A sum of the heads' figures goes on as long as one gains more than the other loses.
func TestStopsByASum(t *testing.T) {
	h := &train.History{Names: []string{"loss", "a_loss", "b_loss", "a_accuracy"}}
	for i, v := range [][]float64{{0, 10, 1, 0.5}, {0, 8, 4, 0.6}, {0, 7, 4.5, 0.6}, {0, 6, 6, 0.5}} {
		h.Epochs = append(h.Epochs, train.Epoch{Number: i + 1, Values: v})
	}
	for _, c := range []struct {
		best int
		e    train.EarlyStopping
	}{
		{1, train.EarlyStopping{Figure: "b_loss"}},
		{4, train.EarlyStopping{Figure: "a_loss"}},
		{2, train.EarlyStopping{Figure: "a_accuracy"}},
		{2, train.EarlyStopping{Figure: "a_accuracy", MinDelta: 0.05}},
		{1, train.EarlyStopping{Figure: "a_accuracy", MinDelta: 0.2}},
		{1, train.EarlyStopping{Figure: "a_accuracy", Mode: train.Max, MinDelta: 0.2}},
		{4, train.EarlyStopping{Figure: "b_loss", Mode: train.Max}},
		{4, train.EarlyStopping{Figure: "b_loss", Mode: train.Max, StartFrom: 1}},
		{2, train.EarlyStopping{Figure: "b_loss", StartFrom: 1}},
		// 10.6, 10.4, 9.7, 9.6
		{4, train.EarlyStopping{Sum: map[string]float64{"a_loss": 1, "b_loss": 0.6}}},
		// 10.9, 11.6, 11.05, 11.4
		{1, train.EarlyStopping{Sum: map[string]float64{"a_loss": 1, "b_loss": 0.9}}},
		// 5.6, 4.4, 3.7, 4.6
		{3, train.EarlyStopping{Sum: map[string]float64{"a_loss": 1, "b_loss": 0.6, "a_accuracy": -10}}},
		// 0.999, 1.196, 1.1955, 0.994: of both terms the largest is best
		{2, train.EarlyStopping{Sum: map[string]float64{"a_accuracy": 2, "b_loss": -0.001}}},
	} {
		if best, err := c.e.Best(h); best != c.best || err != nil {
			t.Errorf("%+v: epoch %d is the best (%v), want %d", c.e, best, err, c.best)
		}
	}
}

// stopEarly returns a plan whose validation soon gets worse, and stops, and its EarlyStopping.
func stopEarly(t *testing.T) (train.Plan, train.EarlyStopping) {
	p := plan()
	part, err := table(t).Slice(0, 40)
	if err != nil {
		t.Fatal(err)
	}
	p.Epochs, p.Optimizer, p.Validate = 40, optim.Adam{Rate: 0.02}, part
	return p, train.EarlyStopping{
		Sum: map[string]float64{"val_class_loss": 1, "val_yes_loss": -0.5}, Mode: train.Max, Patience: 3,
		RestoreBest: true,
	}
}

// A run ends with the weights of the best epoch, also if it was interrupted anywhere, twice, or
// resumed after it had stopped.
func TestRestoresTheBest(t *testing.T) {
	p, e := stopEarly(t)
	some, err := table(t).Slice(0, 100)
	if err != nil {
		t.Fatal(err)
	}
	m := model(t)
	var after [][]byte
	p.Callbacks = []train.Callback{e.Callback(), {Epoch: func(train.Epoch) error {
		after = append(after, bytesOf(t, m))
		return nil
	}}}
	h, err := train.Fit(context.Background(), m, some, p)
	if err != nil {
		t.Fatal(err)
	}
	best, err := e.Best(h)
	if err != nil || best == 0 || best+3 != len(h.Epochs) || len(h.Epochs) == p.Epochs {
		t.Fatalf("epoch %d of %d is the best (%v)", best, len(h.Epochs), err)
	}
	if !bytes.Equal(bytesOf(t, m), after[best-1]) {
		t.Error("the weights are not those of the best epoch")
	}
	want, epochs := end(t, m, h), len(h.Epochs)

	// Another callback ends training within the epoch after the next.
	m, p.Callbacks = model(t), []train.Callback{e.Callback(), {Step: func(s train.Step) error {
		if s.Epoch == best+2 && s.Step == 3 {
			return train.ErrStop
		}
		return nil
	}}}
	if _, err := train.Fit(context.Background(), m, some, p); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytesOf(t, m), after[best-1]) {
		t.Error("after ErrStop the weights are not those of the best epoch")
	}

	steps := len(h.Epochs) * 7
	tried := 0
	rapid.Check(t, func(r *rapid.T) {
		if tried++; tried > 12 {
			return
		}
		p, _ := stopEarly(t)
		p.Checkpoint = &train.Checkpoint{Dir: filepath.Join(t.TempDir(), "checkpoints"), Keep: 1}
		if rapid.Bool().Draw(r, "within epochs") {
			p.Checkpoint.Every = time.Nanosecond
		}
		run := train.Fit
		for _, name := range []string{"first", "second"} {
			stop := pull(rapid.IntRange(1, steps).Draw(r, name+" stop"))
			p.Callbacks = []train.Callback{e.Callback(), stop}
			if _, err := run(context.Background(), model(t), some, p); err != nil &&
				!errors.Is(err, errPulled) {
				r.Fatal(err)
			}
			run = train.Resume
		}
		p.Callbacks = []train.Callback{e.Callback()}
		for range 2 { // the second has nothing left to do
			m := model(t)
			h, err := train.Resume(context.Background(), m, some, p)
			if err != nil {
				r.Fatal(err)
			}
			if len(h.Epochs) != epochs || end(t, m, h) != want {
				r.Fatalf("the run that was interrupted ends with other bytes, after %d epochs", len(h.Epochs))
			}
		}
	})

	// A run that is interrupted keeps its last weights; one that reaches its last epoch does not.
	p, _ = stopEarly(t)
	p.Epochs = best + 1
	p.Callbacks = []train.Callback{e.Callback()}
	m = model(t)
	if _, err := train.Fit(context.Background(), m, some, p); err != nil ||
		!bytes.Equal(bytesOf(t, m), after[best-1]) {
		t.Errorf("after the last epoch the weights are not those of the best (%v)", err)
	}
	p.Epochs, p.Callbacks = 40, []train.Callback{e.Callback(), {Epoch: func(n train.Epoch) error {
		if n.Number == best+1 {
			return errPulled
		}
		return nil
	}}}
	m = model(t)
	if _, err := train.Fit(context.Background(), m, some, p); !errors.Is(err, errPulled) ||
		!bytes.Equal(bytesOf(t, m), after[best]) {
		t.Errorf("after an interruption the weights are not the last (%v)", err)
	}
}

// A checkpoint that is missing is an error that says what to do.
func TestBestIsMissing(t *testing.T) {
	p, e := stopEarly(t)
	p.Checkpoint = &train.Checkpoint{Dir: filepath.Join(t.TempDir(), "checkpoints"), Keep: 1}
	p.Callbacks = []train.Callback{e.Callback(), unhurried(p)}
	h, err := train.Fit(context.Background(), model(t), table(t), p)
	if err != nil {
		t.Fatal(err)
	}
	best, err := e.Best(h)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files(t, p) {
		if strings.HasPrefix(name, "epoch") && !strings.HasPrefix(name, last(h)) {
			if err := os.Remove(filepath.Join(p.Checkpoint.Dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, err = train.Resume(context.Background(), model(t), table(t), p)
	if best == len(h.Epochs) || err == nil ||
		!strings.Contains(err.Error(), "was not kept; without RestoreBest the run can be resumed") {
		t.Errorf("error is %v", err)
	}
}

// last is the start of the name of the last epoch's checkpoint.
func last(h *train.History) string {
	return "epoch000" + string([]byte{byte('0' + len(h.Epochs)/10), byte('0' + len(h.Epochs)%10)})
}

func TestEarlyStoppingMistakes(t *testing.T) {
	for want, e := range map[string]train.EarlyStopping{
		`unknown figure "val_los", want one of`:  {Figure: "val_los"},
		`unknown figure "val_loss", want one of`: {Figure: "val_loss"},
		"Patience = -1, want 0 or more":          {Patience: -1},
		"MinDelta = -0.5, want a finite number":  {MinDelta: -0.5},
		"MinDelta = NaN":                         {MinDelta: math.NaN()},
		"StartFrom = -2, want 0 or more":         {StartFrom: -2},
		"Baseline = NaN":                         {Baseline: new(math.NaN())},
		"Figure and Sum are both set":            {Figure: "loss", Sum: map[string]float64{"loss": 1}},
		`Sum["loss"] = 0, want a finite factor`:  {Sum: map[string]float64{"loss": 0}},
		"Mode = Mode(3), want Auto, Min or Max":  {Mode: 3},
		"want Mode Min or Max, or other signs of t": {
			Sum: map[string]float64{"loss": 1, "yes_accuracy": 1}},
	} {
		p := plan()
		p.Callbacks = []train.Callback{e.Callback()}
		e.RestoreBest = true
		p.Callbacks = append(p.Callbacks, e.Callback())
		p.Checkpoint = &train.Checkpoint{Dir: filepath.Join(t.TempDir(), "checkpoints")}
		if _, err := train.Fit(context.Background(), model(t), table(t), p); err == nil ||
			!strings.Contains(err.Error(), want) ||
			!strings.HasPrefix(err.Error(), "train: EarlyStopping: ") {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}

func TestModeText(t *testing.T) {
	for mode, want := range map[train.Mode]string{train.Auto: `"auto"`, train.Min: `"min"`,
		train.Max: `"max"`} {
		text, err := json.Marshal(mode)
		var back train.Mode
		if err != nil || string(text) != want || json.Unmarshal(text, &back) != nil || back != mode {
			t.Errorf("mode %v is written as %s (%v) and read as %v", mode, text, err, back)
		}
	}
	if _, err := json.Marshal(train.Mode(7)); err == nil {
		t.Error("an unknown mode can be written")
	}
	if err := json.Unmarshal([]byte(`"maximum"`), new(train.Mode)); err == nil {
		t.Error("an unknown mode can be read")
	}
}

// A run that a callback refuses leaves no checkpoint, so that it can be started again.
func TestRefusedRunLeavesNothing(t *testing.T) {
	p := plan()
	p.Epochs, p.Restore = 1, true
	p.Checkpoint = &train.Checkpoint{Dir: filepath.Join(t.TempDir(), "checkpoints")}
	p.Callbacks = []train.Callback{train.EarlyStopping{Figure: "los"}.Callback()}
	_, err := train.Fit(context.Background(), model(t), table(t), p)
	if err == nil || !strings.Contains(err.Error(), `did you mean "loss"?`) {
		t.Fatalf("error is %v, want one that names loss", err)
	}
	p.Callbacks = []train.Callback{train.EarlyStopping{Figure: "loss"}.Callback()}
	if _, err := train.Fit(context.Background(), model(t), table(t), p); err != nil {
		t.Errorf("the corrected run: %v", err)
	}
}
