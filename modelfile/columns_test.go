package modelfile

import (
	"reflect"
	"strings"
	"testing"

	"braid"
	"braid/data"
	"braid/feature"
	"braid/layer"
	"braid/target"
	"braid/tensor"
)

// learnt returns what features and targets learn from a small table.
func learnt(t *testing.T) ([]Feature, []Target) {
	t.Helper()
	const rows = "size,the words,half::kind,price\n1,a b,x,7\n2,a c,y,8\n4,a b,x,9\n5,a c,z,1\n"
	s, err := data.NewCSV(strings.NewReader(rows), "rows.csv", data.CSVOptions{})
	if err != nil {
		t.Fatal(err)
	}
	frame, err := data.NewFrame()
	if err == nil {
		err = frame.Append("rows.csv", s)
	}
	if err != nil {
		t.Fatal(err)
	}
	column := func(name string) feature.Column {
		return feature.Column{Name: name, Frame: frame, Rows: []int32{0, 1, 2, 3}}
	}
	var features []Feature
	for name, f := range map[string]feature.Feature{
		"size": feature.Number{}, "the words": feature.Text{},
	} {
		e, err := f.Learn(column(name))
		if err != nil {
			t.Fatal(err)
		}
		features = append(features, Feature{name, e})
	}
	if features[0].Column != "size" { // of a map, in any order
		features[0], features[1] = features[1], features[0]
	}
	kind, err := target.Category{}.Learn(column("half::kind"))
	if err != nil {
		t.Fatal(err)
	}
	price, err := target.Number{}.Learn(column("price"))
	if err != nil {
		t.Fatal(err)
	}
	return features, []Target{{"half::kind", kind}, {"price", price}}
}

// columnsFile returns a file of a model that reads columns.
func columnsFile(t *testing.T) *File {
	t.Helper()
	f := &File{}
	f.Features, f.Targets = learnt(t)
	g := braid.NewGraph("columns")
	var all []*braid.Node
	for _, c := range f.Features {
		for _, in := range c.Encoder.Inputs(c.Column) {
			n := g.Input(in.Name, in.DType, in.Shape...)
			if in.DType == tensor.Int32 {
				n = g.Add(in.Name+" 2", layer.Embedding{Vocabulary: in.Vocabulary, Width: 2}, n)
			}
			all = append(all, g.Add(in.Name+" 3", layer.Flatten{}, n))
		}
	}
	both := g.Add("both", layer.Concatenate{}, all...)
	for _, c := range f.Targets {
		c.Decoder.Head(g, feature.Name(c.Column), both, both)
	}
	var err error
	if f.Model, err = g.Build(1); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestColumns(t *testing.T) {
	f := columnsFile(t)
	written := content(t, f)
	read, err := Parse(written)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(read.Features, f.Features) || !reflect.DeepEqual(read.Targets, f.Targets) {
		t.Errorf("got %+v and %+v, want %+v and %+v", read.Features, read.Targets, f.Features, f.Targets)
	}
	if got := content(t, read); string(got) != string(written) {
		t.Error("written again, the file has other bytes")
	}
}

// ids is an encoder that gives what it is told to.
type ids struct {
	feature.Encoder `json:"-"`
	List            []feature.Input `json:"list"`
}

func (ids) Kind() string { return "ids" }

func (e ids) Inputs(string) []feature.Input { return e.List }

func TestColumnMistakes(t *testing.T) {
	words := func(f *File) []feature.Input { return f.Features[1].Encoder.Inputs("the words") }
	for _, c := range []struct {
		change func(f *File)
		want   string
	}{
		{func(f *File) { f.Features = append(f.Features, f.Features[0]) },
			`Features names "size" twice, want each column once`},
		{func(f *File) {
			f.Features[0] = Feature{"half", ids{List: words(f)}}
		}, `columns "half" and "the words" both fill the input "the words"`},
		{func(f *File) { f.Features[0].Encoder = &feature.NumbersEncoder{Shape: tensor.Shape{0}} },
			`column "size": numbers: `},
		{func(f *File) { f.Features[0].Column = "siz" }, `column "siz": unknown input "siz"`},
		{func(f *File) { f.Features[0].Encoder = nil }, `column "size": Encoder is nil`},
		{func(f *File) { f.Targets[0].Decoder = nil }, `column "half::kind": Decoder is nil`},
		{func(f *File) { f.Targets[0].Column = "half" }, `column "half": unknown head "half"`},
		{func(f *File) { f.Targets = append(f.Targets, f.Targets[1]) },
			`Targets names "price" twice, want each head once`},
		{func(f *File) { f.Targets[1].Decoder = target.CategoryDecoder{} },
			`column "price": category: there are no classes`},
		{func(f *File) { f.Targets[1].Decoder = target.CategoryDecoder{Classes: []string{"a", "b"}} },
			`column "price": the target reads 2 outputs, the head has 1`},
		{func(f *File) {
			in := words(f)
			in[0].Vocabulary += 3
			f.Features[1].Encoder = ids{List: in}
		}, `column "the words": input "the words": the column gives ids up to`},
		{func(f *File) {
			in := words(f)
			in[0].Shape = tensor.Shape{99}
			f.Features[1].Encoder = ids{List: in}
		}, `column "the words": input "the words": the column gives int32 of shape [99], the model ` +
			"takes int32 of shape ["},
	} {
		f := columnsFile(t)
		c.change(f)
		if err := f.Write(&strings.Builder{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got error %v, want %s", err, c.want)
		}
	}
}

// Custom members must be something that a model file has.
func TestCustomMistakes(t *testing.T) {
	f := columnsFile(t)
	f.Features[1].Encoder = ids{List: f.Features[1].Encoder.Inputs("the words")}
	written := content(t, f)
	for _, c := range []struct {
		custom Custom
		want   string
	}{
		{feature.Number{}, "custom 0 has type feature.Number, want a braid.Layer, a feature.Encoder or"},
		{nil, "custom 0 is nil, want an example of its type"},
		{(*ids)(nil), "custom 0 is a nil *modelfile.ids, want an example of its type"},
		{&feature.NumberEncoder{}, `column "the words": unknown encoder kind "ids", want one of`},
	} {
		if _, err := Parse(written, c.custom); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got error %v, want %s", err, c.want)
		}
	}
	read, err := Parse(written, ids{})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(read.Features, f.Features) {
		t.Errorf("got %+v, want %+v", read.Features, f.Features)
	}
}
