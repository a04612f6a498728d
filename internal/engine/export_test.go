package engine

// FoldTree is foldTree.
var FoldTree = foldTree

// PredictWidth returns how many numbers a row takes in a workspace for prediction.
func (n *Network) PredictWidth() int {
	widths, _ := n.share()
	sum := 0
	for _, width := range widths {
		sum += width
	}
	return sum
}
