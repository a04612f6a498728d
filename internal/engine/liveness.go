package engine

import (
	"braid/internal/parallel"
	"braid/tensor"
)

// In prediction a node's output is needed only until the last node that reads it has run, so
// buffers whose lifetimes do not overlap share memory.

// predictBytes limits the memory of the rows of one prediction pass, so that they stay in the L2
// cache. predictRows limits their number: 16 are slower than 64, more gain nothing.
const (
	predictBytes = 1 << 20
	predictRows  = 64
)

// rowsByBytes returns the number of rows of a prediction pass.
func (n *Network) rowsByBytes() int {
	width := 0
	regions, _ := n.regions()
	for _, w := range regions {
		width += parallel.Padded(w)
	}
	return max(1, min(predictRows, predictBytes/(4*max(width, 1))))
}

// lifetime of a buffer: the index of the first node that writes it, and of the last that reads it.
type lifetime struct{ first, last int }

// lifetimes returns the lifetime of each buffer. Inputs are written before the first node runs, and
// heads are read after the last.
func (n *Network) lifetimes() []lifetime {
	list := make([]lifetime, len(n.layout.widths))
	for i := range list {
		list[i] = lifetime{first: len(n.Nodes), last: -1}
	}
	for i, node := range n.Nodes {
		b := &list[n.layout.at[i].buffer]
		b.first, b.last = min(b.first, i), max(b.last, i)
		if node.Op == nil {
			b.first = -1
		}
		if node.Head {
			b.last = len(n.Nodes)
		}
		for _, in := range node.Inputs {
			read := &list[n.layout.at[in.Index].buffer]
			read.last = max(read.last, i)
		}
	}
	return list
}

// regions assigns each buffer to a region of memory. It returns the widths of the regions, and the
// region of each buffer.
func (n *Network) regions() (widths, region []int) {
	lifetimes := n.lifetimes()
	region = make([]int, len(lifetimes))
	var busyUntil []int // by region
	for first := -1; first < len(n.Nodes); first++ {
		for b, l := range lifetimes {
			if l.first != first || n.holdsIDs(b) {
				continue
			}
			// Choose the free region that grows least, then the smallest.
			best, growth := -1, 0
			for r, until := range busyUntil {
				grows := max(n.layout.widths[b]-widths[r], 0)
				better := best < 0 || grows < growth || grows == growth && widths[r] < widths[best]
				if until < first && better {
					best, growth = r, grows
				}
			}
			if best < 0 {
				best = len(widths)
				widths, busyUntil = append(widths, 0), append(busyUntil, 0)
			}
			widths[best], busyUntil[best] = max(widths[best], n.layout.widths[b]), l.last
			region[b] = best
		}
	}
	return widths, region
}

// holdsIDs reports whether a buffer belongs to an int32 input, whose memory is separate.
func (n *Network) holdsIDs(buffer int) bool {
	for i, node := range n.Nodes {
		if n.layout.at[i].buffer == buffer {
			return node.DType == tensor.Int32
		}
	}
	return false
}

// reusedBuffers returns the buffers for prediction, which share the memory of the regions.
func (n *Network) reusedBuffers(rows int) []tensor.Rows[float32] {
	widths, region := n.regions()
	memory := make([][]float32, len(widths))
	for r, width := range widths {
		memory[r] = parallel.Floats(rows * parallel.Padded(width))
	}
	buffers := make([]tensor.Rows[float32], len(region))
	for b, width := range n.layout.widths {
		if !n.holdsIDs(b) {
			buffers[b] = tensor.Rows[float32]{
				Data: memory[region[b]], Width: width, Stride: parallel.Padded(width),
			}
		}
	}
	return buffers
}
