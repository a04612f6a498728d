package data

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"braid/internal/atomicfile"
	"braid/internal/gunzip"
	"braid/tensor"
)

// namePicture returns a cell that names a picture of a file, counted from 0.
func namePicture(file string, index int) string { return file + "#" + strconv.Itoa(index) }

// CutPicture divides a cell that names a picture of a file, counted from 0: FILE#INDEX.
func CutPicture(cell string) (file string, index int, ok bool) {
	at := strings.LastIndexByte(cell, '#')
	if at < 0 {
		return "", 0, false
	}
	index, err := strconv.Atoi(cell[at+1:])
	return cell[:at], index, err == nil && index >= 0
}

// checkPictures tests that an array of bytes can hold pictures.
func checkPictures(shape tensor.Shape) error {
	switch {
	case len(shape) != 3 && (len(shape) != 4 || shape[3] != 3):
		return fmt.Errorf("the array has shape %v, want pictures: [count, height, width] in grey, or "+
			"[count, height, width, 3]", shape)
	case shape[1] < 1 || shape[2] < 1:
		return fmt.Errorf("the array has shape %v, want pictures of 1 x 1 pixels or more", shape)
	}
	for n, rest := shape[0], shape[1:]; len(rest) > 0; rest = rest[1:] {
		if n > maxIDX/rest[0] {
			return fmt.Errorf("the array has shape %v, want pictures of at most %d bytes together", shape,
				maxIDX)
		}
		n *= rest[0]
	}
	return nil
}

// OpenPictures reads the pictures of a file into memory: an IDX file as OpenIDX reads it, or a .npy
// file of unsigned bytes, as it is or compressed with gzip. The shape is [count, height, width] in
// grey, or [count, height, width, 3]. Errors name the path.
func OpenPictures(path string) (pixels tensor.Tensor, err error) {
	err = withPictures(path, func(r io.Reader, shape tensor.Shape) error {
		content, err := readBody(r, shape.Size())
		if err == nil {
			err = checkSize(shape, int64(len(content)))
		}
		if err == nil {
			pixels = tensor.Bytes(content, shape...)
		}
		return err
	})
	return pixels, err
}

// PicturesShape returns the shape of the pictures of a file without reading them.
func PicturesShape(path string) (shape tensor.Shape, err error) {
	err = withPictures(path, func(_ io.Reader, s tensor.Shape) error {
		shape = s
		return nil
	})
	return shape, err
}

// withPictures calls read with the bytes of a file of pictures and their shape.
func withPictures(path string, read func(r io.Reader, shape tensor.Shape) error) error {
	file, _, err := atomicfile.OpenRegular(path)
	if err != nil {
		return err // names the path
	}
	defer file.Close()
	var r io.Reader
	buffered := bufio.NewReader(file)
	r = buffered
	if head, _ := buffered.Peek(len(gunzip.Magic)); string(head) == gunzip.Magic {
		if r, err = gunzip.NewReader(buffered); err != nil {
			return fmt.Errorf("%s: header of the compressed file: %w", path, err)
		}
	}
	text := bufio.NewReader(r)
	shape, err := picturesHeader(text)
	if err == nil {
		err = read(text, shape)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// picturesHeader reads the header of an array of pictures.
func picturesHeader(r *bufio.Reader) (tensor.Shape, error) {
	if head, _ := r.Peek(len(NPYMagic)); string(head) == NPYMagic {
		a := npyArray{r: r}
		if err := a.header(); err != nil {
			return nil, err
		}
		return a.shape, a.checkPictures()
	}
	shape, err := readIDXHeader(r)
	if err != nil {
		return nil, err
	}
	return shape, checkPictures(shape)
}
