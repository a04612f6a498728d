package train_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"braid/train"
)

// The file has a line for each epoch at any time, also if the run is resumed within an epoch, and
// if the file was lost or damaged.
func TestCSVLog(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"left": func(string) error { return nil },
		"lost": os.Remove,
		"torn": func(path string) error { return os.WriteFile(path, []byte("epoch,tr"), 0o600) },
	} {
		p := checkpointed(t)
		p.Epochs, p.Checkpoint.Every = 4, time.Nanosecond
		path := filepath.Join(t.TempDir(), "history.csv")
		lines := func() int {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			return bytes.Count(content, []byte("\n"))
		}
		check := train.Callback{Epoch: func(e train.Epoch) error {
			if got := lines(); got != e.Number+1 {
				t.Errorf("%s: %d lines after epoch %d", name, got, e.Number)
			}
			return nil
		}}
		p.Callbacks = []train.Callback{unhurried(p), train.CSVLog(path), check, pull(13 + 13 + 5)}
		if _, err := train.Fit(context.Background(), model(t), table(t), p); !errors.Is(err, errPulled) {
			t.Fatal(err)
		}
		if err := change(path); err != nil {
			t.Fatal(err)
		}
		p.Callbacks = []train.Callback{train.CSVLog(path), check}
		h, err := train.Resume(context.Background(), model(t), table(t), p)
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		if err := h.WriteCSV(&want); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, want.Bytes()) || bytes.Count(got, []byte("\n")) != 5 {
			t.Errorf("%s: the file (%v) has\n%swant\n%s", name, err, got, want.Bytes())
		}
	}
	p := plan()
	p.Callbacks = []train.Callback{train.CSVLog(filepath.Join(t.TempDir(), "none", "history.csv"))}
	if _, err := train.Fit(context.Background(), model(t), table(t), p); err == nil ||
		!strings.Contains(err.Error(), "history.csv") {
		t.Errorf("error is %v", err)
	}
	p.Callbacks = []train.Callback{train.CSVLog("")}
	if _, err := train.Fit(context.Background(), model(t), table(t), p); err == nil ||
		err.Error() != "train: CSVLog: the path is empty, want that of a file" {
		t.Errorf("without a path: error is %v", err)
	}
}
