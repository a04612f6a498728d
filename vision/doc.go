// Package vision converts images to greyscale. Decode reads a PNG or a JPEG, FromImage an
// image.Image. Both reduce an image to at most 512 pixels a side, row by row: a photograph of 12
// million pixels takes no more memory than a small one.
//
//	PNG: rows are decompressed and reduced one by one                 png.go, pngrow.go
//	JPEG: blocks of the planes that brightness depends on are
//	decoded and reduced one by one                                    internal/jpeggrey
//	pixels become brightness and opacity, and are summed              pixel.go, grey.go
//	a photograph is turned upright                                    internal/exif, turn.go
//
// Package digit finds the digit in such an image.
package vision
