package braid_test

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"braid"
	"braid/digitqa"
	"braid/internal/engine"
	"braid/layer"
	"braid/op"
	"braid/tensor"
)

// A call of few rows allocates only its outputs.
func TestPredictAllocates(t *testing.T) {
	if raced() {
		t.Skip("the race detector allocates")
	}
	m := build(t, digitqa.Network(9, 7))
	for _, rows := range []int{1, 64, 255} {
		in, out := someRows(m, rows), answers(m, rows)
		if n := testing.AllocsPerRun(100, func() {
			if err := m.PredictInto(out, in); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("PredictInto of %d rows allocates %v times, want 0", rows, n)
		}
		// The map, its storage, and each head's numbers and shape.
		if n := testing.AllocsPerRun(100, func() {
			if _, err := m.Predict(in); err != nil {
				t.Fatal(err)
			}
		}); n > 6 {
			t.Errorf("Predict of %d rows allocates %v times, want 6", rows, n)
		}
	}
}

// raced reports whether the race detector is enabled.
func raced() bool {
	info, _ := debug.ReadBuildInfo()
	return info != nil && slices.Contains(info.Settings,
		debug.BuildSetting{Key: "-race", Value: "true"})
}

// spy is a layer that records how it is called.
type spy struct{ forward func(t *op.Task) }

func (spy) Kind() string { return "Spy" }

func (s spy) Build(b *braid.Builder) (op.Op, error) {
	b.Output(b.Shape(0)...)
	b.Save(7)
	b.Weight("w", func([]float32, tensor.Shape, braid.Draw) {}, 1<<17)
	b.Activate(layer.Sigmoid)
	return spyOp(s), nil
}

type spyOp spy

func (s spyOp) Forward(t *op.Task)                                   { s.forward(t) }
func (spyOp) Backward(*op.Task)                                      {}
func (spyOp) Gradient(*op.Task, int, op.Block, tensor.Rows[float32]) {}

func spied(t *testing.T, forward func(t *op.Task)) *braid.Model {
	g := braid.NewGraph("spied")
	x := g.Input("x", tensor.Float32, 3)
	g.Head("y", spy{forward}, x)
	return build(t, g)
}

// goroutine returns the name of the calling goroutine.
func goroutine() string {
	var stack [64]byte
	name, _, _ := bytes.Cut(stack[:runtime.Stack(stack[:], false)], []byte(" ["))
	return string(name)
}

// A small call runs in the caller's goroutine, a large one in a goroutine for each processor.
func TestPredictUsesProcessors(t *testing.T) {
	const processors = 3
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
	var seen sync.Map
	var count atomic.Int32
	var patience time.Time
	m := spied(t, func(*op.Task) {
		if _, again := seen.LoadOrStore(goroutine(), true); !again {
			count.Add(1)
		}
		// Wait until every goroutine has taken rows, so that none takes all.
		for count.Load() < processors && time.Now().Before(patience) {
			runtime.Gosched()
		}
	})
	for _, c := range []struct {
		rows   int
		wanted int32
	}{{1, 1}, {16, 1}, {79, 1}, {80, processors}, {5000, processors}} {
		seen.Clear()
		count.Store(0)
		patience = time.Now().Add(20 * time.Millisecond)
		if c.wanted > 1 {
			patience = patience.Add(10 * time.Second)
		}
		if _, err := m.Predict(someRows(m, c.rows)); err != nil {
			t.Fatal(err)
		}
		if _, own := seen.Load(goroutine()); !own || count.Load() != c.wanted {
			t.Errorf("%d rows ran in %d goroutines, the caller's among them: %t; want %d, true", c.rows,
				count.Load(), own, c.wanted)
		}
	}
}

// A prediction workspace has no buffers that only training needs.
func TestPredictHoldsNothingTrained(t *testing.T) {
	calls := 0
	m := spied(t, func(task *op.Task) {
		calls++
		if task.Train || !task.Saved[0].IsNil() || !task.InGrad[0].IsNil() || !task.OutGrad.IsNil() {
			t.Errorf("a predicting task has Train %t, Saved %v, InGrad %v, OutGrad %v", task.Train,
				task.Saved, task.InGrad, task.OutGrad)
		}
	})
	if _, err := m.Predict(someRows(m, 70)); err != nil || calls != 2 {
		t.Fatalf("%d calls, error %v; want 2 calls", calls, err)
	}
	space := m.Network().NewWorkspace(1, engine.Predict)
	if !space.Logits(0).IsNil() || !space.HeadGrad(0, true).IsNil() {
		t.Error("a workspace for prediction has logits or gradients")
	}
}

// A layer's panic reaches the caller, who may recover it. The model can be used again.
func TestPredictPanic(t *testing.T) {
	var broken atomic.Bool
	m := spied(t, func(*op.Task) {
		if broken.Load() {
			panic("planted")
		}
	})
	for _, rows := range []int{1, 1000} {
		func() {
			broken.Store(true)
			defer func() {
				if p := recover(); !strings.Contains(fmt.Sprint(p), "planted") {
					t.Errorf("%d rows: recovered %v, want the panic", rows, p)
				}
			}()
			_, err := m.Predict(someRows(m, rows))
			t.Errorf("%d rows: error %v, want a panic", rows, err)
		}()
		broken.Store(false)
		if _, err := m.Predict(someRows(m, rows)); err != nil {
			t.Errorf("after the panic: %v", err)
		}
	}
}

// An idle model does not keep the tensors of a call alive.
func TestPredictForgets(t *testing.T) {
	m := small(t, false)
	freed := make(chan string, 2)
	func() {
		x, a := new([6]float32), new([6]float32)
		runtime.SetFinalizer(x, func(*[6]float32) { freed <- "x" })
		runtime.SetFinalizer(a, func(*[6]float32) { freed <- "a" })
		in, out := inputs(2), answers(m, 2)
		in["x"], out["a"] = tensor.Floats(x[:], 2, 3), tensor.Floats(a[:], 2, 3)
		if err := m.PredictInto(out, in); err != nil {
			t.Fatal(err)
		}
	}()
	runtime.GC() // once: the second empties the model's pool
	for range 2 {
		select {
		case <-freed:
		case <-time.After(2 * time.Second):
			t.Fatal("the model still holds a call's input or answer")
		}
	}
	runtime.KeepAlive(m)
}
