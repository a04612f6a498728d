// Package vision reads images as greys. Decode reads a PNG or a JPEG, FromImage an image.Image. Both
// reduce an image to at most 512 pixels a side, row by row: a photograph of 12 million pixels takes
// as much memory as a small one.
//
//	PNG: rows are decompressed, and reduced one by one                png.go, pngrow.go
//	JPEG: of the planes that brightness depends on, blocks are
//	decoded and reduced one by one                                    internal/jpeggrey
//	pixels become brightness and opacity, and are summed              pixel.go, grey.go
//	a photograph is turned upright                                    exif.go
//
// Package digit, below, finds the digit in such an image.
package vision
