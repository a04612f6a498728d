package digitqa

import (
	"bytes"
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

// arrival is what has come of a file.
type arrival struct {
	content bytes.Buffer
	// resumed is true where the last mirror was asked to go on with what others had sent: if that
	// failed and content is empty, it was theirs that was wrong, or the two did not fit.
	resumed bool
}

// fromMirrors downloads the files, and gives up at the first that no mirror has.
func (f Finder) fromMirrors(
	ctx context.Context, files []mnistFile, found map[string]tensor.Tensor,
) error {
	if len(f.Mirrors) == 0 {
		return errors.New("none is known")
	}
	late := fmt.Errorf("downloading took longer than %v", f.Limit)
	ctx, cancel := context.WithTimeoutCause(ctx, f.Limit, late)
	defer cancel()
	for _, file := range files {
		part, err := f.download(ctx, file)
		if err != nil {
			return err
		}
		found[file.name] = part
	}
	return nil
}

// download asks one mirror after the other for a file. What one has sent before it failed is kept,
// and the next is asked for the rest.
func (f Finder) download(ctx context.Context, file mnistFile) (tensor.Tensor, error) {
	var come arrival
	var tried []error
	for _, mirror := range f.Mirrors {
		address := strings.TrimSuffix(mirror, "/") + "/" + file.name + ".gz"
		part, err := f.attempt(ctx, address, file, &come)
		if err != nil && come.resumed && come.content.Len() == 0 {
			part, err = f.attempt(ctx, address, file, &come) // this mirror may have it whole
		}
		if err == nil {
			return part, nil
		}
		tried = append(tried, fmt.Errorf("%s: %w", address, err))
		if ctx.Err() != nil {
			break
		}
	}
	return tensor.Tensor{}, errors.Join(tried...)
}

// attempt asks an address for what is yet to come of a file, and checks the whole. What cannot be
// gone on with is dropped.
func (f Finder) attempt(
	ctx context.Context, address string, file mnistFile, come *arrival,
) (tensor.Tensor, error) {
	if err := f.fetch(ctx, address, file.name, come); err != nil {
		return tensor.Tensor{}, err
	}
	part, err := f.admit(file, come.content.Bytes())
	if err != nil {
		come.content.Reset()
	}
	return part, err
}
