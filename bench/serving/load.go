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
	"braid/text"
)

// path is where the models are asked.
const path = "/v2/models/digitqa/infer"

// large saves the seed's network with a trunk of 25 million weights.
func large(file string) error {
	g := braid.NewGraph("digitqa")
	image, question := g.Input("image", tensor.Float32, 28, 28), g.Input("question", tensor.Int32, 2)
	words := g.Add("words", layer.Embedding{Vocabulary: 8, Width: 4}, question)
	both := g.Add("both", layer.Concatenate{}, g.Add("asked", layer.LSTM{Units: 8}, words), g.Add("pixels", layer.Flatten{}, image))
	trunk := g.Add("trunk", layer.Dense{Units: 4096, Activation: layer.ReLU}, both)
	trunk = g.Add("trunk2", layer.Dense{Units: 5200, Activation: layer.ReLU}, trunk)
	g.Head("digit", layer.Dense{Units: 10, Activation: layer.Softmax}, trunk)
	g.Head("answer", layer.Dense{Units: 1, Activation: layer.Sigmoid}, trunk)
	m, err := g.Build(1)
	if err != nil {
		return err
	}
	tokenizer, err := digitqa.Tokenizer()
	if err != nil {
		return err
	}
	return modelfile.Save(file, &modelfile.File{Model: m, Inputs: []modelfile.Input{
		{Name: "image", Pixels: &data.Standard{Mean: 33.3, Std: 78.6}},
		{Name: "question", Text: &modelfile.Text{Tokenizer: tokenizer, Padding: text.Padding{Length: 2}}},
	}})
}

// outcome is what became of requests.
type outcome struct {
	took     time.Duration
	mu       sync.Mutex
	answered []time.Duration
	refused  []time.Duration // with 503
	failed   int
	failure  string // the first
}

func (o *outcome) rate() float64 { return float64(len(o.answered)) / o.took.Seconds() }

func (o *outcome) String() string {
	return fmt.Sprintf("%.0f answered a second (p50 %v, p99 %v), %.0f refused a second (p50 %v, p99 %v), %d failed %s",
		o.rate(), at(o.answered, 0.5), at(o.answered, 0.99), float64(len(o.refused))/o.took.Seconds(), at(o.refused, 0.5), at(o.refused, 0.99), o.failed, o.failure)
}

// at is a quantile.
func at(times []time.Duration, q float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return times[int(q*float64(len(times)-1))].Round(10 * time.Microsecond)
}

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4096}, Timeout: 30 * time.Second}

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

// closed asks from so many clients, each of which waits for its answer.
func closed(ctx context.Context, url string, clients int, duration time.Duration) *outcome {
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

// paced asks at a rate, whatever becomes of the requests before.
func paced(ctx context.Context, url string, rate float64, duration time.Duration) *outcome {
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
