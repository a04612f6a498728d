package disk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// LockName is the file in a folder that a lock lies on. It stays: to remove it would let two
// processes lock two files of one name.
const LockName = ".lock"

// ErrLocked is that another process holds a lock.
var ErrLocked = errors.New("another process writes here")

// errHeld is what the system's lock answers where another holds it.
var errHeld = errors.New("held")

// Lock locks a folder against other writers until unlock, or until the process ends, however it
// ends. Where another has locked it, the error tells who.
func Lock(folder string) (unlock func(), err error) {
	path := filepath.Join(folder, LockName)
	// A link would have another file emptied.
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("locking %s: %s is no regular file", folder, path)
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
	// Who holds it is told as well as can be: a full disk is no reason not to lock.
	if file.Truncate(0) == nil {
		fmt.Fprintf(file, "process %d on %s since %s", os.Getpid(), host, time.Now().Format(time.DateTime))
	}
	return func() {
		file.Truncate(0)
		file.Close()
	}, nil
}

// holder is who a lock's file says has it. One who has just taken it needs a moment to say so.
func holder(file *os.File) string {
	said := make([]byte, 200)
	for range 20 {
		if n, _ := file.ReadAt(said, 0); n > 0 {
			return printable(string(said[:n]))
		}
		time.Sleep(10 * time.Millisecond)
	}
	return "a process that does not say which"
}

// printable keeps what a terminal may be shown.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
}
