package braid_test

import (
	"braid"
	"braid/layer"
)

// windowed returns the convolution, pooling, padding or upsampling of the configuration.
func (b *block) windowed() (l braid.Layer, missing string) {
	c := b.Config
	f, err := activation(c)
	if err != nil {
		return nil, err.Error()
	}
	var padding layer.Padding
	if name, ok := c["padding"].(string); ok {
		if err := padding.UnmarshalText([]byte(name)); err != nil {
			return nil, err.Error()
		}
	}
	switch b.Kind {
	case "Conv1D":
		return layer.Conv1D{
			Filters: c.integer("filters"), Size: c.integer("kernel_size"), Strides: c.integer("strides"),
			Dilation: c.integer("dilation_rate"), Groups: c.integer("groups"), Padding: padding,
			Activation: f, NoBias: c.isNot("use_bias"),
		}, ""
	case "Conv2D":
		return layer.Conv2D{
			Filters: c.integer("filters"), Size: c.pair("kernel_size"),
			Strides: c.pair("strides"), Dilation: c.pair("dilation_rate"),
			Groups: c.integer("groups"), Padding: padding, Activation: f, NoBias: c.isNot("use_bias"),
		}, ""
	case "DepthwiseConv2D":
		return layer.DepthwiseConv2D{
			DepthMultiplier: c.integer("depth_multiplier"), Size: c.pair("kernel_size"),
			Strides: c.pair("strides"), Dilation: c.pair("dilation_rate"),
			Padding: padding, Activation: f, NoBias: c.isNot("use_bias"),
		}, ""
	case "MaxPooling1D":
		return layer.MaxPooling1D{Size: c.integer("pool_size"), Strides: c.integer("strides"),
			Padding: padding}, ""
	case "MaxPooling2D":
		return layer.MaxPooling2D{Size: c.pair("pool_size"),
			Strides: c.pair("strides"), Padding: padding}, ""
	case "AveragePooling1D":
		return layer.AveragePooling1D{Size: c.integer("pool_size"), Strides: c.integer("strides"),
			Padding: padding}, ""
	case "AveragePooling2D":
		return layer.AveragePooling2D{Size: c.pair("pool_size"),
			Strides: c.pair("strides"), Padding: padding}, ""
	case "GlobalMaxPooling1D":
		return layer.GlobalMaxPooling1D{KeepDims: c.is("keepdims")}, ""
	case "GlobalMaxPooling2D":
		return layer.GlobalMaxPooling2D{KeepDims: c.is("keepdims")}, ""
	case "GlobalAveragePooling1D":
		return layer.GlobalAveragePooling1D{KeepDims: c.is("keepdims")}, ""
	case "GlobalAveragePooling2D":
		return layer.GlobalAveragePooling2D{KeepDims: c.is("keepdims")}, ""
	case "ZeroPadding2D":
		var sides layer.Sides
		switch padding := c["padding"].(type) {
		case float64:
			sides = layer.Sides{pair(padding), pair(padding)}
		case []any: // of each axis both sides, or one number for both
			sides = layer.Sides{pair(padding[0]), pair(padding[1])}
		}
		return layer.ZeroPadding2D{Padding: sides}, ""
	case "UpSampling2D":
		return layer.UpSampling2D{Size: c.pair("size")}, ""
	}
	return nil, b.Kind
}
