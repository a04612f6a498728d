package mnist

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxDownload is the most bytes that a download may have: MNIST's largest file has 10 MB.
const maxDownload = 64 << 20

// fetch downloads a file. A server that sends nothing for Stall, or more than it may, is an error.
func (f Finder) fetch(ctx context.Context, address, name string) ([]byte, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	stalled := time.AfterFunc(f.Stall, func() { stop(fmt.Errorf("sent nothing for %v", f.Stall)) })
	defer stalled.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	// The digest is that of the compressed file, which net/http would else decompress on the way.
	request.Header.Set("Accept-Encoding", "identity")
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, because(ctx, err)
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answered %s", reply.Status)
	}
	progress := func(n int64) {
		stalled.Reset(f.Stall)
		if f.Progress != nil {
			f.Progress(name, n, reply.ContentLength)
		}
	}
	var content bytes.Buffer
	n, err := io.Copy(&content, &counted{from: io.LimitReader(reply.Body, f.most+1), tell: progress})
	switch {
	case n > f.most:
		return nil, fmt.Errorf("sent over %d bytes", f.most)
	case err != nil:
		return nil, fmt.Errorf("after %d bytes: %w", n, because(ctx, err))
	}
	return content.Bytes(), nil
}

// counted calls tell with the number of bytes read so far.
type counted struct {
	from io.Reader
	n    int64
	tell func(n int64)
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	if n > 0 {
		c.n += int64(n)
		c.tell(c.n)
	}
	return n, err
}

// because gives the reason for which a context ended, if it did, for an error that only says so.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
