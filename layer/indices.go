package layer

import "braid/tensor"

// loop is an axis that indices walks along: its length, and the distance of its elements.
type loop struct{ length, stride int }

// indices returns the index of each element of nested loops, the first loop outermost.
func indices(loops []loop) []int {
	list := []int{0}
	for _, l := range loops {
		var next []int
		for _, at := range list {
			for i := range l.length {
				next = append(next, at+i*l.stride)
			}
		}
		list = next
	}
	return list
}

// permuted returns the index in an array of each element after its axes are put in another order.
func permuted(shape tensor.Shape, axes []int) []int {
	var loops []loop
	for _, a := range axes {
		loops = append(loops, loop{shape[a], shape[a+1:].Size()})
	}
	return indices(loops)
}
