package picture

import (
	"image"
	"io"
	"strings"
	"testing"
)

// TestGuard returns a decoder's panic as an error.
func TestGuard(t *testing.T) {
	img, err := guard("WebP", func(io.Reader) (image.Image, error) {
		var none []byte
		return nil, []error{nil}[len(none)+1]
	}, nil)
	if err == nil || img != nil ||
		!strings.Contains(err.Error(), "the decoder of WebP failed on it: runtime error: index") {
		t.Errorf("got %v and the error %v", img, err)
	}
	if _, err := open([]byte("BM"), 1); err == nil || err.Error() != "the BMP is cut short" {
		t.Errorf("two bytes of a BMP: the error is %v", err)
	}
}
