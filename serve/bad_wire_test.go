package serve

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"
)

// bodyMistakes are bodies that are too large, now or when they are unpacked, and such that cannot be unpacked.
func bodyMistakes(t testing.TB) (list []mistake) {
	add := func(name, path, encoding string, body []byte, status int, says string) {
		headers := []string{"Content-Type", asJSON, "Content-Encoding", encoding}
		list = append(list, mistake{name: name, path: path, headers: headers, body: body, status: status, says: says})
	}
	good, zeros := one(t, 3, "odd number", ""), bytes.Repeat(gzipped(make([]byte, 1<<20)), 10)
	for _, path := range []string{inferPath, "/ask"} {
		for _, encoding := range []string{"br", "zstd", "compress", "gzip;q=1", "chunked", "gzip br", "x-deflate", "*", strings.Repeat("x", 3000)} {
			add(encoding[:min(len(encoding), 40)], path, encoding, good, 415, "Content-Encoding is "+encoding[:min(len(encoding), 60)])
			list[len(list)-1].says += map[bool]string{true: "…, ", false: ", "}[len(encoding) > 60] + "want gzip, deflate or none"
		}
		add("gzip and br", path, "gzip, br", good, 415, "Content-Encoding is br, want gzip, deflate or none")
		add("three times", path, "gzip,deflate, identity, x-gzip", good, 415, "Content-Encoding names 3 codings, at most 2 are undone")
		packed := gzipped(good)
		for _, c := range []struct {
			name string
			body []byte
			says string
		}{
			{"no gzip", good, "the body cannot be read: gzip: invalid header"}, {"nothing as gzip", nil, "the body ends too soon"}, {"a byte as gzip", []byte{0x1f}, "the body ends too soon"}, {"half a header of gzip", packed[:5], "the body ends too soon"}, {"half a gzip", packed[:len(packed)/2], "the body ends too soon"},
			{"gzip without its end", packed[:len(packed)-4], "the body ends too soon"}, {"gzip of another sum", append(bytes.Clone(packed[:len(packed)-8]), 1, 2, 3, 4, 5, 6, 7, 8), "gzip: invalid checksum"},
			{"gzip and more", append(bytes.Clone(packed), "more and more"...), "gzip: other bytes follow the compressed data"}, {"damaged gzip", append(append(bytes.Clone(packed[:12]), 0xff, 0xff, 0xff, 0xff), packed[16:]...), "flate: corrupt input"},
		} {
			add(c.name, path, "gzip", c.body, 400, c.says)
		}
		flat, bare := zipped(good), deflated(good)
		for _, c := range []struct {
			name string
			body []byte
			says string
		}{
			{"no deflate", good, "the body cannot be read: flate: corrupt input"}, {"nothing as deflate", nil, "the body ends too soon"}, {"a byte as deflate", flat[:1], "the body ends too soon"},
			{"half a deflate", flat[:len(flat)/2], "the body ends too soon"}, {"half a bare deflate", bare[:len(bare)/2], "the body ends too soon"}, {"deflate without its sum", flat[:len(flat)-2], "the body ends too soon"},
			{"deflate of another sum", append(bytes.Clone(flat[:len(flat)-4]), 1, 2, 3, 4), "zlib: invalid checksum"}, {"deflate of a dictionary", append([]byte{0x78, 0xbb}, flat[2:]...), "zlib: invalid dictionary"},
			{"deflate and more", append(bytes.Clone(flat), "more and more"...), "deflate: more bytes follow its end"}, {"a bare deflate and more", append(bytes.Clone(bare), 0), "deflate: more bytes follow its end"},
		} {
			add(c.name, path, "deflate", c.body, 400, c.says)
		}
		add("gzip once, not twice", path, "gzip, gzip", packed, 400, "gzip: invalid header")
		add("gzip within deflate", path, "deflate, gzip", zipped(packed), 400, "gzip: invalid header")
		most := "the body has more than the 8388608 bytes that are read"
		const hollow = "the compressed data is larger than what it expands to"
		add("10 MB in deflate", path, "deflate", zipped(make([]byte, 10<<20)), 413, most)
		add("10 MB in gzip in gzip", path, "gzip, x-gzip", gzipped(zeros), 413, most)
		add("200 MB that are nothing in gzip in gzip", path, "gzip, gzip", gzipped(bytes.Repeat(gzipped(nil), 9<<20/23)), 400, hollow)
		blocks := bytes.Repeat([]byte("\x00\x00\x00\xff\xff"), 8<<20/5-10) // stored, of no bytes
		add("empty blocks in deflate", path, "deflate", append([]byte{0x78, 0x01}, blocks...), 400, hollow)
		add("empty blocks in bare deflate", path, "deflate", blocks, 400, hollow)
		add("empty blocks in gzip", path, "gzip", append(bytes.Clone(packed[:10]), blocks...), 400, hollow)
		add("10 KB of gzip that are 10 MB", path, "gzip", zeros, 413, "the body has more than the 8388608 bytes that are read")
		add("100 KB of gzip that are 100 MB", path, "GZIP", bytes.Repeat(zeros, 10), 413, "the body has more than the 8388608 bytes that are read")
		start := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n", path)
		for _, claim := range []string{"8388609", "104857600", "9223372036854775807"} {
			list = append(list, mistake{name: claim + " bytes claimed", wire: start + "Content-Length: " + claim + "\r\n\r\n{", status: 413, says: "the body has " + claim + " bytes, at most 8388608 are read"})
		}
		list = append(list,
			mistake{name: "9 MB", path: path, headers: []string{"Content-Type", asJSON}, body: bytes.Repeat([]byte(" "), 9<<20), status: 413, says: "the body has 9437184 bytes, at most 8388608 are read"},
			mistake{name: "9 MB in chunks", status: 413, says: "the body has more than the 8388608 bytes that are read", wire: start + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("40000\r\n"+strings.Repeat(" ", 0x40000)+"\r\n", 36) + "0\r\n\r\n"},
			mistake{name: "cut", wire: start + "Content-Length: 2000\r\n\r\n" + string(good[:1000]), cut: true, status: 400, says: "the body ends too soon"},
			mistake{name: "cut in a chunk", wire: start + "Transfer-Encoding: chunked\r\n\r\n400\r\n" + string(good[:1000]), cut: true, status: 400, says: "the body ends too soon"},
		)
		for name, chunk := range map[string]string{
			"bad size": "zz\r\nx\r\n0\r\n\r\n", "negative size": "-1\r\nx\r\n0\r\n\r\n", "0x": "0x1\r\nx\r\n0\r\n\r\n", "huge size": "fffffffffffffffff\r\nx\r\n0\r\n\r\n", "no size": "\r\nx\r\n0\r\n\r\n",
			"too long": "1\r\nxxxx\r\n0\r\n\r\n", "long line": "1;" + strings.Repeat("x", 5000) + "\r\nx\r\n0\r\n\r\n", "bad trailer": "1\r\nx\r\n0\r\nno trailer\r\n\r\n",
		} {
			list = append(list, mistake{name: "chunk: " + name, wire: start + "Transfer-Encoding: chunked\r\n\r\n" + chunk, status: 400, says: "the body cannot be read: "})
		}
	}
	return list
}

func gzipped(content []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	w.Write(content)
	w.Close()
	return b.Bytes()
}

// deflated is content without zlib's header.
func deflated(content []byte) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestSpeed)
	w.Write(content)
	w.Close()
	return b.Bytes()
}

// pathMistakes are addresses at which there is nothing.
func pathMistakes(t testing.TB) (list []mistake) {
	for _, c := range []struct{ says, paths string }{
		{"is not clean", "/.. /../ /../../etc/passwd /v2/.. /v2/../models /v2/./models /v2//models //v2 // /%2e%2e/ /%2e%2e%2f%2e%2e%2fetc%2fpasswd /v2/%2e%2e/models /v2/%2E%2E " +
			"/page/../index.html /page/%2e%2e%2fpage.go /page/%2e%2e /page/.. /page/./app.js /page//app.js /v2/models/../infer /v2/models/%2e%2e/infer /v2/models/%2e/infer /. /v2/. /v2// /%2f /v2%2f%2fmodels"},
		{"there is nothing at ", "/v1 /v3 /v2/models /v2/models/ /v2/models/digitqa/ /v2/models/digitqa/none /v2/models/digitqa/infer/ /v2/models/digitqa/versions /favicon.ico /index.html /page /page/a/b /ask/ /metrics/ " +
			"/V2 /%00 /v2%00 /v2/models/digitqa/infer%20 /v2/%20 /v2/repository/index /v2/models/digitqa/versions/1/2/3 /debug/pprof/ /.git/config /.env /wp-login.php /*"},
		{`unknown model `, "/v2/models/none /v2/models/none/ready /v2/models/digitq /v2/models/a%2fb /v2/models/digitqa%00 /v2/models/DIGITQA /v2/models/%ff /v2/models/%20 /v2/models/none/versions/1 /v2/models/" + strings.Repeat("x", 8000)},
		{`has no version `, "/v2/models/digitqa/versions/1 /v2/models/digitqa/versions/1/ready /v2/models/digitqa/versions/%00 /v2/models/digitqa/versions/" + strings.Repeat("9", 8000)},
		{"the page has no file ", "/page/none.js /page/index.html%00 /page/page.go /page/%5c..%5cpage.go /page/a%2fb /page/~ /page/index.HTML /page/app.js%20 /page/%ff"},
	} {
		for path := range strings.FieldsSeq(c.paths) {
			list = append(list, mistake{name: path[:min(len(path), 60)], method: "GET", path: path, status: 404, says: c.says})
		}
	}
	for _, path := range []string{"/v2/models/none/infer", "/v2/models/digitqa/versions/7/infer", "/v2/models/" + strings.Repeat("y", 4000) + "/infer"} {
		list = append(list, mistake{name: path[:min(len(path), 60)], path: path, body: one(t, 3, "odd number", ""), status: 404, says: map[bool]string{true: "has no version", false: "unknown model"}[strings.Contains(path, "versions")]})
	}
	return list
}

// methodMistakes are methods that a route does not take.
func methodMistakes(t testing.TB) (list []mistake) {
	const get, post = "GET, HEAD", "POST"
	for path, takes := range map[string]string{
		"/": get, "/v2": get, "/v2/health/live": get, "/v2/health/ready": get, "/v2/models/digitqa": get, "/v2/models/digitqa/ready": get, "/models": get, "/metrics": get,
		"/openapi.json": get, "/page/app.js": get, "/v2/models/digitqa/versions/1": get, "/v2/models/digitqa/versions/1/ready": get,
		inferPath: post, "/ask": post, "/v2/models/digitqa/versions/1/infer": post,
	} {
		for method := range strings.FieldsSeq("GET POST PUT DELETE PATCH OPTIONS TRACE CONNECT BREW get " + strings.Repeat("X", 200)) {
			if method != "GET" && method != "POST" || !strings.Contains(takes, method) {
				list = append(list, mistake{name: method + " " + path, method: method, path: path, status: 405, says: "want " + takes})
			}
		}
	}
	return list
}

// wireMistakes are no HTTP, or HTTP that nobody should speak. To most of them net/http itself answers.
func wireMistakes(t testing.TB) (list []mistake) {
	add := func(status int, says string, requests ...string) {
		for _, request := range requests {
			list = append(list, mistake{name: fmt.Sprintf("%.60q", request), wire: request, status: status, says: says})
		}
	}
	const host, end = "Host: x\r\nConnection: close\r\n", "\r\n\r\n"
	get := "GET /v2 HTTP/1.1\r\n" + host
	post := "POST " + inferPath + " HTTP/1.1\r\n" + host
	add(400, "400 Bad Request", "GET"+end, "GET /v2"+end, "GET /v2 HTTP"+end, "GET /v2 HTTX/1.1\r\n"+host+"\r\n", "GET /v2 HTTP/1\r\n"+host+"\r\n", "GET /v2 HTTP/1.1 x\r\n"+host+"\r\n", "\r\n\r\n\r\n", " "+end, "\x00\x01\x02\x03"+end,
		"\x16\x03\x01\x00\xc4\x01\x00\x00\xc0\x03\x03\r\n\r\n", "G\x00T /v2 HTTP/1.1\r\n"+host+"\r\n", "G(T /v2 HTTP/1.1\r\n"+host+"\r\n", "GET v2 HTTP/1.1\r\n"+host+"\r\n", "GET /%zz HTTP/1.1\r\n"+host+"\r\n", "GET /\x00 HTTP/1.1\r\n"+host+"\r\n",
		"GET /\x7f HTTP/1.1\r\n"+host+"\r\n", "GET http://[::1 HTTP/1.1\r\n"+host+"\r\n", "GET  /v2 HTTP/1.1\r\n"+host+"\r\n", "GET /v2 HTTP/1.x\r\n"+host+"\r\n", "GET /v2 HTTP/-1.1\r\n"+host+"\r\n", "SSH-2.0-OpenSSH_9.6\r\n\r\n", "{\"inputs\":[]}\r\n\r\n")
	add(400, "missing required Host header", "GET /v2 HTTP/1.1\r\n\r\n")
	add(400, "400 Bad Request", "GET /v2 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
	add(400, "malformed Host header", "GET /v2 HTTP/1.1\r\nHost: a b\r\n\r\n", "GET /v2 HTTP/1.1\r\nHost: <x>\r\n\r\n")
	add(400, "400 Bad Request", get+"no colon\r\n\r\n", get+": no name\r\n\r\n", get+"two words: x\r\n\r\n", get+"space : x\r\n\r\n", get+"\x00: x\r\n\r\n")
	add(400, "400 Bad Request", get+"X: a\x00b\r\n\r\n", get+"X: a\x7fb\r\n\r\n")
	for _, length := range []string{"-1", "abc", "1e3", "1.0", "+1", "0x10", "9223372036854775808", "1 2", "1,2", "1\r\nContent-Length: 2"} {
		add(400, "400 Bad Request", post+"Content-Length: "+length+"\r\n\r\n{}")
	}
	add(501, "Unsupported transfer encoding", post+"Transfer-Encoding: gzip\r\n\r\n{}", post+"Transfer-Encoding: gzip, chunked\r\n\r\n{}", post+"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", post+"Transfer-Encoding: xchunked\r\n\r\n")
	add(505, "unsupported protocol version", "GET /v2 HTTP/0.9\r\n"+host+"\r\n", "GET /v2 HTTP/2.0\r\n"+host+"\r\n", "GET /v2 HTTP/3.0\r\n"+host+"\r\n", "GET /v2 HTTP/9.9\r\n"+host+"\r\n")
	add(404, `the path "*" is not clean`, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET * HTTP/1.1\r\n"+host+"\r\n", "POST * HTTP/1.1\r\n"+host+"\r\n")
	add(404, `is not clean`, "CONNECT example.org:443 HTTP/1.1\r\n"+host+"\r\n", "GET http://example.org HTTP/1.1\r\n"+host+"\r\n", "GET http://example.org/../v2 HTTP/1.1\r\n"+host+"\r\n", "GET /a/../../b?x=1 HTTP/1.0\r\n\r\n")
	add(404, `there is nothing at `, "GET http://example.org/x HTTP/1.1\r\n"+host+"\r\n", "GET /x?"+strings.Repeat("y", 8000)+" HTTP/1.1\r\n"+host+"\r\n")
	add(431, "431 Request Header Fields Too Large", "GET /"+strings.Repeat("x", 30_000)+" HTTP/1.1\r\n"+host+"\r\n", get+"X: "+strings.Repeat("y", 30_000)+"\r\n\r\n", get+strings.Repeat("X: y\r\n", 5000)+"\r\n")
	add(417, "", post+"Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{}")
	add(400, `the body is no JSON object`, post+"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "POST "+inferPath+" HTTP/1.0\r\n\r\n", post+"\r\n")
	return list
}
