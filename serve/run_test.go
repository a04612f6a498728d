package serve

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"braid"
	"braid/layer"
	"braid/modelfile"
	"braid/tensor"
)

// block has no batch begin until free is called.
func (b *batcher) block() (free func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.free
	b.free = 0
	return func() { b.release(before) }
}

// What was accepted is answered after the end began; ready says at once that it is near.
func TestDrain(t *testing.T) {
	r := start(t, func(c *Config) { c.DrainWait = 150 * time.Millisecond })
	batch := r.models[0].current.Load().batch
	free := batch.block()
	answers := make(chan response, 3)
	for range cap(answers) {
		go func() { answers <- r.call(t, "POST", inferPath, one(t, 2, "odd number", "")) }()
	}
	eventually(t, func() bool { return batch.length() == cap(answers) })
	ended := make(chan error, 1)
	go func() { ended <- r.stop() }()
	eventually(t, r.leaving.Load)
	if got := r.call(t, "GET", "/v2/health/ready", nil); got.status != http.StatusServiceUnavailable {
		t.Errorf("ready: status %d", got.status)
	}
	if got := r.call(t, "GET", "/v2/models/digitqa/ready", nil); got.status != http.StatusServiceUnavailable {
		t.Errorf("the model's ready: status %d", got.status)
	}
	if got := r.call(t, "GET", "/v2/health/live", nil); got.status != http.StatusOK {
		t.Errorf("live: status %d", got.status)
	}
	select {
	case err := <-ended:
		t.Fatalf("it ended with requests unanswered: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	if l, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://")); err == nil {
		l.Close()
		t.Error("it still accepts connections")
	}
	free()
	for range cap(answers) {
		if got := <-answers; got.status != http.StatusOK {
			t.Errorf("status %d: %s", got.status, got.body)
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// The time for what was accepted begins when nothing more is, however long that takes.
func TestDrainTimeoutFollowsWait(t *testing.T) {
	r := start(t, func(c *Config) { c.DrainWait, c.DrainTimeout = 800*time.Millisecond, 700*time.Millisecond })
	batch := r.models[0].current.Load().batch
	free := batch.block()
	answer := make(chan response, 1)
	go func() { answer <- r.call(t, "POST", inferPath, one(t, 2, "odd number", "")) }()
	eventually(t, func() bool { return batch.length() == 1 })
	time.AfterFunc(900*time.Millisecond, free)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if got := <-answer; got.status != http.StatusOK {
		t.Errorf("status %d: %s", got.status, got.body)
	}
}

// An answer that is written after the end began ends its connection, whenever its request began.
func TestDrainClosesConnections(t *testing.T) {
	r := start(t, func(c *Config) { c.DrainWait = 200 * time.Millisecond })
	batch := r.models[0].current.Load().batch
	free := batch.block()
	closes := make(chan bool, 2)
	for _, path := range []string{inferPath, "/v2/models/none/infer"} {
		go func() {
			got, err := http.Post(r.url+path, "application/json", bytes.NewReader(one(t, 2, "odd number", "")))
			if err != nil {
				t.Error(err)
				closes <- false
				return
			}
			got.Body.Close()
			closes <- got.Close
		}()
		if path != inferPath && <-closes {
			t.Error("a connection is ended before the end began")
		}
	}
	eventually(t, func() bool { return batch.length() == 1 })
	go r.stop()
	eventually(t, r.leaving.Load)
	free()
	if !<-closes {
		t.Error("the answer does not end its connection")
	}
}

// A request that began before the end and is completed during DrainWait is answered, and so is one on a connection
// that is opened then. Both connections end.
func TestRequestsWhileDraining(t *testing.T) {
	r := start(t, func(c *Config) { c.DrainWait = 500 * time.Millisecond })
	text := posted(string(one(t, 3, "odd number", "")))
	early := r.dial(t)
	defer early.Close()
	if _, err := io.WriteString(early, text[:20]); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- r.stop() }()
	eventually(t, r.leaving.Load)
	late := r.dial(t)
	defer late.Close()
	for c, rest := range map[net.Conn]string{early: text[20:], late: text} {
		if _, err := io.WriteString(c, rest); err != nil {
			t.Fatal(err)
		}
		in := bufio.NewReader(c)
		got, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if answer := read(t, got); answer.status != http.StatusOK || !got.Close {
			t.Errorf("status %d, the connection ends: %v", got.StatusCode, got.Close)
		}
		if _, err := in.ReadByte(); err != io.EOF {
			t.Errorf("after the last answer: %v, want the end", err)
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A request that is sent when the server stops is answered whole, or its connection ends without an answer. Never is
// half an answer sent.
func TestStopMeetsRequest(t *testing.T) {
	text := posted(string(one(t, 3, "odd number", "")))
	answered := 0
	const rounds = 20
	for i := range rounds {
		r := start(t, func(c *Config) { c.DrainWait = time.Millisecond })
		r.call(t, "GET", "/v2/health/live", nil)
		c := r.dial(t)
		ended := make(chan error, 1)
		go func() { ended <- r.stop() }()
		time.Sleep(time.Duration(i) * 150 * time.Microsecond)
		io.WriteString(c, text)
		got, err := io.ReadAll(c)
		if len(got) > 0 {
			answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(got)), nil)
			if err != nil {
				t.Fatalf("%v in %q", err, got)
			}
			if read(t, answer); answer.StatusCode != http.StatusOK {
				t.Errorf("status %d", answer.StatusCode)
			}
			answered++
		} else if err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Error(err)
		}
		c.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d of %d requests answered", answered, rounds)
}

// A connection on which nothing was asked does not hold up the end, nor is that an error.
func TestStopWithSilentConnections(t *testing.T) {
	r := start(t, func(c *Config) { c.DrainTimeout = 3 * time.Second })
	before := r.dial(t)
	defer before.Close()
	half := r.dial(t)
	defer half.Close()
	io.WriteString(half, "GET /v2 HTTP/1.1\r\nHo")
	r.call(t, "GET", "/v2/health/live", nil)
	began := time.Now()
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 2500*time.Millisecond {
		t.Errorf("stopping took %v", took)
	}
}

// Whoever keeps a request open forever is cut off.
func TestDrainTimeout(t *testing.T) {
	r := start(t, func(c *Config) { c.DrainTimeout = 100 * time.Millisecond })
	conn := r.dial(t)
	defer conn.Close()
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nnot all of it", inferPath)
	time.Sleep(50 * time.Millisecond)
	began := time.Now()
	if err := r.stop(); err == nil || !strings.Contains(err.Error(), "still open 100ms after") {
		t.Errorf("error is %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("stopping took %v", took)
	}
	r.stop = func() error { return nil } // what it returned is known
}

// A full queue answers at once that it is full; what is in it is answered.
func TestOverload(t *testing.T) {
	r := start(t, func(c *Config) { c.Queue = 2 })
	batch := r.models[0].current.Load().batch
	free := batch.block()
	answers := make(chan response, 2)
	for range cap(answers) {
		go func() { answers <- r.call(t, "POST", inferPath, one(t, 2, "odd number", "")) }()
	}
	eventually(t, func() bool { return batch.length() == cap(answers) })
	for _, path := range []string{inferPath, "/ask"} {
		got := r.call(t, "POST", path, one(t, 2, "odd number", ""), "Content-Type", "application/json")
		if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") != "1" || !strings.Contains(got.text(t), "2 requests wait") {
			t.Errorf("%s: status %d, %v: %s", path, got.status, got.header, got.body)
		}
	}
	free()
	for range cap(answers) {
		if got := <-answers; got.status != http.StatusOK {
			t.Errorf("status %d: %s", got.status, got.body)
		}
	}
	if got := r.call(t, "POST", inferPath, one(t, 2, "odd number", "")); got.status != http.StatusOK {
		t.Errorf("afterwards: status %d: %s", got.status, got.body)
	}
	metrics := string(r.call(t, "GET", "/metrics", nil).body)
	for _, want := range []string{
		`braid_rejected_total{reason="queue"} 2`, `braid_requests_total{route="/v2/models/{model}/infer",status="503"} 1`,
		`braid_requests_total{route="/v2/models/{model}/infer",status="200"} 3`, `braid_request_seconds_count{route="/v2/models/{model}/infer",status="503"} 1`, "braid_requests_inside 0", "braid_queue_length 0",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

// The deadline, the server's or a request's own shorter one, ends the wait.
func TestDeadline(t *testing.T) {
	r := start(t, func(c *Config) { c.Deadline = 50 * time.Millisecond })
	free := r.models[0].current.Load().batch.block()
	defer free()
	for _, more := range []string{"", `"parameters":{"timeout":1000},`} {
		got := r.call(t, "POST", inferPath, one(t, 2, "odd number", more))
		if got.status != http.StatusGatewayTimeout || !strings.Contains(got.text(t), "deadline") {
			t.Errorf("%q: status %d: %s", more, got.status, got.body)
		}
	}
}

// pair writes a certificate for 127.0.0.1 and its key, and returns it to be trusted.
func pair(t *testing.T, cert, key string, serial int64) *x509.Certificate {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	content, err := x509.CreateCertificate(rand.Reader, about, about, secret.Public(), secret)
	if err != nil {
		t.Fatal(err)
	}
	secretBytes, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: content}, key: {Type: "PRIVATE KEY", Bytes: secretBytes}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(content)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// TLS answers with the certificate in the file, also when that changes, and goes on with it where it is damaged.
func TestTLS(t *testing.T) {
	folder := t.TempDir()
	cert, key := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	pair(t, cert, key, 7)
	r := start(t, func(c *Config) { c.Cert, c.Key = cert, key })
	serial := func() int64 {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(r.url, "https://"), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}) // which one it is, is what is tested
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, "GET /v2/health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		got, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || got.StatusCode != http.StatusOK {
			t.Fatalf("%v: %v", got, err)
		}
		io.Copy(io.Discard, got.Body)
		got.Body.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	eventually(t, func() bool { return serial() == 7 })
	pair(t, cert, key, 8)
	eventually(t, func() bool { return serial() == 8 })
	if err := os.WriteFile(key, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool {
		serial()
		return strings.Contains(r.logs.String(), "certificate not loaded")
	})
	if got := serial(); got != 8 {
		t.Errorf("the certificate is %d, want 8", got)
	}
}

// A request's id and trace go through, into the log; an own id that could harm the log does not.
func TestRequestIDs(t *testing.T) {
	r := start(t)
	const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	got := r.call(t, "POST", inferPath, one(t, 2, "odd number", ""), "X-Request-Id", "mine-7", "Traceparent", trace)
	own := got.header.Get("Traceparent")
	if got.header.Get("X-Request-Id") != "mine-7" || own == trace || !strings.HasPrefix(own, trace[:36]) || !strings.HasSuffix(own, "-01") {
		t.Errorf("headers are %v", got.header)
	}
	for _, id := range []string{"", strings.Repeat("x", 129), "two words", "tab\tx"} {
		if got := r.call(t, "GET", "/v2", nil, "X-Request-Id", id, "Traceparent", "00-"+strings.Repeat("0", 32)+"-00f067aa0ba902b7-01"); len(got.header.Get("X-Request-Id")) != 16 || got.header.Get("Traceparent") != "" {
			t.Errorf("%q: headers are %v", id, got.header)
		}
	}
	found := false
	for line := range strings.Lines(r.logs.String()) {
		var told struct {
			Msg, ID, Route, Method, Traceparent string
			Status                              int
		}
		if err := json.Unmarshal([]byte(line), &told); err != nil {
			t.Fatal(err)
		}
		if told.ID == "mine-7" {
			found = told.Msg == "request" && told.Route == "/v2/models/{model}/infer" && told.Method == "POST" && told.Status == 200 && told.Traceparent == own
		}
	}
	if !found {
		t.Errorf("the log is %s", r.logs)
	}
}

// A panic costs its request, not the server, and is in the log with its stack.
func TestPanic(t *testing.T) {
	r := start(t)
	r.route("GET", "/crash", open, func(http.ResponseWriter, *http.Request) error { panic("of the test") })
	got := r.call(t, "GET", "/crash", nil)
	if got.status != http.StatusInternalServerError || strings.Contains(got.text(t), "of the test") {
		t.Errorf("status %d: %s", got.status, got.body)
	}
	if log := r.logs.String(); !strings.Contains(log, "panic: of the test") || !strings.Contains(log, "run_test.go") {
		t.Errorf("the log is %s", log)
	}
	if got := r.call(t, "POST", inferPath, one(t, 2, "odd number", "")); got.status != http.StatusOK {
		t.Errorf("afterwards: status %d", got.status)
	}
}

// Each failure of ours is in the log, however many there are, with what the client is not told.
func TestFailuresAreLogged(t *testing.T) {
	r := start(t)
	r.route("GET", "/fail", open, func(http.ResponseWriter, *http.Request) error { return errors.New("of the test") })
	const many = 20
	for range many {
		if got := r.call(t, "GET", "/fail", nil); got.status != http.StatusInternalServerError || strings.Contains(got.text(t), "of the test") {
			t.Errorf("status %d: %s", got.status, got.body)
		}
	}
	if n := strings.Count(r.logs.String(), `"level":"ERROR","msg":"request"`); n != many || strings.Count(r.logs.String(), `"error":"of the test"`) != many {
		t.Errorf("the log has %d errors, want %d: %s", n, many, r.logs)
	}
}

// The page is whole, and lets nothing else in.
func TestPage(t *testing.T) {
	r := start(t)
	got := r.call(t, "GET", "/", nil)
	if got.status != http.StatusOK || got.header.Get("Content-Security-Policy") != policy || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
		t.Errorf("status %d, %v", got.status, got.header)
	}
	files := 0
	for part := range bytes.SplitSeq(got.body, []byte(`"`)) {
		if name, ok := strings.CutPrefix(string(part), "page/"); ok {
			files++
			if got := r.call(t, "GET", "/page/"+name, nil); got.status != http.StatusOK || len(got.body) == 0 {
				t.Errorf("%s: status %d", name, got.status)
			}
		}
	}
	if files < 3 {
		t.Errorf("the page names %d files", files)
	}
	for _, name := range []string{"none.js", "..", "%2e%2e%2fpage.go", "index.html%00"} {
		if got := r.call(t, "GET", "/page/"+name, nil); got.status < 400 || got.status > 499 {
			t.Errorf("%s: status %d", name, got.status)
		}
	}
}

// A request whose answer is not read still counts, and so does its memory.
func TestUnreadAnswers(t *testing.T) {
	g := braid.NewGraph("wide")
	g.Head("y", layer.Dense{Units: 400, Activation: layer.Softmax}, g.Input("x", tensor.Float32, 1))
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "wide.safetensors")
	if err := modelfile.Save(path, &modelfile.File{Model: m}); err != nil {
		t.Fatal(err)
	}
	const rows = 3900 // 16 MB and more of JSON for 16 KB
	r := start(t, func(c *Config) { c.Models = []Source{{Path: path}} })
	head := fmt.Sprintf(`{"inputs":[{"name":"x","datatype":"FP32","shape":[%d,1],"parameters":{"binary_data_size":%d}}]}`, rows, 4*rows)
	c := r.dial(t)
	c.(*net.TCPConn).SetReadBuffer(4 << 10)
	fmt.Fprintf(c, "POST /v2/models/wide/infer HTTP/1.1\r\nHost: x\r\n%s: %d\r\nContent-Length: %d\r\n\r\n%s%s",
		headerLength, len(head), len(head)+4*rows, head, strings.Repeat("\x00\x00\x80\x3f", rows))
	if _, err := c.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond)
	if held := r.memory.held(); r.inside() != 1 || held < 16<<20 {
		t.Errorf("%d are inside, with %d bytes", r.inside(), held)
	}
	c.Close()
	eventually(t, func() bool { return r.inside() == 0 && r.memory.held() == 0 })
}

// One connection of HTTP/2 has no more requests at once than there may be connections.
func TestMemoryOfHTTP2(t *testing.T) {
	folder := t.TempDir()
	cert, key := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	trusted := x509.NewCertPool()
	trusted.AddCert(pair(t, cert, key, 7))
	r := start(t, func(c *Config) { c.Cert, c.Key, c.Connections = cert, key, 3 })
	batch := r.models[0].current.Load().batch
	free := batch.block()
	own := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}, ForceAttemptHTTP2: true}}
	defer own.CloseIdleConnections()
	statuses := make(chan int, 4)
	ask := func() {
		got, err := own.Post(r.url+inferPath, "application/json", bytes.NewReader(one(t, 2, "odd number", "")))
		if err != nil {
			t.Error(err)
			statuses <- 0
			return
		}
		got.Body.Close()
		if got.ProtoMajor != 2 {
			t.Errorf("answered by %s", got.Proto)
		}
		statuses <- got.StatusCode
	}
	for i := range 3 {
		go ask()
		eventually(t, func() bool { return batch.length() == i+1 })
	}
	if ask(); <-statuses != http.StatusServiceUnavailable {
		t.Error("a fourth request is read")
	}
	free()
	for range 3 {
		if status := <-statuses; status != http.StatusOK {
			t.Errorf("status %d", status)
		}
	}
	if left := r.reads.left.Load(); left != 3 {
		t.Errorf("%d requests more could be read, want 3", left)
	}
}

// What is asked of the server as a whole is answered in JSON, too.
func TestOptions(t *testing.T) {
	r := start(t)
	c := r.dial(t)
	defer c.Close()
	fmt.Fprint(c, "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	got, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer := read(t, got); answer.status != http.StatusNotFound || !strings.Contains(answer.text(t), "not clean") {
		t.Errorf("status %d: %s", answer.status, answer.body)
	}
}

// Who is gone while its request waits gets no answer, not an empty one.
func TestGoneGetsNothing(t *testing.T) {
	r := start(t)
	free := r.models[0].current.Load().batch.block()
	defer free()
	c := r.dial(t)
	defer c.Close()
	body := one(t, 3, "odd number", "")
	fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", inferPath, len(body), body)
	c.(*net.TCPConn).CloseWrite()
	if got, err := io.ReadAll(c); err != nil || len(got) > 0 {
		t.Errorf("got %q, %v", got, err)
	}
	eventually(t, func() bool { return r.inside() == 0 })
	if metrics := string(r.call(t, "GET", "/metrics", nil).body); !strings.Contains(metrics, `braid_rejected_total{reason="gone"} 1`) {
		t.Error("the metrics do not count it")
	}
}

// What takes more memory than there is for all requests together is told so, and not to try again.
func TestMemoryOfOne(t *testing.T) {
	r := start(t, func(c *Config) { c.Memory = 1 << 20 })
	for name, body := range map[string][]byte{
		"rows":  []byte(images(300, strings.Repeat("7,", 300*784-1)+"7")), // 470 KB, and 1 MB as rows
		"body":  bytes.Repeat([]byte(" "), 2<<20),
		"field": []byte(`{"image":"` + strings.Repeat("A", 600<<10) + `","question":"odd number"}`), // and its copy
	} {
		path := inferPath
		if name == "field" {
			path = "/ask"
		}
		got := r.call(t, "POST", path, body, "Content-Type", asJSON)
		if got.status != http.StatusRequestEntityTooLarge || !strings.Contains(got.text(t), "bytes of memory that there are for it") || got.header.Get("Retry-After") != "" {
			t.Errorf("%s: status %d: %s", name, got.status, got.body)
		}
	}
	if held := r.memory.held(); held != 0 {
		t.Errorf("%d bytes are held", held)
	}
	if c := (Config{Body: 100 << 20}).withDefaults(); c.Memory != 400<<20 {
		t.Errorf("for bodies of 100 MB there are %d bytes", c.Memory)
	}
}

// Who decompresses needs memory, also for a small body.
func TestMemoryOfGzip(t *testing.T) {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	w.Write(one(t, 2, "odd number", ""))
	w.Close()
	for less, want := range []int{http.StatusOK, http.StatusRequestEntityTooLarge} {
		r := start(t, func(c *Config) { c.Memory = 2 * (decompressorSize - int64(less)) })
		if got := r.call(t, "POST", inferPath, zipped.Bytes(), "Content-Encoding", "gzip"); got.status != want {
			t.Errorf("status %d, want %d: %s", got.status, want, got.body)
		}
	}
}

// Requests that are large together wait for memory, and are turned away when their deadline passes.
func TestMemory(t *testing.T) {
	r := start(t, func(c *Config) { c.Memory = 1 << 20 })
	batch := r.models[0].current.Load().batch
	free := batch.block()
	large := func() []byte { // 100 rows of 3 KB in 80 KB
		text := `{"inputs":[{"name":"image","datatype":"UINT8","shape":[100,28,28],"parameters":{"binary_data_size":78400}},` +
			`{"name":"question","datatype":"INT32","shape":[100,2],"parameters":{"binary_data_size":800}}]}`
		return append([]byte(text), make([]byte, 79200)...)
	}()
	header := fmt.Sprint(len(large) - 79200)
	answers := make(chan response, 3)
	for i := range 2 {
		go func() { answers <- r.call(t, "POST", inferPath, large, headerLength, header) }()
		eventually(t, func() bool { return batch.length() == i+1 })
	}
	go func() { answers <- r.call(t, "POST", inferPath, large, headerLength, header) }()
	eventually(t, func() bool {
		r.memory.mu.Lock()
		defer r.memory.mu.Unlock()
		return len(r.memory.waiting[forWork]) == 1
	})
	free()
	for range cap(answers) {
		if got := <-answers; got.status != http.StatusOK {
			t.Errorf("status %d: %s", got.status, got.body)
		}
	}
	if got := r.call(t, "POST", inferPath, large, headerLength, header); got.status != http.StatusOK {
		t.Errorf("afterwards: status %d: %s", got.status, got.body)
	}
	eventually(t, func() bool { return r.memory.held() == 0 })

	r = start(t, func(c *Config) { c.Memory, c.Deadline = 1<<20, 50*time.Millisecond })
	var other holding
	if !r.memory.take(t.Context(), &other, 900<<10, forWork, time.Now()) {
		t.Fatal("memory that is there is not given")
	}
	got := r.call(t, "POST", inferPath, large, headerLength, header)
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" || !strings.Contains(got.text(t), "large requests") {
		t.Errorf("status %d: %s", got.status, got.body)
	}
	r.memory.give(&other, 900<<10, forWork)
	if held := r.memory.held(); held != 0 {
		t.Errorf("%d bytes are held", held)
	}
}
