package serve

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"strings"

	"braid/internal/suggest"
	"braid/internal/value"
)

// formFields reads a multipart form (RFC 7578) as browsers, curl and HTTP libraries write it.
func (b *body) formFields(boundary string) (map[string]field, error) {
	if boundary == "" {
		return nil, bad("multipart/form-data without a boundary")
	}
	// The parts' contents together are shorter than the form.
	content, err := b.buffer(len(b.content) + bytes.MinRead)
	if err != nil {
		return nil, err
	}
	given, read := b.newFields(), bytes.NewBuffer(content)
	from := &limitedReader{from: bytes.NewReader(b.content)}
	parts := multipart.NewReader(from, boundary)
	for {
		from.left = maxHeader
		part, err := parts.NextPart() // it decodes quoted-printable
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, bad("the form cannot be read: %s", plain(err))
		}
		name, err := partName(part.Header)
		if err != nil {
			return nil, err
		}
		from.left = len(b.content)
		begin := read.Len()
		if _, err := read.ReadFrom(part); err != nil {
			name = suggest.Shorten(name)
			return nil, bad("the form's field %q cannot be read: %s", name, plain(err))
		}
		f := field{content: read.Bytes()[begin:]}
		if err := b.decodePart(suggest.Shorten(name), &f, part.Header); err != nil {
			return nil, &fieldError{suggest.Shorten(name), err}
		}
		if err := given.add([]byte(name), f); err != nil {
			return nil, err
		}
	}
	if f, ok := given.fields["_charset_"]; ok { // browsers fill it in
		if c := strings.ToLower(string(f.content[:min(len(f.content), maxName)])); c != "utf-8" {
			return nil, bad("the form is in %q, want utf-8", suggest.Shorten(c))
		}
		delete(given.fields, "_charset_")
	}
	return given.fields, nil
}

// partName returns the name of a part's field.
func partName(h textproto.MIMEHeader) (string, error) {
	const want = `want Content-Disposition: form-data; name="..."`
	disposition := h.Get("Content-Disposition")
	_, params, err := mime.ParseMediaType(disposition)
	if err != nil { // clients escape file names in many ways; here they are not needed
		at := strings.Index(strings.ToLower(disposition), "filename")
		if at < 0 {
			disposition = suggest.Shorten(disposition)
			return "", bad("a part has Content-Disposition %q, %s", disposition, want)
		}
		_, params, err = mime.ParseMediaType(strings.TrimRight(disposition[:at], "; \t"))
	}
	name := params["name"]
	if err != nil || name == "" {
		return "", bad("a part has no name, %s", want)
	}
	return unquoted.Replace(name), nil
}

// unquoted undoes browsers' escapes of characters that a quoted name cannot contain.
var unquoted = strings.NewReplacer("%22", `"`, "%0D", "\r", "%0A", "\n", "%0d", "\r", "%0a", "\n")

// decodePart decodes a part's content as its header says, and sets its charset.
func (b *body) decodePart(name string, f *field, h textproto.MIMEHeader) error {
	encoding := strings.ToLower(strings.TrimSpace(h.Get("Content-Transfer-Encoding")))
	switch encoding {
	case "", "7bit", "8bit", "binary":
	case "base64":
		to, err := b.buffer(len(f.content))
		if err != nil {
			return err
		}
		if f.content, err = value.Base64(to, f.content); err != nil {
			return bad("%q: %v", name, err)
		}
	default:
		const text = "%q: Content-Transfer-Encoding is %q, want binary, base64 or quoted-printable"
		return unsupported(text, name, suggest.Shorten(encoding))
	}
	if _, params, err := mime.ParseMediaType(h.Get("Content-Type")); err == nil {
		f.charset = strings.ToLower(params["charset"])
	} // the texts of most forms have no Content-Type
	return nil
}

// limitedReader fails after left bytes. formFields sets left to limit the header of a part, which
// takes ten times its size in memory.
type limitedReader struct {
	from io.Reader
	left int
}

func (r *limitedReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, fmt.Errorf("the header of a part has more than %d bytes", maxHeader)
	}
	n, err := r.from.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}
