package value

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
)

// base64Size is the most bytes that n characters of base64 stand for.
func base64Size(n int) int { return base64.RawStdEncoding.DecodedLen(n) }

// Base64 appends to to the bytes that base64 stands for. It takes either alphabet, padding or none,
// spaces and line ends anywhere, and data URLs.
func Base64(to, text []byte) ([]byte, error) {
	text, err := payload(text)
	if err != nil {
		return nil, err
	}
	var chunk [1 << 10]byte // a multiple of 4
	n := 0
	var seen [256]bool
	for at, c := range text {
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			continue
		case c == '=':
			seen[c] = true
			continue
		case !isBase64[c], seen['=']:
			return nil, fmt.Errorf("wrong base64: got %q at byte %d", Shorten(text[at:]), at)
		}
		seen[c] = true
		switch c {
		case '-':
			c = '+'
		case '_':
			c = '/'
		}
		chunk[n] = c
		if n++; n == len(chunk) {
			if to, err = base64.RawStdEncoding.AppendDecode(to, chunk[:]); err != nil {
				return nil, fmt.Errorf("wrong base64: %w", err)
			}
			n = 0
		}
	}
	switch {
	case (seen['-'] || seen['_']) && (seen['+'] || seen['/']):
		return nil, errors.New("wrong base64: it mixes two alphabets, + or / and - or _")
	case n%4 == 1:
		return nil, errors.New("wrong base64: the last character stands for less than a byte")
	}
	return base64.RawStdEncoding.AppendDecode(to, chunk[:n])
}

// payload is the base64 in a data URL, or all of a text that is none.
func payload(text []byte) ([]byte, error) {
	text = bytes.TrimLeft(text, spaces)
	const scheme, marker = "data:", ";base64"
	if len(text) < len(scheme) || !bytes.EqualFold(text[:len(scheme)], []byte(scheme)) {
		return text, nil
	}
	head, content, ok := bytes.Cut(text, []byte(","))
	at := len(head) - len(marker)
	if !ok || at < 0 || !bytes.EqualFold(head[at:], []byte(marker)) {
		return nil, errors.New("a data URL without base64")
	}
	return content, nil
}

// isBase64 are the characters of both alphabets.
var isBase64 = func() (is [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_") {
		is[c] = true
	}
	return is
}()
