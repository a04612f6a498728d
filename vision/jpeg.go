package vision

import (
	"braid/internal/exif"
	"braid/internal/jpeggrey"
)

// jpegImage is the decoder of a JPEG.
type jpegImage struct{ *jpeggrey.Decoder }

func openJPEG(content []byte) (decoder, error) {
	d, err := jpeggrey.Open(content, longest)
	return jpegImage{d}, err
}

func (j jpegImage) size() (width, height int) { return j.Size() }

// memory counts a second Grey, for a turned copy.
func (j jpegImage) memory() int64 {
	columns, rows := reduced(j.Size())
	return j.Memory() + 4*int64(columns)*int64(rows)
}

func (j jpegImage) work() int64 { return j.Work() }

func (j jpegImage) decode() (*Grey, error) {
	pixels, err := j.Decode()
	if err != nil {
		return nil, err
	}
	g := &Grey{Pixels: pixels}
	g.Width, g.Height = reduced(j.Size())
	return g.turned(exif.Orientation(j.EXIF())), nil
}
