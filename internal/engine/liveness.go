package engine

import (
	"braid/internal/exec"
	"braid/tensor"
)

// Prediction keeps no node's output longer than another node reads it, so buffers whose lives do not
// overlap share memory.

// predictBytes is how much memory the rows of one pass of prediction take, at most: they stay in the second
// cache. predictRows is the most rows: more gain nothing, 16 are slower than 64.
const (
	predictBytes = 1 << 20
	predictRows  = 64
)

// rowsByBytes returns how many rows a pass of prediction takes.
func (n *Network) rowsByBytes() int {
	width := 0
	slots, _ := n.share()
	for _, w := range slots {
		width += exec.Padded(w)
	}
	return max(1, min(predictRows, predictBytes/(4*max(width, 1))))
}

// life is the nodes from the first that writes a buffer to the last that reads it.
type life struct{ first, last int }

// lives returns the life of each buffer. Inputs are written before the first node runs, and heads are read
// after the last.
func (n *Network) lives() []life {
	list := make([]life, len(n.layout.widths))
	for i := range list {
		list[i] = life{first: len(n.Nodes), last: -1}
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

// share assigns each buffer to a slot of memory. It returns the widths of the slots, and the slot of each
// buffer.
func (n *Network) share() (widths, slot []int) {
	lives := n.lives()
	slot = make([]int, len(lives))
	var busyUntil []int // by slot
	for first := -1; first < len(n.Nodes); first++ {
		for b, l := range lives {
			if l.first != first || n.holdsIDs(b) {
				continue
			}
			// The free slot that grows least, and of those the smallest.
			best, growth := -1, 0
			for s, until := range busyUntil {
				grows := max(n.layout.widths[b]-widths[s], 0)
				better := best < 0 || grows < growth || grows == growth && widths[s] < widths[best]
				if until < first && better {
					best, growth = s, grows
				}
			}
			if best < 0 {
				best = len(widths)
				widths, busyUntil = append(widths, 0), append(busyUntil, 0)
			}
			widths[best], busyUntil[best] = max(widths[best], n.layout.widths[b]), l.last
			slot[b] = best
		}
	}
	return widths, slot
}

// holdsIDs reports whether a buffer is that of an int32 input, which has memory of its own.
func (n *Network) holdsIDs(buffer int) bool {
	for i, node := range n.Nodes {
		if n.layout.at[i].buffer == buffer {
			return node.DType == tensor.Int32
		}
	}
	return false
}

// reusedBuffers makes the buffers of prediction.
func (n *Network) reusedBuffers(rows int) []tensor.Rows[float32] {
	widths, slot := n.share()
	memory := make([][]float32, len(widths))
	for s, width := range widths {
		memory[s] = exec.Floats(rows * exec.Padded(width))
	}
	buffers := make([]tensor.Rows[float32], len(slot))
	for b, width := range n.layout.widths {
		if !n.holdsIDs(b) {
			buffers[b] = tensor.Rows[float32]{Data: memory[slot[b]], Width: width, Stride: exec.Padded(width)}
		}
	}
	return buffers
}
