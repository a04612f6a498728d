package vision_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"braid/internal/braidtest"
	"braid/vision"
)

// hostileBytes is the maximum size of a hostile file: that of a request's body.
const hostileBytes = 8 << 20

// usualMost is the limit that braid serve passes to Decode by default.
const usualMost = 48 << 20

// randomBits returns bytes for a scan, none of them 0xff.
func randomBits(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(r.UintN(255))
	}
	return out
}

// jpegTables returns a quantization table of ones, a DC table with the symbols 0 and 1, and an AC
// table with the codes 0, 10, 110 and so on.
func jpegTables(ac ...byte) []byte { return tablesOf(1, ac) }

// completeTables returns tables whose last two codes have the same length: any bits are codes.
func completeTables(ac ...byte) []byte { return tablesOf(2, ac) }

// tablesOf returns tables with the given number of codes of the longest length.
func tablesOf(last int, ac []byte) []byte {
	dht := func(class byte, symbols []byte) []byte {
		counts := make([]byte, 16)
		for i := range len(symbols) - last + 1 {
			counts[i] = 1
		}
		counts[len(symbols)-last] = byte(last)
		return segment(0xc4, slices.Concat([]byte{class << 4}, counts, symbols)...)
	}
	quanta := segment(0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)...)
	return slices.Concat(quanta, dht(0, []byte{0, 1}), dht(1, ac))
}

func scanHeader(components int, ss, se, ahal byte) []byte {
	s := []byte{byte(components)}
	for i := range components {
		s = append(s, byte(i+1), 0)
	}
	return segment(0xda, append(s, ss, se, ahal)...)
}

// jpegWith returns a JPEG. scans holds headers and data in turn.
func jpegWith(
	width, height int, progressive bool, sampling, tables []byte, scans ...[]byte,
) []byte {
	start := jpegStart(width, height, progressive, sampling...)
	return slices.Concat(start, tables, slices.Concat(scans...), []byte{0xff, 0xd9})
}

// pngWith returns a PNG of chunks.
func pngWith(width, height int, depth, colour, interlace byte, chunks ...[]byte) []byte {
	return slices.Concat(braidtest.PNGStart(width, height, depth, colour, interlace),
		slices.Concat(chunks...), braidtest.PNGChunk("IEND", nil))
}

func compressed(level int, rows []byte) []byte {
	var out bytes.Buffer
	w, _ := zlib.NewWriterLevel(&out, level)
	w.Write(rows)
	w.Close()
	return out.Bytes()
}

func idat(level int, rows []byte) []byte {
	return braidtest.PNGChunk("IDAT", compressed(level, rows))
}

// rowsOf returns rows with a filter byte, of zeros or of that many random symbols.
func rowsOf(height, bytes int, filter byte, symbols uint) []byte {
	r := rand.New(rand.NewPCG(3, 4))
	out := make([]byte, height*(bytes+1))
	for y := range height {
		row := out[y*(bytes+1):][:bytes+1]
		row[0] = filter
		if symbols > 1 {
			for i := range row[1:] {
				row[1+i] = byte(r.UintN(symbols))
			}
		}
	}
	return out
}

// hostile holds the most expensive files of up to 8 MB that were found, and the errors of those
// that are refused.
var hostile = []struct {
	name string
	want string
	make func() []byte
}{
	{"png/rgba,paeth", "", func() []byte {
		return pngWith(4000, 3000, 8, 6, 0, idat(9, rowsOf(3000, 16000, 4, 1)))
	}},
	{"png/rgba,average", "", func() []byte {
		return pngWith(4000, 3000, 8, 6, 0, idat(9, rowsOf(3000, 16000, 3, 1)))
	}},
	{"png/rgb16,paeth", "", func() []byte {
		return pngWith(2750, 2750, 16, 2, 0, idat(9, rowsOf(2750, 16500, 4, 1)))
	}},
	{"png/grey-alpha,paeth", "", func() []byte {
		return pngWith(4900, 4900, 8, 4, 0, idat(9, rowsOf(4900, 9800, 4, 1)))
	}},
	{"png/1 bit", "", func() []byte {
		return pngWith(6900, 6900, 1, 0, 0, idat(9, rowsOf(6900, 863, 4, 1)))
	}},
	{"png/wide", "counts as 10", func() []byte {
		return pngWith(50_000_000, 1, 8, 0, 0, idat(9, rowsOf(1, 50_000_000, 4, 1)))
	}},
	{"png/tall", "", func() []byte {
		return pngWith(1, 190_000, 8, 0, 0, idat(9, rowsOf(190_000, 1, 4, 1)))
	}},
	{"png/interlaced", "", func() []byte {
		return pngWith(2400, 2400, 8, 6, 1, idat(9, rowsOf(2700, 9608, 4, 1)))
	}},
	{"png/noise", "", func() []byte {
		return pngWith(2800, 2800, 8, 0, 0, idat(1, rowsOf(2800, 2800, 4, 256)))
	}},
	{"png/dense", "cut short", func() []byte {
		return pngWith(3000, 2500, 8, 6, 0, idat(1, rowsOf(2500, 12000, 4, 4)))
	}},
	{"png/bomb", "", func() []byte {
		return pngWith(28, 28, 8, 0, 0, idat(9, make([]byte, 100<<20)))
	}},
	{"png/empty blocks", "larger than what it expands to", func() []byte {
		blocks := bytes.Repeat([]byte("\x00\x00\x00\xff\xff"), hostileBytes/5) // stored, of no bytes
		return pngWith(28, 28, 8, 0, 0, braidtest.PNGChunk("IDAT", append([]byte("\x78\x01"), blocks...)))
	}},
	{"png/tiny chunks", "cut short", func() []byte {
		chunks := bytes.Repeat(braidtest.PNGChunk("IDAT", nil), hostileBytes/12)
		return pngWith(28, 28, 8, 0, 0, chunks)
	}},
	{"jpeg/240 scans", "", func() []byte {
		scan := append(scanHeader(1, 0, 63, 0), make([]byte, 360*360/4)...)
		return jpegWith(2880, 2880, false, []byte{0x11}, jpegTables(0, 1), bytes.Repeat(scan, 240))
	}},
	{"jpeg/dense", "", func() []byte {
		return jpegWith(3072, 3072, false, []byte{0x11}, completeTables(1, 2),
			scanHeader(1, 0, 63, 0), randomBits(hostileBytes))
	}},
	{"jpeg/dense,flat", "cut short", func() []byte {
		return jpegWith(5200, 5200, false, []byte{0x11}, completeTables(1, 2),
			scanHeader(1, 0, 63, 0), randomBits(hostileBytes))
	}},
	{"jpeg/dense,cmyk", "", func() []byte {
		return jpegWith(1700, 1700, false, []byte{0x11, 0x11, 0x11, 0x11}, completeTables(1, 2),
			scanHeader(4, 0, 63, 0), randomBits(hostileBytes))
	}},
	{"jpeg/large", "", func() []byte {
		return jpegWith(7080, 7080, false, []byte{0x11, 0x11, 0x11}, jpegTables(0, 1),
			scanHeader(3, 0, 63, 0), make([]byte, 885*885))
	}},
	{"jpeg/uneven sampling", "", func() []byte {
		return jpegWith(2500, 2500, false, []byte{0x41, 0x14, 0x11, 0x22}, jpegTables(0, 1),
			scanHeader(4, 0, 63, 0), make([]byte, hostileBytes))
	}},
	{"jpeg/restarts", "", func() []byte {
		var data []byte
		for i := range 384 * 384 {
			data = append(data, 0, 0xff, 0xd0+byte(i&7))
		}
		tables := append(jpegTables(0, 1), segment(0xdd, 0, 1)...)
		return jpegWith(3072, 3072, false, []byte{0x11}, tables,
			scanHeader(1, 0, 63, 0), data)
	}},
	{"jpeg/progressive,zeros", "", func() []byte {
		// Runs of 16384 blocks without coefficients, in a first scan and 13 that refine.
		scans := [][]byte{scanHeader(1, 0, 0, 0), make([]byte, 384*384/8+1),
			scanHeader(1, 1, 63, 13), make([]byte, 40)}
		for low := 12; low >= 0; low-- {
			scans = append(scans, scanHeader(1, 1, 63, byte((low+1)<<4|low)), make([]byte, 40))
		}
		return jpegWith(3072, 3072, true, []byte{0x11}, jpegTables(0xe0, 1), scans...)
	}},
	{"jpeg/progressive,single coefficients", "more than 16 scans", func() []byte {
		scans := [][]byte{scanHeader(1, 0, 0, 0), make([]byte, 384*384/8+1)}
		for k := range 62 {
			scans = append(scans, scanHeader(1, byte(k+1), byte(k+1), 0), make([]byte, 384*384/4+1))
		}
		return jpegWith(3072, 3072, true, []byte{0x11}, completeTables(1, 2), scans...)
	}},
	{"jpeg/progressive,dense", "", func() []byte {
		scans := [][]byte{scanHeader(1, 0, 0, 0), make([]byte, 384*384/8+1),
			scanHeader(1, 1, 63, 3), randomBits(384 * 384 * 63 * 5 / 16)}
		for low := 2; low >= 0; low-- {
			run := []byte{0, 1} // 16384 blocks, the table's first symbol, and then the bits of as many
			data := slices.Repeat(slices.Concat(run, bytes.Repeat([]byte{0x55}, 63*16384/8)), 13)
			scans = append(scans, jpegTables(0xe0, 1), scanHeader(1, 1, 63, byte((low+1)<<4|low)), data)
		}
		return jpegWith(3072, 3072, true, []byte{0x11}, completeTables(1, 2), scans...)
	}},
	{"jpeg/progressive,flat", "", func() []byte {
		scans := [][]byte{scanHeader(3, 0, 0, 13), make([]byte, 625*625*3/8+1)}
		for low := 12; low >= 0; low-- {
			scans = append(scans, scanHeader(3, 0, 0, byte((low+1)<<4|low)), make([]byte, 625*625*3/8+1))
		}
		return jpegWith(5000, 5000, true, []byte{0x11, 0x11, 0x11}, jpegTables(0, 1), scans...)
	}},
	{"jpeg/2060 scans", "sent twice", func() []byte {
		scan := append(scanHeader(1, 1, 63, 0), make([]byte, 11)...)
		return jpegWith(1280, 1280, true, []byte{0x11}, jpegTables(0xe0, 1),
			scanHeader(1, 0, 0, 0), make([]byte, 160*160/8+1), bytes.Repeat(scan, 2060))
	}},
	{"jpeg/tables", "cut short", func() []byte {
		return jpegWith(28, 28, false, []byte{0x11}, bytes.Repeat(jpegTables(0, 1), hostileBytes/115))
	}},
	{"jpeg/comments", "cut short", func() []byte {
		return jpegWith(28, 28, false, []byte{0x11}, bytes.Repeat(segment(0xfe), hostileBytes/4))
	}},
	{"jpeg/fill", "cut short", func() []byte {
		return jpegWith(28, 28, false, []byte{0x11}, bytes.Repeat([]byte{0xff}, hostileBytes))
	}},
	{"jpeg/nothing", "cut short", func() []byte {
		return jpegWith(28, 28, false, []byte{0x11}, bytes.Repeat([]byte{0xff, 0}, hostileBytes/2))
	}},
	{"jpeg/exif", "cut short", func() []byte { // directories of 65,535 entries
		tiff := append([]byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff"), make([]byte, 65000)...)
		return jpegWith(28, 28, false, []byte{0x11},
			bytes.Repeat(segment(0xe1, tiff...), hostileBytes/65020))
	}},
}

// TestHostile checks the memory of each file, and that its time is not far more than
// BenchmarkHostile measures.
func TestHostile(t *testing.T) {
	if testing.Short() || slow {
		t.Skip("skipped: it takes some seconds, many with the race detector")
	}
	const most = 2 * time.Second // of CPU; 10 times what the slowest takes, or so
	for _, h := range hostile {
		content := h.make()
		content = content[:min(len(content), hostileBytes)]
		began, err := cpu(), error(nil)
		got := braidtest.Allocated(func() { _, err = vision.Decode(content, usualMost) })
		if took := cpu() - began; took > most {
			t.Errorf("%s: %v of CPU, want at most %v", h.name, took, most)
		}
		if got > usualMost {
			t.Errorf("%s: %d bytes were allocated, want at most %d", h.name, got, usualMost)
		}
		if (err == nil) != (h.want == "") || !strings.Contains(fmt.Sprint(err), h.want) {
			t.Errorf("%s: got the error %v, want one with %q", h.name, err, h.want)
		}
	}
}

// BenchmarkHostile decodes each hostile file. The CPU time is the least of all runs.
func BenchmarkHostile(b *testing.B) {
	for _, h := range hostile {
		content := h.make()
		content = content[:min(len(content), hostileBytes)]
		b.Run(h.name, func(b *testing.B) {
			b.ReportAllocs()
			least := time.Duration(math.MaxInt64)
			for b.Loop() {
				began := cpu()
				vision.Decode(content, usualMost)
				least = min(least, cpu()-began)
			}
			b.ReportMetric(float64(least.Microseconds())/1e3, "cpu-ms/op")
			b.ReportMetric(float64(len(content))/1e6, "MB")
		})
	}
}
