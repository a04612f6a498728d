package braid_test

import (
	"braid"
	"braid/layer"
)

// mergeOrAttention returns the layer of a configuration: those that combine their inputs, or move
// numbers.
func (b *block) mergeOrAttention() braid.Layer {
	c := b.Config
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
		return layer.Permute{Dims: c.integers("dims")}
	case "Reshape":
		return layer.Reshape{Shape: c.integers("target_shape")}
	}
	_, masked := b.tensors.Entry(b.Name + "/mask")
	return layer.MultiHeadAttention{
		Heads: c.integer("num_heads"), KeyWidth: c.integer("key_dim"), ValueWidth: c.integer("value_dim"),
		Causal: c.is("use_causal_mask"), NoBias: c.isNot("use_bias"), Masked: masked,
	}
}
