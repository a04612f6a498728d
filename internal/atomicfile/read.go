package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

var errNotRegular = errors.New("not a regular file")

// Read reads a regular file of at most limit bytes. Any other file is an error at once: reading a
// pipe or a device might never end. Its errors are *fs.PathErrors.
func Read(path string, limit int64) ([]byte, error) {
	file, size, err := OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if size > limit {
		return nil, readError(path, fmt.Errorf("has %d bytes, at most %d are read", size, limit))
	}
	content := make([]byte, size)
	if _, err := io.ReadFull(file, content); err != nil {
		return nil, readError(path, withoutPath(err))
	}
	return content, nil
}

func readError(path string, err error) error {
	return &fs.PathError{Op: "read", Path: path, Err: err}
}

// OpenRegular opens a regular file and returns its size. It checks the type before it opens the
// file, because opening a named pipe waits for a writer. Its errors are *fs.PathErrors.
func OpenRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, readError(path, errNotRegular)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	if info, err = file.Stat(); err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, info.Size(), nil
}
