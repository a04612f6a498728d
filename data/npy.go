package data

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"braid/tensor"
)

// NPYMagic begins a file in NumPy's format.
const NPYMagic = "\x93NUMPY"

// Limits of an array's header, so that no claim of a file takes much memory.
const (
	maxNPYHeader  = 1 << 20
	maxNPYColumns = 1 << 16
	maxNPYItem    = 1 << 20 // bytes of an element
)

// NPY reads the rows of NumPy arrays, of a .npy file or of all arrays of an .npz file, as text
// cells. An array of one axis is a column with the array's name, or the file's; one of two axes is
// as many columns as a row has numbers: name.0, name.1 and so on. Arrays of an .npz file have the
// same number of rows.
//
// A .npy file of unsigned bytes may hold pictures: [count, height, width] in grey, or
// [count, height, width, 3] of red, green and blue. They are a column whose cells name them,
// counted from 0, such as digits.npy#17; the path is relative to the file's folder.
//
// Elements are booleans, which become true and false, integers, floats of 16, 32 or 64 bits, which
// become the shortest text that gives the same number in their precision, and texts of fixed
// length. Arrays in Fortran order, of complex numbers, dates, records or Python objects are errors.
type NPY struct {
	name   string
	arrays []*npyArray
	names  []string
	row    int
	failed error
	text   []byte
	ends   []int

	pictures string // the file's name in cells, "" if it holds none
}

// npyArray is an array that is read row by row.
type npyArray struct {
	r       io.Reader
	close   func() error
	name    string
	element npyElement
	shape   tensor.Shape
	columns int    // elements of a row
	buf     []byte // a row
}

// NewNPY reads the header of a .npy file. name is the file's.
func NewNPY(r io.Reader, name string) (*NPY, error) {
	stem := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	n := &NPY{name: name, pictures: filepath.Base(name)}
	if err := n.add(r, stem, func() error { return closeReader(r) }); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return n, nil
}

// NewNPZ reads the headers of all arrays of an .npz file, which has size bytes. name is the file's.
func NewNPZ(r io.ReaderAt, size int64, name string) (*NPY, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	n := &NPY{name: name}
	for _, file := range archive.File {
		array, ok := strings.CutSuffix(file.Name, ".npy")
		if !ok {
			continue
		}
		content, err := file.Open()
		if err == nil {
			err = n.add(bufio.NewReaderSize(content, 1<<16), array, content.Close)
		}
		if err != nil {
			n.Close()
			return nil, fmt.Errorf("%s: array %q: %w", name, array, err)
		}
	}
	if len(n.arrays) == 0 {
		return nil, fmt.Errorf("%s: the file has no arrays, want one named *.npy or more", name)
	}
	return n, nil
}

// add reads the header of an array and adds its columns.
func (n *NPY) add(r io.Reader, name string, closing func() error) error {
	a := &npyArray{r: r, name: name, close: closing}
	if err := a.header(); err != nil {
		return err
	}
	if first := n.first(); first != nil && first.shape[0] != a.shape[0] {
		return fmt.Errorf("%d rows, want %d as in array %q", a.shape[0], first.shape[0], first.name)
	}
	switch {
	case !a.isPictures():
		n.pictures = ""
	case n.pictures == "":
		return fmt.Errorf("the array has %d axes, want 1 or 2: save pictures in a .npy file of their own",
			len(a.shape))
	}
	n.arrays = append(n.arrays, a)
	if len(a.shape) != 2 {
		n.names = append(n.names, name)
	} else {
		for i := range a.columns {
			n.names = append(n.names, name+"."+strconv.Itoa(i))
		}
	}
	if len(n.names) > maxNPYColumns {
		return fmt.Errorf("more than %d columns", maxNPYColumns)
	}
	seen := map[string]bool{}
	for _, name := range n.names {
		if seen[name] {
			return fmt.Errorf("two columns are named %q", name)
		}
		seen[name] = true
	}
	a.buf = make([]byte, a.columns*a.element.size)
	return nil
}

func (n *NPY) first() *npyArray {
	if len(n.arrays) == 0 {
		return nil
	}
	return n.arrays[0]
}

// Columns returns the names of the columns.
func (n *NPY) Columns() []string { return slices.Clone(n.names) }

// Close closes the file.
func (n *NPY) Close() error {
	var failed []error
	for _, a := range n.arrays {
		failed = append(failed, a.close())
	}
	return errors.Join(failed...)
}

// Read reads the next row.
func (n *NPY) Read(r *Record) error {
	if n.failed != nil {
		return n.failed
	}
	if n.row == n.arrays[0].shape[0] {
		n.failed = io.EOF
		for _, a := range n.arrays {
			if _, err := io.ReadFull(a.r, make([]byte, 1)); err != io.EOF {
				if err == nil {
					err = fmt.Errorf("bytes follow the last of %d rows", n.row)
				}
				n.failed = fmt.Errorf("%s: array %q: %w", n.name, a.name, err)
			}
		}
		return n.failed
	}
	n.row++
	n.text, n.ends = n.text[:0], n.ends[:0]
	for _, a := range n.arrays {
		if err := n.readRow(a); err != nil {
			n.failed = fmt.Errorf("%s:%d: array %q: %w", n.name, n.row, a.name, err)
			return n.failed
		}
	}
	row, begin := string(n.text), 0
	r.Cells, r.Line = r.Cells[:0], n.row
	for _, end := range n.ends {
		r.Cells = append(r.Cells, row[begin:end])
		begin = end
	}
	return nil
}

// readRow appends the cells of an array's next row.
func (n *NPY) readRow(a *npyArray) error {
	if _, err := io.ReadFull(a.r, a.buf); err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return fmt.Errorf("the file is cut short: it has %d of %d rows", n.row-1, a.shape[0])
		}
		return err
	}
	if n.pictures != "" {
		n.text = append(n.text, namePicture(n.pictures, n.row-1)...)
		n.ends = append(n.ends, len(n.text))
		return nil
	}
	for i := range a.columns {
		var err error
		n.text, err = a.element.append(n.text, a.buf[i*a.element.size:][:a.element.size])
		if err != nil {
			return fmt.Errorf("element %d: %w", i, err)
		}
		n.ends = append(n.ends, len(n.text))
	}
	return nil
}

// header reads an array's header: magic, version, and a Python dictionary as text.
func (a *npyArray) header() error {
	var start [8]byte
	if _, err := io.ReadFull(a.r, start[:]); err != nil || string(start[:6]) != NPYMagic {
		return fmt.Errorf("no array of NumPy: it begins with %q, want %q", start[:6], NPYMagic)
	}
	size := make([]byte, 2)
	switch start[6] {
	case 1:
	case 2, 3:
		size = make([]byte, 4)
	default:
		return fmt.Errorf("version %d of NumPy's format, want 1 to 3", start[6])
	}
	if _, err := io.ReadFull(a.r, size); err != nil {
		return fmt.Errorf("the header is cut short: %w", err)
	}
	length := uint32(binary.LittleEndian.Uint16(size))
	if len(size) == 4 {
		length = binary.LittleEndian.Uint32(size)
	}
	if length > maxNPYHeader {
		return fmt.Errorf("the header has %d bytes, want %d at most", length, maxNPYHeader)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(a.r, text); err != nil {
		return fmt.Errorf("the header is cut short: %w", err)
	}
	h, err := parseNPYHeader(string(text))
	if err != nil {
		return fmt.Errorf("header %q: %w", short(string(text)), err)
	}
	if a.element, err = parseNPYElement(h.descr); err != nil {
		return err
	}
	a.shape = h.shape
	if len(h.shape) == 0 || len(h.shape) > 4 {
		return fmt.Errorf("the array has %d axes, want 1 or 2: rows, and the numbers of a row; "+
			"or 3 or 4: pictures", len(h.shape))
	}
	a.columns = a.shape[1:].Size()
	switch {
	case h.isFortran && a.shape[0] > 1 && a.columns > 1:
		return errors.New("the array is stored column by column, want row by row: save " +
			"numpy.ascontiguousarray of it")
	case a.shape[0] > math.MaxInt32:
		return fmt.Errorf("the array has %d rows, want %d at most", a.shape[0], math.MaxInt32)
	case a.isPictures():
		return a.checkPictures()
	case a.columns < 1 || a.columns > maxNPYColumns:
		return fmt.Errorf("the array has %d columns, want 1 to %d", a.columns, maxNPYColumns)
	}
	return nil
}

// isPictures reports whether a row is a picture.
func (a *npyArray) isPictures() bool { return len(a.shape) > 2 }

// checkPictures tests that the array can hold pictures.
func (a *npyArray) checkPictures() error {
	if a.element.kind != 'u' || a.element.size != 1 {
		return errors.New("the array has pictures, by its number of axes, but not of unsigned bytes: " +
			"save numpy.uint8 of it, from 0 for black to 255 for white")
	}
	return checkPictures(a.shape)
}

// npyHeader has the entries of the dictionary.
type npyHeader struct {
	descr     string
	isFortran bool
	shape     tensor.Shape
}

// parseNPYHeader parses a dictionary such as
//
//	{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }
func parseNPYHeader(text string) (npyHeader, error) {
	var h npyHeader
	rest := strings.TrimSpace(text)
	rest, ok := strings.CutPrefix(rest, "{")
	if !ok {
		return h, errors.New("want a dictionary")
	}
	seen := map[string]bool{}
	for {
		rest = strings.TrimLeft(rest, " \n,")
		if rest == "}" {
			break
		}
		key, value, ok := strings.Cut(rest, ":")
		if !ok {
			return h, errors.New("want 'name': value")
		}
		key, value = strings.Trim(strings.TrimSpace(key), `'"`), strings.TrimSpace(value)
		if seen[key] {
			return h, fmt.Errorf("%q is given twice", key)
		}
		seen[key] = true
		var err error
		switch key {
		case "descr":
			if strings.HasPrefix(value, "[") {
				return h, errors.New("the array has records, want numbers or texts")
			}
			h.descr, rest, err = cutQuoted(value)
		case "fortran_order":
			if rest, h.isFortran = strings.CutPrefix(value, "True"); !h.isFortran {
				if rest, ok = strings.CutPrefix(value, "False"); !ok {
					err = errors.New("fortran_order: want True or False")
				}
			}
		case "shape":
			h.shape, rest, err = cutShape(value)
		default:
			err = fmt.Errorf("unknown entry %q", key)
		}
		if err != nil {
			return h, err
		}
	}
	if len(seen) != 3 {
		return h, errors.New("want descr, fortran_order and shape")
	}
	return h, nil
}

func cutQuoted(text string) (quoted, rest string, err error) {
	if text == "" || text[0] != '\'' && text[0] != '"' {
		return "", "", errors.New("descr: want a text in quotes")
	}
	quoted, rest, ok := strings.Cut(text[1:], text[:1])
	if !ok {
		return "", "", errors.New("descr: want a text in quotes")
	}
	return quoted, rest, nil
}

func cutShape(text string) (shape tensor.Shape, rest string, err error) {
	inner, ok := strings.CutPrefix(text, "(")
	inner, rest, closed := strings.Cut(inner, ")")
	if !ok || !closed {
		return nil, "", errors.New("shape: want (rows,) or (rows, columns)")
	}
	for axis := range strings.SplitSeq(inner, ",") {
		if axis = strings.TrimSpace(axis); axis == "" {
			continue // after the last comma
		}
		n, err := strconv.Atoi(axis)
		if err != nil || n < 0 {
			return nil, "", fmt.Errorf("shape: axis %q, want a number of 0 or more", axis)
		}
		shape = append(shape, n)
	}
	return shape, rest, nil
}

// npyElement is the type of an array's elements.
type npyElement struct {
	kind  byte // b, i, u, f, U, S as in NumPy
	size  int  // in bytes
	order binary.ByteOrder
}

// parseNPYElement parses a type such as <f4.
func parseNPYElement(descr string) (npyElement, error) {
	wrong := fmt.Errorf("elements of type %q, want booleans, integers, floats of at most 64 bits, "+
		"or texts (b1, i1 to i8, u1 to u8, f2 to f8, U, S)", short(descr))
	if len(descr) < 3 {
		return npyElement{}, wrong
	}
	n, err := strconv.Atoi(descr[2:])
	if err != nil || n < 0 || n > maxNPYItem/4 {
		return npyElement{}, wrong
	}
	e := npyElement{kind: descr[1], size: n, order: binary.LittleEndian}
	switch descr[0] {
	case '<', '|':
	case '>':
		e.order = binary.BigEndian
	default:
		return npyElement{}, wrong
	}
	valid := false
	switch e.kind {
	case 'b':
		valid = n == 1
	case 'i', 'u':
		valid = n == 1 || n == 2 || n == 4 || n == 8
	case 'f':
		valid = n == 2 || n == 4 || n == 8
	case 'U':
		e.size, valid = 4*n, true
	case 'S':
		valid = true
	}
	if !valid {
		return npyElement{}, wrong
	}
	return e, nil
}

// append appends the cell of an element.
func (e npyElement) append(to, element []byte) ([]byte, error) {
	switch e.kind {
	case 'b':
		return strconv.AppendBool(to, element[0] != 0), nil
	case 'i':
		bits := e.bits(element)
		unused := 64 - 8*e.size // sign-extend
		return strconv.AppendInt(to, int64(bits<<unused)>>unused, 10), nil
	case 'u':
		return strconv.AppendUint(to, e.bits(element), 10), nil
	case 'f':
		switch bits := e.bits(element); e.size {
		case 2:
			return AppendFloat16(to, uint16(bits)), nil
		case 4:
			return AppendFloat(to, float64(math.Float32frombits(uint32(bits))), 32), nil
		default:
			return AppendFloat(to, math.Float64frombits(bits), 64), nil
		}
	case 'S':
		text := strings.TrimRight(string(element), "\x00")
		if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
			return to, fmt.Errorf("%q, want UTF-8 without NUL", short(text))
		}
		return append(to, text...), nil
	}
	begin := len(to)
	for at := 0; at < len(element); at += 4 {
		r := e.order.Uint32(element[at:])
		if r > utf8.MaxRune || !utf8.ValidRune(rune(r)) {
			return to, fmt.Errorf("character %#x is not Unicode", r)
		}
		to = utf8.AppendRune(to, rune(r))
	}
	for len(to) > begin && to[len(to)-1] == 0 {
		to = to[:len(to)-1]
	}
	if slices.Contains(to[begin:], 0) {
		return to, errors.New("a NUL within a text")
	}
	return to, nil
}

// bits returns the bits of a number.
func (e npyElement) bits(element []byte) uint64 {
	switch e.size {
	case 1:
		return uint64(element[0])
	case 2:
		return uint64(e.order.Uint16(element))
	case 4:
		return uint64(e.order.Uint32(element))
	}
	return e.order.Uint64(element)
}

// AppendFloat appends the cell of a number: the shortest text that gives the same number of 32 or
// 64 bits. Like JavaScript, it has no exponent from 0.000001 up to 10 to the power of 21.
func AppendFloat(to []byte, v float64, bits int) []byte {
	format := byte('f')
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(to, v, format, -1, bits)
}

// AppendFloat16 appends the shortest text that gives the same number in IEEE 754's half precision.
func AppendFloat16(to []byte, bits uint16) []byte {
	exponent, fraction := int(bits>>10&31), float64(bits&1023)
	v, spacing := math.Ldexp(1024+fraction, exponent-25), math.Ldexp(1, exponent-25)
	switch {
	case exponent == 0:
		v, spacing = math.Ldexp(fraction, -24), math.Ldexp(1, -24)
	case exponent == 31 && fraction == 0:
		v = math.Inf(1)
	case exponent == 31:
		v = math.NaN()
	}
	below := spacing / 2 // numbers less than v by less than this are rounded to v
	if fraction == 0 && exponent > 1 {
		below = spacing / 4
	}
	if exponent < 31 {
		for digits := 1; ; digits++ {
			near, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'e', digits-1, 64), 64)
			if near-v < spacing/2 && v-near < below {
				v = near
				break
			}
		}
	}
	if bits>>15 == 1 {
		v = -v
	}
	return AppendFloat(to, v, 64)
}
