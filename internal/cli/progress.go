package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"braid/train"
)

// patience is how long an epoch or a prediction takes before it gets a bar.
const patience = 500 * time.Millisecond

// repaint is the interval in which a bar is updated.
const repaint = 100 * time.Millisecond

// newBars returns a group of bars on standard error.
func newBars(s streams) *mpb.Progress {
	return mpb.New(mpb.WithOutput(s.err), mpb.WithWidth(28))
}

// delayedBar is a progress bar with a text on its right. It appears at the first update after wait.
type delayedBar struct {
	s       streams
	wait    time.Duration
	began   time.Time
	updated time.Time
	group   *mpb.Progress
	bar     *mpb.Bar
	text    string
}

// due reports whether the bar is to be updated now.
func (b *delayedBar) due() bool {
	now := time.Now()
	if now.Sub(b.updated) < repaint || now.Sub(b.began) < b.wait {
		return false
	}
	b.updated = now
	return true
}

// open adds the bar if it is not there yet. A total of 0 is unknown.
func (b *delayedBar) open(total int64, left ...decor.Decorator) {
	if b.bar != nil {
		return
	}
	b.group = newBars(b.s)
	text := decor.Any(func(decor.Statistics) string { return " " + b.text })
	options := []mpb.BarOption{
		mpb.BarRemoveOnComplete(), mpb.PrependDecorators(left...), mpb.AppendDecorators(text),
	}
	if total > 0 {
		b.bar = b.group.AddBar(total, options...)
	} else {
		b.bar = b.group.New(0, mpb.NopStyle(), options...)
	}
}

// end removes the bar.
func (b *delayedBar) end() {
	if b.bar != nil {
		b.bar.Abort(true)
		b.group.Wait()
		b.bar, b.group = nil, nil
	}
}

// epochBar shows the progress of an epoch on a terminal. It is removed before the epoch's line is
// printed.
type epochBar struct {
	delayedBar
	names []string
}

func (b *epochBar) callback() train.Callback {
	return train.Callback{
		Start: func(s train.Start) error {
			b.names, b.began = s.Names, time.Now()
			return nil
		},
		Step: func(s train.Step) error {
			b.step(s)
			return nil
		},
		Epoch: func(train.Epoch) error {
			b.end()
			b.began = time.Now()
			return nil
		},
		End: func(*train.History) error {
			b.end()
			return nil
		},
	}
}

func (b *epochBar) step(s train.Step) {
	if !b.due() {
		return
	}
	epoch := fmt.Sprintf("epoch %d/%d", s.Epoch, s.Epochs)
	b.open(int64(s.Steps), decor.Name(epoch), decor.CountersNoUnit(" %d/%d"))
	// Only the losses, which come first: all figures would not fit on a line.
	figures := s.Figures()
	losses := 0
	for losses < len(figures) && strings.HasSuffix(b.names[losses], "loss") {
		losses++
	}
	b.text = strings.TrimPrefix(train.Figures(b.names[:losses], figures[:losses]), " - ")
	b.bar.SetCurrent(int64(s.Step))
}

// rowsBar shows the progress of a prediction on a terminal.
type rowsBar struct{ delayedBar }

// newRowsBar returns nil if standard error is no terminal, or if the answers are printed on one.
func newRowsBar(s streams, out string) *rowsBar {
	if !s.terminal() || out == "-" && isTerminal(s.out) {
		return nil
	}
	return &rowsBar{delayedBar{s: s, wait: patience, began: time.Now()}}
}

// show updates the bar with the number of answered rows and the bytes that are done. A total of 0
// is unknown.
func (b *rowsBar) show(rows int, done, total int64) {
	if !b.due() {
		return
	}
	b.open(total, decor.Name("predict"))
	took := b.updated.Sub(b.began)
	rate := float64(rows) / took.Seconds()
	b.text = fmt.Sprintf("%d rows, %.0f a second", rows, rate)
	if total > 0 && done > 0 {
		left := time.Duration(float64(took) * float64(total-done) / float64(done))
		b.text += fmt.Sprintf(", %v left", left.Round(time.Second))
	}
	b.bar.SetCurrent(done)
}

// downloads shows a bar for each file that is downloaded, if standard error is a terminal.
type downloads struct {
	s     streams
	group *mpb.Progress
	bars  map[string]*mpb.Bar
}

func newDownloads(s streams) *downloads { return &downloads{s: s, bars: map[string]*mpb.Bar{}} }

func (d *downloads) progress(file string, done, total int64) {
	if !d.s.terminal() {
		return
	}
	if d.group == nil {
		d.group = newBars(d.s)
	}
	bar := d.bars[file]
	if bar == nil {
		size := decor.CountersKibiByte("% .1f / % .1f")
		speed := decor.AverageSpeed(decor.SizeB1024(0), "  % .1f")
		bar = d.group.AddBar(max(total, 0),
			mpb.PrependDecorators(decor.Name(file)), mpb.AppendDecorators(size, speed))
		d.bars[file] = bar
	}
	bar.SetTotal(max(total, done), false)
	bar.SetCurrent(done)
}

func (d *downloads) end() {
	for _, bar := range d.bars {
		bar.Abort(false)
	}
	if d.group != nil {
		d.group.Wait()
	}
}
