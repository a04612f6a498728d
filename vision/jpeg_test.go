package vision_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	stdbits "math/bits"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid/internal/braidtest"
	"braid/vision"
)

// differ returns the mean and the largest difference of two Greys, in levels of 255.
func differ(t *testing.T, got, want *vision.Grey) (mean, most float64) {
	t.Helper()
	if got.Width != want.Width || got.Height != want.Height {
		t.Fatalf("got %d x %d pixels, want %d x %d", got.Width, got.Height, want.Width, want.Height)
	}
	for i, v := range got.Pixels {
		d := 255 * math.Abs(float64(v-want.Pixels[i]))
		mean, most = mean+d, max(most, d)
	}
	return mean / float64(len(got.Pixels)), most
}

// TestEncoders reads files of cjpeg, jpegtran, ImageMagick and Pillow, which testdata/jpeg/make.py
// made.
func TestEncoders(t *testing.T) {
	read := func(name string) []byte {
		content, err := os.ReadFile(filepath.Join("testdata", "jpeg", name))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	const lossy, coarse = 1.5, 12. // levels in the mean; coarse is luminance at half the size
	drawing := decoded(t, read("drawing.png"))
	paths, err := filepath.Glob("testdata/jpeg/*.jpg")
	if err != nil || len(paths) < 20 {
		t.Fatal(len(paths), err)
	}
	for _, path := range paths {
		content := read(filepath.Base(path))
		most := lossy
		if filepath.Base(path) == "sample-1x1,2x2,2x2.jpg" {
			most = coarse
		}
		got, err := vision.Decode(content, 1<<20)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if mean, _ := differ(t, got, drawing); mean > most {
			t.Errorf("%s: off by %.2f levels in the mean, want at most %v", path, mean, most)
		}
		img, err := jpeg.Decode(bytes.NewReader(content))
		if err != nil || strings.Contains(path, "cmyk") {
			continue
		}
		if mean, most := differ(t, got, vision.FromImage(img)); mean > 0.1 || most > 2 {
			const format = "%s: off by %.2f levels in the mean from image/jpeg, and by %.1f at most"
			t.Errorf(format, path, mean, most)
		}
	}
}

// TestAgainstStandard compares the decoder with image/jpeg at sizes that are reduced by 1 to 9.
func TestAgainstStandard(t *testing.T) {
	for _, size := range []struct {
		width, height int
		most          float64 // levels in the mean
	}{
		{1, 1, 1}, {7, 9, 0.2}, {8, 8, 0.2}, {17, 33, 0.2}, {512, 3, 0.1}, {513, 70, 0.1},
		{30, 1100, 0.1}, {1537, 40, 0.1}, {2047, 33, 0.1}, {3072, 17, 0.1},
		// From the means of blocks, which are exact only if a pixel is 8 pixels wide.
		{3073, 80, 3}, {4096, 64, 0.3}, {4500, 65, 3},
	} {
		noise := braidtest.Gray(braidtest.Five(size.width, size.height, 24), size.width, 30, 220)
		r := rand.New(rand.NewPCG(5, 6))
		for i := range noise.Pix {
			noise.Pix[i] += uint8(r.UintN(30))
		}
		content := braidtest.JPEG(t, noise, 92)
		img, err := jpeg.Decode(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		if mean, most := differ(t, decoded(t, content), vision.FromImage(img)); mean > size.most {
			const format = "%d x %d: off by %.2f levels in the mean, %.1f at most"
			t.Errorf(format, size.width, size.height, mean, most)
		}
	}
}

// without returns a JPEG without the segments of a marker.
func without(content []byte, marker byte) []byte {
	out := slices.Clone(content[:2])
	for at := 2; ; {
		end := at + 2 + int(content[at+2])<<8 + int(content[at+3])
		if content[at+1] == 0xda {
			return append(out, content[at:]...)
		}
		if content[at+1] != marker {
			out = append(out, content[at:end]...)
		}
		at = end
	}
}

// TestColours compares the brightness of colour spaces with Pillow's.
func TestColours(t *testing.T) {
	adobe := func(transform byte) []byte {
		return segment(0xee, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, transform)
	}
	jfif := segment(0xe0, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0)
	flat := func(ids string, values ...int) []byte { // a block of equal samples
		header := []byte{8, 0, 8, 0, 8, byte(len(ids))}
		scan := []byte{byte(len(ids))}
		var bits uint64
		n := 0
		for i := range ids {
			header = append(header, ids[i], 0x11, 0)
			scan = append(scan, ids[i], 0)
			// The code of a DC size is the size in four bits. One bit ends the block.
			dc := (values[i] - 128) * 8
			size := stdbits.Len(uint(max(dc, -dc)))
			if dc < 0 {
				dc += 1<<size - 1
			}
			bits, n = bits<<(size+5)|uint64(size)<<(size+1)|uint64(dc)<<1, n+size+5
		}
		bits <<= 64 - n
		var data []byte
		for range (n + 7) / 8 {
			data = append(data, byte(bits>>56))
			if byte(bits>>56) == 0xff {
				data = append(data, 0)
			}
			bits <<= 8
		}
		one, twelve := make([]byte, 16), make([]byte, 16)
		one[0], twelve[3] = 1, 12
		sizes := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
		codes := slices.Concat([]byte{0}, twelve, sizes, []byte{0x10}, one, []byte{0})
		return slices.Concat([]byte{0xff, 0xd8}, segment(0xc0, header...),
			segment(0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)...),
			segment(0xc4, codes...),
			segment(0xda, append(scan, 0, 63, 0)...), data, []byte{0xff, 0xd9})
	}
	ycbcr := flat("\x01\x02\x03", 150, 128, 128)
	for name, c := range map[string]struct {
		content []byte
		want    float64
	}{
		"grey":                      {flat("\x01", 77), 77},
		"YCbCr":                     {ycbcr, 150},
		"RGB by Adobe":              {with(flat("\x01\x02\x03", 200, 100, 50), adobe(0)), 124},
		"RGB by names":              {flat("RGB", 200, 100, 50), 124},
		"RGB by names, YCC by JFIF": {with(flat("RGB", 150, 128, 128), jfif), 150},
		"YCbCr by JFIF, not Adobe":  {with(with(ycbcr, adobe(0)), jfif), 150},
		"YCbCr by Adobe":            {with(flat("RGB", 150, 128, 128), adobe(1)), 150},
		"CMYK by Adobe":             {with(flat("\x01\x02\x03\x04", 200, 100, 50, 204), adobe(0)), 99},
		"CMYK without Adobe":        {flat("\x01\x02\x03\x04", 200, 100, 50, 204), 99},
		"YCCK":                      {with(flat("\x01\x02\x03\x04", 150, 128, 128, 204), adobe(2)), 84},
		"YCCK by a wrong transform": {with(flat("\x01\x02\x03\x04", 150, 128, 128, 204), adobe(1)), 84},
	} {
		got, err := vision.Decode(c.content, 1<<20)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if v := 255 * float64(got.Pixels[27]); math.Abs(v-c.want) > 1 {
			t.Errorf("%s: brightness is %.1f of 255, want %v", name, v, c.want)
		}
	}
}

// TestRareJPEG checks that the error of an unsupported JPEG names its coding and the cure.
func TestRareJPEG(t *testing.T) {
	photo := braidtest.JPEG(t, image.NewGray(image.Rect(0, 0, 40, 30)), 75)
	for marker, want := range map[byte]string{
		0xc3: "lossless (SOF3)", 0xc5: "hierarchical (SOF5)", 0xc6: "hierarchical (SOF6)",
		0xc7: "lossless (SOF7)", 0xc9: "arithmetic (SOF9)", 0xca: "arithmetic (SOF10)",
		0xcb: "lossless (SOF11)", 0xcd: "hierarchical (SOF13)",
	} {
		rare := bytes.Replace(photo, []byte{0xff, 0xc0}, []byte{0xff, marker}, 1)
		_, err := vision.Decode(rare, 1<<20)
		got := fmt.Sprint(err)
		if !strings.Contains(got, "its coding is "+want) || !strings.Contains(got, "save it anew") {
			const format = "marker %x gives the error %v, want one that its coding is %s, and the cure"
			t.Errorf(format, marker, err, want)
		}
	}
}
