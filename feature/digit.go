package feature

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"

	"braid"
	"braid/augment"
	"braid/data"
	"braid/layer"
	"braid/tensor"
	"braid/vision"
	"braid/vision/digit"
)

// defaultDigit is the side of MNIST's pictures in pixels.
const defaultDigit = 28

// Digit is a column of handwritten digits. A cell is a path of a PNG or a JPEG, such as a photo of
// a digit, which becomes a picture in the form of MNIST's: light on dark, in grey, centred. Or it
// is a grey picture of an IDX or a .npy file, which is taken as it is: FILE.idx#17, counted from 0.
// Paths are relative to the folder of the data file, or to Root.
type Digit struct {
	Height   int            `json:"height,omitzero"`   // in pixels; 0 means 28
	Width    int            `json:"width,omitzero"`    // in pixels; 0 means 28
	Standard *data.Standard `json:"standard,omitzero"` // of pixels; nil: measured on training's
	Root     string         `json:"root,omitzero"`     // a folder, which may be relative too
	Augment  augment.List   `json:"augment,omitzero"`  // random changes in training

	// Arrays are files of pictures that are in memory already, by the name in cells.
	Arrays map[string]tensor.Tensor `json:"-"`
}

// Kind is "digit".
func (Digit) Kind() string { return "digit" }

// Check checks the settings.
func (f Digit) Check() error {
	var standard error
	if s := f.Standard; s != nil {
		standard = checkStandard(*s)
	}
	return errors.Join(atLeast("height", f.Height), atLeast("width", f.Width), standard)
}

func checkStandard(s data.Standard) error {
	if !(s.Std > 0 && s.Std-s.Std == 0 && s.Mean-s.Mean == 0) {
		return fmt.Errorf("mean = %v and std = %v, want finite numbers, and std above 0", s.Mean, s.Std)
	}
	return nil
}

// Canonical returns the path without needless elements.
func (Digit) Canonical(cell string) string { return Image{}.Canonical(cell) }

// Learn reads all pictures, and measures their pixels unless Standard is set.
func (f Digit) Learn(c Column) (Encoder, error) {
	if err := f.Check(); err != nil {
		return nil, fmt.Errorf("column %q: %w", c.Name, err)
	}
	e := &DigitEncoder{
		Height: orDefault(f.Height, defaultDigit), Width: orDefault(f.Width, defaultDigit),
		Root: f.Root, augment: f.Augment, arrays: arrays{read: maps.Clone(f.Arrays)},
	}
	if f.Standard != nil {
		e.Standard = *f.Standard
	}
	if pixels := e.block(c); pixels != nil {
		if f.Standard == nil {
			var err error
			if e.Standard, err = data.Measure(pixels); err != nil {
				return nil, fmt.Errorf("column %q: %w", c.Name, err)
			}
		}
		return e, nil
	}
	var counts [][256]int
	bad, err := c.eachFile(func(workers int) { counts = make([][256]int, workers) },
		func(worker int, v Value) error {
			pixels, err := e.pixels(v)
			for _, p := range pixels {
				counts[worker][p]++
			}
			return err
		})
	if err == nil {
		err = bad.err(c.Name, c.Frame)
	}
	if err != nil {
		return nil, err
	}
	if f.Standard != nil {
		return e, nil
	}
	for _, other := range counts[1:] {
		for v, n := range other {
			counts[0][v] += n
		}
	}
	if e.Standard, err = data.MeasureCounts(counts[0]); err != nil {
		return nil, fmt.Errorf("column %q: %w", c.Name, err)
	}
	return e, nil
}

// DigitEncoder converts pictures of digits to pixels. They stay bytes until a batch gathers them.
type DigitEncoder struct {
	Height   int           `json:"height"`
	Width    int           `json:"width"`
	Standard data.Standard `json:"standard"`
	Root     string        `json:"root,omitzero"`

	augment augment.List
	arrays  arrays
}

// Augmentation returns how training changes pictures at random.
func (e *DigitEncoder) Augmentation() augment.List { return e.augment }

// Kind is "digit".
func (*DigitEncoder) Kind() string { return "digit" }

// Memory returns what it takes to decode a picture and to find its digit.
func (*DigitEncoder) Memory(content []byte, most int64) int64 {
	bytes, pixels := vision.Memory(content, most)
	return bytes + digit.PixelBytes*pixels
}

func (e *DigitEncoder) check() error {
	var size error
	if e.Height < 1 || e.Width < 1 {
		size = fmt.Errorf("size = %d x %d, want 1 x 1 or more", e.Height, e.Width)
	}
	return errors.Join(size, checkStandard(e.Standard))
}

// Inputs returns the pixels: [Height, Width].
func (e *DigitEncoder) Inputs(column string) []Input {
	return []Input{{Name: Name(column), DType: tensor.Uint8,
		Shape: tensor.Shape{e.Height, e.Width}, Standard: e.Standard}}
}

// Encode reads a picture, which must not be missing.
func (e *DigitEncoder) Encode(v Value, row []Slot) (Note, error) {
	pixels, err := e.pixels(v)
	copy(row[0].Bytes, pixels)
	return 0, err
}

// pixels returns the pixels of a picture.
func (e *DigitEncoder) pixels(v Value) ([]uint8, error) {
	content, most := v.Content, cmp.Or(v.Most, mostMemory)
	name := strings.TrimSpace(v.Text)
	if content == nil {
		if name == "" {
			return nil, errNoDigit
		}
		if file, number, ok := data.CutPicture(name); ok {
			pixels, err := e.arrays.picture(e, file, number, v.Folder)
			if err != nil {
				err = fmt.Errorf("picture %q: %w", name, err)
			}
			return pixels, err
		}
		var err error
		if content, err = readFile(name, e.Root, v.Folder, most); err != nil {
			return nil, fmt.Errorf("picture %q: %w", name, err)
		}
	}
	grey, err := vision.Decode(content, most)
	var pixels []uint8
	if err == nil {
		pixels, err = digit.MNIST(grey, e.Height, e.Width)
	}
	if err != nil && v.Content == nil {
		err = fmt.Errorf("picture %q: %w", name, err)
	}
	return pixels, err
}

// errNoDigit is the error of a missing picture: a black one would be a digit that nobody wrote.
var errNoDigit = errors.New("a picture is missing, want one in each row")

// Block returns the pixels of a column as they lie in memory, if its rows are consecutive pictures
// of one file that can be read.
func (e *DigitEncoder) Block(c Column) (columns []data.Column, ok bool) {
	pixels := e.block(c)
	if pixels == nil {
		return nil, false
	}
	return []data.Column{data.Bytes(Name(c.Name), pixels, e.Standard, e.Height, e.Width)}, true
}

func (e *DigitEncoder) block(c Column) []uint8 {
	cells, err := c.Frame.Cells(c.Name)
	if err != nil {
		return nil
	}
	file, first, ok := cells.Pictures(c.Rows)
	if !ok {
		return nil
	}
	if !c.Frame.OneFile(int(c.Rows[0]), int(c.Rows[len(c.Rows)-1])) {
		return nil // of several folders, perhaps
	}
	folder := c.Frame.Folder(int(c.Rows[0]))
	size, last := e.Height*e.Width, first+len(c.Rows)-1
	if _, err := e.arrays.picture(e, file, last, folder); err != nil {
		return nil // each cell gets an error with its place
	}
	t, err := e.arrays.open(file, e.Root, folder)
	if err != nil {
		return nil
	}
	return t.Uint8s()[first*size : (last+1)*size]
}

// arrays are files of pictures, each read once.
type arrays struct {
	mu   sync.Mutex
	read map[string]tensor.Tensor
}

// picture returns the pixels of a picture of a file.
func (a *arrays) picture(e *DigitEncoder, file string, number int, folder string) ([]uint8, error) {
	pixels, shape, err := a.pixels(file, number, e.Root, folder)
	if err == nil && !shape[1:].Equal(tensor.Shape{e.Height, e.Width}) {
		return nil, fmt.Errorf("the file holds an array of shape %v, want grey pictures of %d x %d "+
			"pixels", shape, e.Height, e.Width)
	}
	return pixels, err
}

// pixels returns the pixels of a picture of a file, and the shape of all its pictures.
func (a *arrays) pixels(file string, number int, root, folder string) (
	pixels []uint8, shape tensor.Shape, err error,
) {
	t, err := a.open(file, root, folder)
	if err != nil {
		return nil, nil, err
	}
	shape = t.Shape()
	if number >= shape[0] {
		return nil, nil, fmt.Errorf("the file has %d pictures, counted from 0", shape[0])
	}
	size := shape[1:].Size()
	return t.Uint8s()[number*size:][:size], shape, nil
}

func (a *arrays) open(file, root, folder string) (tensor.Tensor, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t, ok := a.read[file]; ok {
		return t, nil
	}
	path, err := pathOf(file, root, folder)
	if err != nil {
		return tensor.Tensor{}, err
	}
	if t, ok := a.read[path]; ok {
		return t, nil
	}
	t, err := data.OpenPictures(path)
	if err == nil {
		if a.read == nil {
			a.read = map[string]tensor.Tensor{}
		}
		a.read[path] = t
	}
	return t, err
}

// Branch adds the same layers as for other pictures.
func (e *DigitEncoder) Branch(g *braid.Graph, column string, inputs []*braid.Node) Branch {
	shape := tensor.Shape{e.Height, e.Width, 1}
	grey := g.Add(Part(column, "grey"), layer.Reshape{Shape: shape}, inputs[0])
	return pictureBranch(g, column, grey, min(e.Height, e.Width))
}
