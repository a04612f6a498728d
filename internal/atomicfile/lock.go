package atomicfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// LockName is the name of a folder's lock file. It is never removed: two processes could then lock
// two files of that name.
const LockName = ".lock"

// ErrLocked is the error of Lock if another process holds the lock.
var ErrLocked = errors.New("another process writes here")

// mostHolder is the number of bytes that are read of the name of a holder.
const mostHolder = 200

// errHeld is the error of lock if another process holds the lock.
var errHeld = errors.New("held")

// Lock locks a folder against other writers until unlock is called or the process ends. If another
// process holds the lock, the error names it and wraps ErrLocked.
func Lock(folder string) (unlock func(), err error) {
	path := filepath.Join(folder, LockName)
	// Truncate would empty the target of a link.
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("locking %s: %s is not a regular file", folder, path)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", folder, err)
	}
	if err := lock(file); err != nil {
		defer file.Close()
		if !errors.Is(err, errHeld) {
			return nil, fmt.Errorf("locking %s: %w", folder, err)
		}
		return nil, fmt.Errorf("%s is locked by %s: %w", folder, holder(file), ErrLocked)
	}
	host, err := os.Hostname()
	if err != nil {
		host = "this machine"
	}
	// Errors are ignored: the lock holds even if a full disk cannot record its holder.
	if file.Truncate(0) == nil {
		now := time.Now().Format(time.DateTime)
		fmt.Fprintf(file, "process %d on %s since %s", os.Getpid(), host, now)
	}
	return func() {
		file.Truncate(0)
		file.Close()
	}, nil
}

// holder returns the holder that a lock file names. It retries, because a process that has just
// taken the lock may not have written its name yet.
func holder(file *os.File) string {
	text := make([]byte, mostHolder)
	for range 20 {
		if n, _ := file.ReadAt(text, 0); n > 0 {
			return printable(string(text[:n]))
		}
		time.Sleep(10 * time.Millisecond)
	}
	return "an unknown process"
}

// printable replaces all but printable ASCII, which is safe to show on a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
}
