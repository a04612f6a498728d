package train

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"braid/internal/kinds"
)

// KerasLog returns a callback that writes a line for each epoch, as Keras' fit does with verbose=2.
func KerasLog(w io.Writer) Callback {
	var start Start
	return Callback{
		Check: func(*History) error { return checkWriter("KerasLog", w) },
		Start: func(s Start) error {
			start = s
			return nil
		},
		Epoch: func(e Epoch) error {
			_, err := fmt.Fprintf(w, "%d/%d - %s%s\n", start.Steps, start.Steps,
				formatDuration(e.Train+e.Evaluate),
				Figures(start.Names, e.Values))
			return err
		},
	}
}

// checkWriter returns an error if a callback's writer is nil.
func checkWriter(callback string, w io.Writer) error {
	if err := kinds.NotNil(w, "one such as os.Stdout"); err != nil {
		return fmt.Errorf("%s: the writer is %w", callback, err)
	}
	return nil
}

// Figures formats figures as Keras does: " - loss: 0.5861 - digit_loss: 0.3012".
func Figures(names []string, values []float64) string {
	var text strings.Builder
	for i, v := range values {
		format := " - %s: %.4f"
		if math.Abs(v) <= 1e-3 && v != 0 {
			format = " - %s: %.4e"
		}
		fmt.Fprintf(&text, format, names[i], v)
	}
	return text.String()
}

// formatDuration formats 43ms below a second, 15s above.
func formatDuration(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%dms", d.Milliseconds())
	}
	return fmt.Sprintf("%.0fs", d.Seconds())
}

// JSONLog returns a callback that writes one JSON object a line for each epoch: epoch, train_s,
// eval_s and the figures in their order. A figure that is not finite is null.
func JSONLog(w io.Writer) Callback {
	var names []string
	return Callback{
		Check: func(*History) error { return checkWriter("JSONLog", w) },
		Start: func(s Start) error {
			names = s.Names
			return nil
		},
		Epoch: func(e Epoch) error {
			line := fmt.Appendf(nil, `{"epoch":%d,"train_s":%s,"eval_s":%s`, e.Number, seconds(e.Train),
				seconds(e.Evaluate))
			line = AppendJSON(line, names, e.Values)
			_, err := w.Write(append(line, '}', '\n'))
			return err
		},
	}
}

// AppendJSON appends figures as members of a JSON object: ,"loss":0.5861,"digit_loss":0.3012. A
// figure that is not finite is null.
func AppendJSON(line []byte, names []string, values []float64) []byte {
	for i, v := range values {
		name, err := json.Marshal(names[i])
		if err != nil {
			panic(err) // every string can be encoded
		}
		value, err := json.Marshal(v)
		if err != nil {
			value = []byte("null")
		}
		line = fmt.Appendf(line, ",%s:%s", name, value)
	}
	return line
}
