package disk

import "golang.org/x/sys/windows"

// Free is how many bytes a process may still write beneath a folder; ok is false where the system
// does not tell.
func Free(folder string) (bytes uint64, ok bool) {
	name, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return 0, false
	}
	err = windows.GetDiskFreeSpaceEx(name, &bytes, nil, nil)
	return bytes, err == nil
}
