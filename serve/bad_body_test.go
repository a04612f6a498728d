package serve

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// bodyMistakes are bodies that are too large, as sent or decompressed, or that cannot be
// decompressed.
func bodyMistakes(t testing.TB) (list []mistake) {
	good := oneRow(t, 3, "odd number", "")
	for _, path := range []string{inferPath, "/ask"} {
		list = slices.Concat(list, codingMistakes(path, good), gzipMistakes(path, good),
			deflateMistakes(path, good), sizeMistakes(path), framingMistakes(path, good))
	}
	return list
}

// codedMistake is a body with a Content-Encoding.
func codedMistake(name, path, coding string, body []byte, status int, says string) mistake {
	headers := []string{"Content-Type", asJSON, "Content-Encoding", coding}
	return mistake{
		name: name, path: path, headers: headers, body: body, status: status, says: says,
	}
}

// codingMistakes have a Content-Encoding that the server does not support.
func codingMistakes(path string, good []byte) (list []mistake) {
	add := func(name, coding, says string) {
		list = append(list,
			codedMistake(name, path, coding, good, 415, "Content-Encoding "+says))
	}
	const want = ", want gzip, deflate or none"
	for _, coding := range []string{
		"br", "zstd", "compress", "gzip;q=1", "chunked", "gzip br", "x-deflate", "*",
	} {
		add(coding, coding, "is "+coding+want)
	}
	long := strings.Repeat("x", 3000)
	add(long[:40], long, "is "+long[:60]+"…"+want)
	add("gzip and br", "gzip, br", "is br"+want)
	add("three times", "gzip,deflate, identity, x-gzip",
		"names 3 codings, at most 2 are undone")
	return list
}

// endsEarly is the error for a body whose end is missing.
const endsEarly = "the body ends too soon"

// gzipMistakes are no gzip, or damaged.
func gzipMistakes(path string, good []byte) (list []mistake) {
	add := func(name string, body []byte, says string) {
		list = append(list, codedMistake(name, path, "gzip", body, 400, says))
	}
	packed := gzipped(good)
	add("no gzip", good, "the body cannot be read: gzip: invalid header")
	add("nothing as gzip", nil, endsEarly)
	add("a byte as gzip", []byte{0x1f}, endsEarly)
	add("half a header of gzip", packed[:5], endsEarly)
	add("half a gzip", packed[:len(packed)/2], endsEarly)
	add("gzip without its end", packed[:len(packed)-4], endsEarly)
	sum := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	add("gzip of another sum", slices.Concat(packed[:len(packed)-8], sum),
		"gzip: invalid checksum")
	add("gzip and more", slices.Concat(packed, []byte("more and more")),
		"gzip: other bytes follow the compressed data")
	add("damaged gzip",
		slices.Concat(packed[:12], []byte{0xff, 0xff, 0xff, 0xff}, packed[16:]),
		"flate: corrupt input")
	return append(list,
		codedMistake("gzip once, not twice", path, "gzip, gzip", packed, 400,
			"gzip: invalid header"),
		codedMistake("gzip within deflate", path, "deflate, gzip", zipped(packed), 400,
			"gzip: invalid header"))
}

// deflateMistakes are no deflate, or damaged.
func deflateMistakes(path string, good []byte) (list []mistake) {
	add := func(name string, body []byte, says string) {
		list = append(list, codedMistake(name, path, "deflate", body, 400, says))
	}
	zip, bare := zipped(good), deflated(good)
	add("no deflate", good, "the body cannot be read: flate: corrupt input")
	add("nothing as deflate", nil, endsEarly)
	add("a byte as deflate", zip[:1], endsEarly)
	add("half a deflate", zip[:len(zip)/2], endsEarly)
	add("half a bare deflate", bare[:len(bare)/2], endsEarly)
	add("deflate without its sum", zip[:len(zip)-2], endsEarly)
	add("deflate of another sum", slices.Concat(zip[:len(zip)-4], []byte{1, 2, 3, 4}),
		"zlib: invalid checksum")
	add("deflate of a dictionary", slices.Concat([]byte{0x78, 0xbb}, zip[2:]),
		"zlib: invalid dictionary")
	const more = "deflate: more bytes follow its end"
	add("deflate and more", slices.Concat(zip, []byte("more and more")), more)
	add("a bare deflate and more", slices.Concat(bare, []byte{0}), more)
	return list
}

// sizeMistakes are bodies that are larger than the limit, some only when they are decompressed, or
// whose compressed data is larger than its content.
func sizeMistakes(path string) (list []mistake) {
	add := func(name, coding string, body []byte, status int, says string) {
		list = append(list, codedMistake(name, path, coding, body, status, says))
	}
	const most = "the body has more than the 8388608 bytes that are read"
	zeros := bytes.Repeat(gzipped(make([]byte, 1<<20)), 10) // 10 MB
	add("10 MB in deflate", "deflate", zipped(make([]byte, 10<<20)), 413, most)
	add("10 MB in gzip in gzip", "gzip, x-gzip", gzipped(zeros), 413, most)
	add("10 KB of gzip that are 10 MB", "gzip", zeros, 413, most)
	add("100 KB of gzip that are 100 MB", "GZIP", bytes.Repeat(zeros, 10), 413, most)

	const hollow = "the compressed data is larger than what it expands to"
	add("200 MB that are nothing in gzip in gzip", "gzip, gzip",
		gzipped(bytes.Repeat(gzipped(nil), 9<<20/23)), 400, hollow)
	blocks := bytes.Repeat([]byte("\x00\x00\x00\xff\xff"), 8<<20/5-10) // stored, of no bytes
	add("empty blocks in deflate", "deflate",
		slices.Concat([]byte{0x78, 0x01}, blocks), 400, hollow)
	add("empty blocks in bare deflate", "deflate", blocks, 400, hollow)
	add("empty blocks in gzip", "gzip", slices.Concat(gzipped(nil)[:10], blocks), 400, hollow)
	return append(list, mistake{
		name: "9 MB", path: path, headers: []string{"Content-Type", asJSON},
		body:   bytes.Repeat([]byte(" "), 9<<20),
		status: 413, says: "the body has 9437184 bytes, at most 8388608 are read",
	})
}

// framingMistakes claim too large a body, end within it, or have bad chunks.
func framingMistakes(path string, good []byte) (list []mistake) {
	start := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"+
		"Connection: close\r\n", path)
	chunks := start + "Transfer-Encoding: chunked\r\n\r\n"
	for _, claim := range []string{"8388609", "104857600", "9223372036854775807"} {
		list = append(list, mistake{
			name: claim + " bytes claimed", wire: start + "Content-Length: " + claim + "\r\n\r\n{",
			status: 413, says: "the body has " + claim + " bytes, at most 8388608 are read",
		})
	}
	large := strings.Repeat("40000\r\n"+strings.Repeat(" ", 0x40000)+"\r\n", 36) + "0\r\n\r\n"
	list = append(list,
		mistake{
			name: "9 MB in chunks", wire: chunks + large,
			status: 413, says: "the body has more than the 8388608 bytes that are read",
		},
		mistake{
			name: "cut", wire: start + "Content-Length: 2000\r\n\r\n" + string(good[:1000]),
			cut: true, status: 400, says: endsEarly,
		},
		mistake{
			name: "cut in a chunk", wire: chunks + "400\r\n" + string(good[:1000]),
			cut: true, status: 400, says: endsEarly,
		})
	for name, chunk := range map[string]string{
		"bad size":      "zz\r\nx\r\n0\r\n\r\n",
		"negative size": "-1\r\nx\r\n0\r\n\r\n",
		"0x":            "0x1\r\nx\r\n0\r\n\r\n",
		"huge size":     "fffffffffffffffff\r\nx\r\n0\r\n\r\n",
		"no size":       "\r\nx\r\n0\r\n\r\n",
		"too long":      "1\r\nxxxx\r\n0\r\n\r\n",
		"long line":     "1;" + strings.Repeat("x", 5000) + "\r\nx\r\n0\r\n\r\n",
		"bad trailer":   "1\r\nx\r\n0\r\nno trailer\r\n\r\n",
	} {
		list = append(list, mistake{
			name: "chunk: " + name, wire: chunks + chunk,
			status: 400, says: "the body cannot be read: ",
		})
	}
	return list
}

// compressed returns what a compressor that writes to b makes of content.
func compressed(b *bytes.Buffer, w io.WriteCloser, content []byte) []byte {
	w.Write(content)
	w.Close()
	return b.Bytes()
}

func gzipped(content []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	return compressed(&b, w, content)
}

// zipped is deflate with zlib's header and checksum.
func zipped(content []byte) []byte {
	var b bytes.Buffer
	w, _ := zlib.NewWriterLevel(&b, zlib.BestSpeed)
	return compressed(&b, w, content)
}

// deflated is deflate without zlib's header.
func deflated(content []byte) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestSpeed)
	return compressed(&b, w, content)
}
