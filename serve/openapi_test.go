package serve

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// contract is openapi.json, against which requests and replies are held.
type contract struct {
	doc    *openapi3.T
	router routers.Router
	seen   map[string]bool // statuses that came, as "GET /v2 200"
}

// newContract reads and checks the document, its examples too.
func newContract(t *testing.T) *contract {
	t.Helper()
	for _, kind := range []string{"text/html", "text/css", "text/javascript", "image/svg+xml", "image/png", "image/jpeg", "application/vnd.google.protobuf"} {
		openapi3filter.RegisterBodyDecoder(kind, openapi3filter.FileBodyDecoder)
	}
	doc, err := openapi3.NewLoader().LoadFromData(openAPIDocument)
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil // whatever the address
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &contract{doc, router, map[string]bool{}}
}

// find is the operation that a request means. Where the path has none for the request's method, it is the one that
// the path has.
func (c *contract) find(request *http.Request) (*openapi3filter.RequestValidationInput, error) {
	own := request.Method
	defer func() { request.Method = own }()
	for _, request.Method = range []string{own, http.MethodGet, http.MethodPost} {
		route, params, err := c.router.FindRoute(request)
		if err == nil {
			return &openapi3filter.RequestValidationInput{
				Request: request, PathParams: params, Route: route,
				Options: &openapi3filter.Options{
					IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
					SchemaValidationOptions: short,
				},
			}, nil
		}
	}
	return nil, fmt.Errorf("the document has no path %q", request.URL.Path)
}

// short leaves schemas and values out of errors.
var short = []openapi3.SchemaValidationOption{openapi3.DisableSchemaErrorDetails()}

// request tests a request.
func (c *contract) request(request *http.Request, body []byte) error {
	in, err := c.find(request)
	if err != nil {
		return err
	}
	if request.Method != in.Route.Method {
		return fmt.Errorf("the document has no %s of %s", request.Method, in.Route.Path)
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	if request.Header.Get("Content-Encoding") != "" { // which the library does not undo
		in.Options.ExcludeRequestBody = true
	}
	if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
		return err
	}
	if in.Route.Operation.RequestBody == nil {
		return nil
	}
	return c.jsonPart(in.Route.Operation.RequestBody.Value.Content, request.Header, body)
}

// standard are headers that HTTP itself gives a meaning.
var standard = []string{"Date", "Content-Type", "Content-Length", "Connection"}

// reply tests a reply: its status, its headers, of which none may be undeclared, and its body.
func (c *contract) reply(request *http.Request, got response) error {
	in, err := c.find(request)
	if err != nil {
		return err
	}
	status := strconv.Itoa(got.status)
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: got.status, Header: got.header, Options: in.Options}
	out.SetBodyBytes(got.body)
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		return err
	}
	declared := in.Route.Operation.Responses.Status(got.status)
	if declared == nil {
		return errors.New("status " + status + " is not declared") // the library lets some through
	}
	known := slices.Clone(standard)
	for name := range declared.Value.Headers {
		known = append(known, http.CanonicalHeaderKey(name))
	}
	for name := range got.header {
		if !slices.Contains(known, name) {
			return fmt.Errorf("header %q is not declared", name)
		}
	}
	if len(declared.Value.Content) == 0 && len(got.body) > 0 {
		return fmt.Errorf("%d bytes of body are not declared", len(got.body))
	}
	c.seen[in.Route.Method+" "+in.Route.Path+" "+status] = true
	return c.jsonPart(declared.Value.Content, got.header, got.body)
}

// jsonPart tests the JSON before binary data.
func (c *contract) jsonPart(content openapi3.Content, header http.Header, body []byte) error {
	media := content.Get(header.Get("Content-Type"))
	length := header.Get(headerLength)
	if media == nil || media.Extensions["x-json-part"] == nil {
		if length != "" {
			return fmt.Errorf("%s is given where all is JSON", headerLength)
		}
		return nil
	}
	n, err := strconv.Atoi(length)
	if err != nil || n > len(body) {
		return fmt.Errorf("%s is %q, the body has %d bytes", headerLength, length, len(body))
	}
	var value any
	if err := json.Unmarshal(body[:n], &value); err != nil {
		return err
	}
	ref := media.Extensions["x-json-part"].(map[string]any)["$ref"].(string)
	return c.doc.Components.Schemas[strings.TrimPrefix(ref, "#/components/schemas/")].Value.VisitJSON(value, short...)
}

// call sends a request, and tests the reply against the document, and the request too where it is answered.
func (c *contract) call(t *testing.T, r *running, want int, method, path string, body []byte, headers ...string) response {
	t.Helper()
	got := r.call(t, method, path, body, headers...)
	what := fmt.Sprintf("%s %s %v", method, path, headers)
	if got.status != want {
		t.Errorf("%s: status %d, want %d: %.200s", what, got.status, want, got.body)
	}
	request, err := http.NewRequest(method, r.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	if got.status < 300 {
		if err := c.request(request, body); err != nil {
			t.Errorf("%s: the request: %v", what, err)
		}
	}
	if err := c.reply(request, got); err != nil {
		t.Errorf("%s: the reply, status %d: %v\n%.300s", what, got.status, err, got.body)
	}
	return got
}

// operation is one of the document, with an address that means it.
type operation struct {
	method, path string
	address      string // a path without braces
	open         bool   // no token is asked for
}

// all are the document's operations.
func (c *contract) all(r *running) []operation {
	names := strings.NewReplacer("{model}", "digitqa", "{version}", r.models[0].current.Load().Version(), "{file}", "app.js")
	var list []operation
	for _, path := range c.doc.Paths.InMatchingOrder() {
		for method, op := range c.doc.Paths.Value(path).Operations() {
			list = append(list, operation{method, path, names.Replace(path), op.Security != nil && len(*op.Security) == 0})
		}
	}
	return list
}

const asJSON = "application/json"

// good is a body that an operation answers.
func (e operation) good(t *testing.T) []byte {
	switch {
	case e.path == "/ask":
		return []byte(`{"image":` + jsonOf(t, ints(picture(3))) + `,"question":"odd number"}`)
	case e.method == http.MethodPost:
		return one(t, 3, "odd number", "")
	}
	return nil
}

// call asks for an operation.
func (e operation) call(t *testing.T, c *contract, r *running, want int, body []byte, headers ...string) {
	t.Helper()
	if e.method == http.MethodPost {
		headers = append([]string{"Content-Type", asJSON}, headers...)
	}
	c.call(t, r, want, e.method, e.address, body, headers...)
}

// The document tells of what the server has, and of nothing else: each route, and each status that one answers.
func TestOpenAPI(t *testing.T) {
	c := newContract(t)
	r := start(t)
	if got := r.call(t, "GET", "/openapi.json", nil); !bytes.Equal(got.body, openAPIDocument) {
		t.Errorf("the server's document has %d bytes, want %d", len(got.body), len(openAPIDocument))
	}
	have := map[string]bool{}
	for _, e := range c.all(r) {
		have[e.method+" "+e.path] = true
	}
	for _, route := range r.routed {
		route = strings.TrimSuffix(route, "{$}")
		if !have[route] {
			t.Errorf("the document lacks %s", route)
		}
		delete(have, route)
	}
	for route := range have {
		t.Errorf("the document has %s, the server does not", route)
	}
	for name, part := range map[string]func(*testing.T){
		"answers": c.answers, "infer": c.infer, "ask": c.ask, "examples": c.examples, "page": c.page, "refusals": c.refusals,
		"hosts": c.hosts, "origins": c.origins, "tokens": c.tokens, "rate": c.rate, "overload": c.overload, "slow": c.slow, "trouble": c.trouble,
	} {
		t.Run(name, part)
	}
	for _, e := range c.all(r) {
		for status := range c.doc.Paths.Value(e.path).GetOperation(e.method).Responses.Map() {
			key := e.method + " " + e.path + " " + status
			if !c.seen[key] && status != "500" { // any endpoint may panic, but not all can be made to
				t.Errorf("the document has %s, which never came", key)
			}
		}
	}
}

// answers asks for each operation.
func (c *contract) answers(t *testing.T) {
	r := start(t)
	for _, e := range c.all(r) {
		e.call(t, c, r, 200, e.good(t))
		e.call(t, c, r, 200, e.good(t), "X-Request-Id", "mine-7", "Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
		if e.method == http.MethodGet {
			if got := r.call(t, http.MethodHead, e.address, nil); got.status != 200 || len(got.body) > 0 {
				t.Errorf("HEAD %s: status %d, %d bytes", e.address, got.status, len(got.body))
			}
		}
	}
	c.call(t, r, 200, "GET", "/metrics", nil, "Accept", "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited")
	c.call(t, r, 200, "GET", "/metrics", nil, "Accept-Encoding", "gzip")
	wrong(t, r.path)
	if err := r.Reload(); err == nil {
		t.Error("a wrong model is loaded")
	}
	got := c.call(t, r, 200, "GET", "/v2/models/digitqa", nil)
	if !strings.Contains(string(got.body), "load_error") {
		t.Errorf("the model says %s", got.body)
	}
}

// nestedJSON is an image as lists of rows, with points.
func nestedJSON(t testing.TB) string {
	var rows [28][28]json.Number
	for i, v := range picture(3) {
		rows[i/28][i%28] = json.Number(fmt.Sprintf("%d.0", v))
	}
	return jsonOf(t, rows)
}

// infer asks infer in each way: JSON and bytes, in and out.
func (c *contract) infer(t *testing.T) {
	r := start(t)
	rows := r.want(t, []int{3}, []int32{5, 6})
	var nested [1][28][28]int
	for i, v := range picture(3) {
		nested[0][i/28][i%28] = int(v)
	}
	const (
		words  = `{"name":"question","datatype":"BYTES","shape":[1],"data":["odd number"]}`
		pixels = `{"name":"image","datatype":"UINT8","shape":[1,28,28],"parameters":{"binary_data_size":784}}`
	)
	for _, body := range [][]byte{
		one(t, 3, "odd number", `"id":"a \"7\"","parameters":{"timeout":1000000,"other":{}},`),
		one(t, 3, "odd number", `"outputs":[{"name":"answer","parameters":{"binary_data":false,"classification":1}}],`),
		one(t, 3, "odd number", `"outputs":[],"more":null,`),
		one(t, 3, "odd number", `"outputs":null,"id":null,"parameters":null,`),
		one(t, 3, "odd number", `"outputs":[{"name":"answer","parameters":null},{"name":"digit","parameters":{"classification":3,"priority":1}}],`),
		fmt.Appendf(nil, `{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,28,28],"data":%s},%s]}`, jsonOf(t, nested), words),
		fmt.Appendf(nil, `{"inputs":[{"name":"image","datatype":"FP32","shape":[1,28,28],"data":%s},
			{"name":"question","datatype":"INT32","shape":[1,2],"data":[[5,6]]}]}`, jsonOf(t, rows.Inputs[0].Float32s())),
	} {
		c.call(t, r, 200, "POST", inferPath, body, "Content-Type", asJSON)
	}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	w.Write(one(t, 3, "odd number", ""))
	w.Close()
	c.call(t, r, 200, "POST", inferPath, zipped.Bytes(), "Content-Type", asJSON, "Content-Encoding", "gzip")
	padded := append(zipped.Bytes(), make([]byte, 100)...)
	c.call(t, r, 200, "POST", inferPath, padded, "Content-Type", asJSON, "Content-Encoding", "gzip")
	c.call(t, r, 200, "POST", inferPath, deflated(one(t, 3, "odd number", "")), "Content-Type", asJSON, "Content-Encoding", "Deflate")
	for _, more := range []string{``, `"parameters":{"binary_data_output":true},`, `"outputs":[{"name":"digit","parameters":{"binary_data":true}},{"name":"answer"}],`,
		`"outputs":[{"name":"digit","parameters":{"binary_data":true,"classification":2}},{"name":"answer","parameters":{"classification":1}}],`} {
		text := `{` + more + `"inputs":[` + pixels + `,` + words + `]}`
		got := c.call(t, r, 200, "POST", inferPath, append([]byte(text), picture(3)...), "Content-Type", "application/octet-stream", headerLength, strconv.Itoa(len(text)))
		if binary := got.header.Get("Content-Type") == "application/octet-stream"; binary != (more != "") {
			t.Errorf("%s: headers are %v", more, got.header)
		}
	}
}

// ask asks as people do.
func (c *contract) ask(t *testing.T) {
	r := start(t)
	file := drawing(t, 60, 255, 20)
	text := base64.StdEncoding.EncodeToString(file)
	for _, body := range []string{
		`{"image":"` + text + `","question":"odd number"}`,
		`{"image":"data:image/png;base64,` + text + `","question":"odd number","model":"digitqa"}`,
		`{"image":` + jsonOf(t, ints(picture(3))) + `,"question":"half number"}`, // with a note
		`{"image":` + nestedJSON(t) + `,"question":[5,6]}`,
	} {
		c.call(t, r, 200, "POST", "/ask?model=digitqa", []byte(body), "Content-Type", asJSON+"; charset=utf-8")
	}
	contradictions := 0
	for n := range 6 {
		body := `{"image":` + jsonOf(t, ints(picture(n))) + `,"question":"lower half"}`
		got := c.call(t, r, 200, "POST", "/ask", []byte(body), "Content-Type", asJSON)
		contradictions += strings.Count(string(got.body), `"contradictions"`)
	}
	if contradictions == 0 {
		t.Error("no answer contradicts itself")
	}
	kind, body := form(t, "image", "image/png", string(file), "model", "", "digitqa", "question", "", "odd number")
	c.call(t, r, 200, "POST", "/ask", body, "Content-Type", kind)
	kind, body = form(t, "image", "", text, "question", "text/plain", "odd number")
	c.call(t, r, 200, "POST", "/ask", body, "Content-Type", kind)
	kind, body = form(t, "image", "application/octet-stream", string(file), "question", "", "odd number")
	c.call(t, r, 200, "POST", "/ask", body, "Content-Type", kind)
	body = []byte(url.Values{"image": {text}, "question": {"odd number"}}.Encode())
	c.call(t, r, 200, "POST", "/ask", body, "Content-Type", asQuery)
}

// examples asks what the document gives as examples.
func (c *contract) examples(t *testing.T) {
	r := start(t)
	n := 0
	for _, e := range c.all(r) {
		request := c.doc.Paths.Value(e.path).GetOperation(e.method).RequestBody
		if request == nil {
			continue
		}
		for _, example := range request.Value.Content[asJSON].Examples {
			n++
			e.call(t, c, r, 200, []byte(jsonOf(t, example.Value.Value)))
		}
	}
	if n != 6 {
		t.Errorf("%d examples were asked, want 6", n)
	}
}

// page reads the page as browsers may.
func (c *contract) page(t *testing.T) {
	r := start(t)
	files, err := pageFiles.ReadDir("page")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		c.call(t, r, 200, "GET", "/page/"+f.Name(), nil)
	}
	for _, path := range []string{"/", "/page/app.js"} {
		c.call(t, r, 200, "GET", path, nil, "Range", "bytes=10000000-")
		c.call(t, r, 304, "GET", path, nil, "If-None-Match", "*")
		c.call(t, r, 200, "GET", path, nil, "If-Match", `"x"`)
	}
	c.call(t, r, 404, "GET", "/page/none.js", nil)
}

// refusals asks what cannot be answered.
func (c *contract) refusals(t *testing.T) {
	r := start(t)
	blank := base64.StdEncoding.EncodeToString(drawing(t, 60, 200, 200))
	for _, e := range c.all(r) {
		other := http.MethodPost
		if e.method == other {
			other = http.MethodGet
		}
		c.call(t, r, 405, other, e.address, nil)
		if strings.Contains(e.path, "{model}") {
			c.call(t, r, 404, e.method, strings.Replace(e.address, "digitqa", "none", 1), e.good(t))
		}
		if strings.Contains(e.path, "{version}") {
			c.call(t, r, 404, e.method, strings.Replace(e.path, "{model}/versions/{version}", "digitqa/versions/0", 1), e.good(t))
		}
		if e.method != http.MethodPost {
			continue
		}
		for _, text := range []string{``, `{`, `[]`, `{"inputs":7}`, `{"image":null}`, `{} {}`, strings.Repeat(`{"a":`, 40)} {
			e.call(t, c, r, 400, []byte(text))
		}
		e.call(t, c, r, 415, e.good(t), "Content-Encoding", "br")
		e.call(t, c, r, 422, bytes.Replace(e.good(t), []byte("odd number"), []byte("prime number"), 1))
		e.call(t, c, r, 413, bytes.Replace(e.good(t), []byte("odd number"), bytes.Repeat([]byte("odd "), 2000), 1))
	}
	c.call(t, r, 404, "POST", "/ask?model=none", operation{path: "/ask"}.good(t), "Content-Type", asJSON)
	c.call(t, r, 415, "POST", "/ask", nil)
	c.call(t, r, 415, "POST", "/ask", []byte(`{"image":"aGFsbG8","question":"odd number"}`), "Content-Type", asJSON)
	c.call(t, r, 422, "POST", "/ask", []byte(`{"image":"`+blank+`","question":"odd number"}`), "Content-Type", asJSON)
	c.call(t, r, 400, "POST", inferPath, one(t, 3, "odd number", ""), headerLength, "1000000")
}

// hosts tests which endpoints want to be asked for a name that the server has.
func (c *contract) hosts(t *testing.T) {
	r := start(t)
	for _, e := range c.all(r) {
		want := http.StatusMisdirectedRequest
		if e.open {
			want = http.StatusOK
		}
		e.call(t, c, r, want, e.good(t), "Host", "digits.example.org")
		e.call(t, c, r, 200, e.good(t), "Host", "localhost")
	}
}

// origins tests which endpoints pages of another origin may not use.
func (c *contract) origins(t *testing.T) {
	r := start(t)
	for _, e := range c.all(r) {
		want := http.StatusOK
		if e.method == http.MethodPost {
			want = http.StatusForbidden
		}
		e.call(t, c, r, want, e.good(t), "Origin", "https://example.org")
		e.call(t, c, r, want, e.good(t), "Sec-Fetch-Site", "cross-site")
		e.call(t, c, r, 200, e.good(t), "Origin", r.url, "Sec-Fetch-Site", "same-origin")
	}
}

// tokens tests which endpoints want a token.
func (c *contract) tokens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(path, []byte("first-0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, func(to *Config) { to.Token = path })
	for _, e := range c.all(r) {
		want := http.StatusUnauthorized
		if e.open {
			want = http.StatusOK
		}
		e.call(t, c, r, want, e.good(t))
		e.call(t, c, r, want, e.good(t), "Authorization", "Bearer second-0123456789abcde")
		e.call(t, c, r, 200, e.good(t), "Authorization", "Bearer first-0123456789abcdef")
	}
}

// rate asks more often than a client may.
func (c *contract) rate(t *testing.T) {
	r := start(t, func(to *Config) { to.Rate = 0.001 })
	c.call(t, r, 200, "GET", "/v2", nil)
	for _, e := range c.all(r) {
		want := http.StatusTooManyRequests
		if e.open {
			want = http.StatusOK
		}
		e.call(t, c, r, want, e.good(t))
	}
}

// overload asks a server whose queue is full, and one whose deadline passes.
func (c *contract) overload(t *testing.T) {
	r := start(t, func(to *Config) { to.Body, to.Deadline, to.Rows = 8192, 10*time.Millisecond, 1 })
	free := r.models[0].current.Load().batch.block()
	defer free()
	for _, e := range c.all(r) {
		if e.method != http.MethodPost {
			continue
		}
		e.call(t, c, r, 413, make([]byte, 8193))
		e.call(t, c, r, 504, e.good(t))
		r.unanswered.take(int64(r.config.Queue))
		e.call(t, c, r, 503, e.good(t))
		r.unanswered.give(int64(r.config.Queue))
	}
	c.call(t, r, 413, "POST", inferPath, bytes.ReplaceAll(one(t, 3, "odd number", ""), []byte(`"shape":[1`), []byte(`"shape":[2`)))
}

// slow sends bodies that do not arrive.
func (c *contract) slow(t *testing.T) {
	r := start(t, func(to *Config) { to.ReadTime = 50 * time.Millisecond })
	for _, e := range c.all(r) {
		if e.method != http.MethodPost {
			continue
		}
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\nnot all of it", e.address)
		request, err := http.NewRequest(e.method, r.url+e.address, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := http.ReadResponse(bufio.NewReader(conn), request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.reply(request, response{got.StatusCode, got.Header, body}); err != nil || got.StatusCode != http.StatusRequestTimeout {
			t.Errorf("%s: status %d: %v", e.path, got.StatusCode, err)
		}
	}
}

// trouble asks a server that is being stopped, and one with a fault.
func (c *contract) trouble(t *testing.T) {
	r := start(t)
	all := c.all(r)
	r.leaving.Store(true)
	for _, e := range all {
		want := http.StatusOK
		if strings.HasSuffix(e.path, "/ready") {
			want = http.StatusServiceUnavailable
		}
		e.call(t, c, r, want, e.good(t))
	}
	r.leaving.Store(false)
	r.models[0].current.Store(nil)
	for _, e := range all {
		if strings.Contains(e.path, "{model}") || e.path == "/models" || e.path == "/ask" {
			body := e.good(t)
			if strings.Contains(e.path, "{version}") { // which is compared first
				body = nil
			}
			e.call(t, c, r, 500, body)
		}
	}
}

// A reply that is not as the document says is found out.
func TestOpenAPIFindsLies(t *testing.T) {
	c := newContract(t)
	r := start(t)
	request, err := http.NewRequest("POST", r.url+"/ask", nil)
	if err != nil {
		t.Fatal(err)
	}
	good := r.call(t, "POST", "/ask", operation{path: "/ask"}.good(t), "Content-Type", asJSON)
	if err := c.reply(request, good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*response){
		"an unknown status": func(r *response) { r.status = 418 },
		"another status":    func(r *response) { r.status = 400 },
		"a redirect":        func(r *response) { r.status, r.body = 304, nil },
		"a new member":      func(r *response) { r.body = bytes.Replace(r.body, []byte(`{`), []byte(`{"more":1,`), 1) },
		"a new member inside": func(r *response) {
			r.body = bytes.Replace(r.body, []byte(`"unsure":`), []byte(`"more":1,"unsure":`), 1)
		},
		"a renamed member": func(r *response) { r.body = bytes.Replace(r.body, []byte(`"heads"`), []byte(`"head"`), 1) },
		"another type":     func(r *response) { r.body = bytes.Replace(r.body, []byte(`"digitqa"`), []byte(`7`), 1) },
		"no JSON":          func(r *response) { r.body = r.body[1:] },
		"another kind":     func(r *response) { r.header.Set("Content-Type", "text/plain") },
		"a missing header": func(r *response) { r.header.Del("X-Request-Id") },
		"a new header":     func(r *response) { r.header.Set("X-More", "1") },
	} {
		lie := response{good.status, good.header.Clone(), slices.Clone(good.body)}
		change(&lie)
		if c.reply(request, lie) == nil {
			t.Errorf("%s is not found out", name)
		}
	}
}
