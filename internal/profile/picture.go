package profile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"braid/data"
)

// Pictures describes a column of paths to pictures.
type Pictures struct {
	Named int    // cells that end as the names of pictures do
	Found int    // of these, cells whose file exists
	Root  string // the folder, relative to the data file, in which they are; "" is the file's folder
	// Lost are the first values without a file.
	Lost []string
}

var pictureEndings = []string{".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff"}

// isPicture reports whether a cell ends as the name of a picture does.
func isPicture(cell string) bool {
	return slices.Contains(pictureEndings, strings.ToLower(filepath.Ext(cell)))
}

// pictures describes a column of paths. It returns nil if less than half of the cells look so.
func (v *values) pictures(frame *data.Frame) *Pictures {
	p := &Pictures{}
	for i := range v.len() {
		value, cells := v.at(i)
		if isPicture(value) {
			p.Named += cells
		} else if i == 100 && p.Named == 0 {
			return nil
		}
	}
	if 2*p.Named < v.known() || p.Named == 0 {
		return nil
	}
	p.Root = v.pictureRoot(frame)
	for i := range v.len() {
		value, cells := v.at(i)
		switch {
		case !isPicture(value):
		case pictureExists(frame, int(v.first[i]), p.Root, value):
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
			if value, _ := v.at(i); pictureExists(frame, int(v.first[i]), root, value) {
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
