package arm64

// Loop is what one round of an innermost loop of a function executes. If it branches within, that
// is all of its instructions.
type Loop struct {
	Function, Label string
	Instructions    int
	FMAs            int // vector multiplications with an addition
	Sums            int // registers that they add to
	Loads           int // registers loaded: two by a pair
}

// Loops returns the innermost loops of all functions.
func Loops() []Loop {
	var list []Loop
	for _, f := range functions {
		labels := map[string]int{}
		end := -1 // of the last loop: what begins before it is not innermost
		for i, n := range f.nodes {
			if n.label != "" {
				labels[n.label] = i
			}
			first, back := labels[n.branch]
			if back && first > end {
				list = append(list, f.loop(first, i))
				end = i
			}
		}
	}
	return list
}

// loop counts the instructions of the loop from a label to a branch.
func (f *function) loop(first, last int) Loop {
	l := Loop{Function: f.name, Label: f.nodes[first].label}
	sums := map[V]bool{}
	for _, n := range f.nodes[first : last+1] {
		if n.label != "" {
			continue
		}
		l.Instructions++
		if n.vector == nil {
			continue
		}
		switch n.vector.name {
		case "fmla", "fmls":
			l.FMAs++
			sums[n.writesV[0]] = true
		case "ldp":
			l.Loads += 2
		case "ldr", "ldur", "ld1", "ld1r":
			l.Loads++
		}
	}
	l.Sums = len(sums)
	return l
}
