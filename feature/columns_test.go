package feature_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"braid"
	"braid/data"
	"braid/feature"
	"braid/tensor"
)

// of returns rows of a column.
func of(f *data.Frame, name string, rows []int32) feature.Column {
	return feature.Column{Name: name, Frame: f, Rows: rows}
}

func TestColumns(t *testing.T) {
	texts := []string{"a cat", "", "a dog on a mat", "a cat", "cats"}
	var all []string
	for i := range 1200 {
		all = append(all, texts[i%5])
	}
	f, e := frame(t, "c", all...), learn(t, feature.Text{Length: 3}, texts...)
	order := rows(len(all))[7:]
	slices.Reverse(order)
	var digests []uint32
	for _, workers := range []int{1, 2, 3, 0} {
		columns, notes, err := feature.Columns(e, of(f, "c", order), workers)
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, columns[0].Digest())
		want := feature.Notes{Rows: 1193, Missing: 238, Unknown: 478, Cut: 239}
		if notes != want {
			t.Errorf("%d workers: notes %+v, want %+v", workers, notes, want)
		}
		table, err := data.NewTable(columns...)
		if err != nil {
			t.Fatal(err)
		}
		tensors, err := table.Tensors("c")
		if err != nil {
			t.Fatal(err)
		}
		got := tensors["c"].Int32s()
		for at, row := range order {
			if want, _ := encode(t, e, all[row]); !slices.Equal(got[3*at:][:3], want[0].Ints) {
				t.Fatalf("row %d is %v, want %v", row, got[3*at:][:3], want[0].Ints)
			}
		}
	}
	if len(slices.Compact(digests)) != 1 {
		t.Errorf("the columns depend on the number of workers")
	}
}

func TestColumnsMistakes(t *testing.T) {
	all := make([]string, 1500)
	for i := range all {
		all[i] = "5"
		if i%200 == 7 {
			all[i] = fmt.Sprint("bad", i)
		}
	}
	e, f := learn(t, feature.Number{}, "5"), frame(t, "the price", all...)
	_, notes, err := feature.Columns(e, of(f, "the price", rows(1500)), 3)
	want := `column "the price": 8 cells cannot be read
  some/file.csv:9: got "bad7", want a number such as 1234.5 (see decimal, thousands, strip)
  some/file.csv:209: got "bad207"`
	if err == nil || !strings.HasPrefix(err.Error(), want) ||
		!strings.HasSuffix(err.Error(), "strip)\n  and 3 more") || strings.Count(err.Error(), "\n") != 6 {
		t.Errorf("error is %v, want %s", err, want)
	}
	if err != nil && !strings.Contains(err.Error(), `some/file.csv:809: got "bad807"`) {
		t.Errorf("error is %v, want the fifth bad cell", err)
	}
	if notes.Rows != 1492 {
		t.Errorf("%d good rows, want 1492", notes.Rows)
	}
	_, _, err = feature.Columns(e, of(f, "the price", rows(150)), 1)
	want = `some/file.csv:9: column "the price": got "bad7", want a number`
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error is %v, want %s", err, want)
	}
	if _, _, err = feature.Columns(e, of(f, "prize", rows(3)), 1); err == nil ||
		!strings.Contains(err.Error(), `unknown column "prize", want one of "the price"`) {
		t.Errorf("error is %v", err)
	}
	_, _, err = feature.Columns(panicking{}, of(f, "the price", rows(3)), 2)
	if err == nil || !strings.HasPrefix(err.Error(), `column "the price": worker`) {
		t.Errorf("error is %v, want the panic", err)
	}
}

// panicking is an encoder from outside with a bug.
type panicking struct{}

func (panicking) Kind() string { return "panicking" }

func (panicking) Inputs(column string) []feature.Input {
	return []feature.Input{{Name: column, DType: tensor.Uint8, Shape: tensor.Shape{2},
		Standard: data.Standard{Std: 1}}}
}

func (panicking) Encode(feature.Value, []feature.Slot) (feature.Note, error) {
	panic(errors.New("a bug"))
}

func (panicking) Branch(*braid.Graph, string, []*braid.Node) feature.Branch {
	return feature.Branch{}
}

// stopping cancels its context in the second cell. Later cells wait for that, so that a worker
// that runs while another one pauses does not read on.
type stopping struct {
	panicking
	read   *atomic.Int64
	ctx    context.Context
	cancel context.CancelFunc
}

func (s stopping) Encode(feature.Value, []feature.Slot) (feature.Note, error) {
	switch n := s.read.Add(1); {
	case n == 2:
		s.cancel()
	case n > 2:
		<-s.ctx.Done()
	}
	return 0, nil
}

// A cancelled context ends encoding and learning early.
func TestColumnStops(t *testing.T) {
	f := frame(t, "c", slices.Repeat([]string{"1"}, 50_000)...)
	c := of(f, "c", rows(50_000))
	ctx, cancel := context.WithCancel(t.Context())
	c.Context = ctx
	var read atomic.Int64
	_, _, err := feature.Columns(stopping{read: &read, ctx: ctx, cancel: cancel}, c, 2)
	if !errors.Is(err, context.Canceled) || read.Load() > 2000 {
		t.Errorf("%v after %d rows", err, read.Load())
	}
	count := 0
	err = c.Each(func(string) error {
		count++
		return nil
	})
	if !errors.Is(err, context.Canceled) || count > 0 {
		t.Errorf("%v after %d cells", err, count)
	}
	if _, err := (feature.Image{}).Learn(c); !errors.Is(err, context.Canceled) {
		t.Errorf("pictures: %v", err)
	}
}
