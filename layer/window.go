package layer

import (
	"fmt"
	"math"

	"braid"
	"braid/tensor"
)

// axis is the geometry of a window that moves along one axis. A tap is a cell of the window.
type axis struct {
	in, out  int // positions of the input and of the window
	size     int // taps
	stride   int // of the window
	dilation int // distance of the taps
	before   int // positions of padding before the input
}

// newAxis checks the settings and computes out and before, by Keras' rules.
func newAxis(in, size, stride, dilation int, padding Padding) (axis, error) {
	for _, field := range []struct {
		name  string
		value int
	}{{"Size", size}, {"Strides", stride}, {"Dilation", dilation}} {
		if field.value < 1 || field.value > math.MaxInt32 {
			return axis{}, fmt.Errorf("%s = %d, want 1 to %d", field.name, field.value, math.MaxInt32)
		}
	}
	a := axis{in: in, size: size, stride: stride, dilation: dilation}
	covered := (size-1)*dilation + 1
	switch padding {
	case Valid:
		if covered > in {
			return a, fmt.Errorf("the window covers %d of %d positions, want at most all, or "+
				"Padding = same", covered, in)
		}
		a.out = (in-covered)/stride + 1
	case Same:
		a.out = (in + stride - 1) / stride
		a.before = max((a.out-1)*stride+covered-in, 0) / 2
	case Causal:
		a.out = (in + stride - 1) / stride
		a.before = covered - 1
	}
	return a, nil
}

// at returns the position of a tap in the input. It may be outside.
func (a axis) at(out, tap int) int { return out*a.stride - a.before + tap*a.dilation }

// covered returns the positions that the windows cover, with those of the padding.
func (a axis) covered() int { return a.at(a.out-1, a.size-1) + a.before + 1 }

// taps returns the taps lo to hi-1 that are inside the input. hi is at least lo.
func (a axis) taps(out int) (lo, hi int) {
	first := a.at(out, 0)
	if first < 0 {
		lo = min((-first+a.dilation-1)/a.dilation, a.size)
	}
	hi = min((a.in-first+a.dilation-1)/a.dilation, a.size)
	return lo, max(lo, hi)
}

// positions returns the positions lo to hi-1 of the window at which a tap is inside the input. They
// are none if lo is at least hi.
func (a axis) positions(tap int) (lo, hi int) {
	first := a.at(0, tap)
	if first < 0 {
		lo = (-first + a.stride - 1) / a.stride
	}
	return lo, min((a.in-first+a.stride-1)/a.stride, a.out)
}

// window is the geometry along height and width. A window along one axis has height 1.
type window struct{ height, width axis }

// point is an axis of one position.
var point = axis{in: 1, out: 1, size: 1, stride: 1, dilation: 1}

// newWindow returns the geometry for an input [height, width, channels].
func newWindow(
	in tensor.Shape, size, strides, dilation Pair, padding Padding,
) (w window, err error) {
	if err := padding.check(int(Causal)); err != nil {
		return w, err
	}
	if w.height, err = newAxis(in[0], size[0], strides[0], dilation[0], padding); err != nil {
		return w, fmt.Errorf("height: %w", err)
	}
	if w.width, err = newAxis(in[1], size[1], strides[1], dilation[1], padding); err != nil {
		return w, fmt.Errorf("width: %w", err)
	}
	return w, nil
}

// positions returns the number of positions of the window.
func (w window) positions() int { return w.height.out * w.width.out }

// inputs returns the number of positions of the input.
func (w window) inputs() int { return w.height.in * w.width.in }

// size returns the number of taps.
func (w window) size() int { return w.height.size * w.width.size }

// wantImage returns the shape [height, width, channels] of a layer's only input.
func wantImage(b *braid.Builder) (tensor.Shape, error) {
	if err := b.Want(1, tensor.Float32); err != nil {
		return nil, err
	}
	return axesOf(b, "height, width, channels", 3)
}

// wantSteps returns the shape [steps, channels] of a layer's only input.
func wantSteps(b *braid.Builder) (tensor.Shape, error) {
	if err := b.Want(1, tensor.Float32); err != nil {
		return nil, err
	}
	return stepsOf(b)
}

// stepsOf returns the shape [steps, channels] of the first input.
func stepsOf(b *braid.Builder) (tensor.Shape, error) { return axesOf(b, "steps, channels", 2) }

func axesOf(b *braid.Builder, names string, axes int) (tensor.Shape, error) {
	shape := b.Shape(0)
	if len(shape) != axes {
		return nil, fmt.Errorf("the input has %d axes, want %d: [%s]", len(shape), axes, names)
	}
	return shape, nil
}
