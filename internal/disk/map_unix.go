//go:build unix

package disk

import (
	"fmt"
	"math"

	"golang.org/x/sys/unix"
)

// Map is a file's content without a copy: the system's own pages, which may not be written to. It
// stays for the life of the process, and is for files that are replaced but never changed in place.
func Map(path string) ([]byte, error) {
	file, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	switch {
	case size == 0:
		return nil, nil
	case size > math.MaxInt:
		return nil, fmt.Errorf("%s has %d bytes, more than this system can address", path, size)
	default:
		content, err := unix.Mmap(int(file.Fd()), 0, int(size), unix.PROT_READ, mapFlags)
		if err != nil {
			return nil, fmt.Errorf("mapping %s: %w", path, err)
		}
		return content, nil
	}
}
