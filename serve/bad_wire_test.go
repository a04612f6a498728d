package serve

import (
	"fmt"
	"strings"
	"testing"
)

// pathMistakes are addresses at which there is nothing.
func pathMistakes(t testing.TB) (list []mistake) {
	add := func(says, paths string) {
		for path := range strings.FieldsSeq(paths) {
			list = append(list, mistake{
				name: path[:min(len(path), 60)], method: "GET", path: path, status: 404, says: says,
			})
		}
	}
	add("is not clean", `
		/.. /../ /../../etc/passwd /v2/.. /v2/../models /v2/./models /v2//models //v2 //
		/%2e%2e/ /%2e%2e%2f%2e%2e%2fetc%2fpasswd /v2/%2e%2e/models /v2/%2E%2E
		/page/../index.html /page/%2e%2e%2fpage.go /page/%2e%2e /page/.. /page/./app.js
		/page//app.js /v2/models/../infer /v2/models/%2e%2e/infer /v2/models/%2e/infer
		/. /v2/. /v2// /%2f /v2%2f%2fmodels`)
	add("there is nothing at ", `
		/v1 /v3 /v2/models /v2/models/ /v2/models/digitqa/ /v2/models/digitqa/none
		/v2/models/digitqa/infer/ /v2/models/digitqa/versions /favicon.ico /index.html /page
		/page/a/b /ask/ /metrics/ /V2 /%00 /v2%00 /v2/models/digitqa/infer%20 /v2/%20
		/v2/repository/index /v2/models/digitqa/versions/1/2/3 /debug/pprof/ /.git/config /.env
		/wp-login.php /*`)
	add(`unknown model `, `
		/v2/models/none /v2/models/none/ready /v2/models/digitq /v2/models/a%2fb
		/v2/models/digitqa%00 /v2/models/DIGITQA /v2/models/%ff /v2/models/%20
		/v2/models/none/versions/1 /v2/models/`+strings.Repeat("x", 8000))
	add(`has no version `, `
		/v2/models/digitqa/versions/1 /v2/models/digitqa/versions/1/ready
		/v2/models/digitqa/versions/%00 /v2/models/digitqa/versions/`+strings.Repeat("9", 8000))
	add("the page has no file ", `
		/page/none.js /page/index.html%00 /page/page.go /page/%5c..%5cpage.go /page/a%2fb /page/~
		/page/index.HTML /page/app.js%20 /page/%ff`)
	for path, says := range map[string]string{
		"/v2/models/none/infer":                              "unknown model",
		"/v2/models/" + strings.Repeat("y", 4000) + "/infer": "unknown model",
		"/v2/models/digitqa/versions/7/infer":                "has no version",
	} {
		list = append(list, mistake{
			name: path[:min(len(path), 60)], path: path, body: oneRow(t, 3, "odd number", ""),
			status: 404, says: says,
		})
	}
	return list
}

// methodMistakes are methods that a route does not take.
func methodMistakes(t testing.TB) (list []mistake) {
	add := func(takes string, paths ...string) {
		methods := "GET POST PUT DELETE PATCH OPTIONS TRACE CONNECT BREW get " + strings.Repeat("X", 200)
		for _, path := range paths {
			for method := range strings.FieldsSeq(methods) {
				if (method == "GET" || method == "POST") && strings.Contains(takes, method) {
					continue
				}
				list = append(list, mistake{
					name: method + " " + path, method: method, path: path,
					status: 405, says: "want " + takes,
				})
			}
		}
	}
	add("GET, HEAD", "/", "/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/digitqa",
		"/v2/models/digitqa/ready", "/models", "/metrics", "/openapi.json", "/page/app.js",
		"/v2/models/digitqa/versions/1", "/v2/models/digitqa/versions/1/ready")
	add("POST", inferPath, "/ask", "/v2/models/digitqa/versions/1/infer")
	return list
}

// wireMistakes are no HTTP, or HTTP that no client should send. Package net/http answers most of
// them itself.
func wireMistakes(t testing.TB) (list []mistake) {
	add := func(status int, says string, requests ...string) {
		for _, request := range requests {
			list = append(list, mistake{
				name: fmt.Sprintf("%.60q", request), wire: request, status: status, says: says,
			})
		}
	}
	const (
		headers  = "Host: x\r\nConnection: close\r\n"
		get      = "GET /v2 HTTP/1.1\r\n" + headers
		post     = "POST " + inferPath + " HTTP/1.1\r\n" + headers
		inChunks = "Transfer-Encoding: chunked\r\n"
	)
	bad := "400 Bad Request"
	for _, line := range []string{ // alone, without headers
		"GET", "GET /v2", "GET /v2 HTTP", "\r\n", " ", "\x00\x01\x02\x03",
		"\x16\x03\x01\x00\xc4\x01\x00\x00\xc0\x03\x03", "SSH-2.0-OpenSSH_9.6", `{"inputs":[]}`,
	} {
		add(400, bad, line+"\r\n\r\n")
	}
	line := func(line string) string { return line + "\r\n" + headers + "\r\n" }
	for _, l := range []string{
		"GET /v2 HTTX/1.1", "GET /v2 HTTP/1", "GET /v2 HTTP/1.1 x", "G\x00T /v2 HTTP/1.1",
		"G(T /v2 HTTP/1.1", "GET v2 HTTP/1.1", "GET /%zz HTTP/1.1", "GET /\x00 HTTP/1.1",
		"GET /\x7f HTTP/1.1", "GET http://[::1 HTTP/1.1", "GET  /v2 HTTP/1.1",
		"GET /v2 HTTP/1.x", "GET /v2 HTTP/-1.1",
	} {
		add(400, bad, line(l))
	}
	add(400, bad, "GET /v2 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
	add(400, "missing required Host header", "GET /v2 HTTP/1.1\r\n\r\n")
	add(400, "malformed Host header",
		"GET /v2 HTTP/1.1\r\nHost: a b\r\n\r\n", "GET /v2 HTTP/1.1\r\nHost: <x>\r\n\r\n")
	for _, field := range []string{
		"no colon", ": no name", "two words: x", "space : x", "\x00: x", "X: a\x00b", "X: a\x7fb",
	} {
		add(400, bad, get+field+"\r\n\r\n")
	}
	for _, length := range []string{
		"-1", "abc", "1e3", "1.0", "+1", "0x10", "9223372036854775808", "1 2", "1,2",
		"1\r\nContent-Length: 2",
	} {
		add(400, bad, post+"Content-Length: "+length+"\r\n\r\n{}")
	}
	add(400, `the body is no JSON object`, post+"\r\n", post+inChunks+"\r\n0\r\n\r\n",
		"POST "+inferPath+" HTTP/1.0\r\n\r\n")
	add(404, `the path "*" is not clean`, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		line("GET * HTTP/1.1"), line("POST * HTTP/1.1"))
	add(404, `is not clean`, line("CONNECT example.org:443 HTTP/1.1"),
		line("GET http://example.org HTTP/1.1"), line("GET http://example.org/../v2 HTTP/1.1"),
		"GET /a/../../b?x=1 HTTP/1.0\r\n\r\n")
	add(404, `there is nothing at `, line("GET http://example.org/x HTTP/1.1"),
		line("GET /x?"+strings.Repeat("y", 8000)+" HTTP/1.1"))
	add(417, "", post+"Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{}")
	add(431, "431 Request Header Fields Too Large",
		line("GET /"+strings.Repeat("x", 30_000)+" HTTP/1.1"),
		get+"X: "+strings.Repeat("y", 30_000)+"\r\n\r\n",
		get+strings.Repeat("X: y\r\n", 5000)+"\r\n")
	add(501, "Unsupported transfer encoding", post+"Transfer-Encoding: gzip\r\n\r\n{}",
		post+"Transfer-Encoding: gzip, chunked\r\n\r\n{}", post+inChunks+inChunks+"\r\n0\r\n\r\n",
		post+"Transfer-Encoding: xchunked\r\n\r\n")
	for _, version := range []string{"0.9", "2.0", "3.0", "9.9"} {
		add(505, "unsupported protocol version", line("GET /v2 HTTP/"+version))
	}
	return list
}
