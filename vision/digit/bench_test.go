package digit_test

import (
	"testing"

	"braid/internal/braidtest"
	"braid/vision/digit"
)

// BenchmarkDecode decodes images of 280 x 280 and more pixels and finds their digits.
func BenchmarkDecode(b *testing.B) {
	noisy := braidtest.Gray(braidtest.Five(280, 210, 24), 280, 40, 210)
	for i := range noisy.Pix {
		noisy.Pix[i] += uint8(i * i >> 4 & 7)
	}
	shadow := braidtest.Gray(braidtest.Five(4000, 3000, 24), 4000, 0, 255)
	for i := range shadow.Pix {
		if i%4000+i/4000 < 2800 {
			shadow.Pix[i] = uint8(float64(shadow.Pix[i]) * 0.6)
		}
	}
	dashes := braidtest.Gray(braidtest.Five(512, 512, 24), 512, 0, 255) // thousands of components
	for i := range dashes.Pix {
		if x, y := i%512, i/512; min(x, y) > 2 && max(x, y) < 509 && x%5 < 4 && y%2 == 0 {
			dashes.Pix[i] = 0
		}
	}
	large := braidtest.Gray(braidtest.Five(4000, 3000, 24), 4000, 0, 255)
	for _, c := range []struct {
		name    string
		content []byte
	}{
		{"png=clean", braidtest.PNG(b, braidtest.Gray(braidtest.Five(280, 280, 24), 280, 0, 255))},
		{"png=thin", braidtest.PNG(b, braidtest.Gray(braidtest.Five(280, 280, 2), 280, 0, 255))},
		{"png=dashes", braidtest.PNG(b, dashes)},
		{"png=noisy", braidtest.PNG(b, noisy)},
		{"jpeg=noisy", braidtest.JPEG(b, noisy, 80)},
		{"jpeg=4000x3000", braidtest.JPEG(b, large, 80)},
		{"jpeg=4000x3000,shadow", braidtest.JPEG(b, shadow, 80)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := digit.MNIST(decoded(b, c.content), 28, 28); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
