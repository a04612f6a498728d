package train_test

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
	"time"

	"braid/train"
)

func TestLogsAndCSV(t *testing.T) {
	names := []string{"loss", "digit_loss", "digit_accuracy"}
	epoch := train.Epoch{Number: 2, Train: 43 * time.Millisecond, Evaluate: 2500 * time.Microsecond,
		Values: []float64{0.58614, 2.5e-5, math.Inf(1)}}
	var keras, lines, table bytes.Buffer
	for _, c := range []train.Callback{train.KerasLog(&keras), train.JSONLog(&lines)} {
		if err := c.Start(train.Start{Steps: 938, Names: names}); err != nil {
			t.Fatal(err)
		}
		if err := c.Epoch(epoch); err != nil {
			t.Fatal(err)
		}
	}
	want := "938/938 - 45ms - loss: 0.5861 - digit_loss: 2.5000e-05 - digit_accuracy: +Inf\n"
	if got := keras.String(); got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	want = `{"epoch":2,"train_s":0.043000,"eval_s":0.002500,` +
		`"loss":0.58614,"digit_loss":0.000025,"digit_accuracy":null}` + "\n"
	if got := lines.String(); got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	if !json.Valid(lines.Bytes()) {
		t.Error("the line is no JSON")
	}
	odd := train.AppendJSON([]byte(`{"rows":1`), []string{"a\x7f\u2028\"", "b"},
		[]float64{1.5, math.NaN()})
	var got map[string]any
	if err := json.Unmarshal(append(odd, '}'), &got); err != nil || got["a\x7f\u2028\""] != 1.5 ||
		got["b"] != nil {
		t.Errorf("got %v (%v) from %s", got, err, odd)
	}
	h := train.History{Names: names, Epochs: []train.Epoch{epoch}}
	if err := h.WriteCSV(&table); err != nil {
		t.Fatal(err)
	}
	want = "epoch,train_s,eval_s,loss,digit_loss,digit_accuracy\n" +
		"2,0.043000,0.002500,0.58614,2.5e-05,+Inf\n"
	if got := table.String(); got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}
