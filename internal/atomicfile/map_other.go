//go:build !unix

package atomicfile

import "math"

// Map returns a file's content. On this system it reads the file.
func Map(path string) ([]byte, error) { return Read(path, math.MaxInt64) }
