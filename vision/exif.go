package vision

import (
	"bytes"
	"encoding/binary"
)

// orientation is the EXIF orientation of a JPEG, 1 to 8, and 1 where it has none or none that can be
// read. See CIPA DC-008, "Exchangeable image file format", 4.5 and 4.6.4.
func orientation(content []byte) int {
	for marker, s := range segments(content) {
		if tiff, ok := bytes.CutPrefix(s, []byte("Exif\x00\x00")); ok && marker == markerAPP1 {
			return tiffOrientation(tiff)
		}
	}
	return 1
}

const (
	tagOrientation = 0x0112
	typeShort      = 3
)

// tiffOrientation looks into the first directory of a TIFF header: a count, then entries of twelve
// bytes, which are a tag, a type, a count and a value.
func tiffOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch string(tiff[:4]) {
	case "II*\x00":
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	start := int64(order.Uint32(tiff[4:]))
	if start+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[start+2:]
	for range order.Uint16(tiff[start:]) {
		if len(entries) < 12 {
			return 1
		}
		e := entries[:12]
		entries = entries[12:]
		if order.Uint16(e) != tagOrientation {
			continue
		}
		value := order.Uint16(e[8:])
		if order.Uint16(e[2:]) != typeShort || order.Uint32(e[4:]) != 1 || value < 1 || value > 8 {
			return 1
		}
		return int(value)
	}
	return 1
}

// turned gives the image as it was seen, where it was stored with an orientation: what the stored rows
// and columns are is 1: top, left; 2: top, right; 3: bottom, right; 4: bottom, left; and 5 to 8 the same
// with rows and columns exchanged: left, top; right, top; right, bottom; left, bottom.
func (g *Grey) turned(orientation int) *Grey {
	if orientation == 1 {
		return g
	}
	to := &Grey{Width: g.Width, Height: g.Height, Pixels: make([]float32, len(g.Pixels))}
	if orientation >= 5 {
		to.Width, to.Height = g.Height, g.Width
	}
	for row := range g.Height {
		for column, v := range g.Pixels[row*g.Width:][:g.Width] {
			x, y := column, row
			if orientation >= 5 {
				x, y = row, column
			}
			switch orientation {
			case 2, 6:
				x = to.Width - 1 - x
			case 3, 7:
				x, y = to.Width-1-x, to.Height-1-y
			case 4, 8:
				y = to.Height - 1 - y
			}
			to.Pixels[y*to.Width+x] = v
		}
	}
	return to
}
