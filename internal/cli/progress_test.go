package cli

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"braid/experiment"
	"braid/train"
)

// The live line has the step, the loss and the time left of the epoch, is cut to the terminal, and
// is erased before an epoch's line, a note and the end.
func TestEpochLine(t *testing.T) {
	for _, width := range []int{plainWidth, 60, 30} {
		out := trainWithLine(t, width)
		if strings.Contains(out, "left of the epoch") != (width > 30) {
			t.Errorf("width %d: %q", width, out)
		}
		for _, printed := range strings.Split(out, "\n") {
			lines := strings.Split(printed, "\r")
			for _, line := range lines {
				if len(line) >= width {
					t.Errorf("width %d: a line of %d characters: %q", width, len(line), line)
				}
			}
			if n := len(lines); n > 1 && (strings.TrimSpace(lines[n-2]) != "" ||
				len(lines[n-2]) < len(strings.TrimRight(lines[1], " "))) {
				t.Errorf("width %d: the live line is not erased: %q", width, printed)
			}
		}
	}
	want := regexp.MustCompile(
		`\repoch 2/2 \[=+ +\] \d/12 steps, loss \d\.\d{4}, \d+s left of the epoch`)
	if out := trainWithLine(t, plainWidth); !want.MatchString(out) ||
		!strings.Contains(out, "[====================] 12/12 steps, loss ") {
		t.Errorf("got %q, want %v", out, want)
	}
}

// trainWithLine returns what two epochs print on a terminal with a line for each, and a note on a
// checkpoint within each.
func trainWithLine(t *testing.T, width int) string {
	t.Helper()
	e, err := experiment.Read(writeOwn(t), "train.epochs=2", "train.batch=16")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := e.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b, err := rows.Build(t.Context(), experiment.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	live := &epochLine{w: &out, width: width}
	callback := live.callback()
	b.Plan.Callbacks = append(b.Plan.Callbacks, callback, train.Callback{
		Step: func(s train.Step) error {
			live.updated = time.Time{} // the next step is due
			if s.Step != 5 {
				return nil
			}
			err := callback.Saved(train.Saved{Err: errors.New("full")})
			fmt.Fprint(&out, "a note\n")
			return err
		},
		Epoch: func(train.Epoch) error {
			fmt.Fprint(&out, "an epoch\n")
			return nil
		},
	})
	if _, err := train.Fit(t.Context(), b.Model, b.Tables[experiment.TrainPart], b.Plan); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
