// Package picture converts the picture in a file to the pixels that a network reads: squares of one
// size, 8 bits for each of red, green and blue. Form.Pixels reads PNG, JPEG, GIF (the first frame),
// WebP, BMP and TIFF, of all depths and colours that the decoders of the standard library and of
// golang.org/x/image know.
//
//	the format is found by its first bytes, and the header checked
//	against a limit of memory before anything is decoded              decode.go, jpeg.go
//	EXIF in JPEG, PNG, WebP and TIFF says how the picture is turned    orientation.go
//	rows become 16 bits of red, green, blue and opacity               row.go
//	rows are averaged over the pixels of the square, transparent
//	ones become background, and the square is turned upright          fit.go, square.go
//
// All arithmetic is in integers: the bytes are the same on every machine. They may differ between
// releases of Go, whose decoders of JPEG do.
//
// A Cache keeps the pixels of pictures in a folder, for programs that read them again.
package picture
