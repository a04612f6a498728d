package data

import (
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// imageExtensions are those of the files that a Folder lists.
var imageExtensions = map[string]bool{
	".png": true, ".jpg": true, ".jpeg": true, ".gif": true, ".webp": true, ".bmp": true, ".tif": true,
	".tiff": true,
}

// maxFolders is the largest depth of folders in a Folder.
const maxFolders = 64

// Folder lists the images of a folder: the column image has a path, relative to the folder that
// contains the folder, with slashes on every system; the column label has the name of the subfolder
// that the image is in, also where that has more folders. It is missing for images outside any
// subfolder. Rows are sorted by path, folder by folder. Files and folders whose name begins with a
// dot, and __MACOSX, are left out; so are files without the extension of an image, which Notes
// counts. The images are not opened.
type Folder struct {
	rows  [][2]string
	next  int
	notes []string
}

// OpenFolder lists the images of a folder. It is an error if there are none.
func OpenFolder(name string) (*Folder, error) {
	name = filepath.Clean(name)
	f := &Folder{}
	others, example := 0, ""
	err := walk(name, filepath.ToSlash(filepath.Base(name)), "", 0, func(file, label string) {
		if imageExtensions[strings.ToLower(path.Ext(file))] {
			f.rows = append(f.rows, [2]string{file, label})
		} else {
			others++
			example = file
		}
	})
	if err != nil {
		return nil, err
	}
	if others > 0 {
		f.notes = []string{fmt.Sprintf("%s: %d files that are not images are left out, such as %s", name,
			others, example)}
	}
	if len(f.rows) == 0 {
		const text = "%s: the folder has no images, want files such as label/picture.png (%d other files)"
		return nil, fmt.Errorf(text, name, others)
	}
	return f, nil
}

// walk visits the files of a folder in order. cell is its path in cells.
func walk(folder, cell, label string, depth int, visit func(file, label string)) error {
	if depth > maxFolders {
		return fmt.Errorf("%s: folders are nested more than %d deep: does a link lead to a folder "+
			"above it?",
			folder, maxFolders)
	}
	entries, err := os.ReadDir(folder) // sorted
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, ".") || name == "__MACOSX" {
			continue
		}
		isFolder := entry.IsDir()
		if entry.Type()&os.ModeSymlink != 0 {
			info, err := os.Stat(filepath.Join(folder, name))
			if err != nil {
				return err
			}
			isFolder = info.IsDir()
		}
		below := path.Join(cell, name)
		if !isFolder {
			visit(below, label)
			continue
		}
		inside := label
		if depth == 0 {
			inside = name
		}
		if err := walk(filepath.Join(folder, name), below, inside, depth+1, visit); err != nil {
			return err
		}
	}
	return nil
}

// Columns returns image and label.
func (f *Folder) Columns() []string { return []string{"image", "label"} }

// Notes says how many files are not images.
func (f *Folder) Notes() []string { return f.notes }

// Read reads the next row.
func (f *Folder) Read(r *Record) error {
	if f.next == len(f.rows) {
		return io.EOF
	}
	row := f.rows[f.next]
	f.next++
	r.Cells, r.Line = append(r.Cells[:0], row[0], row[1]), f.next
	return nil
}

// Close does nothing.
func (f *Folder) Close() error { return nil }
