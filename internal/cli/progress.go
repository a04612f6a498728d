package cli

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"braid/train"
)

// patience is how long an epoch or a prediction may take before a bar shows how far it is.
const patience = 500 * time.Millisecond

// repaint is how often a bar's figures are made anew.
const repaint = 100 * time.Millisecond

// epochBar shows, on a terminal, how far an epoch is: at once, or when it takes long. It is gone
// when the epoch's line is printed.
type epochBar struct {
	s       streams
	wait    time.Duration
	names   []string
	began   time.Time
	painted time.Time
	group   *mpb.Progress
	bar     *mpb.Bar
	text    string
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
	now := time.Now()
	if now.Sub(b.painted) < repaint || now.Sub(b.began) < b.wait {
		return
	}
	b.painted = now
	if b.bar == nil {
		b.group = mpb.New(mpb.WithOutput(b.s.err), mpb.WithWidth(28))
		b.bar = b.group.AddBar(int64(s.Steps), mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name(fmt.Sprintf("epoch %d/%d", s.Epoch, s.Epochs)), decor.CountersNoUnit(" %d/%d")),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + b.text })))
	}
	// Of the figures, the losses: all of them would not fit a line.
	figures := s.Figures()
	losses := 0
	for losses < len(figures) && strings.HasSuffix(b.names[losses], "loss") {
		losses++
	}
	b.text = strings.TrimPrefix(train.Figures(b.names[:losses], figures[:losses]), " - ")
	b.bar.SetCurrent(int64(s.Step))
}

func (b *epochBar) end() {
	if b.bar != nil {
		b.bar.Abort(true)
		b.group.Wait()
		b.bar, b.group = nil, nil
	}
}

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

// downloads shows a bar for each file that is fetched: on a terminal only.
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
		d.group = mpb.New(mpb.WithOutput(d.s.err), mpb.WithWidth(28))
	}
	bar := d.bars[file]
	if bar == nil {
		bar = d.group.AddBar(max(total, 0), mpb.PrependDecorators(decor.Name(file)),
			mpb.AppendDecorators(decor.CountersKibiByte("% .1f / % .1f"), decor.AverageSpeed(decor.SizeB1024(0), "  % .1f")))
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
