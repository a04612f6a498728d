package braid_test

import (
	"braid"
	"braid/layer"
)

// windowed returns the convolution, pooling, padding or upsampling of the configuration.
func (b *block) windowed() (l braid.Layer, missing string) {
	is := func(key string) bool { v, _ := b.Config[key].(bool); return v }
	number := func(key string) int { v, _ := b.Config[key].(float64); return int(v) }
	f, err := activation(b.Config)
	if err != nil {
		return nil, err.Error()
	}
	var padding layer.Padding
	if name, ok := b.Config["padding"].(string); ok {
		if err := padding.UnmarshalText([]byte(name)); err != nil {
			return nil, err.Error()
		}
	}
	pair := func(value any) (p layer.Pair) {
		list, _ := value.([]any)
		for i, v := range list {
			p[i] = int(v.(float64))
		}
		return p
	}
	switch b.Kind {
	case "Conv1D":
		return layer.Conv1D{
			Filters: number("filters"), Size: number("kernel_size"), Strides: number("strides"),
			Dilation: number("dilation_rate"), Groups: number("groups"), Padding: padding,
			Activation: f, NoBias: !is("use_bias"),
		}, ""
	case "Conv2D":
		return layer.Conv2D{
			Filters: number("filters"), Size: pair(b.Config["kernel_size"]),
			Strides: pair(b.Config["strides"]), Dilation: pair(b.Config["dilation_rate"]),
			Groups: number("groups"), Padding: padding, Activation: f, NoBias: !is("use_bias"),
		}, ""
	case "DepthwiseConv2D":
		return layer.DepthwiseConv2D{
			DepthMultiplier: number("depth_multiplier"), Size: pair(b.Config["kernel_size"]),
			Strides: pair(b.Config["strides"]), Dilation: pair(b.Config["dilation_rate"]),
			Padding: padding, Activation: f, NoBias: !is("use_bias"),
		}, ""
	case "MaxPooling1D":
		return layer.MaxPooling1D{Size: number("pool_size"), Strides: number("strides"),
			Padding: padding}, ""
	case "MaxPooling2D":
		return layer.MaxPooling2D{Size: pair(b.Config["pool_size"]),
			Strides: pair(b.Config["strides"]), Padding: padding}, ""
	case "AveragePooling1D":
		return layer.AveragePooling1D{Size: number("pool_size"), Strides: number("strides"),
			Padding: padding}, ""
	case "AveragePooling2D":
		return layer.AveragePooling2D{Size: pair(b.Config["pool_size"]),
			Strides: pair(b.Config["strides"]), Padding: padding}, ""
	case "GlobalMaxPooling1D":
		return layer.GlobalMaxPooling1D{KeepDims: is("keepdims")}, ""
	case "GlobalMaxPooling2D":
		return layer.GlobalMaxPooling2D{KeepDims: is("keepdims")}, ""
	case "GlobalAveragePooling1D":
		return layer.GlobalAveragePooling1D{KeepDims: is("keepdims")}, ""
	case "GlobalAveragePooling2D":
		return layer.GlobalAveragePooling2D{KeepDims: is("keepdims")}, ""
	case "ZeroPadding2D":
		sides := b.Config["padding"].([]any)
		return layer.ZeroPadding2D{Padding: layer.Sides{pair(sides[0]), pair(sides[1])}}, ""
	case "UpSampling2D":
		return layer.UpSampling2D{Size: pair(b.Config["size"])}, ""
	}
	return nil, b.Kind
}
