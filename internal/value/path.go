package value

import (
	"bytes"
	"net/http"
	"strings"
)

// Limits in bytes of what tells paths from base64.
const (
	mostPath = 1024
	magic    = 24 // of base64, which stand for the first 18 bytes of a file
)

// isPath reports whether a string for a column of files is a path. Others are base64: data URLs,
// long texts, and those that begin as the base64 of a picture does.
func isPath(text []byte) bool {
	if len(bytes.Trim(text, spaces)) == 0 || len(text) > mostPath {
		return false
	}
	begin, err := payload(text)
	if err != nil || len(begin) < len(bytes.TrimLeft(text, spaces)) {
		return false // a data URL
	}
	var head []byte
	for _, c := range begin {
		if len(head) < magic && strings.IndexByte(spaces, c) < 0 {
			head = append(head, c)
		}
	}
	switch pictureKind(head) {
	case "":
		return true
	case "image/bmp": // whose two letters may also begin a path
		return pictureKind(begin) == ""
	}
	return false
}

// pictureKind returns the kind of the picture that base64 stands for, or "" if it is none.
func pictureKind(text []byte) string {
	content, err := Base64(nil, text)
	switch {
	case err != nil:
		return ""
	case bytes.HasPrefix(content, []byte("II*\x00")), bytes.HasPrefix(content, []byte("MM\x00*")):
		return "image/tiff"
	}
	if kind := http.DetectContentType(content); strings.HasPrefix(kind, "image/") {
		return kind
	}
	return ""
}
