package serve

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"
)

// exchange is a request and its answer, as the metrics count them and the log describes them. It is
// the http.ResponseWriter of its request.
type exchange struct {
	http.ResponseWriter
	server  *Server
	request *http.Request
	began   time.Time
	route   string // the pattern that matched, or "none"
	id      string
	status  int      // 0: no answer has begun
	err     error    // nil: the request succeeded
	model   *version // the model that the request names; nil: none, or unknown
	rows    int      // rows in the answer
}

var exchanges = sync.Pool{New: func() any { return &exchange{} }}

// begin returns the exchange of a request. Its id is the client's X-Request-Id, or random without a
// valid one. The answer has it in the same header.
func (s *Server) begin(w http.ResponseWriter, r *http.Request) *exchange {
	x := exchanges.Get().(*exchange)
	*x = exchange{ResponseWriter: w, server: s, request: r, began: time.Now(), route: "none"}
	h := w.Header()
	if x.id = r.Header.Get("X-Request-Id"); !goodID(x.id) {
		x.id = randomID()
	}
	h["X-Request-Id"] = []string{x.id}
	h["X-Content-Type-Options"] = noSniff
	if trace := r.Header.Get("Traceparent"); trace != "" {
		if child := childTrace(trace); child != "" {
			h["Traceparent"] = []string{child}
		}
	}
	return x
}

// Values of headers that many answers have, allocated once.
var (
	noSniff    = []string{"nosniff"}
	closing    = []string{"close"}
	jsonType   = []string{"application/json"}
	binaryType = []string{"application/octet-stream"}
)

// WriteHeader records the status, and closes the connection after the answer if it is the last.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 {
		x.status = status
	}
	if x.last() {
		x.Header()["Connection"] = closing
	}
	x.ResponseWriter.WriteHeader(status)
}

// last reports whether the answer is the last on its connection: the server is stopping, a new
// connection waits for one to end, or client and server may disagree about where the request ends.
// A request with both Transfer-Encoding and Content-Length may smuggle another (RFC 9112, 6.3).
// net/http obeys Transfer-Encoding, or in HTTP/1.0 Content-Length, and does not report that there
// was another.
func (x *exchange) last() bool {
	r := x.request
	isAmbiguous := len(r.TransferEncoding) > 0 || !r.ProtoAtLeast(1, 1)
	return x.server.leaving.Load() || x.server.crowded.Load() || isAmbiguous
}

func (x *exchange) Write(p []byte) (int, error) {
	if x.status == 0 {
		x.WriteHeader(http.StatusOK)
	}
	return x.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// fail answers with an error, unless an answer has begun.
func (x *exchange) fail(err error) {
	x.err = err
	p := problemOf(err)
	if p.reason != "" {
		x.server.metrics.rejected.WithLabelValues(p.reason).Inc()
	}
	if x.status != 0 {
		return
	}
	if p.status == statusGone {
		x.status = statusGone // without an answer net/http would send an empty one: see end
		return
	}
	p.write(x)
}

// end counts and logs the request. It recovers from a panic, except http.ErrAbortHandler, with
// which net/http closes the connection. It panics so itself if the client has gone.
func (x *exchange) end() {
	r := recover()
	if r != nil && r != http.ErrAbortHandler {
		x.fail(&panicked{r, debug.Stack()})
	}
	abort := r == http.ErrAbortHandler || x.status == statusGone
	took := time.Since(x.began)
	x.server.metrics.answered(x.route, x.status, took)
	if x.model != nil {
		x.model.batch.metrics.answered(x.status, x.rows, took)
	}
	x.log(took)
	*x = exchange{}
	exchanges.Put(x)
	if abort {
		panic(http.ErrAbortHandler)
	}
}

// log logs the request. The server's failures are errors. Refused requests are warnings, at most
// about one a second: there may be many, and the metrics count them. All others are debug messages.
func (x *exchange) log(took time.Duration) {
	level := slog.LevelDebug
	if x.err != nil {
		switch p := problemOf(x.err); {
		case p.status == http.StatusInternalServerError:
			level = slog.LevelError
		case p.reason != "" && x.server.warning.Allow():
			level = slog.LevelWarn
		}
	}
	ctx := context.Background()
	if !x.server.log.Enabled(ctx, level) {
		return
	}
	fields := []slog.Attr{
		slog.String("id", x.id),
		slog.String("method", x.request.Method),
		slog.String("route", x.route),
		slog.Int("status", x.status),
		slog.Duration("took", took),
		slog.String("client", x.request.RemoteAddr),
	}
	if trace := x.Header().Get("Traceparent"); trace != "" {
		fields = append(fields, slog.String("traceparent", trace))
	}
	if x.err != nil {
		fields = append(fields, slog.String("error", x.err.Error()))
	}
	var crash *panicked
	if errors.As(x.err, &crash) {
		fields = append(fields, slog.String("stack", string(crash.stack)))
	}
	x.server.log.LogAttrs(ctx, level, "request", fields...)
}
