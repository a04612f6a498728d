package cli

import (
	"fmt"
	"io"
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

// pace limits how often a line is updated: first after wait, then in intervals of repaint.
type pace struct {
	wait    time.Duration
	began   time.Time
	updated time.Time
}

// due reports whether the line is to be updated now.
func (p *pace) due() bool {
	now := time.Now()
	if now.Sub(p.updated) < repaint || now.Sub(p.began) < p.wait {
		return false
	}
	p.updated = now
	return true
}

// delayedBar is a progress bar with a text on its right. It appears at the first update that is
// due.
type delayedBar struct {
	pace
	s     streams
	group *mpb.Progress
	bar   *mpb.Bar
	text  string
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

// epochLine shows the progress of an epoch on a terminal. It is removed before anything else is
// printed.
type epochLine struct {
	pace
	w     io.Writer
	width int // of the terminal
	shown int // characters of the line that is shown
	first int // step of the epoch that was done before began
}

func (l *epochLine) callback() train.Callback {
	return train.Callback{
		Start: func(s train.Start) error {
			l.began, l.first = time.Now(), s.Step
			return nil
		},
		Step: func(s train.Step) error {
			if l.due() || s.Step == s.Steps && l.shown > 0 { // then validation follows
				l.show(l.text(s, time.Since(l.began)))
			}
			return nil
		},
		Epoch: func(train.Epoch) error {
			l.clear()
			l.began, l.first = time.Now(), 0
			return nil
		},
		Saved: func(s train.Saved) error {
			if s.Err != nil || s.Left != nil { // which is noted
				l.clear()
			}
			return nil
		},
		Restored: func(train.Restored) error {
			l.clear()
			l.began, l.first = time.Now(), 0
			return nil
		},
		End: func(*train.History) error {
			l.clear()
			return nil
		},
	}
}

// text returns the line after a step: a bar unless the terminal is narrow, the loss of the epoch so
// far, and when it ends.
func (l *epochLine) text(s train.Step, took time.Duration) string {
	const bar = 20
	text := fmt.Sprintf("epoch %d/%d ", s.Epoch, s.Epochs)
	if l.width >= 80 {
		text += fmt.Sprintf("[%-*s] ", bar, strings.Repeat("=", bar*s.Step/s.Steps))
	}
	text += fmt.Sprintf("%d/%d steps, loss %.4f", s.Step, s.Steps, s.Figures()[0])
	if s.Step == s.Steps {
		return text
	}
	left := time.Duration(float64(took) * float64(s.Steps-s.Step) / float64(s.Step-l.first))
	return text + fmt.Sprintf(", %v left of the epoch", left.Round(time.Second))
}

// show replaces the line. It takes no escape sequences, which not every terminal has.
func (l *epochLine) show(text string) {
	if len(text) >= l.width {
		text = text[:l.width-1] // a full line may wrap
	}
	fmt.Fprintf(l.w, "\r%-*s", l.shown, text)
	l.shown = max(l.shown, len(text))
}

// clear removes the line.
func (l *epochLine) clear() {
	if l.shown > 0 {
		fmt.Fprintf(l.w, "\r%*s\r", l.shown, "")
		l.shown = 0
	}
}

// rowsBar shows the progress of a prediction on a terminal.
type rowsBar struct{ delayedBar }

// newRowsBar returns nil if standard error is no terminal, or if the answers are printed on one.
func newRowsBar(s streams, out string) *rowsBar {
	if !s.terminal() || out == "-" && isTerminal(s.out) {
		return nil
	}
	return &rowsBar{delayedBar{s: s, pace: pace{wait: patience, began: time.Now()}}}
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
