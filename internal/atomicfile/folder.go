package atomicfile

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
)

// syncFolder makes renames within folder durable. Some file systems cannot sync a folder and return
// EINVAL or ErrUnsupported. Windows cannot either, and does not need it for renames.
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
