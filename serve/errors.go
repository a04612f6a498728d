package serve

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"braid/predictor"
	"braid/vision"
	"braid/vision/digit"
)

// problem is what is wrong with a request, with the status that says so.
type problem struct {
	status int
	text   string
	reason string // under which the metrics count it; "" for the client's mistakes
	retry  int    // seconds after which to try again; 0: never
	allow  string // the methods that a route has
}

func (p *problem) Error() string { return p.text }

func bad(format string, args ...any) error {
	return &problem{status: http.StatusBadRequest, text: fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	return &problem{status: http.StatusNotFound, text: fmt.Sprintf(format, args...)}
}

func tooLarge(format string, args ...any) error {
	return &problem{status: http.StatusRequestEntityTooLarge, text: fmt.Sprintf(format, args...)}
}

func busy(reason, format string, args ...any) error {
	return &problem{status: http.StatusServiceUnavailable, text: fmt.Sprintf(format, args...), reason: reason, retry: 1}
}

// fault is a mistake of ours, found where others are the client's.
type fault struct{ error }

func (f *fault) Unwrap() error { return f.error }

// problemOf gives any error the status that fits. What nobody knows is ours: the client is told no more.
func problemOf(err error) *problem {
	if p := known(err); p != nil {
		return p
	}
	return &problem{status: http.StatusInternalServerError, text: "the server failed at this request: its log says why", reason: "failed"}
}

// known is the problem of an error that is the client's mistake, or the state of things; nil where it is neither.
func known(err error) *problem {
	var p *problem
	var question *predictor.Unanswerable
	var large *vision.TooLarge
	var image *unreadable
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &question), errors.Is(err, digit.ErrBlank):
		return &problem{status: http.StatusUnprocessableEntity, text: withoutSource(err)}
	case errors.As(err, &large):
		return &problem{status: http.StatusRequestEntityTooLarge, text: withoutSource(err) + ", or have more allowed (--max-image)"}
	case errors.Is(err, vision.ErrFormat):
		return &problem{status: http.StatusUnsupportedMediaType, text: withoutSource(err)}
	case errors.As(err, &image):
		return &problem{status: http.StatusBadRequest, text: withoutSource(err)}
	case errors.Is(err, errLate):
		return &problem{status: http.StatusGatewayTimeout, text: "the deadline passed before the answer was computed", reason: "deadline", retry: 1}
	case errors.Is(err, errGone):
		return &problem{status: statusGone, text: err.Error(), reason: "gone"}
	}
	return nil
}

// withoutSource is the text of an error without the package that it comes from, which says nothing to a client.
func withoutSource(err error) string { return strings.Replace(err.Error(), "vision: ", "", 1) }

// statusGone is how servers log a request whose client left, for which there is no standard status.
const statusGone = 499

// write answers with the problem.
func (p *problem) write(w http.ResponseWriter) {
	content, err := json.Marshal(struct {
		Error string `json:"error"`
	}{p.text})
	if err != nil {
		content = []byte(`{"error":"unknown"}`)
	}
	h := w.Header()
	if p.retry > 0 {
		h["Retry-After"] = []string{strconv.Itoa(p.retry)}
	}
	if p.allow != "" {
		h["Allow"] = []string{p.allow}
	}
	if p.status == http.StatusUnauthorized {
		h["Www-Authenticate"] = []string{`Bearer realm="braid"`}
	}
	reply(w, p.status, content)
}

// reply writes JSON.
func reply(w http.ResponseWriter, status int, content []byte) {
	h := w.Header()
	h["Content-Type"] = jsonType
	h["Content-Length"] = []string{strconv.Itoa(len(content))}
	w.WriteHeader(status)
	w.Write(content)
}

var jsonType = []string{"application/json"}
