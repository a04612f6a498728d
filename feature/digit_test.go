package feature_test

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid/data"
	"braid/feature"
	"braid/tensor"
)

// idx returns pictures of 2 x 3 pixels: picture i has bytes from 10 i on.
func idx(n int) tensor.Tensor {
	pixels := make([]uint8, 6*n)
	for i := range pixels {
		pixels[i] = uint8(10*(i/6) + i%6)
	}
	return tensor.Bytes(pixels, n, 2, 3)
}

func TestDigitArray(t *testing.T) {
	f := feature.Digit{Height: 2, Width: 3, Arrays: map[string]tensor.Tensor{"mem": idx(4)}}
	e := learn(t, f, "mem#3", "mem#1")
	want, err := data.Measure(append(slices.Clone(idx(4).Uint8s()[6:12]), idx(4).Uint8s()[18:]...))
	if err != nil {
		t.Fatal(err)
	}
	in := e.Inputs("d")[0]
	if in.Standard != want || in.DType != tensor.Uint8 || !in.Shape.Equal(tensor.Shape{2, 3}) {
		t.Errorf("input is %+v, want the standard of two pictures %v", in, want)
	}
	slots, note := encode(t, e, "mem#2")
	if got := slots[0].Bytes; !slices.Equal(got, []uint8{20, 21, 22, 23, 24, 25}) || note != 0 {
		t.Errorf("pixels are %v, notes %v", got, note)
	}
	const missing = "a picture is missing"
	if _, err := e.Encode(feature.Value{Text: " "}, slots); err == nil ||
		!strings.HasPrefix(err.Error(), missing) {
		t.Errorf("error is %v, want %s", err, missing)
	}
	_, err = f.Learn(feature.Column{Name: "c", Frame: frame(t, "c", "mem#3", "mem#4", "mem#0"),
		Rows: rows(3)})
	const wrong = `some/file.csv:3: column "c": picture "mem#4": the file has 4 pictures`
	if err == nil || !strings.Contains(err.Error(), wrong) {
		t.Errorf("error is %v, want %s", err, wrong)
	}
	f.Height, f.Width = 3, 2
	_, err = f.Learn(feature.Column{Name: "c", Frame: frame(t, "c", "mem#3"), Rows: rows(1)})
	if err == nil || !strings.Contains(err.Error(), "shape [4 2 3], want grey pictures of 3 x 2 "+
		"pixels") {
		t.Errorf("error is %v, want the shape", err)
	}
}

// A picture of an IDX file and a photo of a digit lie in the folder of the data file.
func TestDigitFiles(t *testing.T) {
	folder := t.TempDir()
	content := append([]byte{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28}, make([]byte, 2*784)...)
	content[16+784+30] = 200
	img := image.NewGray(image.Rect(0, 0, 60, 60))
	for i := range img.Pix {
		img.Pix[i] = 250
		if x, y := i%60, i/60; x >= 28 && x < 33 && y >= 10 && y < 50 {
			img.Pix[i] = 20
		}
	}
	var photo bytes.Buffer
	if err := png.Encode(&photo, img); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"two.idx": content, "one.png": photo.Bytes()} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	f := feature.Digit{Standard: &data.Standard{Std: 255}, Root: folder}
	e := learn(t, f, "two.idx#1", "one.png")
	got, _, err := encodeImage(t, e, feature.Value{Text: "two.idx#1", Folder: "elsewhere"})
	if err != nil || got[30] != 200 || len(got) != 784 {
		t.Errorf("pixel 30 of %d is %d, error %v, want 200", len(got), got[30], err)
	}
	got, _, err = encodeImage(t, e, feature.Value{Text: "one.png", Folder: "elsewhere"})
	if err != nil {
		t.Fatal(err)
	}
	if got[0] != 0 || got[14*28+14] < 200 || got[14*28+3] != 0 {
		t.Errorf("the stroke is not light on dark in the middle: %v", got)
	}
	again, _, err := encodeImage(t, e, feature.Value{Content: photo.Bytes()})
	if err != nil || !slices.Equal(got, again) {
		t.Errorf("the content gives other pixels, error %v", err)
	}
	white := image.NewGray(image.Rect(0, 0, 60, 60))
	for i := range white.Pix {
		white.Pix[i] = 255
	}
	photo.Reset()
	if err := png.Encode(&photo, white); err != nil {
		t.Fatal(err)
	}
	if _, _, err := encodeImage(t, e, feature.Value{Content: photo.Bytes()}); err == nil {
		t.Error("a blank page is no error")
	}
}
