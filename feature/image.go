package feature

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"braid/augment"
	"braid/internal/kinds"
	"braid/vision/picture"
)

// defaultSize is the side of pictures in pixels.
const defaultSize = 48

// Image is a column of paths of pictures: PNG, JPEG, GIF, WebP, BMP or TIFF, or pictures of an IDX
// or a .npy file, FILE.idx#17, counted from 0. They are relative to the folder of the data file, or
// to Root. An empty cell is a missing picture.
type Image struct {
	Size       int             `json:"size,omitzero"`       // side in pixels; 0 means 48
	Channels   Channels        `json:"channels,omitzero"`   // of a pixel
	Fit        picture.Fit     `json:"fit,omitzero"`        // of pictures that are not square
	Background *picture.Colour `json:"background,omitzero"` // of transparent pixels; nil means white
	Augment    Augment         `json:"augment,omitzero"`    // random changes in training
	Root       string          `json:"root,omitzero"`       // a folder, which may be relative too
	Bad        Bad             `json:"bad,omitzero"`        // files that cannot be read
	Missing    []string        `json:"missing,omitzero"`    // words that stand for a missing picture

	// Cache, if not nil, keeps pixels from one run to the next, and from Learn to Encode. The caller
	// closes it.
	Cache *picture.Cache `json:"-"`
}

// Channels is the numbers of a pixel: AutoChannels, 1 for grey, or 3 for red, green and blue.
type Channels uint8

// AutoChannels is 1 if all pictures of training are grey, else 3.
const AutoChannels Channels = 0

// check returns an error for another number.
func (c Channels) check() error {
	if c != AutoChannels && c != 1 && c != 3 {
		return fmt.Errorf("channels = %d, want auto, 1 or 3", uint8(c))
	}
	return nil
}

// MarshalJSON writes "auto" or a number.
func (c Channels) MarshalJSON() ([]byte, error) {
	if c == AutoChannels {
		return []byte(`"auto"`), nil
	}
	return strconv.AppendUint(nil, uint64(c), 10), c.check()
}

// UnmarshalJSON reads "auto" or a number, which may be a text.
func (c *Channels) UnmarshalJSON(text []byte) error {
	switch word := strings.Trim(string(text), `"`); word {
	case "auto":
		*c = AutoChannels
	case "1":
		*c = 1
	case "3":
		*c = 3
	default:
		return fmt.Errorf("channels = %.20s, want auto, 1 or 3", word)
	}
	return nil
}

// Augment is how training changes pictures at random.
type Augment uint8

// The random changes.
const (
	NoAugment Augment = iota
	Flip              // left and right are exchanged in one half of the pictures
	Shift             // by up to a sixteenth of the size
)

var augments = kinds.Names[Augment]{Noun: "augment", List: []string{
	NoAugment: "none", Flip: "flip", Shift: "shift"}}

// String returns the name in configurations.
func (a Augment) String() string { return augments.String(a) }

// MarshalText writes the name.
func (a Augment) MarshalText() ([]byte, error) { return augments.Marshal(a) }

// UnmarshalText reads a name.
func (a *Augment) UnmarshalText(text []byte) error { return augments.Unmarshal(a, text) }

// list returns the augmentations for train.Plan.Augment.
func (a Augment) list() augment.List {
	switch a {
	case Flip:
		return augment.List{augment.Flip{Mode: augment.Horizontal}}
	case Shift:
		return augment.List{augment.Affine{ShiftY: 1. / 16, ShiftX: 1. / 16, Border: augment.Edge}}
	}
	return nil
}

// Bad is what becomes of a path where there is no picture that can be read.
type Bad uint8

// The ways to treat it.
const (
	BadError   Bad = iota // it is an error
	BadMissing            // the picture is missing
)

var bads = kinds.Names[Bad]{Noun: "bad", List: []string{BadError: "error", BadMissing: "missing"}}

// String returns the name in configurations.
func (b Bad) String() string { return bads.String(b) }

// MarshalText writes the name.
func (b Bad) MarshalText() ([]byte, error) { return bads.Marshal(b) }

// UnmarshalText reads a name.
func (b *Bad) UnmarshalText(text []byte) error { return bads.Unmarshal(b, text) }

// Kind is "image".
func (Image) Kind() string { return "image" }

// Check checks the settings.
func (f Image) Check() error {
	if f.Size < 0 || f.Size > picture.MaxSize {
		return fmt.Errorf("size = %d, want 1 to %d pixels", f.Size, picture.MaxSize)
	}
	var fit, augment, bad error
	if err := f.encoder().form().Check(); err != nil {
		fit = fmt.Errorf("fit = %w", err)
	}
	if !augments.Has(f.Augment) {
		augment = fmt.Errorf("augment = %w", augments.Check(f.Augment))
	}
	if !bads.Has(f.Bad) {
		bad = fmt.Errorf("bad = %w", bads.Check(f.Bad))
	}
	return errors.Join(fit, f.Channels.check(), augment, bad, CheckMissing(f.Missing))
}

// Canonical returns the path without needless elements, such as a.png for ./b/../a.png.
func (f Image) Canonical(cell string) string {
	cell = trimPath(cell, f.Missing)
	if cell == "" {
		return ""
	}
	return path.Clean(cell)
}

// encoder returns an encoder with the settings, which has learnt nothing.
func (f Image) encoder() *ImageEncoder {
	e := &ImageEncoder{
		Size: orDefault(f.Size, defaultSize), Channels: int(f.Channels), Fit: f.Fit,
		Background: picture.White, Augment: f.Augment, Root: f.Root, Bad: f.Bad, Missing: f.Missing,
		cache: f.Cache,
	}
	if f.Background != nil {
		e.Background = *f.Background
	}
	return e
}

// Learn reads the pictures by all processors, and learns whether they are grey, and the mean and
// the standard deviation of all channels together.
func (f Image) Learn(c Column) (Encoder, error) {
	if err := f.Check(); err != nil {
		return nil, fmt.Errorf("column %q: %w", c.Name, err)
	}
	e := f.encoder()
	var counts []pictures
	bad, err := c.eachFile(func(workers int) { counts = make([]pictures, workers) },
		func(worker int, v Value) error {
			pixels, err := e.pixels(v)
			counts[worker].add(pixels)
			return err
		})
	if err != nil {
		return nil, err
	}
	var all pictures
	for i := range counts {
		all.join(&counts[i])
	}
	if f.Bad == BadError {
		if err := bad.err(c.Name, c.Frame); err != nil {
			return nil, fmt.Errorf("%w\n  \"bad: missing\" in the column's settings makes them missing",
				err)
		}
	}
	if all.known == 0 {
		return nil, fmt.Errorf("column %q: none of %d rows to learn from has a picture; empty cells: %d"+
			"; files that cannot be read: %d", c.Name, len(c.Rows), len(c.Rows)-bad.count, bad.count)
	}
	e.learn(&all)
	return e, nil
}

// pictures is what Learn counts of some pictures.
type pictures struct {
	known    int
	coloured bool
	colours  [256]int // of red, green and blue
	greys    [256]int
}

// add counts the pixels of a picture. nil is a missing one.
func (p *pictures) add(pixels []uint8) {
	if pixels == nil {
		return
	}
	p.known++
	p.coloured = p.coloured || !picture.IsGrey(pixels)
	for _, v := range pixels {
		p.colours[v]++
	}
	for _, v := range picture.Grey(pixels) {
		p.greys[v]++
	}
}

// join adds the counts of other pictures.
func (p *pictures) join(other *pictures) {
	p.known += other.known
	p.coloured = p.coloured || other.coloured
	for v := range p.colours {
		p.colours[v] += other.colours[v]
		p.greys[v] += other.greys[v]
	}
}
