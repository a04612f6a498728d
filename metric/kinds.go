package metric

import (
	"slices"

	"braid/internal/kinds"
)

// members lists the metrics of this package.
var members = []Metric{
	Accuracy{},
}

// Decode returns the metric of a kind with a configuration in JSON. Custom metrics are found by
// their Kind among custom: each is an example of its type, and Decode returns a new value.
func Decode(kind string, config []byte, custom ...Metric) (Metric, error) {
	return kinds.Decode("metric", kind, config, slices.Concat(custom, members))
}
