package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// entry is a request in the log and the metrics, and the way its answer takes.
type entry struct {
	http.ResponseWriter
	server  *Server
	request *http.Request
	began   time.Time
	route   string
	id      string
	status  int
	err     error    // why it failed
	model   *version // that is asked; nil: none is found
	rows    int      // of the answer
}

var entries = sync.Pool{New: func() any { return &entry{} }}

// begin makes a request's entry. Its id is the client's, where it is one, else random; it goes out with the answer.
func (s *Server) begin(w http.ResponseWriter, r *http.Request) *entry {
	e := entries.Get().(*entry)
	*e = entry{ResponseWriter: w, server: s, request: r, began: time.Now(), route: "none"}
	h := w.Header()
	if e.id = r.Header.Get("X-Request-Id"); !goodID(e.id) {
		e.id = randomID()
	}
	h["X-Request-Id"] = []string{e.id}
	h["X-Content-Type-Options"] = noSniff
	if trace := r.Header.Get("Traceparent"); trace != "" {
		if child := childTrace(trace); child != "" {
			h["Traceparent"] = []string{child}
		}
	}
	return e
}

var (
	noSniff = []string{"nosniff"}
	closing = []string{"close"}
)

// WriteHeader notes the status, and ends the connection if it must not go on.
func (e *entry) WriteHeader(status int) {
	if e.status == 0 {
		e.status = status
	}
	if e.last() {
		e.Header()["Connection"] = closing
	}
	e.ResponseWriter.WriteHeader(status)
}

// last reports whether the answer ends its connection: while the server stops, while a new connection waits, and where
// it is not sure that the client and this server mean the same by the end of the request. A request with Transfer-Encoding and
// Content-Length may be an attempt at smuggling another (RFC 9112, 6.3). net/http goes by Transfer-Encoding, or in
// HTTP/1.0 by Content-Length, and does not say that it dropped the other.
func (e *entry) last() bool {
	r := e.request
	return e.server.leaving.Load() || e.server.crowded.Load() || len(r.TransferEncoding) > 0 || !r.ProtoAtLeast(1, 1)
}

// Write notes that there was an answer.
func (e *entry) Write(p []byte) (int, error) {
	if e.status == 0 {
		e.WriteHeader(http.StatusOK)
	}
	return e.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (e *entry) Unwrap() http.ResponseWriter { return e.ResponseWriter }

// fail answers with what went wrong.
func (e *entry) fail(err error) {
	e.err = err
	p := problemOf(err)
	if p.reason != "" {
		e.server.metrics.rejected.WithLabelValues(p.reason).Inc()
	}
	if e.status != 0 {
		return // the answer had begun
	}
	if p.status == statusGone {
		e.status = statusGone // end closes the connection, for without an answer net/http would send an empty one
		return
	}
	p.write(e)
}

// end counts the request, and logs it. A panic ends here, but for the one that closes a connection.
func (e *entry) end() {
	abort := false
	if r := recover(); r != nil {
		if err, ok := r.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			abort = true
		} else {
			e.fail(&panicked{r, debug.Stack()})
		}
	}
	abort = abort || e.status == statusGone
	took := time.Since(e.began)
	e.server.metrics.answered(e.route, e.status, took)
	if e.model != nil {
		e.model.batch.metrics.answered(e.status, e.rows, took)
	}
	e.log(took)
	*e = entry{}
	entries.Put(e)
	if abort {
		panic(http.ErrAbortHandler)
	}
}

// log tells of a request: failures of ours as errors; of those that were turned away one in a second as a warning,
// for they may be many, and the metrics count them; all others only where the log asks for everything.
func (e *entry) log(took time.Duration) {
	level := slog.LevelDebug
	if e.err != nil {
		switch p := problemOf(e.err); {
		case p.status == http.StatusInternalServerError:
			level = slog.LevelError
		case p.reason != "" && e.server.warning.Allow():
			level = slog.LevelWarn
		}
	}
	ctx := context.Background()
	if !e.server.log.Enabled(ctx, level) {
		return
	}
	fields := []slog.Attr{
		slog.String("id", e.id), slog.String("method", e.request.Method), slog.String("route", e.route),
		slog.Int("status", e.status), slog.Duration("took", took), slog.String("client", e.request.RemoteAddr),
	}
	if trace := e.Header().Get("Traceparent"); trace != "" {
		fields = append(fields, slog.String("traceparent", trace))
	}
	if e.err != nil {
		fields = append(fields, slog.String("error", e.err.Error()))
	}
	var crash *panicked
	if errors.As(e.err, &crash) {
		fields = append(fields, slog.String("stack", string(crash.stack)))
	}
	e.server.log.LogAttrs(ctx, level, "request", fields...)
}

// goodID reports whether a client's request id may stand in a log.
func goodID(id string) bool {
	notVisible := func(c rune) bool { return c <= ' ' || c > '~' }
	return id != "" && len(id) <= 128 && !strings.ContainsFunc(id, notVisible)
}

// randomID returns 16 random hexadecimal digits.
func randomID() string { return fmt.Sprintf("%016x", rand.Uint64()) }

// traceparent is the header of W3C's Trace Context, version 00: trace id, parent id, flags.
var traceparent = regexp.MustCompile(`^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$`)

// childTrace returns the Traceparent of this server's work for a caller with the given one, or "" if
// that is not valid: an id of zeros is none.
func childTrace(parent string) string {
	ids := traceparent.FindStringSubmatch(parent)
	if ids == nil || strings.Trim(ids[1], "0") == "" || strings.Trim(ids[2], "0") == "" {
		return ""
	}
	return "00-" + ids[1] + "-" + randomID() + "-" + ids[3]
}
