package atomicfile

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lock locks one byte far beyond the end, so that other processes can still read the holder's name.
func lock(file *os.File) error {
	at := windows.Overlapped{OffsetHigh: 1}
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return errHeld
	}
	return err
}
