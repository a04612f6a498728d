package digitqa

import (
	"errors"
	"slices"

	"braid/data"
	"braid/data/mnist"
	"braid/experiment"
	"braid/feature"
	"braid/modelfile"
	"braid/target"
	"braid/train"
)

// File returns the file of the trained model of an experiment that Load loaded, with samples of the
// test images.
func File(b *experiment.Built, test mnist.Images, h *train.History) (*modelfile.File, error) {
	samples, err := Samples(test)
	if err != nil {
		return nil, err
	}
	return b.FileWith(h, samples)
}

// Standard returns how an experiment that Load loaded standardizes pixels. It is an error if the
// experiment does not give the digits and the answers of this package.
func Standard(b *experiment.Built) (data.Standard, error) {
	if len(b.Targets) != 2 || b.Targets[0].Column != "digit" || b.Targets[1].Column != "answer" {
		return data.Standard{}, errors.New("digitqa: the heads are not digit and answer, in this order")
	}
	image, isDigit := b.Features[0].Encoder.(*feature.DigitEncoder)
	category, isCategory := b.Targets[0].Decoder.(target.CategoryDecoder)
	binary, isBinary := b.Targets[1].Decoder.(target.BinaryDecoder)
	switch {
	case !isDigit:
		return data.Standard{}, errors.New("digitqa: the input image is no digit")
	case !isCategory || !slices.Equal(category.Classes, digits):
		return data.Standard{}, errors.New("digitqa: the head digit is no category of the classes 0 to 9")
	case !isBinary || binary.False != noYes[0] || binary.True != noYes[1]:
		return data.Standard{}, errors.New("digitqa: the head answer is no binary of yes and no")
	}
	return image.Standard, nil
}
