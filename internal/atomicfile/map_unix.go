//go:build unix

package atomicfile

import (
	"fmt"
	"math"

	"golang.org/x/sys/unix"
)

// Map returns a file's content in read-only memory-mapped pages, without a copy. The mapping lasts
// until the process ends. The file may be replaced, but must not be changed in place.
func Map(path string) ([]byte, error) {
	file, size, err := OpenRegular(path)
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
