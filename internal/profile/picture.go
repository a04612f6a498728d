package profile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"braid/data"
	"braid/tensor"
)

// Pictures describes a column of paths to pictures.
type Pictures struct {
	Named int    // cells that end as the names of pictures do
	Found int    // cells whose file exists, whatever its name
	Root  string // the folder, relative to the data file, in which they are; "" is the file's folder
	// Lost are the first values without a file.
	Lost []string

	arrays   arrays // files that cells such as FILE#17 name
	inArrays int    // such cells, whose file is an array
}

// arrays are the shapes of files by their paths, nil of those that have none.
type arrays map[string]tensor.Shape

// shape returns the shape of a file of several pictures.
func (a arrays) shape(path string) tensor.Shape {
	shape, known := a[path]
	if !known {
		shape, _ = data.PicturesShape(path)
		a[path] = shape
	}
	return shape
}

// ofMNIST reports whether all pictures have the form of MNIST's: 28 x 28 grey pixels in arrays.
func (p *Pictures) ofMNIST() bool {
	for _, shape := range p.arrays {
		if shape != nil && !shape[1:].Equal(tensor.Shape{28, 28}) {
			return false
		}
	}
	return p.inArrays == p.Named
}

var pictureEndings = []string{".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff"}

// inArray reports whether a cell names a picture of an array in the data file's folder, and
// whether the file has the picture.
func (p *Pictures) inArray(folder, cell string) (is, isFound bool) {
	name, index, ok := data.CutPicture(cell)
	if !ok {
		return false, false
	}
	shape := p.arrays.shape(filepath.Join(folder, name))
	return shape != nil, shape != nil && index < shape[0]
}

// isPicture reports whether a cell ends as the name of a picture does.
func isPicture(cell string) bool {
	return slices.Contains(pictureEndings, strings.ToLower(filepath.Ext(cell)))
}

// pictures describes a column of paths. It returns nil if less than half of the cells look so.
func (v *values) pictures(frame *data.Frame) *Pictures {
	p := &Pictures{arrays: arrays{}}
	for i := range v.len() {
		value, cells := v.path(i), int(v.count[i])
		if isPicture(value) {
			p.Named += cells
		} else if is, _ := p.inArray(frame.Folder(int(v.first[i])), value); is {
			p.Named, p.inArrays = p.Named+cells, p.inArrays+cells
		} else if i == 100 && p.Named == 0 {
			return nil
		}
	}
	if 2*p.Named < v.known() || p.Named == 0 {
		return nil
	}
	if p.inArrays == 0 {
		p.Root = v.pictureRoot(frame)
	}
	for i := range v.len() {
		value, cells := v.path(i), int(v.count[i])
		switch _, isFound := p.inArray(frame.Folder(int(v.first[i])), value); {
		case isFound, pictureExists(frame, int(v.first[i]), p.Root, value):
			p.Found += cells
		case len(p.Lost) < maxExamples:
			p.Lost = append(p.Lost, value)
		}
	}
	return p
}

func pictureExists(frame *data.Frame, row int, root, path string) bool {
	if strings.Contains(path, "://") {
		return false
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(frame.Folder(row), root, path)
	}
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// pictureRoot returns the folder in which most of the first pictures are: that of the data file, or
// one in it.
func (v *values) pictureRoot(frame *data.Frame) string {
	const tried = 20
	found := func(root string) int {
		n := 0
		for i := range min(tried, v.len()) {
			if pictureExists(frame, int(v.first[i]), root, v.path(i)) {
				n++
			}
		}
		return n
	}
	best, root := found(""), ""
	if best > 0 {
		return ""
	}
	entries, err := os.ReadDir(frame.Folder(int(v.first[0])))
	if err != nil {
		return ""
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		if n := found(entry.Name()); n > best {
			best, root = n, entry.Name()
		}
	}
	return root
}
