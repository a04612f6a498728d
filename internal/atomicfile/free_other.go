//go:build !(darwin || freebsd || linux || windows)

package atomicfile

// Free returns the number of free bytes on the file system of a folder. ok is false if the system
// does not report it.
func Free(string) (bytes uint64, ok bool) { return 0, false }
