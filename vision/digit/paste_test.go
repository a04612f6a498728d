package digit_test

import (
	"context"
	"fmt"
	"image"
	"sync"
	"testing"

	"braid/data/mnist"
	"braid/internal/braidtest"
	"braid/vision"
	"braid/vision/digit"
)

// pasted returns the number of images that are put on a page.
func pasted() int {
	if slow {
		return 100
	}
	return braidtest.Cases(200, 1000)
}

// fromPages returns the digits that are seen on the images' pages, once for all tests.
var fromPages = sync.OnceValues(func() (list [][]uint8, err error) {
	images, err := mnist.Finder{}.FindTest(context.Background())
	if err != nil {
		return nil, err
	}
	for i := range pasted() {
		page := paste(images.Pixels.Uint8s()[i*28*28:][:28*28], i, 4)
		pixels, err := digit.MNIST(vision.FromImage(page), 28, 28)
		if err != nil {
			return nil, fmt.Errorf("image %d: %w", i, err)
		}
		list = append(list, pixels)
	}
	return list, nil
})

// paste enlarges the i-th image, of 28 x 28, and puts it on a page of 400 x 300, at a position that
// depends on i. Every other is dark on light.
func paste(pixels []uint8, i, times int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, 400, 300))
	side := 28 * times
	left, top := 5+i*37%(390-side), 5+i*53%(290-side)
	for y := range side {
		for x := range side {
			img.Pix[(top+y)*400+left+x] = pixels[y/times*28+x/times]
		}
	}
	if i%2 == 1 {
		for at := range img.Pix {
			img.Pix[at] ^= 255
		}
	}
	return img
}

// TestPasted compares MNIST's images on a page with the images.
func TestPasted(t *testing.T) {
	images, err := mnist.Finder{}.FindTest(context.Background())
	if err != nil {
		t.Skipf("skipped: no MNIST: %v", err)
	}
	// Many images have 254 as their brightest value, and some a faint pixel outside the box.
	const leastSame, leastNear, near = 0.85, 0.99, 6 // measured: 0.876 and 0.996
	seen, err := fromPages()
	if err != nil {
		t.Fatal(err)
	}
	count, same, close := len(seen), 0, 0
	for i, pixels := range seen {
		_, most := braidtest.Apart(pixels, images.Pixels.Uint8s()[i*28*28:][:28*28])
		if most == 0 {
			same++
		}
		if most <= near {
			close++
		}
	}
	t.Logf("of %d images %d come back the same, %d within %d", count, same, close, near)
	if n := float64(count); float64(same) < leastSame*n || float64(close) < leastNear*n {
		t.Errorf("of %d images %d come back the same, %d within %d, want fractions of %v and %v",
			count, same, close, near, leastSame, leastNear)
	}
}

// TestPastedAccuracy asks the network about MNIST's images on a page, some of them in a JPEG.
func TestPastedAccuracy(t *testing.T) {
	n := testNet(t)
	fromPages, err := fromPages()
	if err != nil {
		t.Fatal(err)
	}
	const mostLost = 0.02
	all := pasted()
	for _, c := range []struct{ quality, count int }{{0, all}, {75, all / 4}, {95, all / 4}} {
		quality, count := c.quality, c.count
		images, labels := n.test.Pixels.Uint8s()[:count*28*28], n.test.Labels.Uint8s()[:count]
		var pixels []uint8
		for i := range count {
			if quality == 0 {
				pixels = append(pixels, fromPages[i]...)
				continue
			}
			page := braidtest.JPEG(t, paste(images[i*28*28:][:28*28], i, 4), quality)
			pixels = append(pixels, seen(t, decoded(t, page))...)
		}
		plain, got := n.right(t, images, labels), n.right(t, pixels, labels)
		const format = "JPEG quality %d (0: none): %d of %d right"
		t.Logf(format+", without a page %d", quality, got, count, plain)
		if least := plain - int(mostLost*float64(count)); got < least {
			t.Errorf(format+", want %d or more", quality, got, count, least)
		}
	}
}
