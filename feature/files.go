package feature

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"braid/internal/parallel"
)

// mostMemory limits the memory for decoding a picture, and the size of a file, unless Value.Most is
// set: more than a photograph of 100 million pixels takes.
const mostMemory = 1 << 30

// pieceFiles is the number of rows that a worker takes at a time.
const pieceFiles = 8

// eachFile calls read with the value of each row, by all processors, and returns the cells for
// which it returned an error. start is called first with the number of workers.
func (c Column) eachFile(
	start func(workers int), read func(worker int, v Value) error,
) (all badCells, err error) {
	cells, err := c.Frame.Cells(c.Name)
	if err != nil {
		return all, err
	}
	crew := parallel.NewCrew(0)
	start(crew.Workers())
	bads := make([]badCells, (len(c.Rows)+pieceFiles-1)/pieceFiles)
	var taken atomic.Int64
	err = crew.Run(func(worker int) {
		for c.stopped() == nil {
			at := int(taken.Add(1)) - 1
			if at >= len(bads) {
				return
			}
			for _, row := range c.Rows[at*pieceFiles : min((at+1)*pieceFiles, len(c.Rows))] {
				v := Value{Text: cells.At(int(row)), Folder: c.Frame.Folder(int(row))}
				if err := read(worker, v); err != nil {
					bads[at].add(row, err)
				}
			}
		}
	})
	if err != nil {
		return all, fmt.Errorf("column %q: %w", c.Name, err)
	}
	if err := c.stopped(); err != nil {
		return all, err
	}
	for _, b := range bads {
		all.join(b)
	}
	return all, nil
}

// readFile reads the file with a name of a cell.
func readFile(name, root, folder string, most int64) ([]byte, error) {
	path, err := pathOf(name, root, folder)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, withPath(err, path)
	case info.IsDir():
		return nil, fmt.Errorf("%s is a folder, want a file", path)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is a device or a pipe, want a file", path)
	case info.Size() > most:
		return nil, fmt.Errorf("the file has %d bytes, want at most %d", info.Size(), most)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, withPath(err, path)
	}
	defer file.Close()
	content := make([]byte, info.Size())
	if _, err := io.ReadFull(file, content); err != nil {
		return nil, withPath(err, path)
	}
	return content, nil
}

// pathOf returns the path of the file with a name of a cell.
func pathOf(name, root, folder string) (string, error) {
	if folder == "" {
		return "", errors.New(
			"got the name of a file, want the picture itself: names are not read here")
	}
	if strings.Contains(name, "://") {
		return "", errors.New("is an address, want the path of a file: fetch the picture first")
	}
	path := filepath.FromSlash(name)
	if root := filepath.FromSlash(root); !filepath.IsAbs(path) {
		if path = filepath.Join(root, path); !filepath.IsAbs(path) {
			path = filepath.Join(folder, path)
		}
	}
	return path, nil
}

// withPath returns an error of a file with its path, but not the name of the system call.
func withPath(err error, path string) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	return fmt.Errorf("%s: %w", path, err)
}
