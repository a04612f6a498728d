package cli

import (
	"context"

	"braid"
	"braid/data"
	"braid/data/mnist"
	"braid/digitqa"
)

// dataset holds the images with their questions and labels.
type dataset struct {
	train, validation *data.Table
	heldOut           int // rows of the training images that validation has; 0: it is test images
	tests             int // test images
	height            int // of an image, in pixels
	width             int
	standard          data.Standard
	samples           braid.Tensors // test images with questions, for the model's file
	origin            string
}

// loadDataset finds the images, in folder unless it is empty, and makes tables of them.
func loadDataset(ctx context.Context, s streams, folder string, n network) (*dataset, error) {
	bars := newDownloads(s)
	finder := mnist.Finder{Dir: folder, Progress: bars.progress, Note: s.note}
	digits, err := finder.Find(ctx)
	bars.end()
	if err != nil {
		return nil, err
	}
	size := digits.Train.Pixels.Shape()
	d := &dataset{
		tests: digits.Test.Pixels.Shape()[0], height: size[1], width: size[2], origin: digits.Origin,
	}
	if d.standard, err = n.standard(digits.Train.Pixels.Uint8s()); err != nil {
		return nil, err
	}
	if d.train, err = digitqa.Table(digits.Train, d.standard); err != nil {
		return nil, err
	}
	if n.holdsOut {
		d.train, d.validation, err = digitqa.HoldOut(d.train)
		if err != nil {
			return nil, err
		}
		d.heldOut = d.validation.Rows()
	} else if d.validation, err = digitqa.Table(digits.Test, d.standard); err != nil {
		return nil, err
	}
	d.samples, err = digitqa.Samples(digits.Test)
	return d, err
}

// summary describes the data set for config.json.
func (d *dataset) summary() dataSummary {
	return dataSummary{
		d.origin, d.train.Rows(), d.heldOut, d.tests, d.standard.Mean, d.standard.Std,
	}
}
