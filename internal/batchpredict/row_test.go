package batchpredict

import (
	"slices"
	"strings"
	"testing"

	"braid/feature"
)

// A line fills its own row: its inputs, the true answers, and what became of its text.
func TestParserRead(t *testing.T) {
	m := dropping(t)
	p, b := newParser(m, ""), newBlock(m)
	for i := range b.rows.Inputs[1].Int32s() {
		b.rows.Inputs[1].Int32s()[i] = 4
	}
	b.begin(0)
	b.begin(1)
	b.begin(2)
	const text = `{"order": true, "question": "a very odd number or half", "colour": "grün",
		"image": [[12, 14, 16], [18, 20.0, 2e1]]}`
	if err := p.read([]byte(text), b, 1); err != nil {
		t.Fatal(err)
	}
	pixels := b.rows.Inputs[0].Float32s()[:18]
	if !slices.Equal(pixels[6:12], []float32{1, 2, 3, 4, 5, 5}) ||
		slices.Max(pixels[:6]) != 0 || slices.Max(pixels[12:]) != 0 {
		t.Errorf("pixels are %v", pixels)
	}
	if got := b.rows.Inputs[1].Int32s()[:6]; !slices.Equal(got, []int32{4, 4, 2, 4, 4, 4}) {
		t.Errorf("ids are %v", got)
	}
	if b.truths[colour][1] != 2 || b.truths[order][1] != 1 || b.truths[digits][1] != -1 {
		t.Errorf("true answers are %d, %d, %d", b.truths[0][1], b.truths[1][1], b.truths[2][1])
	}
	if b.notes[1] != feature.Unknown|feature.Cut || b.notes[0] != 0 || b.notes[2] != 0 {
		t.Errorf("notes are %b, want that words are unknown and the text is cut", b.notes[:3])
	}
	b.begin(1)
	if b.notes[1] != 0 || b.truths[colour][1] != -1 || b.truths[order][1] != -1 {
		t.Error("the row keeps what an earlier block left")
	}
}

// What a line has is not there for the next. The question for all is for lines that have none.
func TestParserMissing(t *testing.T) {
	m := testModel(t)
	p, b := newParser(m, ""), newBlock(m)
	const image = `{"image": [1, 2, 3, 4, 5, 6]}`
	for _, c := range []struct{ line, want string }{
		{line(3), ""},
		{`{"question": "half"}`, `"image" is missing, want an image of 2 x 3`},
		{image, `"question" is missing, want such as "odd number", or --question`},
		{`{"colour": 1, "colour": null}`, `has two members named "colour"`},
		{line(4), ""},
	} {
		err := p.read([]byte(c.line), b, 5)
		if (err != nil) != (c.want != "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.line, err, c.want)
		}
	}
	p.question = "upper half"
	for row, line := range []string{image, line(9), image} {
		if err := p.read([]byte(line), b, row); err != nil {
			t.Error(err)
		}
	}
	if got := b.rows.Inputs[1].Int32s()[:6]; !slices.Equal(got, []int32{3, 4, 1, 2, 3, 4}) {
		t.Errorf("ids are %v", got)
	}
}

func TestTruth(t *testing.T) {
	m := testModel(t)
	for head, cases := range [][]struct {
		raw   string
		index int
		want  string // the error's start
	}{
		colour: {
			{`"grün"`, 2, ""}, {`"b, \"c\""`, 1, ""}, {"0", 0, ""}, {"2", 2, ""}, {"1.0", 1, ""},
			{"null", -1, ""},
			{"3", -1, "true answer is 3, want a label as a string, or its index from 0 to 2"},
			{"-1", -1, "true answer is -1"}, {"0.5", -1, "true answer is 0.5"}, {"1e99", -1, "true answer"},
			{"true", -1, "true answer is true"}, {`["red"]`, -1, `true answer is ["red"]`},
			{`"gren"`, -1, `unknown answer "gren", want one of "red"`}, {`""`, -1, "unknown answer"},
		},
		order: {
			{"true", 1, ""}, {"false", 0, ""}, {`"yes"`, 1, ""}, {"0", 0, ""}, {"2", -1, "true answer is 2"},
		},
		digits: {{"null", -1, ""}, {"12", -1, "the head gives numbers, not one of some answers"}},
	} {
		h := heads(m)[head]
		for _, c := range cases {
			index, err := h.truth([]byte(c.raw))
			if index != c.index || (err != nil) != (c.want != "") ||
				err != nil && !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%s: %s is %d, %v, want %d, %s", h.Column, c.raw, index, err, c.index, c.want)
			}
		}
	}
	if got := Takes(m); got != `"image" (an image of 2 x 3), "question" (a text of up to 2 words)` {
		t.Errorf("the model takes %s", got)
	}
}
