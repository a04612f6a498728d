package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"braid/internal/atomicfile"
	"braid/internal/batchpredict"
	"braid/predictor"
	"braid/vision"
	"braid/vision/digit"
)

// An image's file may have mostImage bytes, and mostDecoded when it is decoded.
const (
	mostImage   = 64 << 20
	mostDecoded = 256 << 20
)

// readImage reads a file, a pipe, or standard input for -.
func readImage(ctx context.Context, s streams, path string) ([]byte, error) {
	if path == "-" {
		if file, ok := s.in.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
			return nil, errors.New("is a terminal, want an image, such as with < seven.png")
		}
		return readPipe(ctx, s.in)
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, errors.New("is a folder, want an image")
	case err == nil && !info.Mode().IsRegular():
		pipe, err := batchpredict.OpenPipe(ctx, path, os.O_RDONLY)
		if err != nil {
			return nil, err
		}
		defer pipe.Close()
		return readPipe(ctx, pipe)
	}
	content, err := atomicfile.Read(path, mostImage)
	var failed *os.PathError
	switch {
	case errors.As(err, &failed):
		err = failed.Err
	case err != nil:
		err = errors.New(strings.TrimPrefix(err.Error(), path+" "))
	}
	return content, err
}

// readPipe reads all that others write.
func readPipe(ctx context.Context, pipe io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(batchpredict.Interruptible(ctx, pipe), mostImage+1))
	if err == nil && len(content) > mostImage {
		err = fmt.Errorf("has more than %d bytes", mostImage)
	}
	return content, err
}

// grey makes the pixels of an input of a PNG or a JPEG, which may have so many bytes when it is decoded.
func grey(content []byte, in *predictor.Input, most int64) ([]uint8, error) {
	img, err := vision.Decode(content, most)
	if err != nil {
		return nil, err
	}
	return digit.MNIST(img, in.Shape[0], in.Shape[1])
}

// plain is an error without the package that it comes from.
func plain(err error) error {
	text := err.Error()
	if short, ok := strings.CutPrefix(text, "vision: "); ok {
		return errors.New(short)
	}
	return err
}
