package layer

import (
	"slices"

	"braid/internal/kernel"
	"braid/tensor"
)

// route is a convolution as indirect products: which positions of one image each position of
// another reads, through which taps. It reads no padding. For each number it sums over the taps in
// their order, and over the channels of a tap.
type route struct {
	to, from size // the images
	width    int  // taps of a line of the kernel
	group    int  // channels that a tap reads
	images   int  // successive images in the tables

	// classes and taps are two ways to the same sums. A class is positions that the same taps reach: a
	// tile reads and writes its sums once. But a class of few positions has low tiles, which are slow:
	// a few positions are computed tap by tap.
	classes, taps []part
}

// size is the size of an image.
type size struct{ height, width, channels int }

func (s size) positions() int { return s.height * s.width }

// part is the product of some positions with some taps, without the matrices.
type part struct {
	kernel.Indirect
	rows int // of one image
}

// The tables have tableRows positions and up to maxImages images, so that few positions are left
// over for low tiles. Images with up to fewRows positions at once are computed tap by tap.
const (
	tableRows = 1024
	maxImages = 64
	fewRows   = 64
)

// newRoute makes a route, given the reaches of the axes.
func newRoute(to, from size, groups int, height, width axisReaches) route {
	r := route{to: to, from: from, width: width.taps, group: from.channels / groups}
	r.images = min(max(tableRows/max(to.positions(), 1), 1), maxImages)
	r.classes = r.all(height.classes(), width.classes())
	if to.positions() <= fewRows {
		r.taps = r.all(height.each(), width.each())
	}
	return r
}

// forward is the route from the input of a window to its output.
func (w window) forward(channels, filters, groups int) route {
	from := size{w.height.in, w.width.in, channels}
	to := size{w.height.out, w.width.out, filters}
	return newRoute(to, from, groups, w.height.forward(), w.width.forward())
}

// backward is the route from the gradient of the output to that of the input.
func (w window) backward(channels, filters, groups int) route {
	from := size{w.height.out, w.width.out, filters}
	to := size{w.height.in, w.width.in, channels}
	return newRoute(to, from, groups, w.height.backward(), w.width.backward())
}

func (r *route) all(heights, widths []reach) []part {
	var list []part
	for _, h := range heights {
		for _, w := range widths {
			list = append(list, r.part(h, w))
		}
	}
	return list
}

func (r *route) part(h, w reach) part {
	p := part{rows: len(h.to) * len(w.to)}
	p.Inner = r.group
	for k := range r.images {
		for i, y := range h.to {
			for j, x := range w.to {
				to := (k*r.to.height+y)*r.to.width + x
				from := (k*r.from.height+h.from[i])*r.from.width + w.from[j]
				p.CRows = append(p.CRows, int32(to))
				p.ARows = append(p.ARows, int32(from*r.from.channels))
			}
		}
	}
	columns := len(w.taps)
	if r.group == r.from.channels && w.adjacent() {
		p.Inner, columns = columns*r.group, min(columns, 1)
	}
	for a, tap := range h.taps {
		for b := range columns {
			at := (h.steps[a]*r.from.width + w.steps[b]) * r.from.channels
			p.ASegments = append(p.ASegments, int32(at))
			row := (tap*r.width + w.taps[b]) * r.group
			p.BSegments = append(p.BSegments, int32(row))
		}
	}
	return p
}

// add adds the products of some images with a kernel [taps, channels that a tap reads, filters of a
// group] to the first columns of to. If fresh, it overwrites them.
func (r *route) add(fresh bool, images int, to, from []float32, kernels tensor.Rows[float32]) {
	parts := r.classes
	if images*r.to.positions() <= fewRows {
		parts = r.taps
		if fresh {
			fresh = false
			clearRows(r.matrix(to).Columns(0, kernels.Width), images*r.to.positions())
		}
	}
	for _, p := range parts {
		p.C, p.A, p.B, p.BRow = to, from, kernels.Data, kernels.Stride
		p.Columns, p.CRow, p.ACol, p.Fresh = kernels.Width, r.to.channels, 1, fresh
		p.CRows, p.ARows = p.CRows[:images*p.rows], p.ARows[:images*p.rows]
		kernel.Default().MulIndirect(p.Indirect)
	}
}

// matrix returns the positions of the images that a route leads to.
func (r *route) matrix(to []float32) tensor.Rows[float32] {
	return tensor.RowsOf(to, r.to.channels)
}

// reach is positions along an axis that the same taps reach.
type reach struct {
	to    []int
	from  []int // by position of to: what the first tap reads
	taps  []int
	steps []int // by tap: distance of what it reads from what the first tap reads
}

// adjacent reports whether successive taps read successive positions.
func (r reach) adjacent() bool {
	for i, step := range r.steps {
		if step != i || r.taps[i] != r.taps[0]+i {
			return false
		}
	}
	return true
}

// axisReaches says what the taps of a window read along an axis.
type axisReaches struct {
	positions, taps int
	source          func(to, tap int) (from int, inside bool)
}

// forward says what the positions of the output read.
func (a axis) forward() axisReaches {
	return axisReaches{a.out, a.size, func(out, tap int) (int, bool) {
		in := a.at(out, tap)
		return in, in >= 0 && in < a.in
	}}
}

// backward says what the gradients of the positions of the input read.
func (a axis) backward() axisReaches {
	return axisReaches{a.in, a.size, func(in, tap int) (int, bool) {
		from := in - a.at(0, tap)
		out := from / a.stride
		return out, from >= 0 && from%a.stride == 0 && out < a.out
	}}
}

// classes divides the positions by the taps that reach them. Some may be reached by none.
func (a axisReaches) classes() []reach {
	var list []reach
	for to := range a.positions {
		r := reach{to: []int{to}}
		for tap := range a.taps {
			if from, inside := a.source(to, tap); inside {
				r.read(from, tap)
			}
		}
		if r.from == nil {
			r.from = []int{0}
		}
		same := func(x reach) bool { return slices.Equal(x.taps, r.taps) }
		if i := slices.IndexFunc(list, same); i >= 0 {
			list[i].to = append(list[i].to, to)
			list[i].from = append(list[i].from, r.from[0])
		} else {
			list = append(list, r)
		}
	}
	return list
}

func (r *reach) read(from, tap int) {
	if r.from == nil {
		r.from = []int{from}
	}
	r.taps = append(r.taps, tap)
	r.steps = append(r.steps, from-r.from[0])
}

// each returns the positions that each tap reaches.
func (a axisReaches) each() []reach {
	list := make([]reach, a.taps)
	for tap := range list {
		r := &list[tap]
		r.taps, r.steps = []int{tap}, []int{0}
		for to := range a.positions {
			if from, inside := a.source(to, tap); inside {
				r.to, r.from = append(r.to, to), append(r.from, from)
			}
		}
	}
	return list
}
