package braid_test

import (
	"braid"
	"braid/layer"
)

// mergeOrAttention returns the layer of a configuration: those that combine their inputs, or move
// numbers.
func (b *block) mergeOrAttention() braid.Layer {
	numbers := func(key string) (list []int) {
		for _, v := range b.Config[key].([]any) {
			list = append(list, int(v.(float64)))
		}
		return list
	}
	switch b.Kind {
	case "Average":
		return layer.Average{}
	case "Maximum":
		return layer.Maximum{}
	case "Minimum":
		return layer.Minimum{}
	case "Multiply":
		return layer.Multiply{}
	case "Subtract":
		return layer.Subtract{}
	case "Permute":
		return layer.Permute{Dims: numbers("dims")}
	case "Reshape":
		return layer.Reshape{Shape: numbers("target_shape")}
	}
	return nil
}
