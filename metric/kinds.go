package metric

import (
	"slices"

	"braid/internal/kinds"
)

// members has a line for each metric of this package.
var members = []Metric{
	Accuracy{},
}

// Decode reads a metric from its kind and its configuration as JSON. Metrics from elsewhere are found
// among custom, by their Kind: each is an example whose type is made anew.
func Decode(kind string, config []byte, custom ...Metric) (Metric, error) {
	return kinds.Decode("metric", kind, config, slices.Concat(custom, members))
}
