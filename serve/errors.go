package serve

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"braid/feature"
	"braid/vision"
	"braid/vision/digit"
	"braid/vision/picture"
)

// problem is an error with its HTTP status.
type problem struct {
	status int
	text   string
	reason string // label in braid_rejected_total; "": not counted there
	retry  int    // Retry-After, in seconds; 0: none
	allow  string // Allow: the methods of the route; "": none
	field  string // of the request that it is about; "": none, or several
}

func (p *problem) Error() string { return p.text }

// problemf returns a problem with a formatted text.
func problemf(status int, reason, format string, args ...any) *problem {
	return &problem{status: status, reason: reason, text: fmt.Sprintf(format, args...)}
}

func bad(format string, args ...any) error {
	return problemf(http.StatusBadRequest, "", format, args...)
}

func notFound(format string, args ...any) error {
	return problemf(http.StatusNotFound, "", format, args...)
}

func tooLarge(format string, args ...any) error {
	return problemf(http.StatusRequestEntityTooLarge, "", format, args...)
}

func unsupported(format string, args ...any) error {
	return problemf(http.StatusUnsupportedMediaType, "", format, args...)
}

func busy(reason, format string, args ...any) error {
	p := problemf(http.StatusServiceUnavailable, reason, format, args...)
	p.retry = 1
	return p
}

// fieldError is an error in a field of a request, by the name of its column.
type fieldError struct {
	field string
	error
}

func (e *fieldError) Unwrap() error { return e.error }

// internalError marks an error as the server's where others are the client's mistakes.
type internalError struct{ error }

func (e *internalError) Unwrap() error { return e.error }

// problemOf returns the problem of any error. An error that is not known is the server's. The log
// has its text, but the client does not get it.
func problemOf(err error) *problem {
	if p := known(err); p != nil {
		var in *fieldError
		if errors.As(err, &in) {
			p = &problem{p.status, p.text, p.reason, p.retry, p.allow, in.field}
		}
		return p
	}
	return problemf(http.StatusInternalServerError, "failed",
		"the server failed at this request: its log says why")
}

// known returns the problem of an error that is the client's mistake, or that a client may meet on
// a working server. For other errors it returns nil.
func known(err error) *problem {
	var p *problem
	var unreadable *feature.Unreadable
	var large *vision.TooLarge
	var image *imageError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &unreadable), errors.Is(err, digit.ErrBlank):
		return problemf(http.StatusUnprocessableEntity, "", "%v", err)
	case errors.As(err, &large):
		const format = "%v, or have more allowed (--max-image)"
		return problemf(http.StatusRequestEntityTooLarge, "", format, err)
	case errors.Is(err, vision.ErrFormat), errors.Is(err, picture.ErrFormat):
		return problemf(http.StatusUnsupportedMediaType, "", "%v", err)
	case errors.As(err, &image):
		return problemf(http.StatusBadRequest, "", "%v", err)
	case errors.Is(err, errLate):
		p := problemf(http.StatusGatewayTimeout, "deadline",
			"the deadline passed before the answer was computed")
		p.retry = 1
		return p
	case errors.Is(err, errGone):
		return problemf(statusGone, "gone", "%v", err)
	}
	return nil
}

// statusGone is the status in logs and metrics of a request whose client has gone. No standard
// status means that; nginx has the same.
const statusGone = 499

// write writes the problem as the answer.
func (p *problem) write(w http.ResponseWriter) {
	content, err := json.Marshal(struct {
		Error string `json:"error"`
		Field string `json:"field,omitempty"`
	}{p.text, p.field})
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

// reply writes JSON as the answer.
func reply(w http.ResponseWriter, status int, content []byte) {
	h := w.Header()
	h["Content-Type"] = jsonType
	h["Content-Length"] = []string{strconv.Itoa(len(content))}
	w.WriteHeader(status)
	w.Write(content)
}
