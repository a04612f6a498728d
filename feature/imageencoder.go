package feature

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/png"
	"math"

	"braid"
	"braid/augment"
	"braid/data"
	"braid/layer"
	"braid/tensor"
	"braid/vision/picture"
)

// ImageEncoder converts pictures to squares of pixels. They stay bytes until a batch gathers them.
type ImageEncoder struct {
	Size       int            `json:"size"`
	Channels   int            `json:"channels"`
	Fit        picture.Fit    `json:"fit"`
	Background picture.Colour `json:"background"`
	Augment    Augment        `json:"augment,omitzero"`
	Root       string         `json:"root,omitzero"`
	Bad        Bad            `json:"bad,omitzero"`
	Missing    []string       `json:"missing,omitzero"`

	// Standard is of all channels together. The mean is rounded, so that a missing picture, whose
	// bytes are the mean, is standardized to zeros.
	Standard data.Standard `json:"standard"`

	cache  *picture.Cache
	arrays arrays
}

// Kind is "image".
func (*ImageEncoder) Kind() string { return "image" }

// Memory returns what decoding a picture takes.
func (*ImageEncoder) Memory(content []byte, most int64) int64 {
	return picture.Memory(content, most)
}

func (e *ImageEncoder) check() error {
	if err := e.form().Check(); err != nil {
		return err
	}
	if e.Channels != 1 && e.Channels != 3 {
		return fmt.Errorf("channels = %d, want 1 or 3", e.Channels)
	}
	s := e.Standard
	if !(s.Std > 0 && s.Std <= math.MaxUint8) || !(s.Mean >= 0 && s.Mean <= math.MaxUint8) ||
		s.Mean != math.Round(s.Mean) {
		return fmt.Errorf("mean = %v and std = %v, want a whole number from 0 to 255, and a number "+
			"above 0 up to 255", s.Mean, s.Std)
	}
	return nil
}

func (e *ImageEncoder) form() picture.Form {
	return picture.Form{Size: e.Size, Fit: e.Fit, Background: e.Background}
}

// learn sets what is learnt from pictures.
func (e *ImageEncoder) learn(p *pictures) {
	if Channels(e.Channels) == AutoChannels {
		e.Channels = 1
		if p.coloured {
			e.Channels = 3
		}
	}
	counts := p.greys
	if e.Channels == 3 {
		counts = p.colours
	}
	s, err := data.MeasureCounts(counts)
	if err != nil { // all bytes are equal
		s.Std = 1
	}
	s.Mean = math.Round(s.Mean)
	e.Standard = s
}

// Augmentation returns the random changes for train.Plan.Augment.
func (e *ImageEncoder) Augmentation() augment.List { return e.Augment.list() }

// Inputs returns the pixels: [Size, Size, Channels].
func (e *ImageEncoder) Inputs(column string) []Input {
	return []Input{{Name: Name(column), DType: tensor.Uint8,
		Shape: tensor.Shape{e.Size, e.Size, e.Channels}, Standard: e.Standard}}
}

// Encode reads a picture. A missing one has the mean everywhere.
func (e *ImageEncoder) Encode(v Value, row []Slot) (Note, error) {
	pixels, err := e.pixels(v)
	if err != nil && (e.Bad == BadError || v.Content != nil || v.Folder == "") {
		return 0, err
	}
	to := row[0].Bytes
	if pixels == nil {
		for i := range to {
			to[i] = uint8(e.Standard.Mean)
		}
		return Missing, nil
	}
	if e.Channels == 1 {
		pixels = picture.Grey(pixels)
	}
	copy(to, pixels)
	return 0, nil
}

// pixels returns red, green and blue of a picture, or nil if it is missing.
func (e *ImageEncoder) pixels(v Value) ([]uint8, error) {
	most := cmp.Or(v.Most, mostMemory)
	if v.Content != nil {
		return e.cache.Pixels(e.form(), v.Content, most)
	}
	name := trimPath(v.Text, e.Missing)
	if name == "" {
		return nil, nil
	}
	content, err := e.content(name, v.Folder, most)
	if err != nil {
		return nil, fmt.Errorf("picture %q: %w", name, err)
	}
	pixels, err := e.cache.Pixels(e.form(), content, most)
	if err != nil {
		return nil, fmt.Errorf("picture %q: %w", name, err)
	}
	return pixels, nil
}

// content returns a file of a picture. That of a picture of an array is made.
func (e *ImageEncoder) content(name, folder string, most int64) ([]byte, error) {
	file, number, ok := data.CutPicture(name)
	if !ok {
		return readFile(name, e.Root, folder, most)
	}
	pixels, shape, err := e.arrays.pixels(file, number, e.Root, folder)
	if err != nil {
		return nil, err
	}
	var content bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.NoCompression}
	err = encoder.Encode(&content, pictureOf(pixels, shape[1], shape[2]))
	return content.Bytes(), err
}

// pictureOf returns a picture of grey pixels, or of red, green and blue.
func pictureOf(pixels []uint8, height, width int) image.Image {
	area := image.Rect(0, 0, width, height)
	if len(pixels) == height*width {
		return &image.Gray{Pix: pixels, Stride: width, Rect: area}
	}
	p := image.NewRGBA(area)
	for i := range height * width {
		copy(p.Pix[4*i:], pixels[3*i:3*i+3])
		p.Pix[4*i+3] = 255
	}
	return p
}

// The layers of the branch.
var pictureFilters = []int{16, 32, 64}

// pictureUnits is the width of the branch's output.
const pictureUnits = 64

// Branch adds the layers of pictures.
func (e *ImageEncoder) Branch(g *braid.Graph, column string, inputs []*braid.Node) Branch {
	return pictureBranch(g, column, inputs[0], e.Size)
}

// pictureBranch adds three convolutions, each with normalization, pooling and ReLU, and a dense
// layer on mean and maximum of their channels. side is that of pictures, the shorter one. A single
// pixel is not pooled any more.
func pictureBranch(g *braid.Graph, column string, x *braid.Node, side int) Branch {
	for i, filters := range pictureFilters {
		part := func(name string) string { return Part(column, fmt.Sprint(name, i+1)) }
		x = g.Add(part("conv"), layer.Conv2D{
			Filters: filters, Size: layer.Pair{3, 3}, Padding: layer.Same, NoBias: true, Kernel: heNormal,
		}, x)
		x = g.Add(part("norm"), layer.BatchNormalization{Momentum: new(0.9), Epsilon: 1e-5}, x)
		if side >= 2 { // ReLU of the largest number is the largest ReLU, and less work
			x = g.Add(part("pool"), layer.MaxPooling2D{}, x)
			side /= 2
		}
		x = g.Add(part("relu"), layer.Activation{Function: layer.ReLU}, x)
	}
	mean := g.Add(Part(column, "mean"), layer.GlobalAveragePooling2D{}, x)
	largest := g.Add(Part(column, "max"), layer.GlobalMaxPooling2D{}, x)
	x = g.Add(Part(column, "both"), layer.Concatenate{}, mean, largest)
	x = g.Add(Part(column, "dense"), layer.Dense{Units: pictureUnits, Kernel: heNormal}, x)
	x = g.Add(Part(column, "norm"), layer.LayerNormalization{Epsilon: 1e-5}, x)
	out := g.Add(Part(column, "out"), layer.Activation{Function: layer.ReLU}, x)
	return Branch{Out: out, Modality: true}
}
