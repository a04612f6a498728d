package experiment

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"braid/data"
)

// loadedOf returns rows whose parts are by their number: two training rows, one validation row, a
// row in no part, one test row.
func loadedOf(t *testing.T, lines ...string) *Loaded {
	e := &Experiment{
		Inputs: []Input{{Column: "a", Feature: plain{}}}, Heads: []Head{{Column: "b"}},
	}
	l := &Loaded{Experiment: e, Frame: frameOf(t, "a,b,other", lines...)}
	for row, part := range []Part{TrainPart, TrainPart, ValidationPart, -1, TestPart} {
		if part >= 0 && row < len(lines) {
			l.Rows[part] = append(l.Rows[part], int32(row))
		}
	}
	return l
}

// A split file names rows by their place, with quotes where they are needed, and tells rows and
// parts that are not the same.
func TestSplitFile(t *testing.T) {
	lines := []string{"1,x,0", "2,y,0", "3,x,0", "4,,0", "5,y,0"}
	var split bytes.Buffer
	if err := loadedOf(t, lines...).WriteSplit(&split); err != nil {
		t.Fatal(err)
	}
	got := strings.Split(split.String(), "\n")
	for i, want := range []string{
		"row,place,part,digest", "0,dir/rows.csv:2,train,", "1,dir/rows.csv:3,train,",
		"2,dir/rows.csv:4,validation,", "4,dir/rows.csv:6,test,", "",
	} {
		if !strings.HasPrefix(got[i], want) {
			t.Errorf("line %d is %q, want %s...", i, got[i], want)
		}
	}
	moved := loadedOf(t, lines...)
	moved.Rows[TestPart], moved.Rows[TrainPart] = moved.Rows[TrainPart][1:], []int32{0, 4}
	for want, l := range map[string]*Loaded{
		"": loadedOf(t, "1,x,7", "2,y,0", "3,x,0", "44,,0", "5,y,0"), // other cells are not read
		"dir/rows.csv:3 differs from what was row 2, at dir/rows.csv:3": loadedOf(t, "1,x,", "2,z,",
			"3,x,", "4,,", "5,y,"),
		"dir/rows.csv:2 differs":                                       loadedOf(t, "1x,,", "2,y,"),
		"there were more: dir/rows.csv:6 is gone":                      loadedOf(t, lines[:4]...),
		"dir/rows.csv:3 is in the test part, it was in the train part": moved,
	} {
		err := l.CheckSplit(bytes.NewReader(split.Bytes()))
		if want == "" && err != nil {
			t.Error(err)
		}
		if want != "" && (!errors.Is(err, ErrOtherRows) || !strings.Contains(err.Error(), want)) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	l := loadedOf(t, append(lines, "6,x,0")...)
	l.Rows[TestPart] = append(l.Rows[TestPart], 5)
	err := l.CheckSplit(bytes.NewReader(split.Bytes()))
	if err == nil || !strings.Contains(err.Error(), "dir/rows.csv:7, row 5 with a label, is new") {
		t.Error(err)
	}
	split.Reset()
	quoted := loadedOf(t, lines...)
	quoted.Frame, _ = data.NewFrame()
	source := &rows{columns: []string{"a", "b"}, cells: slices.Repeat([][]string{{"1", "x"}}, 5)}
	if err := quoted.Frame.Append(`my, "rows".csv`, source); err != nil {
		t.Fatal(err)
	}
	if err := quoted.WriteSplit(&split); err != nil {
		t.Fatal(err)
	}
	if want := `0,"my, ""rows"".csv:2",train`; !strings.Contains(split.String(), want) {
		t.Errorf("want %s in\n%s", want, split.String())
	}
}
