package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
)

// Holder returns who has locked a folder, such as "process 7 on host since ...", or "" if nobody
// has. It changes nothing: a process that died leaves its name, but not its lock.
func Holder(folder string) string {
	path := filepath.Join(folder, LockName)
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	text := make([]byte, mostHolder)
	// The lock is tried only where there is a name, because this holds it for a moment.
	n, _ := file.ReadAt(text, 0)
	if n == 0 || !errors.Is(lock(file), errHeld) {
		return ""
	}
	return printable(string(text[:n]))
}
