package batchpredict

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"braid/feature"
	"braid/internal/braidtest"
	"braid/predictor"
)

// A block gets the standardized pixels, the questions and the true answers of its own images.
func TestIDXFill(t *testing.T) {
	m := testModel(t)
	const n = mostJSON + 3
	ask, colours, orders := []string{"odd number", "half upper", "number"}, []uint8{}, []uint8{}
	ids := [][]int32{{1, 2}, {4, 3}, {0, 2}}
	var questions strings.Builder
	for i := range n {
		fmt.Fprintf(&questions, "%s\r\n", ask[i%3])
		colours, orders = append(colours, uint8(i%3)), append(orders, uint8(i%2))
	}
	reader, err := NewIDX(stdin(t, braidtest.Gzip(images(n))), m)
	if err != nil {
		t.Fatal(err)
	}
	reader.Questions(stdin(t, "\ufeff"+questions.String()))
	for head, labels := range map[int][]uint8{order: orders, colour: colours} {
		if err := reader.Labels(head, stdin(t, braidtest.IDX(labels, n))); err != nil {
			t.Fatal(err)
		}
	}
	prepared(t, m, reader)
	var b *block
	var batch *predictor.Batch
	for i := range n {
		row := i % mostJSON
		if row == 0 {
			var err error
			b, batch, err = next(m, reader, i)
			if want := min(mostJSON, n-i); b.n != want || (err == io.EOF) != (i+want == n) {
				t.Fatalf("block at %d has %d rows, %v", i, b.n, err)
			}
			if done, total := reader.progress(); done != int64(i+b.n) || total != n {
				t.Errorf("progress is %d of %d", done, total)
			}
		}
		pixels, words := batch.Inputs[0].Float32s()[6*row:][:6], batch.Inputs[1].Int32s()[2*row:][:2]
		if !slices.Equal(pixels, []float32{float32(i % 32), 0, 0, 0, 0, float32(i / 32)}) {
			t.Fatalf("image %d is %v", i, pixels)
		}
		if !slices.Equal(words, ids[i%3]) {
			t.Fatalf("question %d has the ids %v, want %v", i, words, ids[i%3])
		}
		labels := b.labels[3*row:][:3]
		if b.fail[row] != nil || labels[colour] != []string{"red", `b, "c"`, "grün"}[i%3] ||
			labels[order] != []string{"no", "yes"}[i%2] || labels[digits] != "" {
			t.Fatalf("image %d: labels are %q, %v", i, labels, b.fail[row])
		}
	}
	const want = "standard input: image 1026: the disk is broken"
	if err := reader.at(b, 2, errBroken); err.Error() != want {
		t.Errorf("the error of a row is %v, want %s", err, want)
	}
}

// A file that fails leaves no rows, and the error names it, and the line or row.
func TestIDXBroken(t *testing.T) {
	m := testModel(t)
	named := func(name string, r io.Reader) *File {
		f := opened(t, r)
		f.name = name
		return f
	}
	for want, c := range map[string]struct{ images, questions, labels io.Reader }{
		"images: the disk is broken":             {images: failing(images(3)[:30])},
		"images: the file has bytes after":       {images: bytes.NewReader(append(images(3), 7))},
		"questions:2: the disk is broken":        {questions: failing([]byte("half\n"))},
		"questions has 2 lines, there are 3":     {questions: strings.NewReader("half\nodd")},
		"questions has more than 3 lines, there": {questions: strings.NewReader("1\n2\n3\n\n")},
		"labels: the disk is broken":             {labels: failing(braidtest.IDX([]byte{2}, 3))},
		"labels: row 1 is 3, want a label from": {
			labels: bytes.NewReader(braidtest.IDX([]byte{2, 3, 0}, 3)),
		},
	} {
		if c.images == nil {
			c.images = bytes.NewReader(images(3))
		}
		reader, err := NewIDX(named("images", c.images), m)
		if err == nil && c.labels != nil {
			err = reader.Labels(colour, named("labels", c.labels))
		}
		if err != nil {
			t.Fatalf("%s: %v", want, err)
		}
		if c.questions != nil {
			reader.Questions(named("questions", c.questions))
		}
		p := &Prediction{Model: m, Rows: reader, Question: "odd number"}
		if _, err := p.Header(); err != nil {
			t.Fatal(err)
		}
		b, _, err := next(m, reader, 0)
		if err == nil || !strings.HasPrefix(err.Error(), want) || b.n != 0 {
			t.Errorf("%d rows, %v, want %s", b.n, err, want)
		}
	}
}

// A question that cannot be asked makes its own row bad, and leaves the lines after it in step.
func TestIDXBadQuestion(t *testing.T) {
	long := strings.Repeat("x", MostQuestion+1)
	lines := []string{"half", "prime number", long, "upper half odd", ""}
	const tooLong = "3: line is too long"
	for drop, want := range map[bool][]string{
		false: {"", `2: "prime number" has a word`, tooLong, "", `5: "" asks`},
		true:  {"", "", tooLong, "", ""},
	} {
		m := testModel(t)
		if drop {
			m = dropping(t)
		}
		reader, err := NewIDX(stdin(t, images(5)), m)
		if err != nil {
			t.Fatal(err)
		}
		reader.Questions(stdin(t, strings.Join(lines, "\n")+"\n"))
		b, batch, err := fill(t, m, reader)
		if err != io.EOF || b.n != 5 {
			t.Fatalf("%d rows, %v", b.n, err)
		}
		for row, want := range want {
			if err := b.fail[row]; (err != nil) != (want != "") ||
				err != nil && !strings.HasPrefix(err.Error(), "standard input:"+want) {
				t.Errorf("row %d: %v, want %s", row, err, want)
			}
		}
		ids := batch.Inputs[1].Int32s()
		if !slices.Equal(ids[:2], []int32{0, 4}) || !slices.Equal(ids[6:8], []int32{4, 1}) ||
			b.notes[2*3+1] != feature.Cut {
			t.Errorf("ids are %v, notes %v, want one text to be cut", ids[:10], b.notes)
		}
		if drop && (b.notes[2*1+1] != feature.Unknown || !slices.Equal(ids[2:4], []int32{0, 2})) {
			t.Errorf("notes %v, ids are %v", b.notes[2*1+1], ids[2:4])
		}
	}
}

// closer counts closes.
type closer struct{ closed int }

func (c *closer) Close() error { c.closed++; return nil }

func TestIDXClose(t *testing.T) {
	m, c := testModel(t), &closer{}
	file := func(content []byte) *File {
		f := stdin(t, content)
		f.file = c
		return f
	}
	reader, err := NewIDX(file(images(1)), m)
	if err != nil {
		t.Fatal(err)
	}
	reader.Questions(file(nil))
	for head := range 2 {
		if err := reader.Labels(head, file(braidtest.IDX([]byte{1}, 1))); err != nil {
			t.Fatal(err)
		}
	}
	if err := reader.Labels(order, file(nil)); err == nil {
		t.Error("a file without a header is taken")
	}
	if reader.Close(); c.closed != 5 {
		t.Errorf("%d of 5 files are closed", c.closed)
	}
}

// Images have no columns, so that none can be kept.
func TestIDXKeep(t *testing.T) {
	m := testModel(t)
	rows, err := NewIDX(stdin(t, images(1)), m)
	if err != nil {
		t.Fatal(err)
	}
	p := &Prediction{Model: m, Rows: rows, Keep: []string{"id"}}
	const want = "standard input holds images, which have no columns to keep"
	if _, err := p.Header(); err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}
