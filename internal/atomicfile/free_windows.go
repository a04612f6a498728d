package atomicfile

import "golang.org/x/sys/windows"

// Free returns the number of bytes that are free for this process on the file system of a folder.
// ok is false if the system does not report it.
func Free(folder string) (bytes uint64, ok bool) {
	name, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return 0, false
	}
	err = windows.GetDiskFreeSpaceEx(name, &bytes, nil, nil)
	return bytes, err == nil
}
