package vision

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"braid/internal/inflate"
)

// pixelData reads the content of the IDAT chunks of a PNG.
type pixelData struct{ chunk, rest []byte }

func (d *pixelData) Read(to []byte) (int, error) {
	for len(d.chunk) == 0 {
		var name string
		if name, d.chunk, d.rest, _ = nextChunk(d.rest); name == "" || name == "IEND" {
			return 0, io.EOF
		}
		if name != "IDAT" {
			d.chunk = nil
		}
	}
	n := copy(to, d.chunk)
	d.chunk = d.chunk[n:]
	return n, nil
}

// pngPass is a pass over an image, from left and top on: each across-th pixel of each down-th row.
type pngPass struct{ left, top, across, down int }

var (
	onePass = []pngPass{{0, 0, 1, 1}}
	adam7   = []pngPass{
		{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
		{0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2},
	}
)

// decode reads the rows. After the last pixel only a wrong checksum is an error: it means that
// pixels are damaged.
func (p *pngImage) decode() (*Grey, error) {
	meter := inflate.NewMeter(&pixelData{rest: p.data})
	unpacked, err := zlib.NewReader(meter)
	if err != nil {
		return nil, cutShort(err)
	}
	defer unpacked.Close()
	rows := meter.Content(unpacked)
	to := newReducer(p.width, p.height)
	if p.transparent != nil || p.colour == pngGreyAlpha || p.colour == pngRGBA {
		to.withOpacity()
	}
	read := p.reader()
	passes := onePass
	if p.interlaced {
		passes = adam7
	}
	size := 1 + p.rowBytes(p.width) // with a byte for the row's filter
	above, row := make([]byte, size), make([]byte, size)
	for _, pass := range passes {
		columns := ceil(p.width-pass.left, pass.across)
		if columns <= 0 {
			continue
		}
		above, row = above[:1+p.rowBytes(columns)], row[:1+p.rowBytes(columns)]
		clear(above)
		for y := pass.top; y < p.height; y += pass.down {
			if _, err := io.ReadFull(rows, row); err != nil {
				return nil, cutShort(err)
			}
			if err := p.unfilter(row[0], row[1:], above[1:]); err != nil {
				return nil, err
			}
			for x := 0; x < columns; x += spanPixels {
				n := min(spanPixels, columns-x)
				read(&to.span, row[1:], x, n)
				to.add(pass.left+x*pass.across, y, n, pass.across)
			}
			above, row = row, above
		}
	}
	var beyond [1]byte
	if _, err := rows.Read(beyond[:]); errors.Is(err, zlib.ErrChecksum) {
		return nil, errors.New("its pixels have a wrong checksum")
	}
	return to.grey().turned(p.orientation), nil
}

var errCutShort = errors.New("it is cut short: some pixels are missing")

func cutShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errCutShort
	}
	return err
}

// unfilter undoes a row's filter.
func (p *pngImage) unfilter(filter byte, row, above []byte) error {
	size := max(1, p.channels()*p.depth/8) // the distance to the same byte of the pixel before
	switch filter {
	case 0:
	case 1:
		for i := size; i < len(row); i++ {
			row[i] += row[i-size]
		}
	case 2:
		for i, up := range above {
			row[i] += up
		}
	case 3:
		for i := range min(size, len(row)) {
			row[i] += above[i] / 2
		}
		for i := size; i < len(row); i++ {
			row[i] += uint8((int(row[i-size]) + int(above[i])) / 2)
		}
	case 4:
		for i := range min(size, len(row)) {
			row[i] += above[i]
		}
		for i := size; i < len(row); i++ {
			row[i] += paeth(row[i-size], above[i], above[i-size])
		}
	default:
		return fmt.Errorf("a row has the filter %d, want 0 to 4", filter)
	}
	return nil
}

// paeth returns the byte that is nearest to left + up - corner.
func paeth(left, up, corner uint8) uint8 {
	toLeft, toUp := int(up)-int(corner), int(left)-int(corner)
	toCorner := toLeft + toUp
	toLeft, toUp, toCorner = max(toLeft, -toLeft), max(toUp, -toUp), max(toCorner, -toCorner)
	if toCorner < toLeft && toCorner < toUp {
		return corner
	}
	if toUp < toLeft {
		return up
	}
	return left
}

// reader returns a function that reads n pixels of a row from x on.
func (p *pngImage) reader() func(s *span, row []byte, x, n int) {
	switch {
	case p.channels() == 1 && p.depth <= 8:
		return p.tableReader()
	case p.colour == pngRGBA && p.depth == 8:
		return func(s *span, row []byte, x, n int) { s.rgba(row[4*x:][:4*n], true) }
	case p.colour == pngRGB && p.depth == 8 && p.transparent == nil:
		return func(s *span, row []byte, x, n int) { s.rgb(row[3*x:][:3*n]) }
	case p.colour == pngGreyAlpha && p.depth == 8:
		return func(s *span, row []byte, x, n int) { s.greyAlpha(row[2*x:][:2*n]) }
	}
	channels, sampleBytes := p.channels(), p.depth/8
	clear := bytes.Clone(p.transparent)
	if sampleBytes == 1 { // keep the lower byte of each two-byte sample
		for i := range len(clear) / 2 {
			clear[i] = clear[2*i+1]
		}
		clear = clear[:len(clear)/2]
	}
	size := channels * sampleBytes
	return func(s *span, row []byte, x, n int) {
		for i := range n {
			pixel := row[(x+i)*size:][:size]
			var v [4]uint32
			for c := range channels {
				if sampleBytes == 2 {
					v[c] = uint32(binary.BigEndian.Uint16(pixel[2*c:]))
				} else {
					v[c] = 0x101 * uint32(pixel[c])
				}
			}
			opacity := uint32(0xffff)
			switch {
			case p.colour == pngGreyAlpha:
				opacity = v[1]
			case p.colour == pngRGBA:
				opacity = v[3]
			case len(clear) > 0 && bytes.Equal(pixel, clear):
				opacity = 0
			}
			if channels < 3 {
				v[1], v[2] = v[0], v[0]
			}
			light, cover := weighted(v[0], v[1], v[2], opacity)
			s.light[i], s.cover[i] = light*cover, cover
		}
	}
}

// tableReader returns a reader of samples of up to 8 bits that are greys or indices of a palette.
// An index beyond the palette is black, as in libpng.
func (p *pngImage) tableReader() func(s *span, row []byte, x, n int) {
	var light, cover [256]float32
	for i := range cover {
		cover[i] = 1
		if p.colour == pngGrey {
			light[i] = float32(i) / float32(int(1)<<p.depth-1)
		} else if i < len(p.palette)/3 {
			c := p.palette[3*i:][:3]
			light[i], _ = weighted(0x101*uint32(c[0]), 0x101*uint32(c[1]), 0x101*uint32(c[2]), 0)
		}
	}
	if p.colour == pngGrey && p.transparent != nil {
		cover[p.transparent[1]] = 0
	} else {
		for i, opacity := range p.transparent[:min(len(p.transparent), len(cover))] {
			cover[i] = bytesLight[opacity]
		}
	}
	for i, c := range cover {
		light[i] *= c
	}
	if p.depth == 8 {
		return func(s *span, row []byte, x, n int) {
			for i, v := range row[x:][:n] {
				s.light[i], s.cover[i] = light[v], cover[v]
			}
		}
	}
	depth := uint(p.depth)
	mask := byte(1)<<depth - 1
	return func(s *span, row []byte, x, n int) {
		at := uint(x) * depth
		light, cover := &light, &cover
		for i := range n {
			v := row[at/8] >> ((8 - depth - at%8) & 7) & mask
			s.light[i], s.cover[i] = light[v], cover[v]
			at += depth
		}
	}
}
