package tensorboard_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"braid"
	"braid/data"
	"braid/layer"
	"braid/loss"
	"braid/optim"
	"braid/tensor"
	"braid/train"
	"braid/train/tensorboard"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const rows, batch, steps = 23, 4, 6

func model(t *testing.T) *braid.Model {
	t.Helper()
	g := braid.NewGraph("small")
	h := g.Add("h", layer.Dense{Units: 5, Activation: layer.Tanh}, g.Input("x", tensor.Float32, 2))
	g.Head("y", layer.Dense{Units: 1, Activation: layer.Sigmoid}, h)
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func table(t *testing.T) *data.Table {
	t.Helper()
	x, y := make([]float32, 2*rows), make([]float32, rows)
	for r := range rows {
		x[2*r], x[2*r+1], y[r] = float32(r%7)-3, float32(r%5), float32(r%2)
	}
	all, err := data.NewTable(data.Floats("x", x, 2), data.Floats("y", y))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var errPulled = errors.New("the plug is pulled")

// A run that is interrupted within its third epoch and resumed gives each point once.
func TestLog(t *testing.T) {
	dir := t.TempDir()
	var images []int
	l := tensorboard.Log{
		Dir: filepath.Join(dir, "logs"), Steps: 2, Histograms: 2, Gradients: 4,
		Images: func(m *braid.Model, epoch int) ([]tensorboard.Image, error) {
			if m.Name() != "small" {
				t.Errorf("the model is %q", m.Name())
			}
			images = append(images, epoch)
			return []tensorboard.Image{{Tag: "dot", Image: image.NewGray(image.Rect(0, 0, 1, 1))}}, nil
		},
	}
	want := map[int][]float64{} // by step
	observe := train.Callback{Step: func(s train.Step) error {
		want[(s.Epoch-1)*s.Steps+s.Step] = s.Figures()
		return nil
	}}
	p := train.Plan{
		Epochs: 4, Batch: batch, Validate: table(t), Workers: 2,
		Heads:      train.Heads{"y": {Loss: loss.BinaryCrossentropy{}}},
		Checkpoint: &train.Checkpoint{Dir: filepath.Join(dir, "checkpoints")},
	}
	p.Callbacks = []train.Callback{observe, l.Callback(), {
		Epoch: func(train.Epoch) error { time.Sleep(20 * time.Millisecond); return nil },
		Step: func(s train.Step) error {
			if s.Epoch == 3 && s.Step == 5 {
				return errPulled
			}
			return nil
		},
	}}
	if _, err := train.Fit(context.Background(), model(t), table(t), p); !errors.Is(err, errPulled) {
		t.Fatal(err)
	}
	// The last checkpoint is lost: the run goes back to the end of the second epoch.
	last := filepath.Join(dir, "checkpoints", "epoch00002-step00000005.safetensors")
	if err := os.Remove(last); err != nil {
		t.Fatal(err)
	}
	p.Callbacks = []train.Callback{observe, l.Callback()}
	m := model(t)
	h, err := train.Resume(context.Background(), m, table(t), p)
	if err != nil {
		t.Fatal(err)
	}

	var lines, wanted []string
	point := func(run string, step int, tag string, value float64) string {
		return fmt.Sprint(run, " ", step, " ", tag, " ", float32(value))
	}
	graphs := 0
	for _, run := range []string{"train", "validation", "steps"} {
		for _, e := range readFolder(t, filepath.Join(l.Dir, run)) {
			if e.has("graph_def") {
				graphs++
			}
			for _, v := range e.in("summary").list("value") {
				tag, step := v.get("tag").String(), int(e.get("step").Int())
				switch {
				case v.has("simple_value"):
					lines = append(lines, point(run, step, tag, v.get("simple_value").Float()))
				case v.has("histo"):
					lines = append(lines, point(run, step, tag, v.in("histo").get("num").Float()))
				case v.has("image"):
					lines = append(lines, point(run, step, tag, 0))
				}
			}
		}
	}
	for i, e := range h.Epochs {
		n := i + 1
		wanted = append(wanted, point("train", n, "epoch_loss", e.Values[0]),
			point("train", n, "epoch_y_loss", e.Values[1]), point("train", n, "dot", 0),
			point("validation", n, "epoch_loss", e.Values[2]),
			point("validation", n, "epoch_y_loss", e.Values[3]))
		if n%2 == 0 {
			wanted = append(wanted, point("train", n, "h/kernel", 10), point("train", n, "h/bias", 5),
				point("train", n, "y/kernel", 5), point("train", n, "y/bias", 1))
		}
	}
	wanted = append(wanted, point("train", 4, "h/kernel_grad", 10),
		point("train", 4, "h/bias_grad", 5), point("train", 4, "y/kernel_grad", 5),
		point("train", 4, "y/bias_grad", 1))
	for step := 2; step <= 4*steps; step += 2 {
		wanted = append(wanted, point("steps", step, "batch_loss", want[step][0]),
			point("steps", step, "batch_y_loss", want[step][1]))
	}
	slices.Sort(lines)
	slices.Sort(wanted)
	if !slices.Equal(lines, wanted) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(wanted, "\n"))
	}
	if graphs != 1 || !slices.Equal(images, []int{1, 2, 3, 4}) {
		t.Errorf("%d graphs, images after epochs %v", graphs, images)
	}

	// A new run in the folder replaces the curves.
	p.Callbacks = []train.Callback{tensorboard.Log{Dir: l.Dir}.Callback()}
	p.Checkpoint, p.Epochs = nil, 1
	if _, err := train.Fit(context.Background(), model(t), table(t), p); err != nil {
		t.Fatal(err)
	}
	points := 0
	for _, e := range readFolder(t, filepath.Join(l.Dir, "train")) {
		points += len(e.in("summary").list("value"))
	}
	if points != 2 {
		t.Errorf("%d points of the new run, want 2", points)
	}
}

// The histograms of gradients have what a step of plain descent moved the weights by, with the rate
// 1: the differences of the weights before and after.
func TestGradientHistograms(t *testing.T) {
	dir, m := t.TempDir(), model(t)
	before := map[string][]float32{}
	for _, w := range m.Weights() {
		before[w.Name()] = w.Values()
	}
	p := train.Plan{
		Batch: rows, Optimizer: optim.SGD{Rate: 1},
		Heads:     train.Heads{"y": {Loss: loss.BinaryCrossentropy{}}},
		Callbacks: []train.Callback{tensorboard.Log{Dir: dir, Gradients: 1}.Callback()},
	}
	if _, err := train.Fit(t.Context(), m, table(t), p); err != nil {
		t.Fatal(err)
	}
	got := map[string]node{}
	for _, e := range readFolder(t, filepath.Join(dir, "train")) {
		for _, v := range e.in("summary").list("value") {
			if v.has("histo") {
				got[v.get("tag").String()] = v.in("histo")
			}
		}
	}
	if len(got) != 4 {
		t.Errorf("%d histograms, want 4", len(got))
	}
	for _, w := range m.Weights() {
		tag := strings.Replace(w.Name(), ".", "/", 1) + "_grad"
		h, ok := got[tag]
		if !ok {
			t.Errorf("there is no %s", tag)
			continue
		}
		low, high, sum, squares := math.Inf(1), math.Inf(-1), 0.0, 0.0
		for i, after := range w.Values() {
			moved := float64(before[w.Name()][i]) - float64(after)
			low, high = min(low, moved), max(high, moved)
			sum, squares = sum+moved, squares+moved*moved
		}
		const rounding = 1e-6 // of differences of weights of about 1
		for field, want := range map[string]float64{
			"min": low, "max": high, "sum": sum, "sum_squares": squares,
		} {
			if d := h.get(field).Float() - want; math.Abs(d) > rounding {
				t.Errorf("%s: %s is %v, want %v", tag, field, h.get(field), want)
			}
		}
		if squares == 0 {
			t.Errorf("%s: nothing moved", tag)
		}
	}
}

// A run that goes back to the end of an epoch has each step once.
func TestRestored(t *testing.T) {
	l := tensorboard.Log{Dir: t.TempDir(), Steps: 1, NoGraph: true}
	c := l.Callback()
	names := []string{"loss", "y_loss"}
	if err := c.Start(train.Start{Names: names, Steps: 5, History: &train.History{}}); err != nil {
		t.Fatal(err)
	}
	if err := c.Restored(train.Restored{Epochs: 3}); err != nil {
		t.Fatal(err)
	}
	if err := c.End(nil); err != nil {
		t.Fatal(err)
	}
	events := readFolder(t, filepath.Join(l.Dir, "steps"))
	if e := events[len(events)-1]; !e.has("session_log") || e.get("step").Int() != 16 {
		t.Errorf("the last event is %v", e)
	}
	if _, err := os.Stat(filepath.Join(l.Dir, "validation")); err == nil {
		t.Error("there are events of a validation")
	}
}

func TestLogMistakes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	images := func(*braid.Model, int) ([]tensorboard.Image, error) { return nil, broken }
	for want, l := range map[string]tensorboard.Log{
		"train: tensorboard: Dir is e":                   {},
		"train: tensorboard: Steps = -1, want 0 or more": {Dir: t.TempDir(), Steps: -1},
		"train: tensorboard: Histograms = -2, want":      {Dir: t.TempDir(), Histograms: -2},
		"train: tensorboard: Gradients = -3, want":       {Dir: t.TempDir(), Gradients: -3},
		"tensorboard: ":               {Dir: file},
		"stopped in epoch 1 of 1 aft": {Dir: t.TempDir(), Images: images},
	} {
		p := train.Plan{
			Heads:     train.Heads{"y": {Loss: loss.BinaryCrossentropy{}}},
			Callbacks: []train.Callback{l.Callback()},
		}
		_, err := train.Fit(context.Background(), model(t), table(t), p)
		if err == nil || !strings.Contains(err.Error(), want) ||
			l.Images != nil && !errors.Is(err, broken) {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}
