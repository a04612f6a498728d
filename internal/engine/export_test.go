package engine

import (
	"fmt"
	"strings"
)

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

// Stages describes each stage: its nodes, the rows of a block if a batch has more, + before a node
// of which the stage before computed the sums, and + after a node whose sums end the stage.
func (team *Team) Stages() []string {
	var list []string
	for i := range team.stages {
		s := &team.stages[i]
		var words []string
		if s.first != nil {
			words = append(words, "+"+s.first.Name)
		}
		for _, n := range s.nodes {
			words = append(words, n.Name)
		}
		if s.next != nil {
			words = append(words, s.next.Name+"+")
		}
		if s.split != nil {
			words = append(words, "split", s.split.Name)
		} else if block := s.block(); block != allRows {
			words = append(words, fmt.Sprint(block))
		}
		list = append(list, strings.Join(words, " "))
	}
	return list
}
