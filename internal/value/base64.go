package value

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
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
	text = bytes.TrimRight(text, "="+spaces)
	if rest := bytes.TrimLeft(text, alphabets+spaces); len(rest) > 0 {
		return nil, fmt.Errorf("wrong base64: got %q at byte %d", Shorten(rest), len(text)-len(rest))
	}
	encoding := base64.RawStdEncoding
	if bytes.ContainsAny(text, "-_") {
		encoding = base64.RawURLEncoding
		if bytes.ContainsAny(text, "+/") {
			return nil, errors.New("wrong base64: it mixes two alphabets, + or / and - or _")
		}
	}
	var chunk [1 << 10]byte // a multiple of 4
	for len(text) > 0 {
		n := 0
		for ; n < len(chunk) && len(text) > 0; text = text[1:] {
			if strings.IndexByte(spaces, text[0]) < 0 {
				chunk[n] = text[0]
				n++
			}
		}
		if to, err = encoding.AppendDecode(to, chunk[:n]); err != nil {
			return nil, errors.New("wrong base64: the last character stands for less than a byte")
		}
	}
	return to, nil
}

// alphabets are the characters of both alphabets.
const alphabets = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"

// payload returns the base64 of a data URL, or all of a text that is none.
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
