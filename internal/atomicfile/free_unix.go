//go:build darwin || freebsd || linux

package atomicfile

import "golang.org/x/sys/unix"

// Free returns the number of bytes that are free for this process on the file system of a folder.
// ok is false if the system does not report it.
func Free(folder string) (bytes uint64, ok bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, false
	}
	// Bavail is negative on some systems when only root's reserve is left.
	return uint64(max(int64(s.Bavail), 0)) * uint64(s.Bsize), true
}
