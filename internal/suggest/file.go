package suggest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// mostNames is the number of names that MissingFile lists.
const mostNames = 3

// MissingFile adds to the error of a file that does not exist what was wanted there, and what may
// be meant: the nearest name in its folder, or names with the same ending. It returns other errors
// as they are.
func MissingFile(path, want string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	err = fmt.Errorf("%s: %w, want %s", Printable(path), err, want)
	folder, name := filepath.Split(filepath.Clean(path))
	if _, isLink := os.Lstat(path); isLink == nil {
		return fmt.Errorf("%w: it is a link to one that is not there", err)
	}
	entries, failed := os.ReadDir(filepath.Join(folder, "."))
	if errors.Is(failed, fs.ErrNotExist) {
		return fmt.Errorf("%w: there is no folder %s", err, Printable(filepath.Clean(folder)))
	}
	ending := filepath.Ext(name)
	var alike, others []string // names with this ending, without it, and all others
	for _, entry := range entries {
		if stem, ok := strings.CutSuffix(entry.Name(), ending); ok && ending != "" {
			alike = append(alike, stem)
		} else {
			others = append(others, entry.Name())
		}
	}
	near := Nearest(strings.TrimSuffix(name, ending), alike)
	if near != "" {
		near += ending
	} else {
		near = Nearest(name, others)
	}
	if near != "" {
		return fmt.Errorf("%w; did you mean %q?", err, folder+near)
	}
	if len(alike) == 0 {
		return err
	}
	alike = alike[:min(len(alike), mostNames)]
	for i := range alike {
		alike[i] += ending
	}
	return fmt.Errorf("%w; its folder has %s", err, List(alike))
}
