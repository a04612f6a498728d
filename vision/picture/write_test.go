package picture_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/bits"
	"slices"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"braid/internal/braidtest"
)

// encoded returns what an encoder writes.
func encoded(t testing.TB, encode func(*bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, img image.Image) []byte {
	return encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, img) })
}

func asJPEG(t testing.TB, img image.Image) []byte {
	return encoded(t, func(b *bytes.Buffer) error {
		return jpeg.Encode(b, img, &jpeg.Options{Quality: 95})
	})
}

func asBMP(t testing.TB, img image.Image) []byte {
	return encoded(t, func(b *bytes.Buffer) error { return bmp.Encode(b, img) })
}

func asTIFF(t testing.TB, img image.Image, o tiff.Options) []byte {
	return encoded(t, func(b *bytes.Buffer) error { return tiff.Encode(b, img, &o) })
}

// asGIF returns an animation of several frames on a canvas.
func asGIF(t testing.TB, width, height int, frames ...*image.Paletted) []byte {
	g := &gif.GIF{
		Image: frames, Delay: make([]int, len(frames)),
		Config: image.Config{Width: width, Height: height},
	}
	return encoded(t, func(b *bytes.Buffer) error { return gif.EncodeAll(b, g) })
}

// bitWriter writes bits, the lowest of a byte first.
type bitWriter struct {
	bytes []byte
	n     int
}

func (w *bitWriter) write(value uint32, count int) {
	for i := range count {
		if w.n%8 == 0 {
			w.bytes = append(w.bytes, 0)
		}
		w.bytes[len(w.bytes)-1] |= byte(value>>i&1) << (w.n % 8)
		w.n++
	}
}

// vp8l returns a lossless picture of WebP, RFC 9649 part 3: without transforms, and with codes of 8
// bits for each number of a pixel.
func vp8l(img *image.NRGBA) []byte {
	w := &bitWriter{bytes: []byte{0x2f}, n: 8}
	w.write(uint32(img.Rect.Dx()-1), 14)
	w.write(uint32(img.Rect.Dy()-1), 14)
	w.write(1, 1)                                       // alpha
	w.write(0, 3+3)                                     // version; no transform, no cache, one group
	for _, symbols := range []int{280, 256, 256, 256} { // green and lengths, red, blue, alpha
		w.write(0, 1)
		w.write(12-4, 4) // lengths of the codes of lengths 17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8
		for i := range 12 {
			length := uint32(0)
			if i == 2 || i == 11 { // 0 and 8 have one bit
				length = 1
			}
			w.write(length, 3)
		}
		w.write(0, 1) // all lengths follow
		for s := range symbols {
			is8 := uint32(1)
			if s >= 256 {
				is8 = 0
			}
			w.write(is8, 1)
		}
	}
	w.write(0b0001, 4) // distances: one code, the symbol 0
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			c := img.NRGBAAt(img.Rect.Min.X+x, img.Rect.Min.Y+y)
			for _, v := range []uint8{c.G, c.R, c.B, c.A} {
				w.write(uint32(bits.Reverse8(v)), 8)
			}
		}
	}
	return w.bytes
}

// riff returns a WebP file of chunks, each a name and its content.
func riff(chunks ...[]byte) []byte {
	content := []byte("WEBP")
	for i := 0; i < len(chunks); i += 2 {
		content = append(content, chunks[i]...)
		content = binary.LittleEndian.AppendUint32(content, uint32(len(chunks[i+1])))
		content = append(content, chunks[i+1]...)
		if len(chunks[i+1])%2 == 1 {
			content = append(content, 0)
		}
	}
	size := binary.LittleEndian.AppendUint32(nil, uint32(len(content)))
	return slices.Concat([]byte("RIFF"), size, content)
}

func asWebP(img *image.NRGBA) []byte { return riff([]byte("VP8L"), vp8l(img)) }

// orientedWebP has an extended header, and EXIF after the picture.
func orientedWebP(img *image.NRGBA, orientation int) []byte {
	width, height := uint32(img.Rect.Dx()-1), uint32(img.Rect.Dy()-1)
	header := []byte{
		0x08, 0, 0, 0, byte(width), byte(width >> 8), 0, byte(height), byte(height >> 8), 0,
	}
	return riff([]byte("VP8X"), header, []byte("VP8L"), vp8l(img), []byte("EXIF"), tiffOf(orientation))
}

// tiffOf returns a TIFF header with an orientation, and no picture.
func tiffOf(orientation int) []byte {
	return []byte{
		'M', 'M', 0, '*', 0, 0, 0, 8, 0, 1,
		0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, byte(orientation), 0, 0,
		0, 0, 0, 0,
	}
}

// orientedPNG puts EXIF before the end of a PNG.
func orientedPNG(content []byte, orientation int) []byte {
	chunk := braidtest.PNGChunk("eXIf", tiffOf(orientation))
	end := len(content) - 12
	return slices.Concat(content[:end], chunk, content[end:])
}

// orientedJPEG puts EXIF first into a JPEG.
func orientedJPEG(content []byte, orientation int) []byte {
	exif := segment(0xe1, append([]byte("Exif\x00\x00"), tiffOf(orientation)...)...)
	return slices.Concat(content[:2], exif, content[2:])
}

// segment returns a segment of a JPEG.
func segment(marker byte, content ...byte) []byte {
	size := len(content) + 2
	return append([]byte{0xff, marker, byte(size >> 8), byte(size)}, content...)
}

// orientedTIFF returns an uncompressed TIFF of red, green and blue with an orientation.
func orientedTIFF(img *image.NRGBA, orientation int) []byte {
	width, height := img.Rect.Dx(), img.Rect.Dy()
	var pixels []byte
	for y := range height {
		for x := range width {
			c := img.NRGBAAt(img.Rect.Min.X+x, img.Rect.Min.Y+y)
			pixels = append(pixels, c.R, c.G, c.B)
		}
	}
	type entry struct{ tag, kind, count, value int }
	const short, long = 3, 4
	entries := []entry{
		{0x100, short, 1, width}, {0x101, short, 1, height}, {0x102, short, 3, 8 + len(pixels)},
		{0x103, short, 1, 1}, {0x106, short, 1, 2}, {0x111, long, 1, 8}, {0x112, short, 1, orientation},
		{0x115, short, 1, 3}, {0x116, short, 1, height}, {0x117, long, 1, len(pixels)},
	}
	order := binary.LittleEndian
	content := append([]byte("II*\x00"), order.AppendUint32(nil, uint32(8+len(pixels)+6))...)
	content = append(content, pixels...)
	content = append(content, 8, 0, 8, 0, 8, 0)
	content = order.AppendUint16(content, uint16(len(entries)))
	for _, e := range entries {
		content = order.AppendUint16(content, uint16(e.tag))
		content = order.AppendUint16(content, uint16(e.kind))
		content = order.AppendUint32(content, uint32(e.count))
		content = order.AppendUint32(content, uint32(e.value))
	}
	return order.AppendUint32(content, 0)
}

// fourPlanes returns a JPEG of four components as Adobe writes them, each in a scan: CMYK with
// transform 0, YCCK with transform 2. plane returns the stored number of a component.
func fourPlanes(
	t testing.TB, width, height int, transform byte, plane func(i, x, y int) uint8,
) []byte {
	t.Helper()
	adobe := append([]byte("Adobe\x00\x64\x00\x00\x00\x00"), transform)
	content := []byte{0xff, 0xd8}
	content = append(content, segment(0xee, adobe...)...)
	content = append(content, segment(0xc0, 8, byte(height>>8), byte(height), byte(width>>8),
		byte(width), 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0)...)
	for i := range 4 {
		grey := image.NewGray(image.Rect(0, 0, width, height))
		for y := range height {
			for x := range width {
				grey.SetGray(x, y, color.Gray{Y: plane(i, x, y)})
			}
		}
		tables, scan := scanOf(t, asJPEG(t, grey))
		if i == 0 {
			content = append(content, tables...)
		}
		content = append(content, segment(0xda, 1, byte(i+1), 0, 0, 63, 0)...)
		content = append(content, scan...)
	}
	return append(content, 0xff, 0xd9)
}

// scanOf returns the tables of a grey JPEG, and its scan without the header.
func scanOf(t testing.TB, content []byte) (tables, scan []byte) {
	t.Helper()
	for rest := content[2:]; ; {
		marker, size := rest[1], 2+int(binary.BigEndian.Uint16(rest[2:]))
		switch marker {
		case 0xdb, 0xc4:
			tables = append(tables, rest[:size]...)
		case 0xda:
			return tables, rest[size : len(rest)-2]
		}
		rest = rest[size:]
	}
}
