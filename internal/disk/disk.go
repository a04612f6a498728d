// Package disk writes files so that a reader, and a machine that lost its power, sees the old file
// or the new one, whole.
package disk

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
)

// Write replaces path by what write gives: a temporary file beside it is written, synced and
// renamed, and the folder is synced. If anything before the folder's sync fails, path is as it was.
// The file's permissions are those of the file that it replaces, else those that os.Create gives.
func Write(path string, write func(io.Writer) error) (err error) {
	file, err := create(path)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, withoutPath(err))
	}
	renamed := false
	defer func() { // deferred, for write may panic
		if !renamed {
			file.Close()
			err = errors.Join(err, ignoreMissing(remove(file.Name())))
		}
	}()
	if err := fill(file, path, write); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := rename(file.Name(), path); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	renamed = true
	return syncFolder(filepath.Dir(path))
}

// WriteBytes replaces path by content.
func WriteBytes(path string, content []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// Link makes path a symbolic link to target, in place of a link that may be there. It replaces
// nothing but links.
func Link(target, path string) error {
	info, err := os.Lstat(path)
	if err == nil && info.Mode()&fs.ModeSymlink == 0 {
		return fmt.Errorf("linking %s: what is there is not a symbolic link, so it is left", path)
	}
	if err := ignoreMissing(err); err != nil {
		return fmt.Errorf("linking %s: %w", path, err)
	}
	name, err := unused(path, func(name string) error {
		return try(Symlink, name, func() error { return os.Symlink(target, name) })
	})
	if err != nil {
		return fmt.Errorf("linking %s: %w", path, err)
	}
	if err := rename(name, path); err != nil {
		return fmt.Errorf("linking %s: %w", path, errors.Join(err, remove(name)))
	}
	return syncFolder(filepath.Dir(path))
}

// fill writes, syncs and closes the file that is to replace path.
func fill(file *os.File, path string, write func(io.Writer) error) error {
	if err := keepMode(file, path); err != nil {
		return err
	}
	buffer := bufio.NewWriterSize(writer{file}, 1<<16)
	if err := write(buffer); err != nil {
		return err
	}
	if err := buffer.Flush(); err != nil {
		return err
	}
	if err := try(Sync, file.Name(), file.Sync); err != nil {
		return err
	}
	return try(Close, file.Name(), file.Close)
}

// keepMode gives a file the permissions of the one that it is to replace: what was private stays
// so. Where a file system has none, that nobody more may read it is enough.
func keepMode(file *os.File, path string) error {
	old, err := os.Lstat(path)
	if err != nil || !old.Mode().IsRegular() {
		return ignoreMissing(err)
	}
	own, err := file.Stat()
	if err != nil || own.Mode().Perm() == old.Mode().Perm() {
		return err
	}
	if err := file.Chmod(old.Mode().Perm()); err != nil && own.Mode().Perm()&^old.Mode().Perm() != 0 {
		return err
	}
	return nil
}

func rename(from, to string) error {
	return try(Rename, to, func() error { return os.Rename(from, to) })
}

func remove(path string) error { return try(Remove, path, func() error { return os.Remove(path) }) }

// create makes a temporary file beside path. It is not os.CreateTemp's, which only the owner may
// read.
func create(path string) (file *os.File, err error) {
	_, err = unused(path, func(name string) error {
		return try(Create, name, func() error {
			file, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
			return err
		})
	})
	return file, err
}

// unused finds a name beside path that place can take. The name is hidden, tells whose it is, and
// ends in .tmp. It is random, so that what dead processes left, even ones with our id, is no
// hindrance.
func unused(path string, place func(name string) error) (name string, err error) {
	folder, base := filepath.Split(path)
	for range 100 {
		name = filepath.Join(folder, fmt.Sprintf(".%s.%016x.tmp", base, rand.Uint64()))
		if err = place(name); !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return name, err
}

// withoutPath leaves out the name of a temporary file, of which nobody knows.
func withoutPath(err error) error {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Delete removes a file and lets its removal last. That it is not there is no error.
func Delete(path string) error {
	if err := ignoreMissing(remove(path)); err != nil {
		return fmt.Errorf("removing %s: %w", path, err)
	}
	return syncFolder(filepath.Dir(path))
}

// MakeFolder makes a folder, and those it lies in, and lets its name last.
func MakeFolder(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// IsTemporary tells whether a file is named as those that are being written.
func IsTemporary(name string) bool { return temporary.MatchString(name) }

// Move renames a file and lets its new name last.
func Move(from, to string) error {
	if err := rename(from, to); err != nil {
		return fmt.Errorf("renaming %s: %w", from, err)
	}
	return syncFolder(filepath.Dir(to))
}

// temporary matches the names that unused gives.
var temporary = regexp.MustCompile(`^\..+\.[0-9a-f]{16}\.tmp$`)

// Sweep removes what processes that died while they wrote left in a folder. Nobody else may write
// there.
func Sweep(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	var failed []error
	for _, entry := range entries {
		if !entry.IsDir() && IsTemporary(entry.Name()) {
			failed = append(failed, ignoreMissing(remove(filepath.Join(folder, entry.Name()))))
		}
	}
	return errors.Join(failed...)
}
