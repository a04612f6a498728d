package op

import (
	"fmt"
	"slices"

	"braid/internal/kernel"
	"braid/internal/suggest"
	"braid/tensor"
)

// Activation is a function that the engine applies to an op's output: Softmax along the last axis,
// the others element by element.
type Activation uint8

// The activations, with Keras' formulas. The zero value is Linear.
const (
	Linear      Activation = iota
	ReLU                   // max(x, 0)
	Sigmoid                // 1 / (1 + exp(-x))
	Tanh                   // tanh x
	Softmax                // exp(x) / sum of exp(x) along the last axis
	GELU                   // x (1 + erf(x/√2)) / 2
	GELUTanh               // x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2
	SiLU                   // x sigmoid(x)
	ELU                    // x, or exp(x) - 1 below 0
	SELU                   // 1.0507 times x, or times 1.67326 (exp(x) - 1) below 0
	LeakyReLU              // x, or 0.2 x below 0
	Softplus               // log(1 + exp(x))
	Softsign               // x / (1 + |x|)
	HardSigmoid            // x/6 + 0.5, cut at 0 and 1
	Exponential            // exp(x)
	Mish                   // x tanh(softplus(x))
)

// function computes an activation element by element, and its derivative.
type function struct {
	name string
	// forward computes y from z; the two may be the same memory. tmp is as long.
	forward func(y, z, tmp []float32)
	// backward multiplies d by the slope at z; y is the activation's value. z is y if the activation
	// does not keep its input.
	backward func(d, y, z, tmp []float32)
	// keepsInput is set if the slope cannot be computed from y alone.
	keepsInput bool
}

// functions is the table of activations. Linear and Softmax are special cases of Forward and
// Backward.
var functions = [...]function{
	Linear:      {name: "linear"},
	ReLU:        {name: "relu", forward: relu, backward: reluBack},
	Sigmoid:     {name: "sigmoid", forward: sigmoid, backward: sigmoidBack},
	Tanh:        {name: "tanh", forward: tanh, backward: tanhBack},
	Softmax:     {name: "softmax"},
	GELU:        {"gelu", gelu, geluBack, true},
	GELUTanh:    {"gelu_tanh", geluTanh, geluTanhBack, true},
	SiLU:        {"silu", silu, siluBack, true},
	ELU:         {name: "elu", forward: elu, backward: eluBack},
	SELU:        {name: "selu", forward: selu, backward: seluBack},
	LeakyReLU:   {name: "leaky_relu", forward: leakyReLU, backward: leakyReLUBack},
	Softplus:    {"softplus", softplus, softplusBack, true},
	Softsign:    {"softsign", softsign, softsignBack, true},
	HardSigmoid: {"hard_sigmoid", hardSigmoid, hardSigmoidBack, true},
	Exponential: {name: "exponential", forward: exponential, backward: exponentialBack},
	Mish:        {"mish", mish, mishBack, true},
}

func activationNames() []string {
	list := make([]string, len(functions))
	for i, f := range functions {
		list[i] = f.name
	}
	return list
}

// String returns the activation's name, such as "relu".
func (a Activation) String() string {
	if int(a) < len(functions) {
		return functions[a].name
	}
	return fmt.Sprintf("Activation(%d)", uint8(a))
}

// Check returns an error for a number that is no activation.
func (a Activation) Check() error {
	if int(a) >= len(functions) {
		return fmt.Errorf("Activation = %d, want 0 to %d", uint8(a), len(functions)-1)
	}
	return nil
}

// MarshalText writes the activation's name.
func (a Activation) MarshalText() ([]byte, error) { return []byte(a.String()), a.Check() }

// UnmarshalText reads the activation's name.
func (a *Activation) UnmarshalText(text []byte) error {
	i := slices.Index(activationNames(), string(text))
	if i < 0 {
		return suggest.Unknown("activation", string(text), activationNames())
	}
	*a = Activation(i)
	return nil
}

// KeepsInput reports whether Backward reads the activation's input, not only its value.
func (a Activation) KeepsInput() bool { return functions[a].keepsInput }

// LogSumExp holds, for each run of Softmax, the logarithm of the sum of exp(logit) in two numbers:
// it is Max + log(1 + Rest). Losses on logits use both.
type LogSumExp struct {
	Max  []float32 // the largest logit
	Rest []float32 // the sum of exp(logit - Max) over the other logits
}

// TemporarySize is the length of the tmp of Forward and Backward.
const TemporarySize = span

// span is how many numbers a function computes at a time, at most.
const span = 512

// Forward computes rows lo to hi of y from z, which may be the same memory. axis is the length of
// the last axis of a row. Softmax writes sums for each of its runs. tmp has TemporarySize numbers.
func (a Activation) Forward(
	y, z tensor.Rows[float32], lo, hi, axis int, sums LogSumExp, tmp []float32,
) {
	switch a {
	case Linear:
		if &y.Data[0] != &z.Data[0] {
			tensor.EachRow(y, z, lo, hi, func(y, z []float32) { copy(y, z) })
		}
	case Softmax:
		softmax(y, z, lo, hi, axis, sums)
	default:
		f := functions[a]
		tensor.EachRow(y, z, lo, hi, func(y, z []float32) {
			for len(z) > 0 {
				n := min(len(z), span)
				f.forward(y[:n], z[:n], tmp[:n])
				y, z = y[n:], z[n:]
			}
		})
	}
}

// Backward turns d, ∂L/∂y, into ∂L/∂z in place, for rows lo to hi. It ignores z if the
// activation does not keep its input.
func (a Activation) Backward(d, y, z tensor.Rows[float32], lo, hi, axis int, tmp []float32) {
	switch a {
	case Linear:
		return
	case Softmax:
		softmaxBack(d, y, lo, hi, axis)
		return
	}
	f := functions[a]
	if !f.keepsInput {
		z = y
	}
	for r, rows := lo, 1; r < hi; r += rows {
		dRow, yRow, zRow := d.Row(r), y.Row(r), z.Row(r)
		if d.Stride == d.Width && y.Stride == y.Width && z.Stride == z.Width { // all rows at once
			rows = hi - r
			dRow = d.Data[r*d.Stride : hi*d.Stride]
			yRow = y.Data[r*y.Stride : hi*y.Stride]
			zRow = z.Data[r*z.Stride : hi*z.Stride]
		}
		for len(dRow) > 0 {
			n := min(len(dRow), span)
			f.backward(dRow[:n], yRow[:n], zRow[:n], tmp[:n])
			dRow, yRow, zRow = dRow[n:], yRow[n:], zRow[n:]
		}
	}
}

func relu(y, z, _ []float32)        { kernel.Default().ReLU(y, z) }
func sigmoid(y, z, _ []float32)     { kernel.Default().Sigmoid(y, z) }
func tanh(y, z, _ []float32)        { kernel.Default().Tanh(y, z) }
func exponential(y, z, _ []float32) { kernel.Default().Exp(y, z) }
func gelu(y, z, _ []float32)        { kernel.Default().GELU(y, z) }
func hardSigmoid(y, z, _ []float32) { kernel.Default().HardSigmoid(y, z) }

func reluBack(d, y, _, _ []float32)    { kernel.Default().ReLUBack(d, y, d) }
func sigmoidBack(d, y, _, _ []float32) { kernel.Default().SigmoidBack(d, y, d) }
func tanhBack(d, y, _, _ []float32)    { kernel.Default().TanhBack(d, y, d) }

func exponentialBack(d, y, _, _ []float32) { kernel.Default().Mul(d, y, d) }
func geluBack(d, _, z, _ []float32)        { kernel.Default().GELUBack(d, z, d) }
func hardSigmoidBack(d, _, z, _ []float32) { kernel.Default().HardSigmoidBack(d, z, d) }
