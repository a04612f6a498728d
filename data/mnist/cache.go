package mnist

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"braid/data"
	"braid/internal/atomicfile"
	"braid/internal/parallel"
	"braid/tensor"
)

// fromCache reads files from the cache. It checks them again, because a disk may have damaged them.
func (f Finder) fromCache(
	_ context.Context, files []file, found map[string]tensor.Tensor,
) error {
	if f.Cache == "" {
		return errors.New("the system has no folder for caches")
	}
	arrays := make([]tensor.Tensor, len(files))
	failed := make([]error, len(files))
	parallel.Each(len(files), func(i int) { arrays[i], failed[i] = f.cached(files[i]) })
	var absent []file
	var damaged []error
	for i, file := range files {
		switch err := failed[i]; {
		case err == nil:
			found[file.name] = arrays[i]
		case errors.Is(err, fs.ErrNotExist):
			absent = append(absent, file)
		default:
			f.Note(fmt.Sprintf("%s is downloaded again: %v", filepath.Join(f.Cache, file.name), err))
			damaged = append(damaged, fmt.Errorf("%s: %w", file.name, err))
		}
	}
	if absent != nil {
		damaged = append(damaged, fmt.Errorf("has no %s", names(absent)))
	}
	return errors.Join(damaged...)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// cached maps a file of the cache into memory. Files of the cache are replaced, never modified.
func (f Finder) cached(file file) (tensor.Tensor, error) {
	content, err := atomicfile.Map(filepath.Join(f.Cache, file.name))
	if err != nil {
		return tensor.Tensor{}, err
	}
	if got := crc32.Checksum(content, castagnoli); got != file.plain {
		return tensor.Tensor{}, fmt.Errorf("%d bytes with CRC-32C %08x, want %08x: "+
			"damaged, or another file", len(content), got, file.plain)
	}
	return data.ParseIDX(content)
}

// admit checks a downloaded gzip file and writes its content to the cache. An error of writing is
// only noted.
func (f Finder) admit(file file, zipped []byte) (tensor.Tensor, error) {
	if err := checkDigest(zipped, file.zipped); err != nil {
		return tensor.Tensor{}, err
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return tensor.Tensor{}, err
	}
	content, err := io.ReadAll(unzipped)
	if err != nil {
		return tensor.Tensor{}, err
	}
	if err := f.keep(file, content); err != nil {
		f.Note(fmt.Sprintf("%s is not kept in the cache: %v", file.name, err))
	}
	return data.ParseIDX(content)
}

func (f Finder) keep(file file, content []byte) error {
	if f.Cache == "" {
		return nil
	}
	if err := os.MkdirAll(f.Cache, 0o755); err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(f.Cache, file.name), content)
}

// checkDigest compares the SHA-256 of content.
func checkDigest(content []byte, want string) error {
	sum := sha256.Sum256(content)
	if got := hex.EncodeToString(sum[:]); got != want {
		return fmt.Errorf("%d bytes with SHA-256 %s, want %s: damaged, or another file",
			len(content), got, want)
	}
	return nil
}
