package mnist

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"braid/tensor"
)

var publicMirrors = []string{
	"https://storage.googleapis.com/cvdf-datasets/mnist/",
	"https://ossci-datasets.s3.amazonaws.com/mnist/",
}

// fromMirrors downloads the files and stops at the first file that no mirror has.
func (f Finder) fromMirrors(
	ctx context.Context, files []file, found map[string]tensor.Tensor,
) error {
	if len(f.Mirrors) == 0 {
		return errors.New("none is known")
	}
	late := fmt.Errorf("downloading took longer than %v", f.Timeout)
	ctx, cancel := context.WithTimeoutCause(ctx, f.Timeout, late)
	defer cancel()
	for _, file := range files {
		array, err := f.download(ctx, file)
		if err != nil {
			return err
		}
		found[file.name] = array
	}
	return nil
}

// download tries one mirror after the other.
func (f Finder) download(ctx context.Context, file file) (tensor.Tensor, error) {
	var tried []error
	for _, mirror := range f.Mirrors {
		address := strings.TrimSuffix(mirror, "/") + "/" + file.name + ".gz"
		zipped, err := f.fetch(ctx, address, file.name)
		if err == nil {
			var array tensor.Tensor
			if array, err = f.admit(file, zipped); err == nil {
				return array, nil
			}
		}
		tried = append(tried, fmt.Errorf("%s: %w", address, err))
		if ctx.Err() != nil {
			break
		}
	}
	return tensor.Tensor{}, errors.Join(tried...)
}
