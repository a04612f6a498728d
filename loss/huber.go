package loss

import (
	"fmt"
	"math"

	"braid"
)

// Huber is the mean over the outputs of a row of d²/2 where |d| <= Delta, and of Delta |d| -
// Delta²/2 beyond, with d = output - target: outliers count less than in MeanSquaredError. The
// target has the head's shape. The head may have any activation. Source: Huber, "Robust estimation
// of a location parameter", 1964.
type Huber struct {
	Delta float64 `json:"delta,omitzero"` // 0 means 1
}

// Kind is "huber".
func (Huber) Kind() string { return "huber" }

// Bind checks Delta.
func (l Huber) Bind(head braid.Spec) (Func, error) {
	delta := l.Delta
	if delta == 0 {
		delta = 1
	}
	var err error
	if v := float32(delta); !(v > 0 && v <= math.MaxFloat32) {
		err = fmt.Errorf("head %q: Delta = %v, want a finite number above 0", head.Name, l.Delta)
	}
	return wrap(l, mean(huber{float32(delta)}, head), err)
}

type huber struct{ delta float32 }

func (f huber) values(x block) {
	to := x.buffer(0)
	for i, p := range x.p {
		d := abs(p - x.y[i])
		inner := min(d, f.delta)
		to[i] = inner * (d - float32(inner*0.5))
	}
}

func (f huber) slopes(x block, grad []float32) {
	for i, p := range x.p {
		grad[i] = clip(p-x.y[i], -f.delta, f.delta)
	}
}
