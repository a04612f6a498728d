package lane

import (
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// keep is the most memory that a connection keeps for heads of answers, and for their bodies, in bytes.
const keep = 4 << 10

// answer is an answer as the handler writes it. It goes out whole.
type answer struct {
	header http.Header
	status int
	body   []byte
	text   []byte // head and body
}

func (a *answer) reset() {
	clear(a.header)
	a.status, a.body = 0, a.body[:0]
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if a.bodiless() {
		return 0, http.ErrBodyNotAllowed
	}
	a.body = append(a.body, p...)
	return len(p), nil
}

// bodiless tells whether the status has no body, and no length of one.
func (a *answer) bodiless() bool {
	return a.status == http.StatusNoContent || a.status == http.StatusNotModified
}

// send writes the answer. It returns false where it is the connection's last.
func (a *answer) send(c net.Conn, now time.Time, last bool) (goOn bool) {
	a.WriteHeader(http.StatusOK)
	text := append(a.text[:0], "HTTP/1.1 "...)
	text = strconv.AppendInt(text, int64(a.status), 10)
	text = append(append(append(text, ' '), http.StatusText(a.status)...), "\r\nDate: "...)
	text = append(append(text, date(now)...), "\r\n"...)
	for name, values := range a.header {
		for _, value := range values {
			switch {
			case name == "Content-Length", name == "Date", name == "Content-Type" && a.status == http.StatusNotModified:
				continue
			case name == "Connection":
				last = true
				continue
			}
			text = append(append(text, name...), ": "...)
			text = append(appendValue(text, value), "\r\n"...)
		}
	}
	if last {
		text = append(text, "Connection: close\r\n"...)
	}
	if !a.bodiless() {
		text = append(text, "Content-Length: "...)
		text = append(strconv.AppendInt(text, int64(len(a.body)), 10), "\r\n"...)
	}
	text = append(text, "\r\n"...)
	text = append(text, a.body...)
	_, err := c.Write(text)
	if cap(text) <= keep {
		a.text = text
	}
	if cap(a.body) > keep {
		a.body = nil
	}
	return err == nil && !last
}

// appendValue appends a field's value, in which no line can end.
func appendValue(text []byte, value string) []byte {
	for _, c := range []byte(value) {
		if c == '\r' || c == '\n' {
			c = ' '
		}
		text = append(text, c)
	}
	return text
}

// second is a second as HTTP writes it.
type second struct {
	unix int64
	text string
}

var latest atomic.Pointer[second]

// date is the time as HTTP writes it, made once a second.
func date(now time.Time) string {
	unix := now.Unix()
	known := latest.Load()
	if known == nil || known.unix != unix {
		known = &second{unix, now.UTC().Format(http.TimeFormat)}
		latest.Store(known)
	}
	return known.text
}
