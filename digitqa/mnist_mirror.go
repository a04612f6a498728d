package digitqa

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"braid/tensor"
)

var publicMirrors = []string{
	"https://storage.googleapis.com/cvdf-datasets/mnist/",
	"https://ossci-datasets.s3.amazonaws.com/mnist/",
}

// The bounds of a download: of one file's size, and of its time on one mirror.
const (
	maxDownload  = 64 << 20
	downloadTime = 10 * time.Minute
)

// fromMirrors downloads the files.
func (f Finder) fromMirrors(ctx context.Context, files []mnistFile) ([]tensor.Tensor, error) {
	if len(f.Mirrors) == 0 {
		return nil, errors.New("none is known")
	}
	var parts []tensor.Tensor
	for _, file := range files {
		part, err := f.download(ctx, file)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// download asks one mirror after the other for a file. What one has sent before it failed is kept,
// and the next is asked for the rest.
func (f Finder) download(ctx context.Context, file mnistFile) (tensor.Tensor, error) {
	var content bytes.Buffer
	var tried []error
	for _, mirror := range f.Mirrors {
		address := mirror + file.name + ".gz"
		resumed := content.Len() > 0
		err := f.fetch(ctx, address, file.name, &content)
		var part tensor.Tensor
		if err == nil {
			if part, err = f.admit(file, content.Bytes()); err == nil {
				return part, nil
			}
			// Wrong bytes, from this mirror or the one before it: this one may have it whole.
			content.Reset()
			if resumed && f.fetch(ctx, address, file.name, &content) == nil {
				if part, whole := f.admit(file, content.Bytes()); whole == nil {
					return part, nil
				}
				content.Reset()
			}
		}
		if ctx.Err() != nil {
			return part, context.Cause(ctx)
		}
		tried = append(tried, fmt.Errorf("%s: %w", address, err))
	}
	return tensor.Tensor{}, errors.Join(tried...)
}

// fetch adds to content what an address holds from there on.
func (f Finder) fetch(ctx context.Context, address, name string, content *bytes.Buffer) error {
	ctx, cancel := context.WithTimeoutCause(ctx, downloadTime, fmt.Errorf("took longer than %v", downloadTime))
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	stalled := time.AfterFunc(f.Stall, func() { stop(fmt.Errorf("sent nothing for %v", f.Stall)) })
	defer stalled.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	if content.Len() > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", content.Len()))
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return because(ctx, err)
	}
	defer reply.Body.Close()
	switch reply.StatusCode {
	case http.StatusPartialContent:
	case http.StatusOK:
		content.Reset() // the whole file, whatever was asked for
	default:
		return fmt.Errorf("answered %s", reply.Status)
	}
	total := int64(-1)
	if reply.ContentLength >= 0 {
		total = int64(content.Len()) + reply.ContentLength
	}
	block := make([]byte, 64<<10)
	for {
		n, err := reply.Body.Read(block)
		content.Write(block[:n])
		if n > 0 {
			stalled.Reset(f.Stall)
			if f.Progress != nil {
				f.Progress(name, int64(content.Len()), total)
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return because(ctx, fmt.Errorf("after %d bytes: %w", content.Len(), err))
		case content.Len() > maxDownload:
			return fmt.Errorf("sent over %d bytes", maxDownload)
		}
	}
}

// because gives the reason for which a context ended, if it did, for an error that only says so.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
