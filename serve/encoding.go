package serve

import (
	"bufio"
	"compress/flate"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"strings"

	"braid/internal/gunzip"
	"braid/internal/inflate"
	"braid/internal/suggest"
)

// maxCodings is the most times that a body may be compressed.
const maxCodings = 2

// codings returns the codings that compressed a body, in the order in which they were applied.
func codings(h http.Header) ([]string, error) {
	var list []string
	all := strings.Join(h.Values("Content-Encoding"), ",")
	for each := range strings.SplitSeq(all, ",") {
		switch coding := strings.ToLower(strings.Trim(each, " \t")); coding {
		case "", "identity":
		case "gzip", "x-gzip", "deflate":
			list = append(list, coding)
		default:
			const text = "Content-Encoding is %s, want gzip, deflate or none"
			return nil, unsupported(text, suggest.Shorten(coding))
		}
	}
	if len(list) > maxCodings {
		const text = "Content-Encoding names %d codings, at most %d are undone"
		return nil, unsupported(text, len(list), maxCodings)
	}
	return list, nil
}

// decompressorSize is the memory of a decompressor, in bytes.
const decompressorSize = 48 << 10

// unpacked returns a reader of a request's decompressed body. identity reports whether it has no
// coding. The bytes between two codings are limited as the body is, so that a small body cannot
// cost much work.
func (s *Server) unpacked(
	b *body, w http.ResponseWriter, r *http.Request,
) (from io.Reader, identity bool, err error) {
	list, err := codings(r.Header)
	if err != nil || list == nil {
		return r.Body, true, err
	}
	from = r.Body
	for i := len(list) - 1; i >= 0; i-- {
		if err := b.take(decompressorSize, forBody); err != nil {
			return nil, false, err
		}
		meter := inflate.NewMeter(http.MaxBytesReader(w, io.NopCloser(from), s.config.Body))
		bounded := bufio.NewReader(meter)
		if list[i] == "deflate" {
			from, err = undeflate(bounded)
		} else {
			from, err = gunzip.NewReader(bounded)
		}
		if err != nil {
			return nil, false, readFailed(err)
		}
		from = meter.Content(from)
	}
	return from, false, nil
}

// undeflate decompresses deflate: in zlib's format, as HTTP specifies, or raw, as some clients
// send.
func undeflate(from *bufio.Reader) (io.Reader, error) {
	head, err := from.Peek(2)
	if err != nil {
		return nil, err
	}
	unpack := flate.NewReader(from)
	isZlib := head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0
	if isZlib {
		if unpack, err = zlib.NewReader(from); err != nil {
			return nil, err
		}
	}
	return &inflated{unpack, from}, nil
}

// inflated is a decompressor that fails if bytes follow the compressed data, as gunzip's does.
type inflated struct {
	io.Reader
	from *bufio.Reader
}

func (u *inflated) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	if err != io.EOF {
		return n, err
	}
	switch _, more := u.from.Peek(1); {
	case more == nil:
		return n, errMore
	case !errors.Is(more, io.EOF):
		return n, more
	}
	return n, io.EOF
}

var errMore = errors.New("deflate: more bytes follow its end")
