package braid_test

import (
	"braid"
	"braid/layer"
)

// mergeOrAttention returns the layer of a configuration: those that combine their inputs, or move
// numbers.
func (b *block) mergeOrAttention() braid.Layer {
	number := func(key string) int { v, _ := b.Config[key].(float64); return int(v) }
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
	_, masked := b.tensors.Entry(b.Name + "/mask")
	return layer.MultiHeadAttention{
		Heads: number("num_heads"), KeyWidth: number("key_dim"), ValueWidth: number("value_dim"),
		Causal: b.Config["use_causal_mask"] == true, NoBias: b.Config["use_bias"] != true, Masked: masked,
	}
}
