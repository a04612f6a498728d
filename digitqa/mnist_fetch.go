package digitqa

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxDownload is the most bytes that a download may have: MNIST's largest file has 10 MB.
const maxDownload = 64 << 20

// fetch adds to what has come of a file what an address holds from there on.
func (f Finder) fetch(ctx context.Context, address, name string, come *arrival) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	stalled := time.AfterFunc(f.Stall, func() { stop(fmt.Errorf("sent nothing for %v", f.Stall)) })
	defer stalled.Stop()

	reply, err := request(ctx, address, int64(come.content.Len()))
	if err != nil {
		come.resumed = false
		return because(ctx, err)
	}
	defer reply.Body.Close()
	if err := come.begin(reply); err != nil {
		return err
	}
	total := int64(-1)
	if reply.ContentLength >= 0 {
		total = int64(come.content.Len()) + reply.ContentLength
	}
	block := make([]byte, 64<<10)
	for {
		n, err := reply.Body.Read(block)
		come.content.Write(block[:n])
		done := int64(come.content.Len())
		if n > 0 {
			stalled.Reset(f.Stall)
			if f.Progress != nil {
				f.Progress(name, done, total)
			}
		}
		switch {
		case done > f.most:
			come.content.Reset()
			return fmt.Errorf("sent over %d bytes", f.most)
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("after %d bytes: %w", done, because(ctx, err))
		}
	}
}

// request asks an address for its bytes from the given one on.
func request(ctx context.Context, address string, from int64) (*http.Response, error) {
	asked, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	// The digest is that of the file as it is stored, which net/http would else unzip on the way.
	asked.Header.Set("Accept-Encoding", "identity")
	if from > 0 {
		asked.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	return http.DefaultClient.Do(asked)
}

// begin tells from the head of a reply whether its body goes on with what has come, begins anew, or
// is none of the file.
func (come *arrival) begin(reply *http.Response) error {
	have := int64(come.content.Len())
	come.resumed = false
	switch reply.StatusCode {
	case http.StatusOK:
		come.content.Reset() // the whole file, whatever was asked for
		return nil
	case http.StatusPartialContent:
		come.resumed = true
		var from int64
		said := reply.Header.Get("Content-Range")
		if _, err := fmt.Sscanf(said, "bytes %d-", &from); err == nil && from == have {
			return nil
		}
		come.content.Reset()
		return fmt.Errorf("sent %q, asked for bytes from %d on", said, have)
	case http.StatusRequestedRangeNotSatisfiable:
		come.resumed = have > 0
		come.content.Reset() // as long as the file or longer, and yet not it
	}
	return fmt.Errorf("answered %s", reply.Status)
}

// because gives the reason for which a context ended, if it did, for an error that only says so.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
