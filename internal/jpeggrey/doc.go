// Package jpeggrey decodes the brightness of a JPEG and reduces it. It reads baseline and
// progressive images with Huffman codes, in grey, YCbCr, RGB, CMYK and YCCK, with any sampling: all
// that libjpeg reads except arithmetic coding. See ITU-T T.81.
//
// Only the planes that brightness depends on are decoded. Their blocks are added to the pixels of
// the reduced image one by one: a sequential image of 12 million pixels takes 1 MB. image/jpeg took
// 0.2 to 0.9 s and up to 174 MB for it. The work is bounded, too: see Work and mostVisits.
//
//	segments and their order                    decoder.go
//	the frame header, planes and their colours  frame.go
//	scans of blocks                             scan.go, progressive.go
//	bits and Huffman codes                      bits.go
//	the inverse DCT                             dct.go
//	sums of pixels                              plane.go
//
// Package vision also tests it, with files of other encoders, and with damaged and hostile files.
package jpeggrey
