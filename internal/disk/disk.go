// Package disk writes files so that a reader, and a machine that lost its power, sees the old file
// or the new one, whole.
package disk

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Write replaces path by what write gives: a temporary file beside it is written, synced and
// renamed, and the folder is synced. If anything fails, path is as it was.
func Write(path string, write func(io.Writer) error) error {
	file, err := create(path)
	if err != nil {
		return err
	}
	temporary := file.Name()
	buffer := bufio.NewWriterSize(file, 1<<16)
	err = write(buffer)
	if err == nil {
		err = buffer.Flush()
	}
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, errors.Join(err, ignoreMissing(os.Remove(temporary))))
	}
	return syncFolder(filepath.Dir(path))
}

// WriteBytes replaces path by content.
func WriteBytes(path string, content []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// Link makes path a symbolic link to target, in place of one that may be there.
func Link(target, path string) error {
	for i := range 100 {
		temporary := temporaryName(path, i)
		err := os.Symlink(target, temporary)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err == nil {
			err = os.Rename(temporary, path)
		}
		if err != nil {
			return fmt.Errorf("linking %s: %w", path, errors.Join(err, ignoreMissing(os.Remove(temporary))))
		}
		return syncFolder(filepath.Dir(path))
	}
	return fmt.Errorf("linking %s: no free name for a temporary link", path)
}

// create makes a temporary file beside path, with the permissions that a new file gets.
func create(path string) (*os.File, error) {
	for i := range 100 {
		file, err := os.OpenFile(temporaryName(path, i), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", path, err)
		}
		return file, nil
	}
	return nil, fmt.Errorf("writing %s: no free name for a temporary file", path)
}

// temporaryName is hidden, tells whose it is, and ends in .tmp.
func temporaryName(path string, i int) string {
	return filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d-%d.tmp", filepath.Base(path), os.Getpid(), i))
}

func syncFolder(folder string) error {
	dir, err := os.Open(folder)
	if err != nil {
		return fmt.Errorf("syncing folder: %w", err)
	}
	defer dir.Close()
	// Some systems cannot sync a folder; the file itself is safe there all the same.
	if err := dir.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, os.ErrInvalid) {
		return fmt.Errorf("syncing folder %s: %w", folder, err)
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
