package serve

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// answers calls each operation.
func (c *contract) answers(t *testing.T) {
	r := start(t)
	for _, e := range c.all(r) {
		e.call(t, c, r, 200, e.good(t))
		e.call(t, c, r, 200, e.good(t), "X-Request-Id", "mine-7", "Traceparent", trace)
		if e.method == http.MethodGet {
			if got := r.call(t, http.MethodHead, e.address, nil); got.status != 200 || len(got.body) > 0 {
				t.Errorf("HEAD %s: status %d, %d bytes", e.address, got.status, len(got.body))
			}
		}
	}
	const protobuf = "application/vnd.google.protobuf; " +
		"proto=io.prometheus.client.MetricFamily; encoding=delimited"
	c.call(t, r, 200, "GET", "/metrics", nil, "Accept", protobuf)
	c.call(t, r, 200, "GET", "/metrics", nil, "Accept-Encoding", "gzip")
	spoilSamples(t, r.path)
	if err := r.Reload(); err == nil {
		t.Error("a wrong model is loaded")
	}
	got := c.call(t, r, 200, "GET", "/v2/models/digitqa", nil)
	if !strings.Contains(string(got.body), "load_error") {
		t.Errorf("the model says %s", got.body)
	}
}

// infer calls infer in each way: JSON and bytes, in and out.
func (c *contract) infer(t *testing.T) {
	r := start(t)
	post := func(body []byte, headers ...string) {
		t.Helper()
		c.post(t, r, 200, inferPath, body, headers...)
	}
	good := oneRow(t, 3, "odd number", "")
	for _, more := range []string{
		`"id":"a \"7\"","parameters":{"timeout":1000000,"other":{}},`,
		`"outputs":[{"name":"answer","parameters":{"binary_data":false,"classification":1}}],`,
		`"outputs":[],"more":null,`,
		`"outputs":null,"id":null,"parameters":null,`,
		`"outputs":[{"name":"answer","parameters":null},` +
			`{"name":"digit","parameters":{"classification":3,"priority":1}}],`,
	} {
		post(oneRow(t, 3, "odd number", more))
	}
	var nested [1][28][28]int
	for i, v := range leaning(3) {
		nested[0][i/28][i%28] = int(v)
	}
	post(inferJSON(imageInput("UINT8", 1, jsonOf(t, nested)), oddNumber))
	floats := jsonOf(t, r.predict(t, []int{3}, []int32{5, 6}).Inputs[0].Float32s())
	post(inferJSON(imageInput("FP32", 1, floats),
		`{"name":"question","datatype":"INT32","shape":[1,2],"data":[[5,6]]}`))

	packed := gzipped(good)
	post(packed, "Content-Encoding", "gzip")
	post(append(packed, make([]byte, 100)...), "Content-Encoding", "gzip")
	post(deflated(good), "Content-Encoding", "Deflate")

	for _, more := range []string{
		``,
		`"parameters":{"binary_data_output":true},`,
		`"outputs":[{"name":"digit","parameters":{"binary_data":true}},{"name":"answer"}],`,
		`"outputs":[{"name":"digit","parameters":{"binary_data":true,"classification":2}},` +
			`{"name":"answer","parameters":{"classification":1}}],`,
	} {
		body, length := binaryImage(3, more)
		got := c.call(t, r, 200, "POST", inferPath, body,
			"Content-Type", "application/octet-stream", headerLength, length)
		kind := got.header.Get("Content-Type")
		if (kind == "application/octet-stream") != (more != "") {
			t.Errorf("%s: headers are %v", more, got.header)
		}
	}
}

// ask calls ask with JSON and forms.
func (c *contract) ask(t *testing.T) {
	r := start(t)
	file := drawing(t, 60, 255, 20)
	text := base64.StdEncoding.EncodeToString(file)
	for _, body := range []string{
		`{"image":"` + text + `","question":"odd number"}`,
		`{"image":"data:image/png;base64,` + text + `","question":"odd number","model":"digitqa"}`,
		string(askJSON(pixelsJSON(t), "half number")), // with a note
		`{"image":` + nestedJSON(t) + `,"question":[5,6]}`,
	} {
		c.call(t, r, 200, "POST", "/ask?model=digitqa", []byte(body),
			"Content-Type", asJSON+"; charset=utf-8")
	}
	contradictions := 0
	for n := range 6 {
		got := c.post(t, r, 200, "/ask", askJSON(jsonOf(t, ints(leaning(n))), "lower half"))
		contradictions += strings.Count(string(got.body), `"contradictions"`)
	}
	if contradictions == 0 {
		t.Error("no answer contradicts itself")
	}
	for _, parts := range [][]string{
		{"image", "image/png", string(file), "model", "", "digitqa", "question", "", "odd number"},
		{"image", "", text, "question", "text/plain", "odd number"},
		{"image", "application/octet-stream", string(file), "question", "", "odd number"},
	} {
		kind, body := form(t, parts...)
		c.call(t, r, 200, "POST", "/ask", body, "Content-Type", kind)
	}
	query := url.Values{"image": {text}, "question": {"odd number"}}.Encode()
	c.call(t, r, 200, "POST", "/ask", []byte(query), "Content-Type", asQuery)
}

// examples sends the document's examples.
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
		t.Errorf("%d examples, want 6", n)
	}
}

// page reads the page's files with the headers that browsers send.
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

// refusals sends requests that are refused.
func (c *contract) refusals(t *testing.T) {
	r := start(t)
	for _, e := range c.all(r) {
		other := http.MethodPost
		if e.method == other {
			other = http.MethodGet
		}
		c.call(t, r, 405, other, e.address, nil)
		if strings.Contains(e.path, "{model}") {
			address := strings.Replace(e.address, "digitqa", "none", 1)
			c.call(t, r, 404, e.method, address, e.good(t))
		}
		if strings.Contains(e.path, "{version}") {
			const version = "{model}/versions/{version}"
			address := strings.Replace(e.path, version, "digitqa/versions/0", 1)
			c.call(t, r, 404, e.method, address, e.good(t))
		}
	}
	for _, e := range c.posts(r) {
		for _, text := range []string{
			``, `{`, `[]`, `{"inputs":7}`, `{"image":null}`, `{} {}`, strings.Repeat(`{"a":`, 40),
		} {
			e.call(t, c, r, 400, []byte(text))
		}
		e.call(t, c, r, 415, e.good(t), "Content-Encoding", "br")
		asking := func(question string) []byte {
			return bytes.Replace(e.good(t), []byte("odd number"), []byte(question), 1)
		}
		e.call(t, c, r, 422, asking("prime number"))
		e.call(t, c, r, 413, asking(strings.Repeat("odd ", 20000)))
	}
	c.post(t, r, 404, "/ask?model=none", operation{path: "/ask"}.good(t))
	c.call(t, r, 415, "POST", "/ask", nil)
	c.post(t, r, 415, "/ask", askJSON(`"aGFsbG8"`, "odd number"))
	c.post(t, r, 422, "/ask", askJSON(inBase64(drawing(t, 60, 200, 200)), "odd number"))
	c.call(t, r, 400, "POST", inferPath, oneRow(t, 3, "odd number", ""), headerLength, "1000000")
}

// hosts tests which operations need a Host that names the server.
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

// origins tests which operations refuse pages of another origin.
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

// tokens tests which operations need a token.
func (c *contract) tokens(t *testing.T) {
	path := tokenFile(t, firstToken+"\n")
	r := start(t, func(to *Config) { to.Token = path })
	for _, e := range c.all(r) {
		want := http.StatusUnauthorized
		if e.open {
			want = http.StatusOK
		}
		e.call(t, c, r, want, e.good(t))
		e.call(t, c, r, want, e.good(t), "Authorization", "Bearer second-0123456789abcde")
		e.call(t, c, r, 200, e.good(t), "Authorization", "Bearer "+firstToken)
	}
}

// rate sends more requests than a client may.
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

// overload sends requests whose deadline passes, and ones that find the queue full.
func (c *contract) overload(t *testing.T) {
	r := start(t, func(to *Config) {
		to.Body, to.Deadline, to.Rows = 8192, 10*time.Millisecond, 1
	})
	free := r.models[0].current.Load().batch.block()
	defer free()
	for _, e := range c.posts(r) {
		e.call(t, c, r, 413, make([]byte, 8193))
		e.call(t, c, r, 504, e.good(t))
		r.unanswered.take(int64(r.config.Queue))
		e.call(t, c, r, 503, e.good(t))
		r.unanswered.give(int64(r.config.Queue))
	}
	body := bytes.ReplaceAll(
		oneRow(t, 3, "odd number", ""), []byte(`"shape":[1`), []byte(`"shape":[2`))
	c.call(t, r, 413, "POST", inferPath, body)
}

// slow sends bodies that do not arrive.
func (c *contract) slow(t *testing.T) {
	r := start(t, func(to *Config) { to.ReadTime = 50 * time.Millisecond })
	for _, e := range c.posts(r) {
		conn := r.dial(t)
		defer conn.Close()
		io.WriteString(conn, wire("POST", e.address, "not all of it",
			"Content-Type: application/json", "Content-Length: 1000"))
		request, err := http.NewRequest(e.method, r.url+e.address, nil)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := http.ReadResponse(bufio.NewReader(conn), request)
		if err != nil {
			t.Fatal(err)
		}
		got := read(t, reply)
		if err := c.reply(request, got); err != nil || got.status != http.StatusRequestTimeout {
			t.Errorf("%s: status %d: %v", e.path, got.status, err)
		}
	}
}

// trouble calls a server that is being stopped, and one without a model.
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
			if strings.Contains(e.path, "{version}") { // the version is looked up before the body
				body = nil
			}
			e.call(t, c, r, 500, body)
		}
	}
}
