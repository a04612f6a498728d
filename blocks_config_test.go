package braid_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"testing"

	"braid/internal/safetensors"
	"braid/layer"
	"braid/loss"
	"braid/metric"
	"braid/optim"
)

// configuration has settings with Keras' names. null means Keras' default, as if the setting were
// missing.
type configuration map[string]any

// UnmarshalJSON leaves out settings that are null.
func (c *configuration) UnmarshalJSON(text []byte) error {
	settings := map[string]any{}
	if err := json.Unmarshal(text, &settings); err != nil {
		return err
	}
	maps.DeleteFunc(settings, func(_ string, v any) bool { return v == nil })
	*c = settings
	return nil
}

// is reports whether a setting is true. Its default is false.
func (c configuration) is(key string) bool { return c[key] == true }

// isNot reports whether a setting is false. Its default is true.
func (c configuration) isNot(key string) bool { return c[key] == false }

// pointer returns nil for the default.
func (c configuration) pointer(key string) *float64 {
	if v, given := c[key].(float64); given {
		return &v
	}
	return nil
}

// number returns 0 for the default.
func (c configuration) number(key string) float64 {
	v, _ := c[key].(float64)
	return v
}

// integers returns the numbers of a list, or of one number. It returns nil for the default.
func (c configuration) integers(key string) []int { return integersOf(c[key]) }

// integer returns one number, also of a list of one, or 0 for the default.
func (c configuration) integer(key string) int {
	if list := c.integers(key); len(list) == 1 {
		return list[0]
	}
	return 0
}

// pair returns two numbers, of which a single one is both, or zeros for the default.
func (c configuration) pair(key string) layer.Pair { return pair(c[key]) }

func pair(value any) layer.Pair {
	switch list := integersOf(value); len(list) {
	case 1:
		return layer.Pair{list[0], list[0]}
	case 2:
		return layer.Pair(list)
	}
	return layer.Pair{}
}

func integersOf(value any) []int {
	if value == nil {
		return nil
	}
	var list []int
	for _, v := range listOf(value) {
		list = append(list, int(v.(float64)))
	}
	return list
}

// listOf returns a list, or a single value as a list of one.
func listOf(value any) []any {
	if list, ok := value.([]any); ok {
		return list
	}
	return []any{value}
}

// A setting that is null or missing is Braid's default, which is Keras'; the opposite of a default
// is not.
func TestBlocksDefaults(t *testing.T) {
	fifth, half := 0.2, 0.5
	for _, c := range []struct {
		text string // kind and configuration
		want any
	}{
		{`"Dense", "config": {"units": 2, "use_bias": null, "activation": null}`,
			layer.Dense{Units: 2}},
		{`"Dense", "config": {"units": 2}`, layer.Dense{Units: 2}},
		{`"Dense", "config": {"units": 2, "use_bias": false}`, layer.Dense{Units: 2, NoBias: true}},
		{`"Conv1D", "config": {"filters": 3, "kernel_size": [2], "strides": null, "padding": null,
			"dilation_rate": null, "groups": null, "use_bias": null, "activation": null}`,
			layer.Conv1D{Filters: 3, Size: 2}},
		{`"Conv1D", "config": {"filters": 3, "kernel_size": 2, "strides": 2, "use_bias": false}`,
			layer.Conv1D{Filters: 3, Size: 2, Strides: 2, NoBias: true}},
		{`"Conv2D", "config": {"filters": 3, "kernel_size": 2, "strides": null, "padding": null,
			"dilation_rate": null, "groups": null, "use_bias": null}`,
			layer.Conv2D{Filters: 3, Size: layer.Pair{2, 2}}},
		{`"Conv2D", "config": {"filters": 3, "kernel_size": [2, 3], "use_bias": false}`,
			layer.Conv2D{Filters: 3, Size: layer.Pair{2, 3}, NoBias: true}},
		{`"DepthwiseConv2D", "config": {"kernel_size": 3, "depth_multiplier": null,
			"use_bias": null}`, layer.DepthwiseConv2D{Size: layer.Pair{3, 3}}},
		{`"DepthwiseConv2D", "config": {"kernel_size": 3, "use_bias": false}`,
			layer.DepthwiseConv2D{Size: layer.Pair{3, 3}, NoBias: true}},
		{`"MaxPooling2D", "config": {"pool_size": null, "strides": 1}`,
			layer.MaxPooling2D{Strides: layer.Pair{1, 1}}},
		{`"ZeroPadding2D", "config": {"padding": null}`, layer.ZeroPadding2D{}},
		{`"ZeroPadding2D", "config": {"padding": 2}`,
			layer.ZeroPadding2D{Padding: layer.Sides{{2, 2}, {2, 2}}}},
		{`"ZeroPadding2D", "config": {"padding": [1, 2]}`,
			layer.ZeroPadding2D{Padding: layer.Sides{{1, 1}, {2, 2}}}},
		{`"BatchNormalization", "train": true, "config": {"momentum": null, "epsilon": null,
			"center": null, "scale": null}`, layer.BatchNormalization{}},
		{`"BatchNormalization", "train": true, "config": {"momentum": 0.2, "scale": false}`,
			layer.BatchNormalization{Momentum: &fifth, NoScale: true}},
		{`"LayerNormalization", "config": {"axis": null, "center": null, "scale": null}`,
			layer.LayerNormalization{}},
		{`"LayerNormalization", "config": {"axis": -2, "center": false}`,
			layer.LayerNormalization{Axes: []int{-2}, NoCenter: true}},
		{`"MultiHeadAttention", "config": {"num_heads": 3, "key_dim": 2, "value_dim": null,
			"use_bias": null, "use_causal_mask": null}`,
			layer.MultiHeadAttention{Heads: 3, KeyWidth: 2}},
		{`"MultiHeadAttention", "config": {"num_heads": 3, "key_dim": 2, "use_bias": false}`,
			layer.MultiHeadAttention{Heads: 3, KeyWidth: 2, NoBias: true}},
		{`"Bidirectional", "config": {"merge_mode": null, "layer": {"kind": "GRU", "config":
			{"units": 3, "use_bias": null, "reset_after": null, "activation": null}}}`,
			layer.Bidirectional{Layer: layer.GRU{Units: 3}}},
		{`"Bidirectional", "config": {"merge_mode": "mul", "layer": {"kind": "LSTM", "config":
			{"units": 3, "use_bias": false}}}`,
			layer.Bidirectional{Layer: layer.LSTM{Units: 3, NoBias: true}, Merge: layer.MergeMul}},

		{`"loss", "config": {"name": "binary_crossentropy", "from_logits": null,
			"label_smoothing": null}`, loss.BinaryCrossentropy{Probabilities: true}},
		{`"loss", "config": {"name": "binary_focal_crossentropy", "from_logits": true, "gamma": null,
			"alpha": null}`, loss.BinaryFocalCrossentropy{}},
		{`"loss", "config": {"name": "binary_focal_crossentropy", "from_logits": true, "gamma": 0.5,
			"alpha": null, "apply_class_balancing": true}`,
			loss.BinaryFocalCrossentropy{Gamma: &half, Alpha: 0.25}},
		{`"loss", "config": {"name": "binary_focal_crossentropy", "from_logits": true, "alpha": 0.2,
			"apply_class_balancing": true}`, loss.BinaryFocalCrossentropy{Alpha: 0.2}},
		{`"loss", "config": {"name": "categorical_focal_crossentropy", "alpha": null, "gamma": null}`,
			loss.CategoricalFocalCrossentropy{Probabilities: true}},
		{`"loss", "config": {"name": "categorical_focal_crossentropy", "from_logits": true,
			"alpha": 0.2}`, loss.CategoricalFocalCrossentropy{Alpha: []float64{0.2}}},
		{`"loss", "config": {"name": "categorical_focal_crossentropy", "from_logits": true,
			"alpha": [0.2, 0.5]}`, loss.CategoricalFocalCrossentropy{Alpha: []float64{0.2, 0.5}}},
		{`"loss", "config": {"name": "huber", "delta": null}`, loss.Huber{}},

		{`"metric", "config": {"name": "binary_accuracy", "threshold": null}`, metric.Accuracy{}},
		{`"metric", "config": {"name": "binary_accuracy", "threshold": 0.2}`,
			metric.Accuracy{Threshold: 0.2}},
		{`"metric", "config": {"name": "precision", "average": null, "threshold": null}`,
			metric.Precision{}},

		{`"optimizer", "config": {"name": "AdamW", "learning_rate": null, "weight_decay": null,
			"beta_1": null, "epsilon": null, "amsgrad": null, "exclude_from_weight_decay": null}`,
			optim.AdamW{WeightDecay: optim.Decay{All: true}}},
		{`"optimizer", "config": {"name": "AdamW", "beta_1": 0.2, "weight_decay": 0.5,
			"amsgrad": true}`, optim.AdamW{Beta1: &fifth, AMSGrad: true,
			WeightDecay: optim.Decay{Rate: 0.5, All: true}}},
		{`"optimizer", "config": {"name": "AdamW", "weight_decay": 0, "amsgrad": true}`,
			optim.Adam{AMSGrad: true}},
		{`"optimizer", "config": {"name": "Adagrad", "initial_accumulator_value": null}`,
			optim.Adagrad{WeightDecay: optim.Decay{All: true}}},
		{`"optimizer", "config": {"name": "SGD", "learning_rate": {"name": "polynomial_decay",
			"initial_learning_rate": 0.2, "decay_steps": 7, "end_learning_rate": null,
			"power": null}}`, optim.SGD{Schedule: optim.PolynomialDecay{InitialRate: 0.2,
			DecaySteps: 7}, WeightDecay: optim.Decay{All: true}}},
	} {
		b := block{tensors: &safetensors.Container{}}
		if err := json.Unmarshal([]byte(`{"kind": `+c.text+`}`), &b); err != nil {
			t.Fatalf("%s: %v", c.text, err)
		}
		var got any
		var missing string
		switch b.Kind {
		case "loss":
			got, _ = b.loss(t)
		case "metric":
			got, missing = b.metric(t)
		case "optimizer":
			got = b.optimizer(t, b.settings(t))
		default:
			got, missing = b.layer()
		}
		if missing != "" || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s is read as %+v %s, want %+v", c.text, got, missing, c.want)
		}
	}
}
