//go:build darwin || freebsd || linux

package disk

import "golang.org/x/sys/unix"

// Free is how many bytes a process may still write beneath a folder; ok is false where the system
// does not tell.
func Free(folder string) (bytes uint64, ok bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, false
	}
	// Some systems count below zero what only root may still write.
	return uint64(max(int64(s.Bavail), 0)) * uint64(s.Bsize), true
}
