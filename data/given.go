package data

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
)

// Given is a column of a frame that is computed from arrays in memory, without a text for each
// cell. Codes and Pictures make one.
type Given struct {
	name  string
	rows  int
	texts []string // the cell of a row is texts[codes[row]]
	codes []uint8
	files []PictureFile
}

// Codes returns a column of few different texts: the cell of row i is texts[codes[i]].
func Codes(name string, texts []string, codes []uint8) Given {
	return Given{name: name, rows: len(codes), texts: texts, codes: codes}
}

// PictureFile is a file with several pictures, such as an IDX file.
type PictureFile struct {
	Name  string // in cells
	Count int    // its pictures
}

// Pictures returns a column of the pictures of files, in order: NAME#0, NAME#1 and so on.
func Pictures(name string, files ...PictureFile) Given {
	g := Given{name: name, files: files}
	for _, f := range files {
		g.rows += f.Count
	}
	return g
}

// at returns a cell.
func (g *Given) at(row int) string {
	if g.files == nil {
		return g.texts[g.codes[row]]
	}
	name, index := g.picture(row)
	return namePicture(name, index)
}

// picture returns the file of a row's picture, and its index there.
func (g *Given) picture(row int) (name string, index int) {
	for _, f := range g.files {
		if row < f.Count {
			return f.Name, row
		}
		row -= f.Count
	}
	panic(fmt.Sprintf("data: row %d beyond the end of column %q", row, g.name))
}

// check tests that the codes have texts.
func (g *Given) check() error {
	if len(g.codes) == 0 {
		return nil
	}
	if most := slices.Max(g.codes); int(most) >= len(g.texts) {
		return fmt.Errorf("data: column %q has code %d, but %d texts", g.name, most, len(g.texts))
	}
	return nil
}

// FrameOf returns a frame of columns of equal length. No rows can be appended. path names the rows
// in errors, as if they were lines of a file.
func FrameOf(path string, columns ...Given) (*Frame, error) {
	f := &Frame{files: []part{{path, filepath.Dir(path), 0}}}
	for i := range columns {
		c := &columns[i]
		switch {
		case slices.Contains(f.names, c.name):
			return nil, fmt.Errorf("data: two columns are named %q", c.name)
		case i > 0 && c.rows != f.rows:
			return nil, fmt.Errorf("data: column %q has %d rows, column %q has %d", c.name, c.rows,
				columns[0].name, f.rows)
		}
		if err := c.check(); err != nil {
			return nil, err
		}
		f.rows = c.rows
		f.names, f.columns = append(f.names, c.name), append(f.columns, cells{given: c})
	}
	return f, nil
}

// Codes returns the different texts of a column, and the index of each row's cell among them. ok is
// false if the column is not made by Codes.
func (c Cells) Codes() (texts []string, codes []uint8, ok bool) {
	if c.given == nil || c.given.files != nil {
		return nil, nil, false
	}
	return c.given.texts, c.given.codes, true
}

// Pictures returns the file of the pictures of some rows, and the index of the first one there, if
// they are consecutive pictures of one file, which a cell names FILE#INDEX.
func (c Cells) Pictures(rows []int32) (file string, first int, ok bool) {
	for i, row := range rows {
		if int(row) != int(rows[0])+i {
			return "", 0, false
		}
	}
	switch {
	case len(rows) == 0 || c.given != nil && c.given.files == nil:
		return "", 0, false
	case c.given != nil:
		file, first = c.given.picture(int(rows[0]))
		other, last := c.given.picture(int(rows[len(rows)-1]))
		return file, first, other == file && last-first == len(rows)-1
	}
	file, first, ok = CutPicture(c.At(int(rows[0])))
	if !ok {
		return "", 0, false
	}
	text := append([]byte(file), '#')
	for i, row := range rows {
		text = strconv.AppendInt(text[:len(file)+1], int64(first+i), 10)
		if c.At(int(row)) != string(text) {
			return "", 0, false
		}
	}
	return file, first, true
}
