package optim_test

import (
	"testing"

	"braid/optim"
	"braid/tensor"
)

// BenchmarkUpdate updates one block of 8,192 weights, as a fused training step does.
func BenchmarkUpdate(b *testing.B) {
	const rows, width = 102, 80
	for _, o := range []optim.Optimizer{
		optim.Adadelta{}, optim.Adagrad{}, optim.Adam{}, optim.Adam{AMSGrad: true}, optim.AdamW{},
		optim.Adamax{}, optim.Lion{}, optim.Nadam{}, optim.RMSprop{}, optim.SGD{},
		optim.SGD{Momentum: 0.9},
	} {
		name := o.Kind()
		if a, ok := o.(optim.Adam); ok && a.AMSGrad {
			name = "amsgrad"
		}
		if s, ok := o.(optim.SGD); ok && s.Momentum > 0 {
			name = "momentum"
		}
		b.Run(name, func(b *testing.B) {
			p := optim.Block{Rows: rows, Weights: tensor.NewRows[float32](rows, width),
				Gradient: tensor.NewRows[float32](rows, width), Decay: true}
			for i := range p.Gradient.Data {
				p.Gradient.Data[i] = float32(i%17) - 8
			}
			for range o.Slots() {
				p.Slots = append(p.Slots, tensor.NewRows[float32](rows, width))
			}
			s := o.At(1)
			b.SetBytes(4 * rows * width)
			for b.Loop() {
				o.Update(s, p)
			}
		})
	}
}
