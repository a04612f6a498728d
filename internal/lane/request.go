package lane

import (
	"bytes"
	"net/http"
	"net/textproto"
)

// plain is a request as it lies in memory.
type plain struct {
	method string
	target []byte
	host   []byte
	head   int // bytes up to the body
	length int // of the body
	close  bool
}

// mostFields bounds the memory that a connection keeps for them.
const mostFields = 64

// verdict is what bytes are.
type verdict int

const (
	whole verdict = iota // a plain request, and perhaps more
	part                 // the beginning of one
	other                // not plain
)

// parse reads a request of at most so many bytes, and its header's fields into a map, which is emptied before.
func (p *plain) parse(text []byte, most int, fields http.Header) verdict {
	end := bytes.Index(text, headEnd)
	if end < 0 {
		if len(text) >= most {
			return other
		}
		return part
	}
	clear(fields)
	*p = plain{head: end + len(headEnd), length: -1}
	line, rest, _ := bytes.Cut(text[:end+len(lineEnd)], lineEnd)
	if !p.line(line) {
		return other
	}
	for n := 0; len(rest) > 0; n++ {
		line, rest, _ = bytes.Cut(rest, lineEnd)
		if n == mostFields || !p.field(line, most, fields) {
			return other
		}
	}
	hasBody := p.method == http.MethodPost
	if p.host == nil || hasBody != (p.length >= 0) {
		return other
	}
	p.length = max(p.length, 0)
	switch size := p.head + p.length; {
	case size > most:
		return other
	case size > len(text):
		return part
	}
	return whole
}

var (
	lineEnd = []byte("\r\n")
	headEnd = []byte("\r\n\r\n")
	version = []byte(" HTTP/1.1")
)

// line reads a request's first line.
func (p *plain) line(line []byte) bool {
	line, ok := bytes.CutSuffix(line, version)
	if !ok {
		return false
	}
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		if n := len(method); len(line) > n && string(line[:n]) == method && line[n] == ' ' {
			p.method, p.target = method, line[n+1:]
		}
	}
	return len(p.target) > 0 && p.target[0] == '/' && all(p.target, inPath) && !bytes.HasPrefix(p.target, []byte("//"))
}

// field reads a field of the header.
func (p *plain) field(line []byte, most int, fields http.Header) bool {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok || len(name) == 0 || !all(name, inToken) || !all(value, inValue) {
		return false
	}
	value = bytes.Trim(value, " \t")
	key := canonical(name)
	switch key {
	case "Host":
		ok = p.host == nil && len(value) > 0 && all(value, inHost)
		p.host = value
		return ok // net/http, too, has it in the request alone
	case "Content-Length":
		if p.length >= 0 {
			return false
		}
		p.length, ok = number(value, most)
	case "Connection":
		p.close = equal(value, "close")
		ok = (p.close || equal(value, "keep-alive")) && fields[key] == nil
	case "Transfer-Encoding", "Expect", "Upgrade", "Trailer", "Te", "Pragma": // of Pragma net/http makes another field
		return false
	}
	fields[key] = append(fields[key], string(value))
	return ok
}

// number reads a length that is at most so much.
func number(digits []byte, most int) (n int, ok bool) {
	for _, c := range digits {
		if c < '0' || c > '9' || n > most {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, len(digits) > 0
}

func equal(text []byte, word string) bool { return bytes.EqualFold(text, []byte(word)) }

// canonical is a field's name as http.Header has it.
func canonical(name []byte) string {
	if known, ok := usual[string(name)]; ok {
		return known
	}
	return textproto.CanonicalMIMEHeaderKey(string(name))
}

// usual are the names of fields that most requests have, as clients write them.
var usual = func() map[string]string {
	known := map[string]string{}
	for _, name := range []string{
		"Host", "Content-Length", "Content-Type", "Connection", "Accept", "Accept-Encoding", "User-Agent", "Authorization",
		"X-Request-Id", "X-Request-ID", "Traceparent", "Tracestate", "Inference-Header-Content-Length",
	} {
		key := textproto.CanonicalMIMEHeaderKey(name)
		known[name], known[key], known[string(bytes.ToLower([]byte(name)))] = key, key, key
	}
	return known
}()

// The kinds of bytes, as bits.
const (
	inPath  = 1 << iota // of an address that need not be unescaped
	inHost              // of a host, its port or its address
	inToken             // of a field's name: a token of RFC 9110
	inValue             // of a field's value, in ASCII
)

var kinds = func() (kinds [256]uint8) {
	mark := func(kind uint8, bytes string) {
		for _, c := range []byte(bytes) {
			kinds[c] |= kind
		}
	}
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	mark(inPath|inHost|inToken, letters+"-._~")
	kinds['~'] &^= inHost
	mark(inPath, "/")
	mark(inHost, ":[]")
	mark(inToken, "!#$%&'*+^`|")
	mark(inValue, "\t")
	for c := ' '; c <= '~'; c++ {
		kinds[c] |= inValue
	}
	return kinds
}()

// all tells whether all bytes are of a kind.
func all(text []byte, kind uint8) bool {
	for _, c := range text {
		if kinds[c]&kind == 0 {
			return false
		}
	}
	return true
}
