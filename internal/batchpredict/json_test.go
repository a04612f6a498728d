package batchpredict

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"braid/internal/braidtest"
)

// Empty lines are no rows, but count as lines. Bad lines are rows, and say which line they are.
func TestJSONLines(t *testing.T) {
	m := testModel(t)
	long := `{"image": "` + strings.Repeat("x", MostLine) + `"}`
	text := "\ufeff \r\n" + line(5) + "\r\n\n\t\n" + long + "\n{}\n\n" + line(70) +
		"\n\ufeff" + line(1)
	reader := NewJSON(stdin(t, text), m, "")
	b := newBlock(m)
	if err := reader.fill(b); err != io.EOF || b.n != 5 {
		t.Fatalf("%d rows, %v", b.n, err)
	}
	for row, want := range []string{
		"", "line 5: line is too long: want 16777216 bytes or less", `line 6: "image" is missing`, "",
		"line 9: is ",
	} {
		if err := b.bad[row]; (err != nil) != (want != "") ||
			err != nil && !strings.HasPrefix(err.Error(), "standard input: "+want) {
			t.Errorf("row %d: %v, want %s", row, err, want)
		}
	}
	if err := reader.at(3, errBroken); err.Error() != "standard input: line 8: the disk is broken" {
		t.Errorf("the error of a row is %v", err)
	}
	for row, want := range map[int][]float32{0: {5, 0, 0, 0, 0, 0}, 3: {6, 0, 0, 0, 0, 2}} {
		if got := b.rows.Inputs[0].Float32s()[6*row:][:6]; !slices.Equal(got, want) {
			t.Errorf("row %d is %v, want %v", row, got, want)
		}
	}
	if done, total := reader.Progress(); done != int64(len(text)) || total != 0 {
		t.Errorf("progress is %d of %d, want %d of 0", done, total, len(text))
	}
}

// A block ends with enough rows, or with enough bytes; rows are numbered through all blocks.
func TestJSONBlocks(t *testing.T) {
	m := testModel(t)
	spaces := strings.Repeat(" ", blockBytes/2)
	for _, c := range []struct {
		after string // each row
		rows  int
		want  []int // rows of the blocks
	}{
		{"\n", PerBlock, []int{PerBlock, 0}},
		{"\n", PerBlock + 1, []int{PerBlock, 1}},
		{spaces + "\n", 5, []int{2, 2, 1}},
		{"\n" + spaces + "\n", 4, []int{2, 2, 0}}, // empty lines count
		{"\n", 0, []int{0}},
	} {
		var text strings.Builder
		for i := range c.rows {
			text.WriteString(line(i) + c.after)
		}
		reader := NewJSON(stdin(t, text.String()), m, "")
		b, got, row := newBlock(m), []int{}, 0
		var err error
		for err == nil {
			err = reader.fill(b)
			got = append(got, b.n)
			for i := range b.n {
				pixels := b.rows.Inputs[0].Float32s()[6*i:][:6]
				if b.bad[i] != nil || pixels[0]+32*pixels[5] != float32(row) {
					t.Fatalf("row %d is %v (%v)", row, pixels, b.bad[i])
				}
				row++
			}
		}
		if err != io.EOF || !slices.Equal(got, c.want) || row != c.rows {
			t.Errorf("blocks have %v rows, want %v (%v)", got, c.want, err)
		}
	}
}

// Rows that were read before the file fails come out, with the error.
func TestJSONBroken(t *testing.T) {
	m := testModel(t)
	cut := braidtest.Gzip([]byte(strings.Repeat(line(3)+"\n", 3)))
	for want, c := range map[string]struct {
		r    io.Reader
		rows int
	}{
		"after line 0: the disk is broken":             {failing([]byte(line(3))), 0},
		"after line 2: the disk is broken":             {failing([]byte(line(3) + "\n\n{")), 1},
		"after line 3: the disk is broken":             {failing([]byte(line(3) + "\n7\n8\n")), 3},
		"after line 3: compressed file is cut short: ": {bytes.NewReader(cut[:len(cut)-4]), 3},
	} {
		reader := NewJSON(opened(t, c.r), m, "")
		b := newBlock(m)
		b.n = 9 // of the block before
		err := reader.fill(b)
		if err == nil || !strings.HasPrefix(err.Error(), "standard input: "+want) || b.n != c.rows {
			t.Errorf("%d rows, %v, want %d, %s", b.n, err, c.rows, want)
		}
	}
}
