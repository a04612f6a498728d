package mnist

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxDownload is the size limit of a download; MNIST's largest file has 10 MB.
const maxDownload = 64 << 20

// fetch downloads a file. It is an error if the server sends nothing for f.Stall, or more than the
// limit.
func (f Finder) fetch(ctx context.Context, address, name string) ([]byte, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	stalled := time.AfterFunc(f.Stall, func() { stop(fmt.Errorf("sent nothing for %v", f.Stall)) })
	defer stalled.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	// The digest is that of the compressed file, which net/http would otherwise decompress.
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
	n, err := io.Copy(&content, &counted{r: io.LimitReader(reply.Body, f.maxBytes+1),
		report: progress})
	switch {
	case n > f.maxBytes:
		return nil, fmt.Errorf("sent over %d bytes", f.maxBytes)
	case err != nil:
		return nil, fmt.Errorf("after %d bytes: %w", n, because(ctx, err))
	}
	return content.Bytes(), nil
}

// counted is a reader that calls report with the number of bytes read so far.
type counted struct {
	r      io.Reader
	n      int64
	report func(n int64)
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if n > 0 {
		c.n += int64(n)
		c.report(c.n)
	}
	return n, err
}

// because returns the cause of a done context, else err.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
