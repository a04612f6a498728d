package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"braid/internal/atomicfile"
	"braid/internal/batchpredict"
)

// Limits of an image, in bytes.
const (
	mostImage   = 64 << 20  // of its file
	mostDecoded = 256 << 20 // of the decoded image
)

// readImage reads a file, a pipe, or standard input if path is -. Its errors do not name path.
func readImage(ctx context.Context, s streams, path string) ([]byte, error) {
	if path == "-" {
		if isTerminal(s.in) {
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
	if errors.As(err, &failed) {
		err = failed.Err
	}
	return content, err
}

// readPipe reads a pipe to its end.
func readPipe(ctx context.Context, pipe io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(batchpredict.Interruptible(ctx, pipe), mostImage+1))
	if err == nil && len(content) > mostImage {
		err = fmt.Errorf("has more than %d bytes", mostImage)
	}
	return content, err
}
