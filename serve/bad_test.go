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

// mistake is a bad request, with the reply that it gets.
type mistake struct {
	name    string
	method  string // "": POST
	path    string
	headers []string // name and value in turn
	body    []byte
	wire    string // the request's bytes, where the fields above cannot give them
	cut     bool   // the client sends nothing after it
	status  int
	says    string // a substring of the error
}

// request returns the bytes that are sent.
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

// mistakes returns the families of bad requests in their order, and the requests of each.
func mistakes(t testing.TB) (families []string, of map[string][]mistake) {
	of = map[string][]mistake{}
	for _, f := range []struct {
		name string
		make func(testing.TB) []mistake
	}{
		{"types", typeMistakes},
		{"shapes", shapeMistakes},
		{"values", valueMistakes},
		{"binary", binaryMistakes},
		{"JSON", jsonMistakes},
		{"bodies", bodyMistakes},
		{"forms", formMistakes},
		{"fields", fieldMistakes},
		{"images", imageMistakes},
		{"paths", pathMistakes},
		{"methods", methodMistakes},
		{"origins", originMistakes},
		{"wire", wireMistakes},
	} {
		families, of[f.name] = append(families, f.name), f.make(t)
	}
	return families, of
}

// What a bad request may cost: the fastest of a few tries, and the memory of the first.
const (
	mostTime   = time.Second
	mostMemory = 10_000_000 // bytes, including a few KB of the test itself
	leastBad   = 300        // distinct requests
)

// Each bad request gets its status and an error, costs little, and leaves nothing behind.
func TestBadRequests(t *testing.T) {
	r, good, before := watched(t)
	families, of := mistakes(t)
	requests := distinct(t, families, of)
	t.Logf("%d bad requests", requests)
	if requests < leastBad {
		t.Errorf("%d bad requests, want %d or more", requests, leastBad)
	}
	for _, family := range families {
		t.Run(family, func(t *testing.T) {
			for _, m := range of[family] {
				r.checkRefused(t, m)
			}
			r.awaitIdle(t, before+1) // and the subtest's goroutine
			good.check(t)
		})
	}
}

// distinct counts the requests. No two may be the same.
func distinct(t *testing.T, families []string, of map[string][]mistake) int {
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

// checkRefused sends a bad request and checks the reply and what it cost.
func (r *running) checkRefused(t *testing.T, m mistake) {
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
	for again := 0; took > mostTime && again < 3; again++ { // other programs may use the processors
		began := time.Now()
		if _, err := r.send(request, m.cut); err == nil {
			took = min(took, time.Since(began))
		}
	}
	if took > mostTime && !raceEnabled() {
		t.Errorf("%s: it took %v, want less than %v", m.name, took, mostTime)
	}
	if cost := after.TotalAlloc - before.TotalAlloc; cost > mostMemory {
		t.Errorf("%s: it took %d bytes of memory, want at most %d", m.name, cost, mostMemory)
	}
	text := string(got.body) // net/http's replies are plain text
	if m.wire == "" || got.header.Get("Content-Type") == asJSON {
		var reply struct{ Error string }
		if err := json.Unmarshal(got.body, &reply); err != nil {
			t.Errorf("%s: status %d: the reply is no error in JSON: %.300q",
				m.name, got.status, got.body)
			return
		}
		text = reply.Error
	}
	if m.says == "" && m.status != http.StatusExpectationFailed {
		t.Errorf("%s: the case names no error", m.name)
	}
	if got.status != m.status || !strings.Contains(text, m.says) {
		t.Errorf("%s: status %d: %.300s\nwant %d with %q",
			m.name, got.status, text, m.status, m.says)
	}
	if len(text) > 600 {
		t.Errorf("%s: the error has %d bytes: %.300s", m.name, len(text), text)
	}
}

// send sends bytes over a new connection and reads the reply. If cut is set, it then closes the
// connection for writing.
func (r *running) send(request []byte, cut bool) (response, error) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		return response{}, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	sent := make(chan struct{})
	go func() { // the server may answer before it has read everything, and read no more
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
	rows := r.predict(t, []int{3}, []int32{5, 6})
	outputs := []wanted{{head: 0}, {head: 1}}
	w := &recorder{header: http.Header{}}
	if err := (&inference{}).answer(w, r.models[0].current.Load(), rows, outputs); err != nil {
		t.Fatal(err)
	}
	m := mistake{path: inferPath, body: oneRow(t, 3, "odd number", "")}
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

// check sends the request and compares the answer.
func (g *good) check(t testing.TB) {
	t.Helper()
	got, err := g.r.send(g.request, false)
	if err != nil || got.status != http.StatusOK || !bytes.Equal(got.body, g.want) {
		t.Errorf("a good request: status %d, %v: %s\nwant %s", got.status, err, got.body, g.want)
	}
}

// idleState is what an idle server holds.
type idleState struct {
	inside        int64 // requests
	memory        int64 // bytes of the budget
	decodes       int   // images that are being decoded
	free          int   // batches that may begin
	waiting, rows int   // requests that wait for a batch, and their rows
}

// awaitIdle waits until the server is idle and no more goroutines run than given.
func (r *running) awaitIdle(t testing.TB, goroutines int) {
	t.Helper()
	b := r.models[0].current.Load().batch
	want := idleState{free: r.config.Parallel}
	deadline := time.Now().Add(10 * time.Second)
	for {
		got := idleState{
			inside: r.inside(), memory: r.memory.held(), decodes: len(r.decodes),
		}
		b.mu.Lock()
		got.free, got.waiting, got.rows = b.free, len(b.waiting), b.rows
		b.mu.Unlock()
		running := runtime.NumGoroutine()
		if got == want && running <= goroutines {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines run, want at most %d; the server holds %+v, want %+v",
				running, goroutines, got, want)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// raceEnabled reports whether the race detector is on. It makes reading an image thirty times as
// slow.
var raceEnabled = sync.OnceValue(func() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
})

// checkLeaks checks at the test's end that no goroutine is left. Call it before anything that must
// have stopped by then is started.
func checkLeaks(t *testing.T) {
	client.CloseIdleConnections()
	known := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		client.CloseIdleConnections()
		goleak.VerifyNone(t, known)
	})
}

// watched returns a server that has answered once, and how many goroutines then run. None may be
// left at the test's end.
func watched(t *testing.T, changes ...func(*Config)) (r *running, good *good, goroutines int) {
	t.Helper()
	checkLeaks(t)
	r = start(t, changes...)
	good = r.good(t)
	good.check(t)
	return r, good, runtime.NumGoroutine()
}

// fullRequest is a good inference request with every member that is read. PIXELS stands for the
// image's numbers.
const fullRequest = `{"id":"7",` +
	`"parameters":{"timeout":5000000,"binary_data_output":false},"inputs":[` +
	`{"name":"image","datatype":"UINT8","shape":[1,28,28],"data":PIXELS},` +
	`{"name":"question","datatype":"BYTES","shape":[1,1],"data":["odd number"],` +
	`"parameters":{"none":0}}],` +
	`"outputs":[{"name":"digit","parameters":{"binary_data":false}},{"name":"answer"}]}`

// fullRequestWith is fullRequest with one substring replaced.
func fullRequestWith(t testing.TB, old, new string) string {
	t.Helper()
	if !strings.Contains(fullRequest, old) {
		t.Fatalf("the request has no %s", old)
	}
	return strings.Replace(strings.Replace(fullRequest, old, new, 1), "PIXELS", pixelsJSON(t), 1)
}

// changed is fullRequest with one substring replaced, which makes it a mistake.
func changed(t testing.TB, name, old, new string, status int, says string) mistake {
	t.Helper()
	body := []byte(fullRequestWith(t, old, new))
	return mistake{name: name, path: inferPath, body: body, status: status, says: says}
}

// The request in which the mistakes are made is good.
func TestWhole(t *testing.T) {
	r := start(t)
	body := []byte(fullRequestWith(t, "PIXELS", "PIXELS"))
	got := r.call(t, "POST", inferPath, body)
	if got.status != http.StatusOK || !json.Valid(got.body) {
		t.Errorf("status %d: %s", got.status, got.body)
	}
}
