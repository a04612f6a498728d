package disk

import (
	"fmt"
	"io"
	"os"
)

// Read reads a regular file of at most so many bytes. What is none, such as a pipe that nobody writes to or
// a device without an end, is an error at once.
func Read(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info, err = file.Stat(); err != nil {
		return nil, err
	}
	size := info.Size()
	if size > most {
		return nil, fmt.Errorf("%s has %d bytes, at most %d are read", path, size, most)
	}
	content := make([]byte, size)
	if _, err := io.ReadFull(file, content); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return content, nil
}
