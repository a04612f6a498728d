package batchpredict

import (
	"slices"
	"strings"
	"testing"

	"braid/feature"
	"braid/predictor"
	"braid/target"
)

// newRow returns a parser with a block of three rows.
func newRow(t *testing.T, m *predictor.Model, question string) (*parser, *block, *predictor.Batch) {
	t.Helper()
	p := &Prediction{Model: m, Rows: NewJSONLines(stdin(t, ""), ""), Question: question}
	if _, err := p.Header(); err != nil {
		t.Fatal(err)
	}
	b := &block{}
	b.begin(3, p)
	return newParser(p, ""), b, m.NewBatch(3)
}

// A line fills its own row: its inputs, the labels, and what became of its text.
func TestParserRead(t *testing.T) {
	p, b, batch := newRow(t, dropping(t), "")
	for i := range batch.Inputs[1].Int32s() {
		batch.Inputs[1].Int32s()[i] = 4
	}
	const text = `{"order": true, "question": "a very odd number or half", "colour": "grün",
		"image": [[12, 14, 16], [18, 20.0, 2e1]]}`
	if err := p.read([]byte(text), b, batch, 1); err != nil {
		t.Fatal(err)
	}
	pixels := batch.Inputs[0].Float32s()[:18]
	if !slices.Equal(pixels[6:12], []float32{1, 2, 3, 4, 5, 5}) ||
		slices.Max(pixels[:6]) != 0 || slices.Max(pixels[12:]) != 0 {
		t.Errorf("pixels are %v", pixels)
	}
	if got := batch.Inputs[1].Int32s()[:6]; !slices.Equal(got, []int32{4, 4, 2, 4, 4, 4}) {
		t.Errorf("ids are %v", got)
	}
	if want := []string{"", "", "", "grün", "true", "", "", "", ""}; !slices.Equal(b.labels, want) {
		t.Errorf("labels are %q, want %q", b.labels, want)
	}
	want := []feature.Note{0, 0, 0, feature.Unknown | feature.Cut, 0, 0}
	if !slices.Equal(b.notes, want) {
		t.Errorf("notes are %b, want that words are unknown and the text is cut", b.notes)
	}
	b.begin(3, p.p)
	if slices.Max(b.notes) != 0 || slices.Max(b.labels) != "" {
		t.Error("the block keeps what an earlier one left")
	}
}

// What a line has is not there for the next. The question for all is for lines that have none.
func TestParserMissing(t *testing.T) {
	m := testModel(t)
	p, b, batch := newRow(t, m, "")
	const image = `{"image": [1, 2, 3, 4, 5, 6]}`
	for _, c := range []struct{ line, want string }{
		{line(3), ""},
		{`{"question": "half"}`, `"image" is missing, want an image of 2 x 3`},
		{image, `"question" is missing, want such as "odd number", or --question`},
		{`{"colour": 1, "colour": null}`, `has two members named "colour"`},
		{line(4), ""},
	} {
		err := p.read([]byte(c.line), b, batch, 2)
		if (err != nil) != (c.want != "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.line, err, c.want)
		}
	}
	p, b, batch = newRow(t, m, "upper half")
	for row, line := range []string{image, line(9), image[:len(image)-1] + `, "question": null}`} {
		if err := p.read([]byte(line), b, batch, row); err != nil {
			t.Error(err)
		}
	}
	if got := batch.Inputs[1].Int32s()[:6]; !slices.Equal(got, []int32{3, 4, 1, 2, 3, 4}) {
		t.Errorf("ids are %v", got)
	}
}

func TestQuoteWords(t *testing.T) {
	for line, want := range map[string]string{
		`{"a": NaN}`:                         `{"a": "NaN"}`,
		`{"a":-Infinity,"b":Infinity}`:       `{"a":"-Infinity","b":"Infinity"}`,
		`{"NaN": "-Infinity\\\"NaN", "b": 1`: "",
		`{"a": -1, "b": Inf, "c": nan}`:      "",
		`NaN`:                                `"NaN"`,
		``:                                   "",
	} {
		if got := quoteWords([]byte(line)); string(got) != want {
			t.Errorf("%s: got %s, want %s", line, got, want)
		}
	}
}

// A label in JSON is a cell, or the index of one where that is no label.
func TestLabel(t *testing.T) {
	m := testModel(t)
	list := heads(m)
	list = append(list, list[colour], list[order])
	list[3].answers, list[3].numeric = []string{"3", "five", "7"}, true
	list[4].answers = []string{"no", "oui"}
	list[4].decoder = target.BinaryDecoder{False: "no", True: "oui", Declared: true, Threshold: 0.5}
	for head, cases := range [][]struct{ raw, want string }{
		colour: {
			{`"grün"`, "grün"}, {`"b, \"c\""`, `b, "c"`}, {"0", "red"}, {"2", "grün"}, {"1.0", `b, "c"`},
			{"null", ""}, {"3", "3"}, {"-1", "-1"}, {"0.5", "0.5"}, {"1e99", "1e99"}, {"true", "true"},
			{`["red"]`, "red"}, {`"gren"`, "gren"}, {`""`, ""}, {`"1"`, "1"},
		},
		order: {
			{"true", "true"}, {"false", "false"}, {`"yes"`, "yes"}, {"0", "no"}, {"1", "yes"}, {"2", "2"},
		},
		digits: {{"null", ""}, {"12", "12"}},
		3:      {{"0", "0"}, {"3", "3"}, {"7", "7"}, {`"five"`, "five"}},
		4:      {{"true", "oui"}, {"false", "no"}, {"1", "oui"}},
	} {
		for _, c := range cases {
			if got, err := list[head].label([]byte(c.raw)); got != c.want || err != nil {
				t.Errorf("head %d: %s is %q, %v, want %q", head, c.raw, got, err, c.want)
			}
		}
	}
	if got, err := list[colour].label([]byte(`{"a": 1}`)); err == nil {
		t.Errorf("an object is %q", got)
	}
	if got := Takes(m); got != `"image" (an image of 2 x 3), "question" (a text of up to 2 words)` {
		t.Errorf("the model takes %s", got)
	}
}
