//go:build !(darwin || freebsd || linux || windows)

package disk

// Free is how many bytes a process may still write beneath a folder; ok is false where the system
// does not tell.
func Free(string) (bytes uint64, ok bool) { return 0, false }
