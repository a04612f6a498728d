package vision_test

import (
	"testing"

	"braid/vision"
	"braid/vision/digit"
)

// decoded decodes an image.
func decoded(t testing.TB, content []byte) *vision.Grey {
	t.Helper()
	g, err := vision.Decode(content, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// seen returns an image's digit in 28 x 28.
func seen(t testing.TB, g *vision.Grey) []uint8 {
	t.Helper()
	pixels, err := digit.MNIST(g, 28, 28)
	if err != nil {
		t.Fatal(err)
	}
	return pixels
}
