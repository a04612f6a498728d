package cli

import (
	"fmt"
	"strings"

	"braid"
	"braid/data"
	"braid/digitqa"
	"braid/internal/suggest"
	"braid/optim"
	"braid/train"
)

// network is a network that the verb train builds, and its training.
type network struct {
	name     string
	about    string // for --help
	epochs   int
	batch    int
	rate     float64
	graph    func(height, width int) *braid.Graph
	smallest int // height and width of an image

	// plan returns the training on a number of rows.
	plan func(o options, rows int) train.Plan
	// standard standardizes pixels.
	standard func(pixels []uint8) (data.Standard, error)
	// holdsOut reports whether rows of the training images are kept for validation. The test images
	// validate otherwise.
	holdsOut bool
	// fixedEpochs reports whether the learning rate depends on the number of epochs.
	fixedEpochs bool
}

// networks lists the default network first.
var networks = []network{
	{
		name: "book", about: "the book's",
		epochs: 20, batch: 64, rate: 0.001,
		graph: digitqa.Network, smallest: 1,
		plan: func(o options, _ int) train.Plan {
			p := digitqa.Plan()
			p.Epochs, p.Batch, p.Optimizer = o.Epochs, o.Batch, optim.Adam{Rate: o.Rate}
			return p
		},
		standard: data.Measure,
	},
	{
		name: "record", about: "convolutions",
		epochs: 12, batch: 128, rate: 0.004,
		graph: digitqa.RecordNetwork, smallest: 12,
		plan: func(o options, rows int) train.Plan {
			p := digitqa.RecordPlan(rows)
			p.Epochs, p.Batch = o.Epochs, o.Batch
			p.Optimizer = digitqa.RecordOptimizer(o.Rate, digitqa.Steps(p, rows))
			return p
		},
		standard: func([]uint8) (data.Standard, error) { return digitqa.RecordStandard, nil },
		holdsOut: true, fixedEpochs: true,
	},
}

// networkFlag is the description of --network.
func networkFlag() string {
	var list []string
	for _, n := range networks {
		list = append(list, n.name+" ("+n.about+")")
	}
	return strings.Join(list, ", ")
}

// findNetwork returns the network of a name.
func findNetwork(name string) (network, error) {
	var have []string
	for _, n := range networks {
		if n.name == name {
			return n, nil
		}
		have = append(have, n.name)
	}
	return network{}, usage("--network: %v", suggest.Unknown("network", name, have))
}

// defaults describes a flag's default for each network.
func defaults[T any](value func(n network) T) string {
	text := fmt.Sprintf("(default %v", value(networks[0]))
	for _, n := range networks[1:] {
		text += fmt.Sprintf("; %s: %v", n.name, value(n))
	}
	return text + ")"
}

// build checks the size of images and returns a new model.
func (n network) build(height, width int, seed uint64) (*braid.Model, error) {
	if min(height, width) < n.smallest {
		return nil, fmt.Errorf("the images are %d x %d, the network %s wants %d x %d pixels or more",
			height, width, n.name, n.smallest, n.smallest)
	}
	return n.graph(height, width).Build(seed)
}
