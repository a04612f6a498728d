package cli

import (
	"fmt"
	"strings"

	"braid"
	"braid/digitqa"
	"braid/experiment"
	"braid/internal/suggest"
)

// network is a network that the verb train builds, with its training.
type network struct {
	name  string
	about string // for --help

	// Settings of the experiment's file, for --help: no verb but train takes the time to parse it.
	epochs int
	batch  int
	rate   float64

	// declare returns the experiment. set holds settings that replace those of its file.
	declare func(set ...string) (*experiment.Experiment, error)
	// graph returns the network for images of some size, and smallest is the least height and width.
	graph    func(height, width int) *braid.Graph
	smallest int
	// holdsOut reports whether rows of the training images are kept for validation. The test images
	// validate otherwise.
	holdsOut bool
	// fixedEpochs reports whether the learning rate depends on the number of epochs.
	fixedEpochs bool
	// rates returns the settings of the learning rate.
	rates func(rate float64) []string
}

// networks lists the default network first.
var networks = []network{
	{
		name: "book", about: "the book's",
		epochs: 20, batch: 64, rate: 0.001,
		declare: digitqa.Experiment, graph: digitqa.Network, smallest: 1,
		rates: func(rate float64) []string { return []string{setting("train.optimizer.rate", rate)} },
	},
	{
		name: "record", about: "convolutions",
		epochs: 12, batch: 128, rate: 0.004,
		declare: digitqa.RecordExperiment, graph: digitqa.RecordNetwork, smallest: 12,
		holdsOut: true, fixedEpochs: true,
		rates: func(rate float64) []string {
			return []string{
				fmt.Sprintf("train.optimizer.schedule.rates=[%v, %v, 0]", rate/20, rate),
			}
		},
	},
}

// setting returns a setting of an experiment.
func setting(key string, value any) string { return fmt.Sprintf("%s=%v", key, value) }

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

// check checks the size of images.
func (n network) check(height, width int) error {
	if min(height, width) < n.smallest {
		return fmt.Errorf("the images are %d x %d, the network %s wants %d x %d pixels or more",
			height, width, n.name, n.smallest, n.smallest)
	}
	return nil
}
