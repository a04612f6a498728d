package digitqa

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"braid/data"
	"braid/internal/disk"
	"braid/tensor"
)

// fromCache reads files that were checked before they entered the cache, and checks them again: a
// disk may have failed since.
func (f Finder) fromCache(_ context.Context, files []mnistFile) ([]tensor.Tensor, error) {
	if f.Cache == "" {
		return nil, errors.New("the system names no folder for caches")
	}
	parts := make([]tensor.Tensor, len(files))
	failed := make([]error, len(files))
	var wait sync.WaitGroup
	for i, file := range files {
		wait.Go(func() {
			content, err := os.ReadFile(filepath.Join(f.Cache, file.name))
			if err == nil {
				err = checkDigest(content, file.plain)
			}
			if err == nil {
				parts[i], err = data.ParseIDX(content)
			}
			if err != nil {
				failed[i] = fmt.Errorf("%s: %w", file.name, err)
			}
		})
	}
	wait.Wait()
	return parts, errors.Join(failed...)
}

// admit checks a file that has come, zipped, and puts it into the cache, unzipped. A cache that
// cannot be written is no reason to go without data.
func (f Finder) admit(file mnistFile, zipped []byte) (tensor.Tensor, error) {
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
	if f.Cache != "" && os.MkdirAll(f.Cache, 0o755) == nil {
		_ = disk.WriteBytes(filepath.Join(f.Cache, file.name), content)
	}
	return data.ParseIDX(content)
}

func checkDigest(content []byte, want string) error {
	sum := sha256.Sum256(content)
	if got := hex.EncodeToString(sum[:]); got != want {
		return fmt.Errorf("%d bytes with SHA-256 %s, want %s: damaged, or another file", len(content), got, want)
	}
	return nil
}
