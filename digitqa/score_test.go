package digitqa

import (
	"math"
	"slices"
	"strings"
	"testing"

	"braid/data/mnist"
	"braid/tensor"
)

func TestViews(t *testing.T) {
	images := mnist.Images{Labels: tensor.Bytes([]uint8{4, 7}, 2), Pixels: tensor.Bytes([]uint8{
		1, 2, 3, 4,
		5, 6, 7, 8,
		9, 10, 11, 12,

		21, 22, 23, 24,
		25, 26, 27, 28,
		29, 30, 31, 32,
	}, 2, 3, 4)}
	zeros := func(n int) []uint8 { return make([]uint8, n) }
	for view, want := range map[View][]uint8{
		{}:         images.Pixels.Uint8s(),
		{Down: 1}:  {0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 21, 22, 23, 24, 25, 26, 27, 28},
		{Down: -2}: slices.Concat([]uint8{9, 10, 11, 12}, zeros(8), []uint8{29, 30, 31, 32}, zeros(8)),
		{Right: 1}: {
			0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 21, 22, 23, 0, 25, 26, 27, 0, 29, 30, 31,
		},
		{Right: -3}: {
			4, 0, 0, 0, 8, 0, 0, 0, 12, 0, 0, 0, 24, 0, 0, 0, 28, 0, 0, 0, 32, 0, 0, 0,
		},
		{Down: 2, Right: -1}: slices.Concat(zeros(8), []uint8{2, 3, 4}, zeros(9), []uint8{22, 23, 24, 0}),
		{Down: 3}:            zeros(24),
		{Right: -4}:          zeros(24),
		{Right: 9}:           zeros(24),
	} {
		got := view.of(images)
		if !slices.Equal(got.Pixels.Uint8s(), want) {
			t.Errorf("%+v: got %v, want %v", view, got.Pixels.Uint8s(), want)
		}
		if !slices.Equal(got.Labels.Uint8s(), []uint8{4, 7}) {
			t.Errorf("%+v: the labels are %v", view, got.Labels.Uint8s())
		}
	}
}

// The scores of views are those of the mean of their probabilities, computed slowly.
func TestMeasureViews(t *testing.T) {
	const rows = 400
	m, images := build(t, Network(13, 12)), small(rows)
	views := []View{{Down: 5}, {}, {Right: -3}}
	var digits, answers [rows * classes]float64
	for i, view := range append(views, View{}) { // the last alone
		table, err := Table(view.of(images), RecordStandard)
		if err != nil {
			t.Fatal(err)
		}
		if i == len(views) {
			clear(digits[:])
			clear(answers[:])
		}
		out, err := predict(m, table)
		if err != nil {
			t.Fatal(err)
		}
		for j, p := range out["digit"].Float32s() {
			digits[j] += float64(p)
		}
		for j, p := range out["answer"].Float32s() {
			answers[j] += float64(p)
		}
		n, scores := float64(i+1), Scores{}
		if i == len(views) {
			n = 1
			scores, err = Measure(m, table)
		} else {
			scores, err = MeasureViews(m, images, RecordStandard, views[:i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
		checkScores(t, scores, images, digits[:], answers[:rows], n)
	}
	if _, err := MeasureViews(m, images, RecordStandard, nil); err == nil ||
		!strings.Contains(err.Error(), "no views, want one or more") {
		t.Errorf("error is %v", err)
	}
}

// checkScores compares scores with those of sums of n probabilities.
func checkScores(
	t *testing.T, got Scores, images mnist.Images, digits, answers []float64, n float64,
) {
	t.Helper()
	var want Scores
	rows := len(answers)
	for r, label := range images.Labels.Uint8s() {
		row := digits[classes*r:][:classes]
		digit := slices.Index(row, slices.Max(row)) == int(label)
		answer := Questions[r%4].True(int32(label)) == (answers[r]/n > 0.5)
		if digit {
			want.Digit += 1 / float64(rows)
		}
		if answer {
			want.Answer += 1 / float64(rows)
		}
		if digit && answer {
			want.Both += 1 / float64(rows)
		}
	}
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
	if !near(got.Digit, want.Digit) || !near(got.Answer, want.Answer) || !near(got.Both, want.Both) {
		t.Errorf("%v views: got %+v, want %+v", n, got, want)
	}
	if want.Both == 0 || want.Both == want.Digit || want.Digit == want.Answer {
		t.Errorf("%v views: %+v cannot tell the heads apart", n, want)
	}
}
