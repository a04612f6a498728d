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

// mostSeed bounds the bodies that the fuzzer begins with, so that its steps are fast.
const mostSeed = 4 << 10

// fuzzed is a server for fuzz tests. Requests go to its handler, not over a network.
func fuzzed(f *testing.F) *Server {
	f.Helper()
	path := filepath.Join(f.TempDir(), "model.safetensors")
	saveModel(f, path, 1)
	c := Config{Models: []ModelPath{{Path: path}}, Body: 1 << 20, Image: 64 << 10, Rows: 100}
	s, err := New(c)
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

// header returns the value of a header.
func (m *mistake) header(name string) string {
	for i := 0; i < len(m.headers); i += 2 {
		if m.headers[i] == name {
			return m.headers[i+1]
		}
	}
	return ""
}

// post posts a body, and checks what holds for every reply.
func post(t *testing.T, s *Server, path string, body []byte, header, value string) *recorder {
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
	case w.status >= 400 && w.status <= 499,
		w.status == http.StatusServiceUnavailable, w.status == http.StatusGatewayTimeout:
		var reply struct{ Error string }
		err := json.Unmarshal(w.body.Bytes(), &reply)
		if n := len(reply.Error); err != nil || n < 10 || n > 2000 || !utf8.ValidString(reply.Error) {
			t.Errorf("status %d: %v: %q", w.status, err, w.body.Bytes())
		}
	default:
		t.Errorf("status %d: %q", w.status, w.body.Bytes())
	}
	inside, held, decodes := s.inside(), s.memory.held(), len(s.decodes)
	if inside != 0 || held != 0 || decodes != 0 {
		t.Errorf("%d are inside, %d bytes are held, %d decode", inside, held, decodes)
	}
	if n, err := strconv.Atoi(w.header.Get("Content-Length")); err != nil || n != w.body.Len() {
		t.Errorf("Content-Length is %q, the reply has %d bytes",
			w.header.Get("Content-Length"), w.body.Len())
	}
	return w
}

// FuzzInfer sends any body with any length of its JSON part.
func FuzzInfer(f *testing.F) {
	s := fuzzed(f)
	body, length := binaryImage(3, "")
	f.Add(body, length)
	const byName = `"outputs":[{"name":"answer"}],`
	f.Add(oneRow(f, 3, "odd number", `"id":"7","parameters":{"binary_data_output":true},`+byName), "")
	const classes = `"outputs":[` +
		`{"name":"answer","parameters":{"classification":2,"binary_data":true}},` +
		`{"name":"digit","parameters":{"classification":3}}],`
	f.Add(oneRow(f, 3, "half number", `"id":null,`+classes), "")
	nulls := oneRow(f, 3, "half number", `"parameters":null,"outputs":[],`)
	f.Add(append([]byte("\ufeff"), nulls...), "")
	seeds(f, func(m *mistake) { f.Add(m.body, m.header(headerLength)) },
		typeMistakes, shapeMistakes, valueMistakes, binaryMistakes, jsonMistakes)
	f.Fuzz(func(t *testing.T, body []byte, length string) {
		w := post(t, s, inferPath, body, headerLength, length)
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
	const png = "iVBORw0KGgo" // the start of one, in base64
	for _, parts := range [][]string{
		{"image", "image/png", string(drawing(f, 40, 250, 10)), "question", "", "odd number"},
		{"question", "", "half number", "image", "", png, "model", "", "digitqa"},
	} {
		kind, body := form(f, parts...)
		f.Add(kind, body)
	}
	f.Add(asJSON, fmt.Appendf(nil, `{"question":"lower half","image":%s}`, pixelsJSON(f)))
	f.Add(asJSON+"; charset=utf-8", []byte(`{"question":"lower half",`+
		`"image":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUg=="}`))
	f.Add(asQuery, []byte("image="+png+"&question=odd+number&model=digit%71a"))
	f.Add(asJSON, fmt.Appendf(nil, "\ufeff{\"question\":[5,6],\"image\":%s}", nestedJSON(f)))
	f.Add(asForm+"b", []byte(formBody(
		"Content-Disposition: form-data; filename=a b; name*=UTF-8''im%61ge"+
			withCoding+"base64\r\n\r\n"+png+"=\n",
		"Content-Disposition: form-data; name=question"+
			withType+"text/plain; charset=latin1\r\n\r\nodd number")))
	seeds(f, func(m *mistake) { f.Add(m.header("Content-Type"), m.body) },
		formMistakes, fieldMistakes, imageMistakes)
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		w := post(t, s, "/ask", body, "Content-Type", kind)
		if w.status != http.StatusOK {
			return
		}
		var answer answerJSON
		err := json.Unmarshal(w.body.Bytes(), &answer)
		if err != nil || len(answer.Heads) != 2 || answer.Saw == nil {
			t.Errorf("the answer is %q", w.body.Bytes())
		}
	})
}

// FuzzCodings sends any body with any Content-Encoding.
func FuzzCodings(f *testing.F) {
	s := fuzzed(f)
	body := oneRow(f, 3, "odd number", "")
	for coding, packed := range map[string][]byte{
		"gzip":                gzipped(body),
		"deflate":             zipped(body),
		"DEFLATE":             deflated(body),
		"deflate, x-gzip":     gzipped(deflated(body)),
		"identity,gzip,,gzip": gzipped(gzipped(body)),
	} {
		f.Add(coding, packed)
	}
	seeds(f, func(m *mistake) { f.Add(m.header("Content-Encoding"), m.body) }, bodyMistakes)
	f.Fuzz(func(t *testing.T, coding string, body []byte) {
		post(t, s, inferPath, body, "Content-Encoding", coding)
	})
}
