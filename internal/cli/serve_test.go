package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var restarts = flag.Int("restarts", 10, "how often TestRestarts ends the server")

// server is braid serve as a process.
type server struct {
	*exec.Cmd
	url  string
	said *bytes.Buffer // the log, complete when done is closed
	done chan struct{}
}

// startServer starts the server on a free port and waits until it listens.
func startServer(t *testing.T, args ...string) *server {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)
	s := &server{Cmd: exec.Command(path, args...), said: &bytes.Buffer{}, done: make(chan struct{})}
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	errs, err := s.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Process.Kill() })
	go func() {
		io.Copy(s.said, errs)
		close(s.done)
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		<-s.done
		t.Fatalf("%v: %s", err, s.said)
	}
	s.url = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "serving at "), "/")
	return s
}

// end sends a signal and waits until the server has ended.
func (s *server) end(signal os.Signal) error {
	if err := s.Process.Signal(signal); err != nil {
		return err
	}
	<-s.done
	return s.Wait()
}

// row is a request about an image of the data set's size.
const row = `{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,6,5],"data":[` +
	`0,0,200,9,0,1,0,210,0,0,0,0,250,0,0,0,7,200,0,0,0,0,220,0,0,3,0,190,0,0]},` +
	`{"name":"question","datatype":"BYTES","shape":[1,1],"data":["odd number"]}]}`

// load sends requests from several clients until it is stopped, and counts the outcomes.
type load struct {
	url     string
	client  *http.Client
	stop    atomic.Bool
	wait    sync.WaitGroup
	mu      sync.Mutex
	asked   int
	failed  map[string]bool // by id of a request without an answer: whether its connection was reused
	answers map[string]int
	wrong   []string
}

func newLoad(url string, clients int) *load {
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	l := &load{
		url: url, client: &http.Client{Transport: transport},
		failed: map[string]bool{}, answers: map[string]int{},
	}
	for c := range clients {
		l.wait.Go(func() {
			for i := 0; !l.stop.Load(); i++ {
				l.ask(fmt.Sprintf("c%d-%d", c, i))
			}
		})
	}
	return l
}

func (l *load) ask(id string) {
	r, err := http.NewRequest("POST", l.url+"/v2/models/digitqa/infer", strings.NewReader(row))
	if err != nil {
		panic(err)
	}
	r.Header.Set("X-Request-Id", id)
	reused := false
	trace := &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) { reused = c.Reused }}
	r = r.WithContext(httptrace.WithClientTrace(r.Context(), trace))
	got, err := l.client.Do(r)
	var body []byte
	if err == nil {
		body, err = io.ReadAll(got.Body)
		got.Body.Close()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		l.asked--
		l.stop.Store(true)
	case err != nil:
		l.failed[id] = reused
	case got.StatusCode != http.StatusOK:
		l.wrong = append(l.wrong, fmt.Sprintf("%s: status %d: %s", id, got.StatusCode, body))
	default:
		l.answers[string(body)]++
	}
}

func (l *load) failuresByClient() map[string]int {
	count := map[string]int{}
	for id := range l.failed {
		client, _, _ := strings.Cut(id, "-")
		count[client]++
	}
	return count
}

// A server that is stopped under load answers every request that it accepted, always alike. A
// client that connects as the listener closes may lose one request: the next is refused.
func TestRestarts(t *testing.T) {
	slow(t)
	t.Parallel()
	run, _ := trainRun(t)
	asked, turned := 0, 0
	answers := map[string]bool{}
	for range *restarts {
		s := startServer(t, run, "--drain-wait", "30ms", "--log-level", "debug", "--log-format", "json")
		l := newLoad(s.url, 8)
		time.Sleep(50 * time.Millisecond)
		if err := s.end(syscall.SIGTERM); err != nil {
			t.Fatalf("the server ended with %v: %s", err, s.said)
		}
		l.stop.Store(true)
		l.wait.Wait()
		l.client.CloseIdleConnections()
		taken := map[string]bool{}
		for line := range strings.Lines(s.said.String()) {
			var told struct{ ID string }
			if err := json.Unmarshal([]byte(line), &told); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			taken[told.ID] = true
		}
		for client, n := range l.failuresByClient() {
			if n > 1 {
				t.Errorf("client %s was turned away %d times at one stop", client, n)
			}
		}
		for id, reused := range l.failed {
			if taken[id] || reused {
				const format = "request %s was accepted and not answered " +
					"(in the log: %v, on a connection that had served: %v)"
				t.Errorf(format, id, taken[id], reused)
			}
		}
		for _, w := range l.wrong {
			t.Error(w)
		}
		if l.asked == 0 {
			t.Error("nothing was asked")
		}
		asked, turned = asked+l.asked, turned+len(l.failed)
		for a := range l.answers {
			answers[a] = true
		}
	}
	t.Logf("%d restarts, %d requests answered; %d came as the listener closed and were not accepted",
		*restarts, asked-turned, turned)
	if len(answers) != 1 {
		t.Errorf("the same row has %d answers", len(answers))
	}
}

// SIGHUP loads a changed model. The log and the exit code report it.
func TestServeProcess(t *testing.T) {
	slow(t)
	t.Parallel()
	folder := t.TempDir()
	model := filepath.Join(folder, "model.safetensors")
	place := func(seed string) {
		t.Helper()
		run := filepath.Join(folder, "run"+seed)
		train := words("train --epochs 1 --log none --seed "+seed, "--out", run)
		mustCall(t, append(train, "--data", writeDataset(t))...)
		if err := os.Rename(filepath.Join(run, "model.safetensors"), model); err != nil {
			t.Fatal(err)
		}
	}
	place("1")
	s := startServer(t, "small="+model, "--pprof", "127.0.0.1:0")
	version := func() string {
		got, err := http.Get(s.url + "/v2/models/small")
		if err != nil {
			t.Fatal(err)
		}
		defer got.Body.Close()
		content, err := io.ReadAll(got.Body)
		if err != nil || got.StatusCode != http.StatusOK {
			t.Fatalf("%v, %s", err, content)
		}
		return string(content)
	}
	before := version()
	place("2")
	if err := s.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	for i := 0; version() == before; i++ {
		if i == 1000 {
			t.Fatal("the new model is not served")
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err := s.end(syscall.SIGTERM); err != nil {
		t.Errorf("the server ended with %v", err)
	}
	checkContains(t, s.said.String(), "model loaded", "model=small", "profiles at", "stopped")
}

// Pages of other hosts cannot read profiles.
func TestProfiles(t *testing.T) {
	var said bytes.Buffer
	f := serveFlags{profile: "127.0.0.1:0"}
	f.Log, f.Hosts = slog.New(slog.NewTextHandler(&said, nil)), []string{"own.example.org"}
	stop, err := f.profiles()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	address := regexp.MustCompile(`http://[^/]+/debug/pprof/`).FindString(said.String())
	for _, c := range []struct {
		method, path, host, origin string
		want                       int
	}{
		{"GET", "", "", "", http.StatusOK},
		{"GET", "", "localhost", "", http.StatusOK},
		{"GET", "", "own.example.org", "", http.StatusOK},
		{"GET", "", "example.org", "", http.StatusMisdirectedRequest},
		{"POST", "symbol", "", "", http.StatusOK},
		{"POST", "symbol", "", "https://own.example.org", http.StatusOK},
		{"POST", "symbol", "", "https://example.org", http.StatusForbidden},
	} {
		request, err := http.NewRequest(c.method, address+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = c.host
		if c.origin != "" {
			request.Header.Set("Origin", c.origin)
		}
		got, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if got.Body.Close(); got.StatusCode != c.want {
			t.Errorf("%+v: status %d", c, got.StatusCode)
		}
	}
}

func TestServeMistakes(t *testing.T) {
	run, _ := trainRun(t)
	tokens := filepath.Join(t.TempDir(), "tokens")
	for want, args := range map[string][]string{
		"--addr :0 lets other machines ask: give them a --token-file, or say --insecure": {
			run, "--addr", ":0",
		},
		"--addr 0.0.0.0:0 lets other machines ask": {run, "--addr", "0.0.0.0:0"},

		"token file":                          {run, "--addr", ":0", "--token-file", tokens},
		"--pprof is :6060, want":              {run, "--pprof", ":6060"},
		"..=" + run + " is no file, and no":   {"..=" + run},
		"ü?=" + run + " is no file, and no":   {"ü?=" + run},
		"a= is no file, and no NAME=MODEL":    {"a="},
		"no model at " + run + "y":            {"a=" + run + "y"},
		"no model at " + run + "x":            {run + "x"},
		"there is no run at runs/latest":      {},
		`two models are named "digitqa"`:      {run, run},
		"--log-level is \"loud\", want one":   {run, "--log-level", "loud"},
		"--log-format is \"xml\", want one":   {run, "--log-format", "xml"},
		"--queue must be above 0":             {run, "--queue", "0"},
		"--max-body must be above 0":          {run, "--max-body", "-1"},
		`--memory: got "512", want a number`:  {run, "--memory", "512"},
		"--memory is 50MB, want ":             {run, "--memory", "50MB"},
		"--memory is 256MB, want 1129MB or":   {run, "--memory", "256MB", "--max-body", "100"},
		"for 100000 connections":              {run, "--memory", "1GB", "--connections", "100000"},
		"serve: BatchWait is -1":              {run, "--batch-wait", "-1ns"},
		"a certificate and its key":           {run, "--tls-cert", tokens},
		`--addr is "", want HOST:PORT`:        {run, "--addr", ""},
		`--addr is "80", want HOST:PORT`:      {run, "--addr", "80", "--insecure"},
		`--addr is "unix:/x", want HOST:PORT`: {run, "--addr", "unix:/x"},
		"certificate: open " + tokens:         {run, "--tls-cert", tokens, "--tls-key", tokens},
	} {
		checkFails(t, want, append([]string{"serve"}, args...)...)
	}
}
