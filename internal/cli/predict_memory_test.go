package cli

import (
	"bytes"
	"io"
	"runtime"
	"testing"

	"braid/internal/braidtest"
)

// generator is the reader of an IDX file that it generates. It measures the heap as it is read,
// without what is garbage: how much of that there is depends on when it was collected last.
type generator struct {
	header []byte
	left   int    // bytes
	most   uint64 // the largest heap
	reads  int
}

func (e *generator) Read(p []byte) (int, error) {
	if e.reads++; e.reads%64 == 0 {
		runtime.GC()
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		e.most = max(e.most, now.HeapAlloc)
	}
	if len(e.header) > 0 {
		n := copy(p, e.header)
		e.header = e.header[n:]
		return n, nil
	}
	n := min(len(p), e.left)
	for i := range p[:n] {
		p[i] = uint8((e.left - i) * 7)
	}
	if e.left -= n; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// lineCounter is a writer that counts lines.
type lineCounter struct{ lines int }

func (c *lineCounter) Write(p []byte) (int, error) {
	c.lines += bytes.Count(p, []byte("\n"))
	return len(p), nil
}

// The heap does not grow with the number of rows.
func TestPredictConstantMemory(t *testing.T) {
	run, _ := trainRun(t)
	const rows = 300_000 // 9 MB of images, 27 MB of answers
	const most = 4 << 20 // growth of the heap in bytes
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	in := &generator{header: braidtest.IDX(nil, rows, 6, 5), left: 30 * rows}
	var out lineCounter
	var errs bytes.Buffer
	args := []string{"predict", run, "--in", "-", "--question", "odd number"}
	if code := Run(args, in, &out, &errs); code != 0 || out.lines != rows {
		t.Fatalf("exit code %d, %d lines: %s", code, out.lines, errs.String())
	}
	t.Logf("%sthe heap grew from %d to %d bytes", errs.String(), before.HeapAlloc, in.most)
	if in.reads < 100 || in.most > before.HeapAlloc+most {
		const format = "the heap grew from %d to %d bytes over %d reads"
		t.Errorf(format, before.HeapAlloc, in.most, in.reads)
	}
}
