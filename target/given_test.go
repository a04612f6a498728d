package target_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"braid/data"
	"braid/feature"
	"braid/target"
)

// A column of codes gives the same decoder and labels as one of texts.
func TestCodes(t *testing.T) {
	texts := []string{"1", "", "0", " 1", "no"}
	codes := []uint8{0, 2, 0, 1, 3, 2, 0, 0}
	var cells []string
	for _, code := range codes {
		cells = append(cells, texts[code])
	}
	frame, err := data.FrameOf("films.csv", data.Codes("r", texts, codes))
	if err != nil {
		t.Fatal(err)
	}
	plain := column(t, "r", cells...)
	coded := feature.Column{Name: "r", Frame: frame, Rows: slices.Clone(plain.Rows)}
	for _, k := range []target.Target{
		target.Binary{}, target.Binary{True: "1"}, target.Category{}, target.Labels{}, target.Number{},
	} {
		want, err := k.Learn(plain)
		if err != nil {
			t.Fatal(err)
		}
		got, err := k.Learn(coded)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v and error %v, want %+v", k.Kind(), got, err, want)
			continue
		}
		wantLabels, err := target.Column(want, plain)
		if err != nil {
			t.Fatal(err)
		}
		labels, err := target.Column(got, coded)
		if digest := wantLabels.Digest(); err != nil || labels.Digest() != digest {
			t.Errorf("%s: got labels %+v and error %v, want %+v", k.Kind(), labels, err, wantLabels)
		}
	}
}

// Declared classes have their order, and training may lack some of them.
func TestClasses(t *testing.T) {
	k := target.Category{Classes: []string{"PG", "R", "G"}}
	d := learn(t, k, "G", "PG", "", "G").(target.CategoryDecoder)
	if !slices.Equal(d.Classes, k.Classes) || !slices.Equal(d.Counts, []int{1, 0, 2}) {
		t.Errorf("got classes %q with %v rows", d.Classes, d.Counts)
	}
	if again(t, d); d.Guess()[2] != 2./3 {
		t.Errorf("guess is %v", d.Guess())
	}
	mistake(t, k, `films.csv:3: column "MPAA Rating": got "X", want one of "PG", "R", "G", the `+
		"classes in the head's settings", "G", "X")
	mistake(t, k, "MPAA Rating has no label in the training part", "", "")
	const each = ", want each class once, without spaces at its ends"
	for want, k := range map[string]target.Category{
		"classes: got 1, want 2 or more": {Classes: []string{"a"}},
		`classes: got "a"` + each:        {Classes: []string{"a", "a"}},
		`classes: got "b "` + each:       {Classes: []string{"a", "b "}},
		`classes: got "-"` + each:        {Classes: []string{"a", "-"}, Missing: []string{"-"}},
		"min_count has no effect beside classes: remove one of them": {
			Classes: []string{"a", "b"}, MinCount: 2,
		},
	} {
		mistake(t, k, "MPAA Rating: "+want, "a", "b")
	}
}

// A bad label in a column of codes is found in each of its rows.
func TestBadCodes(t *testing.T) {
	texts, codes := []string{"yes", "no", "maybe"}, []uint8{0, 2, 1, 2, 0}
	frame, err := data.FrameOf("films.csv", data.Codes("r", texts, codes))
	if err != nil {
		t.Fatal(err)
	}
	c := feature.Column{Name: "r", Frame: frame, Rows: []int32{0, 1, 2, 3, 4}}
	_, learnt := target.Binary{}.Learn(c)
	_, encoded := target.Column(learn(t, target.Binary{}, "yes", "no"), c)
	for _, err := range []error{learnt, encoded} {
		if err == nil || !strings.Contains(err.Error(), "films.csv:2: ") ||
			!strings.Contains(err.Error(), "films.csv:4: ") {
			t.Errorf("got error %v, want lines 2 and 4", err)
		}
	}
}
