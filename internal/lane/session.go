package lane

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

// firstBuffer is the memory that a connection begins with, in bytes.
const firstBuffer = 4 << 10

// session is a connection in the lane. Its memory is used for one request after the other.
type session struct {
	lane *Lane
	conn net.Conn

	text        []byte // what was read and not answered
	lingers     bool   // it waits for the client to end it; under the lane's lock
	used        bool   // there was a request
	more        bool   // follows, but not while it is looked for more
	extra       int    // bytes of line ends that may still follow the last body
	idle, write deadline
	plain       plain
	fields      http.Header
	blank       *http.Request // without anything but the session's context
	path        string        // of the request
	url         url.URL
	request     http.Request
	body        bytes.Reader
	bodyCloser  io.ReadCloser // of body
	answer      answer
	watch       *watch
}

func newSession(l *Lane, c net.Conn) *session {
	s := &session{lane: l, conn: c, text: make([]byte, 0, firstBuffer), fields: http.Header{}}
	s.idle = deadline{limit: l.IdleTime, set: c.SetReadDeadline}
	s.write = deadline{limit: l.WriteTime, set: c.SetWriteDeadline}
	s.blank = &http.Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, RemoteAddr: c.RemoteAddr().String(), Header: s.fields}
	s.renew()
	s.bodyCloser = io.NopCloser(&s.body)
	s.answer = answer{session: s, header: http.Header{}}
	return s
}

// renew makes a context for the requests to come, of which each could be the last.
func (s *session) renew() {
	s.watch = &watch{session: s}
	s.blank = s.blank.WithContext(s.watch)
}

// serve answers requests. What it returns is what was read of a request that is not for the lane, if there is one.
func (s *session) serve() (rest []byte, passOn bool) {
	if s.lane.HeaderTime > 0 {
		s.idle.move(time.Now().Add(s.lane.HeaderTime))
	}
	for {
		switch s.next() {
		case other:
			return s.text, true
		case part: // and no more comes
			return s.text, len(s.text) > 0
		}
		if !s.reply() {
			return nil, false
		}
		s.text = append(s.text[:0], s.text[s.plain.head+s.plain.length:]...)
		if s.extra = 0; s.plain.method == http.MethodPost {
			s.extra = mostExtra
		}
		s.skipExtra()
		if len(s.text) == 0 {
			s.lane.State(s.conn, http.StateIdle)
		}
	}
}

// mostExtra is how many bytes of line ends may follow a body. Old clients send them, and net/http, too, takes no
// notice of so many.
const mostExtra = 4

// skipExtra drops line ends that follow a body.
func (s *session) skipExtra() {
	for s.extra > 0 && len(s.text) > 0 && (s.text[0] == '\r' || s.text[0] == '\n') {
		s.text = append(s.text[:0], s.text[1:]...)
		s.extra--
	}
	if len(s.text) > 0 {
		s.extra = 0
	}
}

// next reads until there is a request.
func (s *session) next() verdict {
	begun, looked, active := false, false, len(s.text) > 0
	for {
		if len(s.text) > 0 {
			v := s.plain.parse(s.text, s.lane.Most, s.fields)
			if v != part {
				if v == whole && !s.takes() {
					return other
				}
				return v
			}
			if !begun {
				s.idle.move(time.Now().Add(patience))
				begun = true
			}
		}
		s.grow()
		if s.lane.closing.Load() && !looked {
			look := lastLook
			if !s.used {
				look = firstLook
			}
			s.idle.move(time.Now().Add(look))
			looked = true
		}
		n, err := s.conn.Read(s.text[len(s.text):cap(s.text)])
		if n > 0 {
			s.text = s.text[:len(s.text)+n]
			if s.skipExtra(); len(s.text) > 0 && !active {
				s.lane.State(s.conn, http.StateActive)
				active = true
			}
			continue
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) || !s.lane.closing.Load() {
			return part
		}
		if looked {
			if !time.Now().Before(s.idle.at) {
				return part
			}
			s.idle.move(s.idle.at) // Shutdown's came after the look's
		}
	}
}

// grow makes room to read.
func (s *session) grow() {
	if len(s.text) == cap(s.text) {
		s.text = append(make([]byte, 0, min(4*cap(s.text), s.lane.Most+1)), s.text...)
	}
}

// takes tells whether the request's path is one for the lane. Most requests of a connection have the same.
func (s *session) takes() bool {
	if s.path != string(s.plain.target) {
		s.path = string(s.plain.target)
	}
	return s.lane.Takes(s.path)
}

// address is the URL of a plain path: nothing of it is escaped.
func address(path string) url.URL { return url.URL{Path: path} }

// reply has the request answered. It returns false where the connection is to end.
func (s *session) reply() bool {
	s.request, s.url = *s.blank, address(s.path)
	r := &s.request
	r.Method, r.URL, r.RequestURI, r.Host = s.plain.method, &s.url, s.path, string(s.plain.host)
	r.ContentLength, r.Close = int64(s.plain.length), s.plain.close
	r.Body = http.NoBody
	if s.plain.length > 0 {
		s.body.Reset(s.text[s.plain.head:][:s.plain.length])
		r.Body = s.bodyCloser
	}
	s.answer.reset()
	s.used, s.more = true, s.follows()
	handled := s.handle(r)
	if s.watch.end() {
		s.renew()
	}
	if !handled {
		return false
	}
	s.more = s.follows()
	goOn := s.answer.end()
	if goOn {
		s.idle.keep(time.Now())
		return true
	}
	s.linger()
	return false
}

// handle calls the handler. It returns false where that panicked: it does so to end a connection without an answer,
// and reports what else makes it panic itself.
func (s *session) handle(r *http.Request) (done bool) {
	defer func() { done = recover() == nil }()
	s.lane.Handler.ServeHTTP(&s.answer, r)
	return
}

// last tells whether the answer to the request is the connection's last.
func (s *session) last() bool { return s.plain.close || s.lane.closing.Load() && !s.more }

// follows tells whether another request was read already, or a part of one.
func (s *session) follows() bool { return len(s.text) > s.plain.head+s.plain.length }

// linger waits a while for the client to end the connection.
func (s *session) linger() {
	half, ok := s.conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	s.lane.State(s.conn, http.StateIdle)
	s.lane.mu.Lock()
	s.lingers = true
	s.conn.SetReadDeadline(time.Now().Add(linger))
	s.lane.mu.Unlock()
	io.Copy(io.Discard, s.conn)
}

// deadline is a connection's deadline for reading or writing, which is moved only when it is an eighth of its limit
// nearer than it should be.
type deadline struct {
	limit time.Duration // 0: none
	set   func(time.Time) error
	at    time.Time
}

func (d *deadline) keep(now time.Time) {
	if d.limit == 0 {
		if !d.at.IsZero() {
			d.move(time.Time{})
		}
		return
	}
	if want := now.Add(d.limit); want.Sub(d.at) > d.limit/8 || want.Before(d.at) {
		d.move(want)
	}
}

func (d *deadline) move(to time.Time) {
	d.at = to
	d.set(to)
}
