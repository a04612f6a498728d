// Package jpeggrey decodes the brightness of a JPEG, reduced to a size that a network needs. It
// reads what libjpeg reads but arithmetic coding: baseline and progressive images of Huffman codes,
// in grey, YCbCr, RGB, CMYK and YCCK, with any sampling. See ITU-T T.81.
//
// Only the planes that brightness depends on are decoded, and their blocks are summed into the pixels
// of the reduced image one by one: 12 million pixels of a sequential image take 1 MB. image/jpeg took
// 0.2 to 0.9 s and up to 174 MB for them. The work is bounded too: see Work and mostVisits.
//
//	segments, and the order of things           decoder.go
//	the frame header, planes and their colours  frame.go
//	scans of blocks                             scan.go, progressive.go
//	bits and Huffman codes                      bits.go
//	the inverse DCT                             dct.go
//	sums of pixels                              plane.go
//
// Package vision tests it further, with the files of other encoders, damaged and hostile ones.
package jpeggrey
