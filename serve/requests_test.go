package serve

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"strconv"
	"strings"
	"testing"
)

// jsonOf encodes a value.
func jsonOf(t testing.TB, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// ints are pixels for JSON, which would encode bytes in base64.
func ints(pixels []uint8) []int {
	list := make([]int, len(pixels))
	for i, v := range pixels {
		list[i] = int(v)
	}
	return list
}

// pixelsJSON is a picture as a list of numbers.
func pixelsJSON(t testing.TB) string { return jsonOf(t, ints(leaning(3))) }

// nestedJSON is an image as a list of rows. Its numbers have decimal points.
func nestedJSON(t testing.TB) string {
	var rows [28][28]json.Number
	for i, v := range leaning(3) {
		rows[i/28][i%28] = json.Number(fmt.Sprintf("%d.0", v))
	}
	return jsonOf(t, rows)
}

// listOf repeats a value in a list.
func listOf(value string, n int) string {
	return "[" + strings.Repeat(value+",", n-1) + value + "]"
}

// inferJSON is an inference request.
func inferJSON(inputs ...string) []byte {
	return []byte(`{"inputs":[` + strings.Join(inputs, ",") + `]}`)
}

// imageInput is the images of an inference request.
func imageInput(datatype string, rows int, data string) string {
	return fmt.Sprintf(`{"name":"image","datatype":%q,"shape":[%d,28,28],"data":%s}`,
		datatype, rows, data)
}

// binaryInput is an input of an inference request whose data follows the JSON.
func binaryInput(name, datatype, shape string, size int) string {
	return fmt.Sprintf(`{"name":%q,"datatype":%q,"shape":%s,"parameters":{"binary_data_size":%d}}`,
		name, datatype, shape, size)
}

// oddNumber is the question of an inference request of one row.
const oddNumber = `{"name":"question","datatype":"BYTES","shape":[1],"data":["odd number"]}`

// oneRow is an inference request of one row, with more members before its inputs.
func oneRow(t testing.TB, n int, question, more string) []byte {
	image := imageInput("UINT8", 1, jsonOf(t, ints(leaning(n))))
	return fmt.Appendf(nil, `{%s"inputs":[%s,`+
		`{"name":"question","datatype":"BYTES","shape":[1,1],"data":[%q]}]}`,
		more, image, question)
}

// binaryImage is such a request with the image as binary data, and the length of its JSON.
func binaryImage(n int, more string) (body []byte, length string) {
	image := binaryInput("image", "UINT8", "[1,28,28]", 784)
	text := `{` + more + `"inputs":[` + image + `,` + oddNumber + `]}`
	return append([]byte(text), leaning(n)...), strconv.Itoa(len(text))
}

// binaryTexts are texts as binary data.
func binaryTexts(texts ...string) (content []byte) {
	for _, s := range texts {
		content = append(binary.LittleEndian.AppendUint32(content, uint32(len(s))), s...)
	}
	return content
}

const asJSON = "application/json"

// asQuery is the content type of a URL-encoded form.
const asQuery = "application/x-www-form-urlencoded"

// askJSON is a body for /ask. The image is given in JSON.
func askJSON(image, question string) []byte {
	return []byte(`{"image":` + image + `,"question":"` + question + `"}`)
}

// inBase64 is a file as a string in JSON.
func inBase64(file []byte) string {
	return `"` + base64.StdEncoding.EncodeToString(file) + `"`
}

// form is a multipart form. Parts are name, content type ("" for a plain field) and content in
// turn.
func form(t testing.TB, parts ...string) (contentType string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(parts); i += 3 {
		header := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + parts[i] + `"`}}
		if parts[i+1] != "" {
			header.Set("Content-Type", parts[i+1])
		}
		part, err := w.CreatePart(header)
		if err != nil {
			t.Fatal(err)
		}
		part.Write([]byte(parts[i+2]))
	}
	w.Close()
	return w.FormDataContentType(), b.Bytes()
}

// formBody writes a multipart form whose boundary is b. Each part has its header and its content.
func formBody(parts ...string) string {
	return "--b\r\n" + strings.Join(parts, "\r\n--b\r\n") + "\r\n--b--\r\n"
}

const (
	namedImage    = `Content-Disposition: form-data; name="image"`
	namedQuestion = `Content-Disposition: form-data; name="question"`

	withType   = "\r\nContent-Type: "
	withCoding = "\r\nContent-Transfer-Encoding: "
)

// wire writes a request as it goes over a connection. Each field is a line of the header.
func wire(method, path, body string, fields ...string) string {
	head := method + " " + path + " HTTP/1.1\r\nHost: x\r\n"
	for _, field := range fields {
		head += field + "\r\n"
	}
	return head + "\r\n" + body
}

// posted is a request to the model with its length.
func posted(body string, fields ...string) string {
	length := fmt.Sprintf("Content-Length: %d", len(body))
	return wire("POST", inferPath, body, append(fields, length)...)
}
