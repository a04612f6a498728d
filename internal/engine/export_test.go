package engine

var FoldTree = foldTree

// PredictWidth returns the length of a row in all buffers of a workspace for prediction.
func (n *Network) PredictWidth() int {
	widths, _ := n.regions()
	sum := 0
	for _, width := range widths {
		sum += width
	}
	return sum
}
