package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"braid"
	"braid/data"
	"braid/digitqa"
	"braid/layer"
	"braid/modelfile"
	"braid/tensor"
)

// path is the URL path of inference requests.
const path = "/v2/models/digitqa/infer"

// saveLarge saves the seed network with a trunk of 25 million weights.
func saveLarge(file string) error {
	g := braid.NewGraph("digitqa")
	image, question := g.Input("image", tensor.Float32, 28, 28), g.Input("question", tensor.Int32, 2)
	words := g.Add("words", layer.Embedding{Vocabulary: 8, Width: 4}, question)
	asked := g.Add("asked", layer.LSTM{Units: 8}, words)
	both := g.Add("both", layer.Concatenate{}, asked, g.Add("pixels", layer.Flatten{}, image))
	trunk := g.Add("trunk", layer.Dense{Units: 4096, Activation: layer.ReLU}, both)
	trunk = g.Add("trunk2", layer.Dense{Units: 5200, Activation: layer.ReLU}, trunk)
	g.Head("digit", layer.Dense{Units: 10, Activation: layer.Softmax}, trunk)
	g.Head("answer", layer.Dense{Units: 1, Activation: layer.Sigmoid}, trunk)
	m, err := g.Build(1)
	if err != nil {
		return err
	}
	features, targets, err := digitqa.Columns(28, 28, data.Standard{Mean: 33.3, Std: 78.6})
	if err != nil {
		return err
	}
	return modelfile.Save(file, &modelfile.File{Model: m, Features: features, Targets: targets})
}

// outcome holds the times of requests, by result.
type outcome struct {
	took     time.Duration
	mu       sync.Mutex
	answered []time.Duration
	refused  []time.Duration // status 503
	failed   int
	failure  string // first error
}

func (o *outcome) rate() float64 { return float64(len(o.answered)) / o.took.Seconds() }

func (o *outcome) String() string {
	return fmt.Sprintf("%.0f answered a second (p50 %v, p99 %v), "+
		"%.0f refused a second (p50 %v, p99 %v), %d failed %s",
		o.rate(), quantile(o.answered, 0.5), quantile(o.answered, 0.99),
		float64(len(o.refused))/o.took.Seconds(),
		quantile(o.refused, 0.5), quantile(o.refused, 0.99), o.failed, o.failure)
}

func quantile(times []time.Duration, q float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return times[int(q*float64(len(times)-1))].Round(10 * time.Microsecond)
}

var client = &http.Client{
	Transport: &http.Transport{MaxIdleConnsPerHost: 4096},
	Timeout:   30 * time.Second,
}

var body, jsonPart = request("binary")

func (o *outcome) ask(ctx context.Context, url string) {
	began := time.Now()
	r, err := http.NewRequestWithContext(ctx, "POST", url+path, bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	r.Header.Set("Inference-Header-Content-Length", fmt.Sprint(jsonPart))
	got, err := client.Do(r)
	if err == nil {
		_, err = io.Copy(io.Discard, got.Body)
		got.Body.Close()
	}
	took := time.Since(began)
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case err == nil && got.StatusCode == http.StatusOK:
		o.answered = append(o.answered, took)
	case err == nil && got.StatusCode == http.StatusServiceUnavailable:
		o.refused = append(o.refused, took)
	case err == nil:
		err = fmt.Errorf("status %d", got.StatusCode)
		fallthrough
	default:
		o.failed++
		o.failure = cmp.Or(o.failure, err.Error())
	}
}

// closedLoop sends requests from a number of clients, each of which waits for its answer before the
// next request.
func closedLoop(ctx context.Context, url string, clients int, duration time.Duration) *outcome {
	o := &outcome{took: duration}
	end := time.Now().Add(duration)
	var wait sync.WaitGroup
	for range clients {
		wait.Go(func() {
			for time.Now().Before(end) {
				o.ask(ctx, url)
			}
		})
	}
	wait.Wait()
	return o
}

// openLoop sends requests at a fixed rate, without waiting for answers.
func openLoop(ctx context.Context, url string, rate float64, duration time.Duration) *outcome {
	o := &outcome{took: duration}
	began := time.Now()
	var wait sync.WaitGroup
	for i := 0; ; i++ {
		due := time.Duration(float64(i) / rate * float64(time.Second))
		if due > duration {
			break
		}
		time.Sleep(time.Until(began.Add(due)))
		wait.Go(func() { o.ask(ctx, url) })
	}
	wait.Wait()
	return o
}
