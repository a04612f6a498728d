package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	stdimage "image"
	"image/jpeg"
	"math/rand/v2"
	"strings"
)

// load is a list of large requests. Each client sends one of them repeatedly.
type load struct {
	name     string
	requests [][]byte // header and body
}

// maxBody is the largest body that the server accepts.
const maxBody = 8 << 20

// heavyLoads returns loads whose bodies, rows, texts or images have the largest size that the
// server accepts.
func heavyLoads() ([]load, error) {
	row, _ := request("JSON")
	padded := append(bytes.Clone(row), bytes.Repeat([]byte(" "), maxBody-len(row))...)
	photo, err := photograph()
	if err != nil {
		return nil, err
	}
	loads := []load{
		{"padded JSON, 8 MB", [][]byte{post(path, padded)}},
		{"10,000 rows, binary", [][]byte{binaryRows(10_000)}},
		{"2,600 rows, JSON", [][]byte{post(path, jsonRows(2600))}},
		{"gzip of 8 MB", [][]byte{post(path, zipped(padded), "Content-Encoding: gzip")}},
		{"8 MB in chunks", [][]byte{chunked(padded)}},
		{"60,000 escaped strings", [][]byte{post(path, escaped(row))}},
		{"photograph of 12 MP, form", [][]byte{form(photo)}},
		{"photograph of 12 MP, JSON", [][]byte{askJSON(photo)}},
	}
	var all load
	for _, l := range loads {
		all.requests = append(all.requests, l.requests...)
	}
	all.name = "all of these"
	return append(loads, all), nil
}

// post returns a POST request that closes its connection.
func post(path string, body []byte, headers ...string) []byte {
	headers = append(headers, "Host: localhost", "Connection: close",
		fmt.Sprintf("Content-Length: %d", len(body)))
	header := "POST " + path + " HTTP/1.1\r\n" + strings.Join(headers, "\r\n") + "\r\n\r\n"
	return append([]byte(header), body...)
}

func binaryRows(n int) []byte {
	questions := strings.Repeat(`"odd number",`, n)
	text := fmt.Sprintf(`{"inputs":[{"name":"image","datatype":"UINT8","shape":[%d,28,28],`+
		`"parameters":{"binary_data_size":%d}},`+
		`{"name":"question","datatype":"BYTES","shape":[%d,1],"data":[%s]}]}`,
		n, n*784, n, questions[:len(questions)-1])
	return post(path, append([]byte(text), make([]byte, n*784)...),
		fmt.Sprintf("Inference-Header-Content-Length: %d", len(text)))
}

func jsonRows(n int) []byte {
	pixels, questions := strings.Repeat("200,", n*784), strings.Repeat(`"odd number",`, n)
	return fmt.Appendf(nil,
		`{"inputs":[{"name":"image","datatype":"UINT8","shape":[%d,28,28],"data":[%s]},`+
			`{"name":"question","datatype":"BYTES","shape":[%d,1],"data":[%s]}]}`,
		n, pixels[:len(pixels)-1], n, questions[:len(questions)-1])
}

func zipped(content []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(content)
	w.Close()
	return b.Bytes()
}

func chunked(body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: localhost\r\n"+
		"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n", path)
	for len(body) > 0 {
		n := min(len(body), 64<<10)
		fmt.Fprintf(&b, "%x\r\n%s\r\n", n, body[:n])
		body = body[n:]
	}
	b.WriteString("0\r\n\r\n")
	return b.Bytes()
}

func escaped(row []byte) []byte {
	text := `"` + strings.Repeat(`\u0061`, 20) + `",`
	list := strings.Repeat(text, 60_000)
	return append(row[:len(row)-1:len(row)-1], `,"more":[`+list[:len(list)-1]+`]}`...)
}

// photograph returns a JPEG of 12 million pixels, in colour.
func photograph() ([]byte, error) {
	random := rand.New(rand.NewPCG(1, 1))
	picture := stdimage.NewYCbCr(stdimage.Rect(0, 0, 4000, 3000), stdimage.YCbCrSubsampleRatio420)
	for i := range picture.Y {
		picture.Y[i] = uint8(128 + random.IntN(32))
	}
	for i := range picture.Cb {
		picture.Cb[i], picture.Cr[i] = 128, 128
	}
	for y := 1000; y < 2000; y++ { // a 1
		for x := 1950; x < 2050; x++ {
			picture.Y[y*picture.YStride+x] = 10
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture, &jpeg.Options{Quality: 50}); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func form(photo []byte) []byte {
	body := fmt.Appendf(nil, "--B\r\n"+
		"Content-Disposition: form-data; name=\"image\"; filename=\"a\"\r\n\r\n%s\r\n"+
		"--B\r\nContent-Disposition: form-data; name=\"question\"\r\n\r\nodd number\r\n--B--\r\n", photo)
	return post("/ask", body, "Content-Type: multipart/form-data; boundary=B")
}

// askJSON escapes the slashes of base64, as some programs do, so that the server copies it twice.
func askJSON(photo []byte) []byte {
	text, _ := json.Marshal(base64.StdEncoding.EncodeToString(photo))
	text = bytes.ReplaceAll(text, []byte("/"), []byte(`\/`))
	body := fmt.Appendf(nil, `{"image":%s,"question":"odd number"}`, text)
	return post("/ask", body, "Content-Type: application/json")
}
