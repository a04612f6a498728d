package cli

import (
	"fmt"
	"os"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// rowsBar shows, on a terminal, how many rows are answered, when it takes long.
type rowsBar struct {
	s       streams
	began   time.Time
	painted time.Time
	group   *mpb.Progress
	bar     *mpb.Bar
	text    string
}

// newRowsBar is nil where nobody would see a bar, or it would run into the answers.
func newRowsBar(s streams, out string) *rowsBar {
	file, ok := s.out.(*os.File)
	if !s.terminal() || out == "-" && ok && term.IsTerminal(int(file.Fd())) {
		return nil
	}
	return &rowsBar{s: s, began: time.Now()}
}

// show shows that so many rows are answered, and how much is done of a total, 0 where it is not known.
func (b *rowsBar) show(rows int, done, total int64) {
	now := time.Now()
	took := now.Sub(b.began)
	if now.Sub(b.painted) < repaint || took < patience {
		return
	}
	b.painted = now
	if b.bar == nil {
		b.group = mpb.New(mpb.WithOutput(b.s.err), mpb.WithWidth(28))
		options := []mpb.BarOption{
			mpb.BarRemoveOnComplete(), mpb.PrependDecorators(decor.Name("predict")),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + b.text })),
		}
		if total > 0 {
			b.bar = b.group.AddBar(total, options...)
		} else {
			b.bar = b.group.New(0, mpb.NopStyle(), options...)
		}
	}
	rate := float64(rows) / took.Seconds()
	b.text = fmt.Sprintf("%d rows, %.0f a second", rows, rate)
	if total > 0 && done > 0 {
		left := time.Duration(float64(took) * float64(total-done) / float64(done))
		b.text += fmt.Sprintf(", %v left", left.Round(time.Second))
	}
	b.bar.SetCurrent(done)
}

func (b *rowsBar) end() {
	if b.bar != nil {
		b.bar.Abort(true)
		b.group.Wait()
		b.bar, b.group = nil, nil
	}
}
