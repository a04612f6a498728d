package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"braid"
	"braid/data"
	"braid/digitqa"
	"braid/feature"
	"braid/modelfile"
	"braid/predictor"
	"braid/target"
	"braid/tensor"
	"braid/text"
)

// saveModel writes a model file of the default network with the weights of a seed, untrained, and
// with some samples.
func saveModel(t testing.TB, path string, seed uint64) {
	t.Helper()
	m, err := digitqa.Network(28, 28).Build(seed)
	if err != nil {
		t.Fatal(err)
	}
	f := &modelfile.File{
		Model: m,
		Training: json.RawMessage(`{"final":[{"name":"loss","value":0.25},` +
			`{"name":"val_digit_accuracy","value":0.9527},{"name":"val_loss","value":null}]}`),
	}
	standard := data.Standard{Mean: 33.25, Std: 78.5}
	if f.Features, f.Targets, err = digitqa.Columns(28, 28, standard); err != nil {
		t.Fatal(err)
	}
	var pixels []uint8
	for row := range 3 {
		pixels = append(pixels, leaning(row)...)
	}
	if err := f.Sample(braid.Tensors{
		"image":    tensor.Bytes(pixels, 3, 28, 28),
		"question": tensor.Ints([]int32{4, 6, 1, 3, 5, 6}, 3, 2),
	}); err != nil {
		t.Fatal(err)
	}
	if err := modelfile.Save(path, f); err != nil {
		t.Fatal(err)
	}
}

// rulesOf returns the rules of a model of digitqa.
func rulesOf(m *predictor.Model) Rules {
	if r := digitqa.RulesOf(m); r != nil {
		return r
	}
	return nil
}

// grey returns the feature of a column of grey pictures.
func grey(column string, height, width int, s data.Standard) modelfile.Feature {
	return modelfile.Feature{Column: column,
		Encoder: &feature.DigitEncoder{Height: height, Width: width, Standard: s}}
}

// reading returns the feature of a column of texts for a network of ids below limit.
func reading(
	t testing.TB, column string, tokenizer *text.Tokenizer, p text.Padding, limit int,
	texts ...string,
) modelfile.Feature {
	t.Helper()
	e, err := feature.NewTokensEncoder(tokenizer, p, limit, texts)
	if err != nil {
		t.Fatal(err)
	}
	return modelfile.Feature{Column: column, Encoder: e}
}

// labels returns the target of a head of classes, or of no and yes.
func labels(head string, list ...string) modelfile.Target {
	if len(list) == 2 {
		return modelfile.Target{Column: head,
			Decoder: target.BinaryDecoder{False: list[0], True: list[1], Threshold: 0.5}}
	}
	return modelfile.Target{Column: head, Decoder: target.CategoryDecoder{Classes: list}}
}

// spoilSamples changes a model file's samples, so that they are not what the model answers.
func spoilSamples(t testing.TB, path string) {
	t.Helper()
	f, err := modelfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	f.Samples.Heads["answer"].Float32s()[1] += 1e-6
	if err := modelfile.Save(path, f); err != nil {
		t.Fatal(err)
	}
}

// leaning is an image of a leaning bar, another for each number.
func leaning(n int) []uint8 {
	pixels := make([]uint8, 28*28)
	for y := 4; y < 24; y++ {
		x := 6 + (y*(1+n%5)+3*n)%16
		pixels[y*28+x], pixels[y*28+x+1] = uint8(255-n%100), uint8(100+n%100)
	}
	return pixels
}

// running is a server under test.
type running struct {
	*Server
	url  string
	path string // the model's file
	logs *record
	stop func() error // stops it as a signal does
}

// start serves a model of the default network. Changes may alter the configuration.
func start(t testing.TB, changes ...func(*Config)) *running {
	t.Helper()
	r := &running{path: filepath.Join(t.TempDir(), "model.safetensors"), logs: &record{}}
	saveModel(t, r.path, 1)
	logs := slog.NewJSONHandler(r.logs, &slog.HandlerOptions{Level: slog.LevelDebug})
	c := Config{
		Models: []ModelPath{{Path: r.path}}, Hosts: []string{"x"}, Log: slog.New(logs),
		Rules: rulesOf,
	}
	for _, change := range changes {
		change(&c)
	}
	var err error
	if r.Server, err = New(c); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	scheme := "http://"
	if c.Cert != "" {
		scheme = "https://"
	}
	r.url = scheme + l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx, l) }()
	r.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
	})
	return r
}

// eventually waits until a condition holds.
func eventually(t testing.TB, condition func() bool) {
	t.Helper()
	for range 2000 {
		if condition() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the condition does not hold after 10 seconds")
}

// record is a log in memory.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// response is a reply that was read to its end.
type response struct {
	status int
	header http.Header
	body   []byte
}

// text returns the reply's error.
func (r response) text(t testing.TB) string {
	t.Helper()
	var reply struct{ Error string }
	if err := json.Unmarshal(r.body, &reply); err != nil || reply.Error == "" {
		t.Fatalf("status %d: the reply is no error in JSON: %q", r.status, r.body)
	}
	return reply.Error
}

// client does not share its connections, so that tests can close all of them.
var client = &http.Client{
	Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
	Timeout:   20 * time.Second,
}

// call sends a request with headers, given as name and value in turn.
func (r *running) call(t testing.TB, method, path string, body []byte, headers ...string) response {
	t.Helper()
	request, err := http.NewRequest(method, r.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	request.Host = request.Header.Get("Host") // "": the address
	got, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, got)
}

// read reads a reply to its end.
func read(t testing.TB, got *http.Response) response {
	t.Helper()
	defer got.Body.Close()
	content, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response{got.StatusCode, got.Header, content}
}

// inferPath is the address for inference with the model.
const inferPath = "/v2/models/digitqa/infer"

// predict answers rows of pictures and token ids without the server.
func (r *running) predict(t testing.TB, pictures []int, ids []int32) *predictor.Batch {
	t.Helper()
	m := r.models[0].current.Load().Model
	rows := m.NewBatch(len(pictures))
	for i, n := range pictures {
		copy(rows.Bytes(0)[i*784:], leaning(n))
	}
	m.Columns[0].Standardize(rows, 0, rows.N)
	copy(rows.Inputs[1].Int32s(), ids)
	if err := m.Predict(rows); err != nil {
		t.Fatal(err)
	}
	return rows
}
