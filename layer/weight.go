package layer

import (
	"errors"
	"fmt"
	"math"

	"braid"
	"braid/internal/kinds"
	"braid/internal/suggest"
	"braid/tensor"
)

// Weight configures one weight of a layer. The zero value is Keras' default for that weight.
type Weight struct {
	Init  Init    `json:"init,omitzero"`
	Value float64 `json:"value,omitzero"` // the argument of Init; 0 means its default

	// L1 and L2 are Keras' regularizers: the total loss of training and of evaluation grows by
	// L1 sum |w| + L2 sum w². Frozen weights add nothing.
	L1 float64 `json:"l1,omitzero"`
	L2 float64 `json:"l2,omitzero"`

	// MaxNorm is Keras' constraint of that name with axis 0: after each update a vector along the
	// first axis whose norm is larger is scaled to this norm. 0 means no limit. Of an embedding, such
	// a vector has a number of each id, so all ids may change, also with a Lazy optimizer.
	MaxNorm float64 `json:"max_norm,omitzero"`
}

// Init is how a weight starts. Fans are the inputs and outputs of a unit: the last two axes, times
// the size of a convolution's window.
type Init uint8

// The initializers, with Keras' formulas. The zero value is the layer's default.
const (
	DefaultInit   Init = iota
	Constant           // Value everywhere
	Uniform            // uniform from -Value to Value (0.05)
	Normal             // normal with standard deviation Value (0.05)
	TruncNormal        // the same, without numbers beyond two standard deviations
	GlorotUniform      // uniform with variance 2 / (fan in + fan out)
	GlorotNormal       // truncated normal with that variance
	HeUniform          // uniform with variance 2 / fan in
	HeNormal           // truncated normal with that variance
	LecunUniform       // uniform with variance 1 / fan in
	LecunNormal        // truncated normal with that variance
	Orthogonal         // an orthogonal matrix times Value (1); all axes but the last are its rows
)

var initNames = kinds.Names[Init]{Noun: "initializer", List: []string{
	DefaultInit: "default", Constant: "constant", Uniform: "uniform", Normal: "normal",
	TruncNormal: "truncated_normal", GlorotUniform: "glorot_uniform", GlorotNormal: "glorot_normal",
	HeUniform: "he_uniform", HeNormal: "he_normal", LecunUniform: "lecun_uniform",
	LecunNormal: "lecun_normal", Orthogonal: "orthogonal",
}}

// String returns the initializer's name in configurations.
func (i Init) String() string { return initNames.String(i) }

// MarshalText writes the name.
func (i Init) MarshalText() ([]byte, error) { return initNames.Marshal(i) }

// UnmarshalText reads a name.
func (i *Init) UnmarshalText(text []byte) error { return initNames.Unmarshal(i, text) }

// initializer returns the function that fills the weight, by fallback if Init is DefaultInit, and
// declares its regularization. For a wrong setting it sets failed, unless that is set. field is the
// name of the layer's field.
func (w Weight) initializer(
	failed *error, field string, fallback braid.Initializer,
) braid.Initializer {
	if err := w.check(); err != nil && *failed == nil {
		*failed = fmt.Errorf("%s: %w", field, err)
	}
	init, r := w.filler(fallback), braid.Regularization{L1: w.L1, L2: w.L2, MaxNorm: w.MaxNorm}
	if r == (braid.Regularization{}) {
		return init
	}
	return func(values []float32, shape tensor.Shape, draw braid.Draw) {
		if d, ok := draw.(braid.Regularizer); ok {
			d.Regularize(r)
		}
		init(values, shape, draw)
	}
}

// biasInitializer is initializer of the field Bias. It sets failed too if the field is set although
// the layer has no bias.
func (w Weight) biasInitializer(
	failed *error, noBias bool, fallback braid.Initializer,
) braid.Initializer {
	if noBias && w != (Weight{}) && *failed == nil {
		*failed = errors.New("Bias is set, but NoBias = true: want one of them")
	}
	return w.initializer(failed, "Bias", fallback)
}

// filler returns the initializer of Init.
func (w Weight) filler(fallback braid.Initializer) braid.Initializer {
	value := w.Value
	if value == 0 {
		value = 0.05
	}
	switch w.Init {
	case Constant:
		return constant(float32(w.Value))
	case Uniform:
		return uniform(value)
	case Normal:
		return normal(value)
	case TruncNormal:
		return truncatedNormal(value)
	case GlorotUniform:
		return glorotUniform
	case GlorotNormal:
		return scaledNormal(glorotVariance)
	case HeUniform:
		return scaledUniform(heVariance)
	case HeNormal:
		return scaledNormal(heVariance)
	case LecunUniform:
		return scaledUniform(lecunVariance)
	case LecunNormal:
		return scaledNormal(lecunVariance)
	case Orthogonal:
		return scaledOrthogonal(w.Value)
	}
	return fallback
}

func (w Weight) check() error {
	switch {
	case !initNames.Has(w.Init):
		return fmt.Errorf("Init = %v, want one of %s", w.Init, suggest.List(initNames.List))
	case math.IsNaN(w.Value) || math.IsInf(w.Value, 0):
		return fmt.Errorf("Value = %v, want a finite number", w.Value)
	case w.Value != 0 && (w.Init < Constant || w.Init > TruncNormal) && w.Init != Orthogonal:
		return fmt.Errorf("Value = %v, but the initializer %s takes none", w.Value, w.Init)
	case w.Value < 0 && w.Init != Constant && w.Init != Orthogonal:
		return fmt.Errorf("Value = %v, want 0 or more", w.Value)
	}
	for _, f := range []struct {
		name  string
		value float64
	}{{"L1", w.L1}, {"L2", w.L2}, {"MaxNorm", w.MaxNorm}} {
		if !(f.value >= 0 && f.value < math.Inf(1)) {
			return fmt.Errorf("%s = %v, want a finite number, 0 or more", f.name, f.value)
		}
	}
	return nil
}

// fans returns the number of inputs and outputs of a unit: Keras' compute_fans.
func fans(shape tensor.Shape) (in, out float64) {
	switch n := len(shape); n {
	case 0:
		return 1, 1
	case 1:
		return float64(shape[0]), float64(shape[0])
	default:
		window := float64(shape[:n-2].Size())
		return window * float64(shape[n-2]), window * float64(shape[n-1])
	}
}

func glorotVariance(in, out float64) float64 { return 2 / (in + out) }
func heVariance(in, _ float64) float64       { return 2 / in }
func lecunVariance(in, _ float64) float64    { return 1 / in }

// scaledUniform is uniform with a variance that depends on the fans.
func scaledUniform(variance func(in, out float64) float64) braid.Initializer {
	return func(values []float32, shape tensor.Shape, draw braid.Draw) {
		uniform(math.Sqrt(3*variance(fans(shape))))(values, shape, draw)
	}
}

// scaledNormal is truncatedNormal with a variance that depends on the fans.
func scaledNormal(variance func(in, out float64) float64) braid.Initializer {
	// cut is the standard deviation of a standard normal distribution cut at 2 and -2.
	const cut = 0.87962566103423978
	return func(values []float32, shape tensor.Shape, draw braid.Draw) {
		truncatedNormal(math.Sqrt(variance(fans(shape)))/cut)(values, shape, draw)
	}
}

// normal draws from the normal distribution with a standard deviation.
func normal(deviation float64) braid.Initializer {
	return func(values []float32, _ tensor.Shape, draw braid.Draw) {
		for i := range values {
			values[i] = float32(deviation * float64(draw.Normal(uint64(i))))
		}
	}
}

// truncatedNormal is normal, but draws again what is more than two deviations from 0.
func truncatedNormal(deviation float64) braid.Initializer {
	return func(values []float32, _ tensor.Shape, draw braid.Draw) {
		for i := range values {
			at := uint64(i)
			v := draw.Normal(at)
			for v < -2 || v > 2 {
				at += uint64(len(values))
				v = draw.Normal(at)
			}
			values[i] = float32(deviation * float64(v))
		}
	}
}

// scaledOrthogonal is orthogonal times gain, where 0 means 1. All axes but the last are rows.
func scaledOrthogonal(gain float64) braid.Initializer {
	if gain == 0 {
		gain = 1
	}
	return func(values []float32, shape tensor.Shape, draw braid.Draw) {
		last := shape[len(shape)-1]
		orthogonal(values, tensor.Shape{len(values) / last, last}, draw)
		for i := range values {
			values[i] *= float32(gain)
		}
	}
}
