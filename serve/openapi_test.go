package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// contract checks requests and replies against openapi.json.
type contract struct {
	doc    *openapi3.T
	router routers.Router
	seen   map[string]bool // replies so far, as "GET /v2 200"
}

// newContract reads and checks the document, its examples too.
func newContract(t *testing.T) *contract {
	t.Helper()
	for _, kind := range []string{
		"text/html", "text/css", "text/javascript", "image/svg+xml", "image/png", "image/jpeg",
		"application/vnd.google.protobuf",
	} {
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

// find returns a request's operation. If the path has none of the request's method, it is the
// path's GET or POST.
func (c *contract) find(request *http.Request) (*openapi3filter.RequestValidationInput, error) {
	method := request.Method
	defer func() { request.Method = method }()
	for _, request.Method = range []string{method, http.MethodGet, http.MethodPost} {
		route, params, err := c.router.FindRoute(request)
		if err == nil {
			return &openapi3filter.RequestValidationInput{
				Request: request, PathParams: params, Route: route,
				Options: &openapi3filter.Options{
					IncludeResponseStatus:   true,
					AuthenticationFunc:      openapi3filter.NoopAuthenticationFunc,
					SchemaValidationOptions: short,
				},
			}, nil
		}
	}
	return nil, fmt.Errorf("the document has no path %q", request.URL.Path)
}

// short leaves schemas and values out of errors.
var short = []openapi3.SchemaValidationOption{openapi3.DisableSchemaErrorDetails()}

// request checks a request.
func (c *contract) request(request *http.Request, body []byte) error {
	in, err := c.find(request)
	if err != nil {
		return err
	}
	if request.Method != in.Route.Method {
		return fmt.Errorf("the document has no %s of %s", request.Method, in.Route.Path)
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	if request.Header.Get("Content-Encoding") != "" { // the library does not decompress
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

// standard are headers of HTTP itself, which the document need not declare.
var standard = []string{"Date", "Content-Type", "Content-Length", "Connection"}

// reply checks a reply's status, headers and body. Each header must be declared.
func (c *contract) reply(request *http.Request, got response) error {
	in, err := c.find(request)
	if err != nil {
		return err
	}
	status := strconv.Itoa(got.status)
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: got.status, Header: got.header, Options: in.Options,
	}
	out.SetBodyBytes(got.body)
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		return err
	}
	declared := in.Route.Operation.Responses.Status(got.status)
	if declared == nil {
		return errors.New("status " + status + " is not declared") // the library accepts some
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

// jsonPart checks the JSON before binary data.
func (c *contract) jsonPart(content openapi3.Content, header http.Header, body []byte) error {
	media := content.Get(header.Get("Content-Type"))
	length := header.Get(headerLength)
	if media == nil || media.Extensions["x-json-part"] == nil {
		if length != "" {
			return fmt.Errorf("%s is given, and the body is JSON alone", headerLength)
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
	name := strings.TrimPrefix(ref, "#/components/schemas/")
	return c.doc.Components.Schemas[name].Value.VisitJSON(value, short...)
}

// call sends a request and checks the reply against the document. A request that is answered is
// checked, too.
func (c *contract) call(
	t *testing.T, r *running, want int, method, path string, body []byte, headers ...string,
) response {
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

// post sends JSON.
func (c *contract) post(
	t *testing.T, r *running, want int, path string, body []byte, headers ...string,
) response {
	t.Helper()
	headers = append([]string{"Content-Type", asJSON}, headers...)
	return c.call(t, r, want, http.MethodPost, path, body, headers...)
}

// operation is one of the document's operations.
type operation struct {
	method, path string
	address      string // the path with values for its parameters
	open         bool   // it needs no token
}

// all returns the document's operations.
func (c *contract) all(r *running) []operation {
	version := r.models[0].current.Load().Version()
	names := strings.NewReplacer(
		"{model}", "digitqa", "{version}", version, "{file}", "app.js")
	var list []operation
	for _, path := range c.doc.Paths.InMatchingOrder() {
		for method, op := range c.doc.Paths.Value(path).Operations() {
			open := op.Security != nil && len(*op.Security) == 0
			list = append(list, operation{method, path, names.Replace(path), open})
		}
	}
	return list
}

// posts returns the operations with a body.
func (c *contract) posts(r *running) []operation {
	return slices.DeleteFunc(c.all(r), func(e operation) bool {
		return e.method != http.MethodPost
	})
}

// good is a body that the operation answers.
func (e operation) good(t *testing.T) []byte {
	switch {
	case e.path == "/ask":
		return askJSON(pixelsJSON(t), "odd number")
	case e.method == http.MethodPost:
		return oneRow(t, 3, "odd number", "")
	}
	return nil
}

// call calls the operation.
func (e operation) call(
	t *testing.T, c *contract, r *running, want int, body []byte, headers ...string,
) {
	t.Helper()
	if e.method == http.MethodPost {
		headers = append([]string{"Content-Type", asJSON}, headers...)
	}
	c.call(t, r, want, e.method, e.address, body, headers...)
}

// The document has each route of the server and each status of its replies, and nothing else.
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
		"answers":  c.answers,
		"infer":    c.infer,
		"ask":      c.ask,
		"examples": c.examples,
		"page":     c.page,
		"refusals": c.refusals,
		"hosts":    c.hosts,
		"origins":  c.origins,
		"tokens":   c.tokens,
		"rate":     c.rate,
		"overload": c.overload,
		"slow":     c.slow,
		"trouble":  c.trouble,
	} {
		t.Run(name, part)
	}
	for _, e := range c.all(r) {
		op := c.doc.Paths.Value(e.path).GetOperation(e.method)
		for status := range op.Responses.Map() {
			key := e.method + " " + e.path + " " + status
			if !c.seen[key] && status != "500" { // not every operation can be made to panic here
				t.Errorf("the document has %s, but no reply had it", key)
			}
		}
	}
}

// A reply that is not as the document says is an error.
func TestOpenAPIFindsLies(t *testing.T) {
	c := newContract(t)
	r := start(t)
	request, err := http.NewRequest("POST", r.url+"/ask", nil)
	if err != nil {
		t.Fatal(err)
	}
	body := operation{path: "/ask"}.good(t)
	good := r.call(t, "POST", "/ask", body, "Content-Type", asJSON)
	if err := c.reply(request, good); err != nil {
		t.Fatal(err)
	}
	replace := func(old, new string) func(*response) {
		return func(r *response) { r.body = bytes.Replace(r.body, []byte(old), []byte(new), 1) }
	}
	for name, change := range map[string]func(*response){
		"an unknown status":   func(r *response) { r.status = 418 },
		"another status":      func(r *response) { r.status = 400 },
		"a redirect":          func(r *response) { r.status, r.body = 304, nil },
		"a new member":        replace(`{`, `{"more":1,`),
		"a new member inside": replace(`"unsure":`, `"more":1,"unsure":`),
		"a renamed member":    replace(`"heads"`, `"head"`),
		"another type":        replace(`"digitqa"`, `7`),
		"no JSON":             func(r *response) { r.body = r.body[1:] },
		"another kind":        func(r *response) { r.header.Set("Content-Type", "text/plain") },
		"a missing header":    func(r *response) { r.header.Del("X-Request-Id") },
		"a new header":        func(r *response) { r.header.Set("X-More", "1") },
	} {
		lie := response{good.status, good.header.Clone(), slices.Clone(good.body)}
		change(&lie)
		if c.reply(request, lie) == nil {
			t.Errorf("%s is no error", name)
		}
	}
}
