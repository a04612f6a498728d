//go:build !unix

package disk

import "math"

// Map is a file's content, read: this system does not lend its own pages.
func Map(path string) ([]byte, error) { return Read(path, math.MaxInt64) }
