package loss_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"braid"
	"braid/loss"
	"braid/tensor"
)

// A head or a setting that does not fit is an error that names the head or the field.
func TestMistakes(t *testing.T) {
	nan := math.NaN()
	head := func(a braid.Activation, shape ...int) braid.Spec {
		return braid.Spec{Name: "x", Shape: shape, Activation: a}
	}
	for _, c := range []struct {
		loss loss.Loss
		head braid.Spec
		want string
	}{
		{loss.BinaryCrossentropy{}, head(braid.Linear, 3), `binary_crossentropy: head "x" has ` +
			`activation linear, want sigmoid, or set Probabilities if the outputs are probabilities`},
		{loss.BinaryCrossentropy{Probabilities: true}, head(braid.Tanh, 3), "tanh, want sigmoid"},
		{loss.BinaryCrossentropy{Probabilities: true}, head(braid.ReLU, 3), "relu, want sigmoid"},
		{loss.BinaryCrossentropy{}, head(braid.HardSigmoid, 3), "or set Probabilities"},
		{loss.BinaryCrossentropy{Smoothing: 1}, head(braid.Sigmoid, 3), "Smoothing = 1, want 0 or"},
		{loss.BinaryCrossentropy{Smoothing: nan}, head(braid.Sigmoid, 3), "Smoothing = NaN"},
		{loss.BinaryCrossentropy{PositiveWeight: []float64{1, 2}}, head(braid.Sigmoid, 2, 3),
			"PositiveWeight has 2 numbers, want 1, or 3"},
		{loss.BinaryCrossentropy{PositiveWeight: []float64{1, -2, 1}}, head(braid.Sigmoid, 2, 3),
			"PositiveWeight[1] = -2, want a finite number from 0"},
		{loss.BinaryCrossentropy{PositiveWeight: []float64{1e39}}, head(braid.Sigmoid, 3),
			"PositiveWeight[0] = 1e+39"},
		{loss.BinaryFocalCrossentropy{}, head(braid.Softmax, 3), "activation softmax, want sigmoid"},
		{loss.BinaryFocalCrossentropy{Gamma: pointer(-1)}, head(braid.Sigmoid, 3), "Gamma = -1, want"},
		{loss.BinaryFocalCrossentropy{Gamma: &nan}, head(braid.Sigmoid, 3), "Gamma = NaN, want"},
		{loss.BinaryFocalCrossentropy{Alpha: 1}, head(braid.Sigmoid, 3), "Alpha = 1, want above 0"},
		{loss.BinaryFocalCrossentropy{Smoothing: -0.1}, head(braid.Sigmoid, 3), "Smoothing = -0.1"},
		{loss.CategoricalCrossentropy{}, head(braid.Linear, 3), "linear, want softmax, or set"},
		{loss.CategoricalCrossentropy{Probabilities: true}, head(braid.GELU, 3), "gelu, want softmax"},
		{loss.CategoricalCrossentropy{}, head(braid.Softmax, 5, 1), "[5 1] a row, want [classes]"},
		{loss.CategoricalCrossentropy{Smoothing: 2}, head(braid.Softmax, 3), "Smoothing = 2"},
		{loss.CategoricalFocalCrossentropy{}, head(braid.Sigmoid, 3), "sigmoid, want softmax"},
		{loss.CategoricalFocalCrossentropy{}, head(braid.Softmax, 1), "of 2 classes or more"},
		{loss.CategoricalFocalCrossentropy{Alpha: []float64{1, 2}}, head(braid.Softmax, 3),
			"Alpha has 2 numbers, want 1, or 3"},
		{loss.CategoricalFocalCrossentropy{Alpha: []float64{nan}}, head(braid.Softmax, 3),
			"Alpha[0] = NaN"},
		{loss.CategoricalFocalCrossentropy{Gamma: pointer(-2)}, head(braid.Softmax, 3), "Gamma = -2"},
		{loss.CategoricalFocalCrossentropy{Smoothing: 1}, head(braid.Softmax, 3), "Smoothing = 1"},
		{loss.SparseCategoricalCrossentropy{}, head(braid.Linear, 3), "linear, want softmax"},
		{loss.SparseCategoricalCrossentropy{}, head(braid.Softmax), "want [classes] or [..., classes]"},
		{loss.SparseCategoricalCrossentropy{ClassWeights: []float64{1}}, head(braid.Softmax, 3),
			"ClassWeights has 1 number, want 3"},
		{loss.SparseCategoricalCrossentropy{ClassWeights: []float64{1, 2, math.Inf(1)}},
			head(braid.Softmax, 3), "ClassWeights[2] = +Inf"},
		{loss.SparseCategoricalCrossentropy{Smoothing: -0.1}, head(braid.Softmax, 3), "Smoothing = -0.1"},
		{loss.SparseCategoricalCrossentropy{Smoothing: 0.1, Probabilities: true},
			head(braid.Sigmoid, 3), "Smoothing = 0.1, but the outputs are probabilities"},
		{loss.KLDivergence{}, head(braid.Sigmoid, 3), "activation sigmoid, want softmax, or set"},
		{loss.KLDivergence{Probabilities: true}, head(braid.Softplus, 3), "softplus, want softmax"},
		{loss.Huber{Delta: -1}, head(braid.Linear, 3), `huber: head "x": Delta = -1, want`},
		{loss.Huber{Delta: nan}, head(braid.Linear, 3), "Delta = NaN"},
		{loss.Huber{Delta: 1e39}, head(braid.Linear, 3), "Delta = 1e+39"},
		{loss.Huber{Delta: 1e-60}, head(braid.Linear, 3), "Delta = 1e-60"},
		{loss.Poisson{}, head(braid.Tanh, 3), "activation tanh, want softplus, exponential"},
		{loss.Hinge{}, head(braid.Sigmoid, 3), "activation sigmoid, whose outputs are never negative"},
		{loss.SquaredHinge{}, head(braid.ReLU, 3), "squared_hinge: head \"x\" has activation relu"},
	} {
		f, err := c.loss.Bind(c.head)
		if err == nil || f != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%#v binds to %s of %v with the error %v, want %q", c.loss, c.head.Activation,
				c.head.Shape, err, c.want)
		}
	}
}

// TestTargets checks what each loss wants of its targets.
func TestTargets(t *testing.T) {
	for _, c := range []struct {
		loss       loss.Loss
		activation braid.Activation
		want       loss.Target
	}{
		{loss.MeanSquaredError{}, braid.ReLU, loss.Target{}},
		{loss.MeanAbsoluteError{}, braid.Linear, loss.Target{}},
		{loss.Huber{}, braid.Linear, loss.Target{}},
		{loss.LogCosh{}, braid.Linear, loss.Target{}},
		{loss.MeanAbsolutePercentageError{}, braid.Linear, loss.Target{}},
		{loss.MeanSquaredLogarithmicError{}, braid.Linear, loss.Target{NotNegative: true}},
		{loss.Poisson{}, braid.Softplus, loss.Target{NotNegative: true}},
		{loss.CosineSimilarity{}, braid.Linear, loss.Target{}},
		{loss.KLDivergence{}, braid.Softmax, loss.Target{Unit: true}},
		{loss.KLDivergence{Probabilities: true}, braid.Sigmoid, loss.Target{Unit: true}},
		{loss.Hinge{}, braid.Linear, loss.Target{Signs: true}},
		{loss.SquaredHinge{}, braid.Tanh, loss.Target{Signs: true}},
		{loss.BinaryCrossentropy{}, braid.Sigmoid, loss.Target{Unit: true}},
		{loss.BinaryCrossentropy{Probabilities: true}, braid.HardSigmoid, loss.Target{Unit: true}},
		{loss.BinaryFocalCrossentropy{}, braid.Sigmoid, loss.Target{Unit: true}},
		{loss.CategoricalCrossentropy{}, braid.Softmax, loss.Target{Unit: true}},
		{loss.CategoricalFocalCrossentropy{}, braid.Softmax, loss.Target{Unit: true}},
		{loss.SparseCategoricalCrossentropy{}, braid.Softmax,
			loss.Target{DType: tensor.Int32, Shape: tensor.Shape{4}, Classes: 3}},
	} {
		if c.want.DType == tensor.Float32 {
			c.want.Shape = tensor.Shape{4, 3}
		}
		f := bind(t, c.loss, braid.Spec{Name: "x", Shape: tensor.Shape{4, 3}, Activation: c.activation})
		if got := f.Target(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s wants %+v, want %+v", c.loss.Kind(), got, c.want)
		}
		stable := c.activation == braid.Softmax || c.activation == braid.Sigmoid && c.want.Unit &&
			!reflect.DeepEqual(c.loss, loss.KLDivergence{Probabilities: true})
		if f.FromLogits() != stable {
			t.Errorf("%#v of %s is from logits: %v", c.loss, c.activation, f.FromLogits())
		}
	}
}

// Every configuration is read back from JSON as it was, with these names of fields.
func TestDecode(t *testing.T) {
	for want, l := range map[string]loss.Loss{
		`{"delta":2}`: loss.Huber{Delta: 2},
		`{"smoothing":0.1,"positive_weight":[3,1],"probabilities":true}`: loss.BinaryCrossentropy{
			Smoothing: 0.1, PositiveWeight: []float64{3, 1}, Probabilities: true},
		`{"gamma":0,"alpha":0.3,"smoothing":0.1,"probabilities":true}`: loss.BinaryFocalCrossentropy{
			Gamma: pointer(0), Alpha: 0.3, Smoothing: 0.1, Probabilities: true},
		`{"smoothing":0.1,"probabilities":true}`: loss.CategoricalCrossentropy{Smoothing: 0.1,
			Probabilities: true},
		`{"alpha":[1,2],"gamma":0,"smoothing":0.2}`: loss.CategoricalFocalCrossentropy{
			Alpha: []float64{1, 2}, Gamma: pointer(0), Smoothing: 0.2},
		`{"gamma":1,"probabilities":true}`: loss.CategoricalFocalCrossentropy{Gamma: pointer(1),
			Probabilities: true},
		`{"class_weights":[1,2],"probabilities":true}`: loss.SparseCategoricalCrossentropy{
			ClassWeights: []float64{1, 2}, Probabilities: true},
		`{"probabilities":true}`: loss.KLDivergence{Probabilities: true},
	} {
		text, err := json.Marshal(l)
		if err != nil || string(text) != want {
			t.Errorf("%#v is written as %s (%v), want %s", l, text, err, want)
		}
		if back, err := loss.Decode(l.Kind(), text); err != nil || !reflect.DeepEqual(back, l) {
			t.Errorf("%s is decoded as %#v (%v)", text, back, err)
		}
	}
	kinds := map[string]bool{}
	for _, c := range cases {
		kinds[c.loss.Kind()] = true
	}
	if len(kinds) != 16 {
		t.Errorf("the cases have %d kinds of losses, want 16", len(kinds))
	}
	for kind := range kinds {
		back, err := loss.Decode(kind, []byte("{}"))
		if err != nil || back.Kind() != kind || !reflect.ValueOf(back).IsZero() {
			t.Errorf("%s is decoded as %#v (%v)", kind, back, err)
			continue
		}
		if text, err := json.Marshal(back); err != nil || string(text) != "{}" {
			t.Errorf("the default %s is written as %s (%v)", kind, text, err)
		}
		for _, bad := range []string{`{"from_logits":true}`, `{} {}`, `[]`} {
			if _, err := loss.Decode(kind, []byte(bad)); err == nil {
				t.Errorf("%s with %s is no error", kind, bad)
			}
		}
	}
	for _, bad := range []string{`{"smoothing":0.1,"Smoothing":0.2}`, `{"smoothing":"0.1"}`} {
		if _, err := loss.Decode("binary_crossentropy", []byte(bad)); err == nil {
			t.Errorf("%s is no error", bad)
		}
	}
}
