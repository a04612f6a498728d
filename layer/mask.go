package layer

import (
	"fmt"

	"braid"
	"braid/tensor"
)

// wantOptionalMask returns an error unless the inputs are one or two, of type float32. It reports
// whether there is a second, the mask.
func wantOptionalMask(b *braid.Builder) (masked bool, err error) {
	if b.Inputs() == 2 {
		return true, b.WantType(tensor.Float32)
	}
	return false, b.Want(1, tensor.Float32)
}

// wantMaskedSteps returns the shape [steps, channels] of the first input of a layer that takes an
// optional mask of the steps. It reports whether there is a mask.
func wantMaskedSteps(b *braid.Builder) (in tensor.Shape, masked bool, err error) {
	if masked, err = wantOptionalMask(b); err != nil {
		return nil, false, err
	}
	if in, err = stepsOf(b); err == nil && masked {
		err = wantMask(b, 1, in[0])
	}
	return in, masked, err
}

// wantMask returns an error unless an input is a float32 mask of some steps.
func wantMask(b *braid.Builder, input, steps int) error {
	if b.DType(input) != tensor.Float32 {
		return fmt.Errorf("the mask is %s, want %s", b.DType(input), tensor.Float32)
	}
	if want := (tensor.Shape{steps}); !b.Shape(input).Equal(want) {
		return fmt.Errorf("the mask has shape %v, want %v", b.Shape(input), want)
	}
	return nil
}
