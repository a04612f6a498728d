// Package atomicfile replaces files atomically: a reader sees the old file or the new one,
// complete, also after a power failure.
package atomicfile

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

// Replacement is a temporary file that replaces another when it is complete. It is in the same
// folder.
type Replacement struct {
	path   string
	file   *os.File
	buffer *bufio.Writer
	done   bool
}

// Begin creates a replacement for path. It has the permissions of the old file, or those of
// os.Create if there is none. Commit or Abort end it.
func Begin(path string) (*Replacement, error) {
	file, err := create(path)
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", path, withoutPath(err))
	}
	r := &Replacement{path: path, file: file, buffer: bufio.NewWriterSize(writer{file}, 1<<16)}
	if err := keepMode(file, path); err != nil {
		return nil, errors.Join(fmt.Errorf("writing %s: %w", path, err), r.Abort())
	}
	return r, nil
}

// Write appends to the replacement.
func (r *Replacement) Write(p []byte) (int, error) { return r.buffer.Write(p) }

// Commit syncs the replacement, renames it to path, and syncs the folder. If a step before the
// folder's sync fails, path is unchanged, and Abort is still to be called.
func (r *Replacement) Commit() error {
	if err := r.commit(); err != nil {
		return fmt.Errorf("writing %s: %w", r.path, err)
	}
	r.done = true
	return syncFolder(filepath.Dir(r.path))
}

func (r *Replacement) commit() error {
	if err := r.buffer.Flush(); err != nil {
		return err
	}
	if err := try(Sync, r.file.Name(), r.file.Sync); err != nil {
		return err
	}
	if err := try(Close, r.file.Name(), r.file.Close); err != nil {
		return err
	}
	return rename(r.file.Name(), r.path)
}

// Abort removes the replacement, unless it was committed or aborted.
func (r *Replacement) Abort() error {
	if r.done {
		return nil
	}
	r.done = true
	r.file.Close()
	return ignoreMissing(remove(r.file.Name()))
}

// Write replaces path by the output of write, through a Replacement.
func Write(path string, write func(io.Writer) error) (err error) {
	r, err := Begin(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Abort()) }() // deferred because write may panic
	if err := write(r.buffer); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return r.Commit()
}

// WriteBytes replaces path by content.
func WriteBytes(path string, content []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// Link makes path a symbolic link to target. It replaces an existing link, but no other file.
func Link(target, path string) error {
	info, err := os.Lstat(path)
	if err == nil && info.Mode()&fs.ModeSymlink == 0 {
		return fmt.Errorf("linking %s: the existing file is not a symbolic link and was kept", path)
	}
	if err := ignoreMissing(err); err != nil {
		return fmt.Errorf("linking %s: %w", path, err)
	}
	name, err := createUnused(path, func(name string) error {
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

// keepMode gives a file the permissions of the one that it is to replace, so that a private file
// stays private. A failure counts only if the file has more permissions than the old one: some file
// systems have none.
func keepMode(file *os.File, path string) error {
	old, err := os.Lstat(path)
	if err != nil || !old.Mode().IsRegular() {
		return ignoreMissing(err)
	}
	created, err := file.Stat()
	if err != nil || created.Mode().Perm() == old.Mode().Perm() {
		return err
	}
	more := created.Mode().Perm() &^ old.Mode().Perm()
	if err := file.Chmod(old.Mode().Perm()); err != nil && more != 0 {
		return err
	}
	return nil
}

func rename(from, to string) error {
	return try(Rename, to, func() error { return os.Rename(from, to) })
}

func remove(path string) error { return try(Remove, path, func() error { return os.Remove(path) }) }

// create makes a temporary file in the folder of path. os.CreateTemp would make it readable by the
// owner only.
func create(path string) (file *os.File, err error) {
	_, err = createUnused(path, func(name string) error {
		return try(Create, name, func() error {
			file, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
			return err
		})
	})
	return file, err
}

// createUnused calls create with names in the folder of path until one is unused, and returns that
// name. It is hidden, contains the name of path and ends in .tmp. It is random, so that it differs
// from names that dead processes left.
func createUnused(path string, create func(name string) error) (name string, err error) {
	folder, base := filepath.Split(path)
	for range 100 {
		name = filepath.Join(folder, fmt.Sprintf(".%s.%016x.tmp", base, rand.Uint64()))
		if err = create(name); !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return name, err
}

// withoutPath removes the name of a temporary file from an error.
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

// Delete removes a file and syncs its folder. A missing file is no error.
func Delete(path string) error {
	if err := ignoreMissing(remove(path)); err != nil {
		return fmt.Errorf("removing %s: %w", path, err)
	}
	return syncFolder(filepath.Dir(path))
}

// MakeFolder makes a folder and its missing parents, and syncs the folder's parent.
func MakeFolder(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// IsTemporary reports whether name is one of a file that Write has not finished.
func IsTemporary(name string) bool { return temporary.MatchString(name) }

// Move renames a file and syncs the folder of the new name.
func Move(from, to string) error {
	if err := rename(from, to); err != nil {
		return fmt.Errorf("renaming %s: %w", from, err)
	}
	return syncFolder(filepath.Dir(to))
}

// temporary matches the names of createUnused.
var temporary = regexp.MustCompile(`^\..+\.[0-9a-f]{16}\.tmp$`)

// Sweep removes the temporary files that killed processes left in a folder. No other process may be
// writing there.
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
