//go:build !unix

package disk

import "os"

// Map is a file's content, read: this system does not lend its own pages.
func Map(path string) ([]byte, error) { return os.ReadFile(path) }
