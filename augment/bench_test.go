package augment

import (
	"testing"

	"braid/op"
	"braid/tensor"
)

func BenchmarkApply(b *testing.B) {
	for name, list := range map[string]List{
		"affine":  {Affine{Rotation: 10, Scale: Range{0.9, 1.1}, ShiftY: 0.1, ShiftX: 0.1}},
		"nearest": {Affine{Rotation: 10, Interpolation: Nearest}},
		"crop":    {Crop{Padding: 2}}, "flip": {Flip{}}, "brightness": {Brightness{Factor: 0.1}},
		"contrast": {Contrast{Factor: 0.1}}, "cutout": {Cutout{Size: 8}},
	} {
		for _, shape := range []tensor.Shape{{28, 28}, {32, 32, 3}} {
			p, err := list.Bind(tensor.Uint8, shape)
			if err != nil {
				b.Fatal(err)
			}
			image := make([]float32, p.Size())
			for i := range image {
				image[i] = float32(i % 256)
			}
			pixels, scratch := make([]float32, p.Size()), make([]float32, p.Size())
			b.Run(name+"/"+shape.String(), func(b *testing.B) {
				example := []int32{0}
				for b.Loop() {
					example[0]++
					copy(pixels, image)
					p.Apply(op.NewRandom(1, "augment/image", 1, example).Row(0), pixels, scratch)
				}
			})
		}
	}
}
