package braid

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"braid/tensor"
)

// Summary lists a model's layers and counts its weights. Its String is a table in Keras' style.
type Summary struct {
	Name   string
	Layers []LayerSummary
	Total  int // all weights
	Frozen int // weights that are not trained
	State  int // numbers of state, such as moving averages
}

// LayerSummary is one line of a summary.
type LayerSummary struct {
	Name      string
	Kind      string       // the layer's type; "Input" for an input
	Output    tensor.Shape // of one row
	Weights   int          // numbers in its weights
	State     int          // numbers of state
	Connected []string     // names of the nodes that it reads
	Head      bool
}

// Summary lists the model's inputs, layers and heads in the order they were declared.
func (m *Model) Summary() Summary {
	s := Summary{Name: m.name}
	for _, n := range m.nodes {
		line := LayerSummary{Name: n.name, Kind: "Input", Output: n.shape, Head: n.head}
		if n.layer != nil {
			line.Kind = n.layer.Kind()
		}
		for _, in := range n.inputs {
			line.Connected = append(line.Connected, in.name)
		}
		for _, w := range n.weights {
			line.Weights += w.shape.Size()
		}
		for _, w := range n.state {
			line.State += w.shape.Size()
		}
		if n.again != nil { // counted at the node that declared them
			line.Weights, line.State = 0, 0
		}
		if n.frozen {
			s.Frozen += line.Weights
		}
		s.Layers = append(s.Layers, line)
		s.Total += line.Weights
		s.State += line.State
	}
	return s
}

// String returns the table. No column is cut off.
func (s Summary) String() string {
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "Layer (type)\tOutput shape\tWeights\tConnected to")
	for _, l := range s.Layers {
		kind := l.Kind
		if l.Head {
			kind += ", head"
		}
		shape := "(batch"
		for _, n := range l.Output {
			shape += fmt.Sprintf(", %d", n)
		}
		fmt.Fprintf(w, "%s (%s)\t%s)\t%s\t%s\n", l.Name, kind, shape, grouped(l.Weights),
			strings.Join(l.Connected, ", "))
	}
	w.Flush()
	lines := strings.Split(strings.TrimSuffix(table.String(), "\n"), "\n")
	width := 0
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
		width = max(width, len(lines[i]))
	}
	rule := strings.Repeat("-", width)
	text := fmt.Sprintf("Model: %s\n%s\n%s\n%s\n%s\n%s\nTotal weights: %s (%s as float32)\n", s.Name,
		rule,
		lines[0], rule, strings.Join(lines[1:], "\n"), rule, grouped(s.Total), bytesText(4*s.Total))
	if s.Frozen > 0 {
		text += fmt.Sprintf("Frozen: %s\n", grouped(s.Frozen))
	}
	if s.State > 0 {
		text += fmt.Sprintf("State: %s\n", grouped(s.State))
	}
	return text
}

// grouped formats 20559 as 20,559.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

func bytesText(n int) string {
	for _, unit := range []struct {
		name string
		size int
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n >= unit.size {
			return fmt.Sprintf("%.2f %s", float64(n)/float64(unit.size), unit.name)
		}
	}
	return fmt.Sprintf("%d B", n)
}
