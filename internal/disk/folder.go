package disk

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
)

// syncFolder makes a rename within folder last. Some file systems cannot sync a folder, and answer
// EINVAL or that it is unsupported; Windows refuses, and its renames need none.
func syncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(folder)
	if err != nil {
		return fmt.Errorf("syncing folder: %w", err)
	}
	defer dir.Close()
	err = try(Folder, folder, dir.Sync)
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("syncing folder %s: %w", folder, err)
	}
	return nil
}
