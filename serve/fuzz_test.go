package serve

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"testing"
	"unicode/utf8"

	"braid/internal/value"
)

// mostSeed keeps what the fuzzer begins with short, and so its steps fast.
const mostSeed = 4 << 10

// fuzzed is a server without a network for fuzz tests.
func fuzzed(f *testing.F) *Server {
	f.Helper()
	path := filepath.Join(f.TempDir(), "model.safetensors")
	saved(f, path, 1)
	s, err := New(Config{Models: []Source{{Path: path}}, Body: 1 << 20, Image: 64 << 10, Rows: 100})
	if err != nil {
		f.Fatal(err)
	}
	return s
}

// seeds visits the bad requests that are short enough.
func seeds(f *testing.F, visit func(m *mistake), families ...func(testing.TB) []mistake) {
	f.Helper()
	for _, family := range families {
		for _, m := range family(f) {
			if len(m.body) <= mostSeed {
				visit(&m)
			}
		}
	}
}

// header is the value of a mistake's header.
func (m *mistake) header(name string) string {
	for i := 0; i < len(m.headers); i += 2 {
		if m.headers[i] == name {
			return m.headers[i+1]
		}
	}
	return ""
}

// feed posts a body, and tests what always holds.
func feed(t *testing.T, s *Server, path string, body []byte, header, value string) *recorder {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header[header] = []string{value}
	w := &recorder{header: http.Header{}}
	s.ServeHTTP(w, r)
	switch {
	case w.status == http.StatusOK:
	case w.status >= 400 && w.status <= 499, w.status == http.StatusServiceUnavailable, w.status == http.StatusGatewayTimeout:
		var told struct{ Error string }
		if err := json.Unmarshal(w.body.Bytes(), &told); err != nil || len(told.Error) < 10 || len(told.Error) > 2000 || !utf8.ValidString(told.Error) {
			t.Errorf("status %d: %v: %q", w.status, err, w.body.Bytes())
		}
	default:
		t.Errorf("status %d: %q", w.status, w.body.Bytes())
	}
	if inside, left, decodes := s.inside(), s.config.Memory-s.memory.held(), len(s.decodes); inside != 0 || left != s.config.Memory || decodes != 0 {
		t.Errorf("%d are inside, %d bytes of %d are left, %d decode", inside, left, s.config.Memory, decodes)
	}
	if n, err := strconv.Atoi(w.header.Get("Content-Length")); err != nil || n != w.body.Len() {
		t.Errorf("Content-Length is %q, the reply has %d bytes", w.header.Get("Content-Length"), w.body.Len())
	}
	return w
}

// FuzzInfer sends any body with any length of its JSON part.
func FuzzInfer(f *testing.F) {
	s := fuzzed(f)
	head := `{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,28,28],"parameters":{"binary_data_size":784}},{"name":"question","datatype":"BYTES","shape":[1,1],"data":["odd number"]}]}`
	f.Add(append([]byte(head), picture(3)...), strconv.Itoa(len(head)))
	f.Add(one(f, 3, "odd number", `"id":"7","parameters":{"binary_data_output":true},"outputs":[{"name":"answer"}],`), "")
	f.Add(one(f, 3, "half number", `"id":null,"outputs":[{"name":"answer","parameters":{"classification":2,"binary_data":true}},{"name":"digit","parameters":{"classification":3}}],`), "")
	f.Add(append([]byte("\ufeff"), one(f, 3, "half number", `"parameters":null,"outputs":[],`)...), "")
	seeds(f, func(m *mistake) { f.Add(m.body, m.header(headerLength)) },
		typeMistakes, shapeMistakes, valueMistakes, binaryMistakes, jsonMistakes)
	f.Fuzz(func(t *testing.T, body []byte, length string) {
		w := feed(t, s, inferPath, body, headerLength, length)
		if w.status != http.StatusOK {
			return
		}
		question, answer := body, w.body.Bytes()
		if n, err := strconv.Atoi(length); err == nil {
			question = body[:n]
		}
		if n, err := strconv.Atoi(w.header.Get(headerLength)); err == nil {
			answer = answer[:n]
		}
		if !json.Valid(value.TrimMark(question)) {
			t.Errorf("an answer to what is no JSON: %q", question)
		}
		if !json.Valid(answer) || !utf8.Valid(answer) {
			t.Errorf("the answer is no JSON: %q", answer)
		}
	})
}

// FuzzAsk sends any body of any kind.
func FuzzAsk(f *testing.F) {
	s := fuzzed(f)
	for _, parts := range [][]string{
		{"image", "image/png", string(drawing(f, 40, 250, 10)), "question", "", "odd number"},
		{"question", "", "half number", "image", "", "iVBORw0KGgo", "model", "", "digitqa"},
	} {
		kind, body := form(f, parts...)
		f.Add(kind, body)
	}
	f.Add(asJSON, fmt.Appendf(nil, `{"question":"lower half","image":%s}`, pixelsJSON(f)))
	f.Add(asJSON+"; charset=utf-8", fmt.Appendf(nil, `{"question":"lower half","image":"data:image/png;base64,%s"}`, "iVBORw0KGgoAAAANSUhEUg=="))
	f.Add(asQuery, []byte("image=iVBORw0KGgo&question=odd+number&model=digit%71a"))
	f.Add(asJSON, fmt.Appendf(nil, "\ufeff{\"question\":[5,6],\"image\":%s}", nestedJSON(f)))
	f.Add("multipart/form-data; boundary=b", []byte("--b\r\nContent-Disposition: form-data; filename=a b; name*=UTF-8''im%61ge\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\n"+
		"\r\n--b\r\nContent-Disposition: form-data; name=question\r\nContent-Type: text/plain; charset=latin1\r\n\r\nodd number\r\n--b--"))
	seeds(f, func(m *mistake) { f.Add(m.header("Content-Type"), m.body) }, formMistakes, fieldMistakes, imageMistakes)
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		w := feed(t, s, "/ask", body, "Content-Type", kind)
		var told answerJSON
		if w.status == http.StatusOK && (json.Unmarshal(w.body.Bytes(), &told) != nil || len(told.Heads) != 2 || told.Saw == nil) {
			t.Errorf("the answer is %q", w.body.Bytes())
		}
	})
}

// FuzzCodings sends any body that is compressed somehow.
func FuzzCodings(f *testing.F) {
	s := fuzzed(f)
	body := one(f, 3, "odd number", "")
	for coding, packed := range map[string][]byte{
		"gzip": gzipped(body), "deflate": zipped(body), "DEFLATE": deflated(body), "deflate, x-gzip": gzipped(deflated(body)), "identity,gzip,,gzip": gzipped(gzipped(body)),
	} {
		f.Add(coding, packed)
	}
	seeds(f, func(m *mistake) { f.Add(m.header("Content-Encoding"), m.body) }, bodyMistakes)
	f.Fuzz(func(t *testing.T, coding string, body []byte) {
		feed(t, s, inferPath, body, "Content-Encoding", coding)
	})
}
