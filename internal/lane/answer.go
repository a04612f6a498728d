package lane

import (
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
)

// keep is the most memory that a connection keeps for heads of answers, and for their bodies, in bytes.
const keep = 4 << 10

// answer is an answer as the handler writes it. It goes out whole when the handler has returned; but one that is
// large, of a length that is known and written at once, as it is written: the memory is the handler's, who bounds it.
type answer struct {
	session *session
	header  http.Header
	names   []string // of the header's fields, in order
	status  int
	body    []byte
	text    []byte // head and body
	sent    bool
	goOn    bool // it was sent, and was not the connection's last
}

func (a *answer) reset() {
	clear(a.header)
	a.status, a.body, a.sent, a.goOn = 0, a.body[:0], false, false
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	switch {
	case a.bodiless():
		return 0, http.ErrBodyNotAllowed
	case a.sent:
		return 0, http.ErrContentLength
	case len(p) > keep && len(a.body) == 0 && a.header.Get("Content-Length") == strconv.Itoa(len(p)):
		return len(p), a.send(p)
	}
	a.body = append(a.body, p...)
	return len(p), nil
}

// bodiless tells whether the status has no body, and no length of one.
func (a *answer) bodiless() bool {
	return a.status == http.StatusNoContent || a.status == http.StatusNotModified
}

// end sends the answer, if it is not sent. It returns false where it is the connection's last.
func (a *answer) end() (goOn bool) {
	if !a.sent {
		a.WriteHeader(http.StatusOK)
		a.send(a.body)
	}
	return a.goOn
}

// send writes the answer.
func (a *answer) send(body []byte) error {
	now := time.Now()
	s := a.session
	s.write.keep(now)
	last := s.last()
	text := append(a.text[:0], "HTTP/1.1 "...)
	text = strconv.AppendInt(text, int64(a.status), 10)
	text = append(append(append(text, ' '), http.StatusText(a.status)...), "\r\nDate: "...)
	text = append(append(text, date(now)...), "\r\n"...)
	a.names = a.names[:0]
	for name := range a.header {
		a.names = append(a.names, name)
	}
	slices.Sort(a.names)
	for _, name := range a.names {
		for _, value := range a.header[name] {
			switch {
			case name == "Content-Length", name == "Date", name == "Content-Type" && a.status == http.StatusNotModified:
				continue
			case name == "Connection":
				last = last || !s.more
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
		text = append(strconv.AppendInt(text, int64(len(body)), 10), "\r\n"...)
	}
	text = append(text, "\r\n"...)
	var err error
	if len(body) <= keep {
		text = append(text, body...)
		_, err = s.conn.Write(text)
	} else if _, err = s.conn.Write(text); err == nil {
		_, err = s.conn.Write(body)
	}
	if cap(text) <= 2*keep {
		a.text = text
	}
	if cap(a.body) > keep {
		a.body = nil
	}
	a.sent, a.goOn = true, err == nil && !last
	return err
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
