package lane

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// BenchmarkAnswer is a connection that is kept, with one small request after the other, as clients write them.
func BenchmarkAnswer(b *testing.B) {
	const reply = `{"model_name":"x","outputs":[{"name":"y","datatype":"FP32","shape":[1,10],"data":[0,0,0,0,0,0,0,0,0,1]}]}`
	plain, length := []string{"application/json"}, []string{fmt.Sprint(len(reply))}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		h := w.Header()
		h["Content-Type"], h["Content-Length"] = plain, length
		io.WriteString(w, reply)
	})
	for _, body := range []int{0, 800, 8000} {
		text := []byte(post("/v2/models/x/infer", strings.Repeat("b", body),
			"User-Agent: Go-http-client/1.1", "Content-Type: application/json", "Accept-Encoding: gzip"))
		for _, front := range []string{"lane", "http"} {
			b.Run(fmt.Sprintf("front=%s/body=%d", front, body), func(b *testing.B) {
				s := startHTTP(b, h)
				if front == "lane" {
					s = startLane(b, h)
				}
				c, in, read := s.dial(b), make([]byte, 4<<10), 0
				c.SetDeadline(time.Time{})
				b.ReportAllocs()
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					if _, err := c.Write(text); err != nil {
						b.Fatal(err)
					}
					for read = 0; !bytes.HasSuffix(in[:read], []byte(reply)); {
						n, err := c.Read(in[read:])
						if err != nil {
							b.Fatal(err)
						}
						read += n
					}
				}
			})
		}
	}
}
