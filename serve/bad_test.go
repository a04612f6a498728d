package serve

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// mistake is a bad request, and what the server says to it.
type mistake struct {
	name    string
	method  string // "": POST
	path    string
	headers []string // name and value in turn
	body    []byte
	wire    string // the request as it goes over the connection, where the fields above do not make it
	cut     bool   // nothing is sent after it
	status  int
	says    string // a part of the sentence
}

// request is the mistake as it goes over the connection.
func (m *mistake) request() []byte {
	if m.wire != "" {
		return []byte(m.wire)
	}
	method := m.method
	if method == "" {
		method = http.MethodPost
	}
	request := fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", method, m.path)
	for i := 0; i < len(m.headers); i += 2 {
		request = fmt.Appendf(request, "%s: %s\r\n", m.headers[i], m.headers[i+1])
	}
	request = fmt.Appendf(request, "Content-Length: %d\r\n\r\n", len(m.body))
	return append(request, m.body...)
}

// mistakes are all bad requests, by what is wrong.
func mistakes(t testing.TB) (families []string, of map[string][]mistake) {
	of = map[string][]mistake{}
	for _, f := range []struct {
		name string
		make func(testing.TB) []mistake
	}{
		{"types", typeMistakes}, {"shapes", shapeMistakes}, {"values", valueMistakes}, {"binary", binaryMistakes}, {"JSON", jsonMistakes},
		{"bodies", bodyMistakes}, {"forms", formMistakes}, {"fields", fieldMistakes}, {"images", imageMistakes},
		{"paths", pathMistakes}, {"methods", methodMistakes}, {"origins", originMistakes}, {"wire", wireMistakes},
	} {
		families, of[f.name] = append(families, f.name), f.make(t)
	}
	return families, of
}

// What a bad request may cost.
const (
	mostTime   = time.Second
	mostMemory = 10_000_000 // bytes, the test's own few KB included
	leastBad   = 300        // different ones
)

// Each bad request gets its status and a sentence, costs little, and leaves nothing behind.
func TestBadRequests(t *testing.T) {
	r, good, before := watched(t)
	families, of := mistakes(t)
	requests := different(t, families, of)
	t.Logf("%d bad requests", requests)
	if requests < leastBad {
		t.Errorf("%d bad requests, want %d or more", requests, leastBad)
	}
	for _, family := range families {
		t.Run(family, func(t *testing.T) {
			for _, m := range of[family] {
				r.refuses(t, m)
			}
			r.calm(t, before+1) // the subtest's own
			good.check(t)
		})
	}
}

// different counts the requests, no two of which may be the same.
func different(t *testing.T, families []string, of map[string][]mistake) int {
	t.Helper()
	seen := map[[sha256.Size]byte]string{}
	for _, family := range families {
		for _, m := range of[family] {
			hash := sha256.Sum256(m.request())
			if other, twice := seen[hash]; twice {
				t.Errorf("%s is the same as %s", m.name, other)
			}
			seen[hash] = m.name
		}
	}
	return len(seen)
}

// refuses sends a bad request and looks at the reply.
func (r *running) refuses(t *testing.T, m mistake) {
	t.Helper()
	request := m.request()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	got, err := r.send(request, m.cut)
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Errorf("%s: no reply: %v", m.name, err)
		return
	}
	if took > mostTime && !raced() {
		t.Errorf("%s: it took %v, want less than %v", m.name, took, mostTime)
	}
	if cost := after.TotalAlloc - before.TotalAlloc; cost > mostMemory {
		t.Errorf("%s: it took %d bytes of memory, want at most %d", m.name, cost, mostMemory)
	}
	sentence := string(got.body) // net/http's own replies are plain
	if m.wire == "" || got.header.Get("Content-Type") == "application/json" {
		var told struct{ Error string }
		if err := json.Unmarshal(got.body, &told); err != nil {
			t.Errorf("%s: status %d: the reply is no error in JSON: %.300q", m.name, got.status, got.body)
			return
		}
		sentence = told.Error
	}
	if got.status != m.status || !strings.Contains(sentence, m.says) || m.says == "" && m.status != http.StatusExpectationFailed {
		t.Errorf("%s: status %d: %.300s\nwant %d with %q", m.name, got.status, sentence, m.status, m.says)
	}
	if len(sentence) > 600 {
		t.Errorf("%s: the sentence has %d bytes: %.300s", m.name, len(sentence), sentence)
	}
}

// send sends bytes over a connection of their own and reads the reply. Where they are cut off, nothing more comes.
func (r *running) send(request []byte, cut bool) (response, error) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		return response{}, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	sent := make(chan struct{})
	go func() { // the server may answer before it has read all, and read no more
		defer close(sent)
		conn.Write(request)
		if cut {
			conn.(*net.TCPConn).CloseWrite()
		}
	}()
	got, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return response{}, err
	}
	content, err := io.ReadAll(got.Body)
	got.Body.Close()
	conn.Close()
	<-sent
	return response{got.StatusCode, got.Header, content}, err
}

// good is a request that the server answers, with the answer.
type good struct {
	r             *running
	request, want []byte
}

func (r *running) good(t testing.TB) *good {
	t.Helper()
	rows := r.want(t, []int{3}, []int32{5, 6})
	outputs := []wanted{{head: 0}, {head: 1}}
	w := &recorder{header: http.Header{}}
	if err := (&inference{}).answer(w, r.models[0].current.Load(), rows, outputs); err != nil {
		t.Fatal(err)
	}
	m := mistake{path: inferPath, body: one(t, 3, "odd number", "")}
	return &good{r, m.request(), w.body.Bytes()}
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }
func (r *recorder) WriteHeader(status int)      { r.status = status }

// check sends it.
func (g *good) check(t testing.TB) {
	t.Helper()
	got, err := g.r.send(g.request, false)
	if err != nil || got.status != http.StatusOK || !bytes.Equal(got.body, g.want) {
		t.Errorf("a good request: status %d, %v: %s\nwant %s", got.status, err, got.body, g.want)
	}
}

// calm waits until the server has nothing in its hands, and no more goroutines run than before.
func (r *running) calm(t testing.TB, goroutines int) {
	t.Helper()
	b := r.models[0].current.Load().batch
	deadline := time.Now().Add(10 * time.Second)
	for {
		b.mu.Lock()
		free, waiting, rows := b.free, len(b.waiting), b.rows
		b.mu.Unlock()
		inside, left, decodes, running := r.inside(), r.config.Memory-r.memory.held(), len(r.decodes), runtime.NumGoroutine()
		if inside == 0 && left == r.config.Memory && decodes == 0 && running <= goroutines && free == r.config.Parallel && waiting == 0 && rows == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d are inside, %d bytes of %d are left, %d decode, %d goroutines of %d run, %d batches may begin, %d with %d rows wait",
				inside, left, r.config.Memory, decodes, running, goroutines, free, waiting, rows)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// raced tells that the race detector is on, which makes reading an image thirty times as slow.
var raced = sync.OnceValue(func() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
})

// noLeak tests at the test's end that it left no goroutine. It comes before what is to be stopped by then.
func noLeak(t *testing.T) {
	client.CloseIdleConnections()
	known := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		client.CloseIdleConnections()
		goleak.VerifyNone(t, known)
	})
}

// watched is a server that has answered once, and the goroutines that it then has. None may be left at the test's end.
func watched(t *testing.T, changes ...func(*Config)) (r *running, good *good, goroutines int) {
	t.Helper()
	noLeak(t)
	r = start(t, changes...)
	good = r.good(t)
	good.check(t)
	return r, good, runtime.NumGoroutine()
}

// pixelsJSON are an image's numbers.
func pixelsJSON(t testing.TB) string { return jsonOf(t, ints(picture(3))) }

// whole is a good inference request with all members that are read. PIXELS stands for the image's numbers.
const whole = `{"id":"7","parameters":{"timeout":5000000,"binary_data_output":false},"inputs":[` +
	`{"name":"image","datatype":"UINT8","shape":[1,28,28],"data":PIXELS},` +
	`{"name":"question","datatype":"BYTES","shape":[1,1],"data":["odd number"],"parameters":{"none":0}}],` +
	`"outputs":[{"name":"digit","parameters":{"binary_data":false}},{"name":"answer"}]}`

// changed is the whole request with one part replaced, which is a mistake.
func changed(t testing.TB, name, old, new string, status int, says string) mistake {
	t.Helper()
	if !strings.Contains(whole, old) {
		t.Fatalf("%s: there is no %s", name, old)
	}
	text := strings.Replace(strings.Replace(whole, old, new, 1), "PIXELS", pixelsJSON(t), 1)
	return mistake{name: name, path: inferPath, body: []byte(text), status: status, says: says}
}

// The request that the mistakes are made in is good.
func TestWhole(t *testing.T) {
	r := start(t)
	m := changed(t, "whole", "PIXELS", "PIXELS", 200, "")
	if got := r.call(t, "POST", inferPath, m.body); got.status != http.StatusOK || !json.Valid(got.body) {
		t.Errorf("status %d: %s", got.status, got.body)
	}
}
