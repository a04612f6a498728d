// Package exif reads the orientation of a picture from its EXIF data.
package exif

import "encoding/binary"

// Header begins a JPEG's EXIF segment. See CIPA DC-008, "Exchangeable image file format", 4.5.
const Header = "Exif\x00\x00"

const tagOrientation = 0x0112

// integerBytes is the size of a value by its TIFF type: SHORT, LONG, SBYTE, SSHORT, SLONG. An
// orientation should be a SHORT, but Pillow reads these, too.
var integerBytes = map[uint16]uint32{3: 2, 4: 4, 6: 1, 8: 2, 9: 4}

// Orientation returns the orientation, 1 to 8, in the first directory of a TIFF header. It returns
// 1 if there is none that can be read. The directory is a count and entries of twelve bytes: a tag,
// a type, a count and values. See CIPA DC-008, 4.6.4.
func Orientation(tiff []byte) int {
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
		if order.Uint16(e) == tagOrientation {
			return orientationOf(e, order)
		}
	}
	return 1
}

// orientationOf returns the first value of an entry.
func orientationOf(e []byte, order binary.ByteOrder) int {
	size, count := integerBytes[order.Uint16(e[2:])], order.Uint32(e[4:])
	if size == 0 || count < 1 || count > 4/size { // more values are not in the entry
		return 1
	}
	value := uint32(e[8])
	switch size {
	case 2:
		value = uint32(order.Uint16(e[8:]))
	case 4:
		value = order.Uint32(e[8:])
	}
	if value < 1 || value > 8 {
		return 1
	}
	return int(value)
}
