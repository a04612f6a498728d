package experiment

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"braid/feature"
	"braid/layer"
	"braid/target"
)

func TestWrite(t *testing.T) {
	withTestKinds(t)
	e, err := Parse("mine.yaml", []byte(`
train: {seed: 3, mix: equal}
ignore: [id, "on", "a, b"]
split: {column: "base", by: group}
heads:
  1.0: {type: binary, true: no}
  "a: b": {type: category, min_count: 20}
  price: {type: number, weight: 2, loss: "1.5"}
inputs:
  "no": {type: text}
  " x ": image
  "": text
  "#h": text
  Größe 大: {type: number, log: true, decimal: ","}
  tab	x: {type: number, names: {a very long name of a class: 1, another very long name: -0.25},
    clip: 0, missing: ["-", "n/a"]}
data: a, b.csv
`))
	if err != nil {
		t.Fatal(err)
	}
	comments := Comments{
		"":           {Above: "All rows were looked at.\n\nEdit this."},
		"inputs":     {Above: "What the network reads."},
		"inputs.no":  {End: "3 missing,\n5 distinct"},
		"inputs.#h":  {Above: "twice"},
		"heads":      {Under: "candidates:\nyear: number"},
		"ignore.id":  {End: "one for each row"},
		"train.seed": {End: "not shown: train is on a line"},
	}
	var b bytes.Buffer
	if err := Write(&b, e, comments); err != nil {
		t.Fatal(err)
	}
	want := `# All rows were looked at.
#
# Edit this.
name: mine
data: a, b.csv
# What the network reads.
inputs:
  "no": text  # 3 missing, 5 distinct
  " x ": image
  "": text
  # twice
  "#h": text
  Größe 大: {type: number, decimal: ",", log: true}
  "tab\tx":
    type: number
    clip: 0
    missing: ["-", n/a]
    names: {a very long name of a class: 1, another very long name: -0.25}
heads:
  # candidates:
  # year: number
  "1.0": {type: binary, true: "no"}
  "a: b": {type: category, min_count: 20}
  price: {type: number, weight: 2, loss: "1.5"}
ignore:
  - id  # one for each row
  - "on"
  - a, b
split: {by: group, column: base}
train: {seed: 3, mix: equal}
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &b, want)
	}
	checkRoundTrip(t, e, comments)
}

// TestWriteWithoutHeads checks the file that a person must complete.
func TestWriteWithoutHeads(t *testing.T) {
	withTestKinds(t)
	var b bytes.Buffer
	e := &Experiment{
		Data: Data{Files: []string{"a.csv"}, Delimiter: ";"}, Inputs: []Input{{"x", testText{}}},
	}
	if err := Write(&b, e, Comments{"heads": {Under: "y: category"}}); err != nil {
		t.Fatal(err)
	}
	want := "data: {file: a.csv, delimiter: \";\"}\ninputs:\n  x: text\nheads:\n  # y: category\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &b, want)
	}
	checkMistakes(t, b.String(), "e.yaml:4:1: heads is empty, want columns that the network "+
		"predicts: heads: {COLUMN: TYPE}")
}

// TestWriteLongKey checks that a key longer than YAML allows before a colon has a question mark.
func TestWriteLongKey(t *testing.T) {
	withTestKinds(t)
	name := strings.Repeat("x", 1025)
	e := &Experiment{
		Name: "x", Data: Data{Files: []string{"a.csv"}},
		Inputs: []Input{{name, testNumber{Names: map[string]float64{name: 1}}}},
		Heads:  []Head{{Column: "y", Target: testClasses{}}},
	}
	checkRoundTrip(t, e, nil)
	var b bytes.Buffer
	if err := Write(&b, e, nil); err != nil || strings.Count(b.String(), "? "+name) != 2 {
		t.Errorf("got\n%s, error %v", &b, err)
	}
}

func TestWriteMistakes(t *testing.T) {
	withTestKinds(t)
	for want, e := range map[string]*Experiment{
		`experiment: "a\xff" is not UTF-8`:          {Inputs: []Input{{"a\xff", testText{}}}},
		`experiment: input "x": it has no type`:     {Inputs: []Input{{Column: "x"}}},
		`experiment: split: SplitBy(9) is no split`: {Split: Split{By: 9}},
		`experiment: train: mix: Mix(7) is no mix`:  {Train: Train{Mix: 7}},
	} {
		var b bytes.Buffer
		if err := Write(&b, e, nil); err == nil || err.Error() != want || b.Len() > 0 {
			t.Errorf("error is %v, want %s; %d bytes are written", err, want, b.Len())
		}
	}
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkRoundTrip checks that what Write writes is read as what was written.
func checkRoundTrip(t failer, e *Experiment, comments Comments) {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, e, comments); err != nil {
		t.Fatalf("%v", err)
	}
	got, err := Parse("x.yaml", b.Bytes())
	if err != nil {
		t.Fatalf("%.2000s\n%v", b.Bytes(), err)
	}
	if !reflect.DeepEqual(withoutPlaces(got), withoutPlaces(e)) {
		t.Fatalf("%.2000s\ngot  %.2000v\nwant %.2000v", b.Bytes(), withoutPlaces(got), withoutPlaces(e))
	}
}

// awkward draws texts that YAML reads as something else without quotes, and any text.
var awkward = rapid.OneOf(
	rapid.SampledFrom([]string{
		"no", "1.0", "a: b", "#x", "a #b", " a", "a ", "-", "- a", "-1", "---", "...", "?", "? a", "[a]",
		"{a}", "a, b", "&a", "*a", "!a", "|", ">", "@", "`", "%a", "'a'", `"a"`, `a"b`, `a\b`, "a\nb",
		"\n", "\t", "a\tb", "~", "null", "<<", "=", ":", "a:", ":a", "::", "a:b", "0x1F", "1e5", ".inf",
		"2020-01-01", "12:30", "\u00a0", "\u2028", "\ufeff", "\ufffe", "\x00", "\x7f", "\u0085",
		"é", "大", "🙂", "e\u0301", "\r", "\r\n", "true", "True", "y", "a  b", "$a", "(a)", "a.b", ".",
	}),
	rapid.String(),
	rapid.Just(strings.Repeat("long ", 300)),
)

func TestRoundTrip(t *testing.T) {
	withTestKinds(t)
	rapid.Check(t, func(t *rapid.T) {
		e := drawExperiment(t)
		comments := Comments{
			"":      {Above: awkward.Draw(t, "top")},
			"train": {End: awkward.Draw(t, "end")},
			"split": {Under: awkward.Draw(t, "under")},
		}
		for _, in := range e.Inputs {
			comments["inputs."+in.Column] = Comment{
				awkward.Draw(t, "above"), awkward.Draw(t, "at"), awkward.Draw(t, "under"),
			}
		}
		for _, column := range e.Ignore {
			comments["ignore."+column] = Comment{End: awkward.Draw(t, "why")}
		}
		checkRoundTrip(t, e, comments)
	})
}

// drawExperiment draws an experiment that Parse accepts.
func drawExperiment(t *rapid.T) *Experiment {
	text := func(name string) string { return awkward.Draw(t, name) }
	flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
	texts := rapid.SliceOfN(awkward, 0, 3)
	filled := awkward.Filter(func(s string) bool { return s != "" })
	paths := rapid.SliceOfN(filled, 1, 3)
	columns := rapid.SliceOfNDistinct(awkward, 4, 9, rapid.ID[string]).Draw(t, "columns")
	e := &Experiment{Name: pick(t, "a", "no", "1.0", "a b", "#x", "大")}
	if flag("divided") {
		e.Data.Train, e.Data.Test = paths.Draw(t, "train"), paths.Draw(t, "test")
	} else {
		e.Data.Files = paths.Draw(t, "files")
	}
	e.Data.Delimiter = pick(t, "", ";", "\t", "|", ",", ":", "#")
	e.Data.Encoding = pick(t, "", "utf-8", "latin1")
	if flag("missing") {
		e.Data.Missing = texts.Draw(t, "words")
	}
	number := testNumber{
		Decimal: text("decimal"), Log: flag("log"), Size: rapid.IntRange(-9, 9).Draw(t, "size"),
		Bins: rapid.Uint8().Draw(t, "bins"), Length: auto(rapid.IntRange(0, 9).Draw(t, "length")),
		Window: [2]int{rapid.Int().Draw(t, "left"), rapid.Int().Draw(t, "right")},
		Inner:  testInner{rapid.Float32Range(-1e9, 1e9).Draw(t, "rate")},
	}
	if flag("pointers") {
		number.Clip = new(rapid.Float64Range(-1e300, 1e300).Draw(t, "clip"))
		number.Part = &testInner{}
		number.Missing = texts.Draw(t, "more")
		number.Names = rapid.MapOf(awkward, rapid.Float64Range(-9, 9)).Draw(t, "names")
	}
	e.Inputs = []Input{{columns[0], number}, {columns[1], testText{}}}
	e.Heads = []Head{
		{columns[2], testBinary{True: text("true")}, pick(t, 0, 0.5, 1e-7, 3), flag("measure"),
			pick(t, nil, []string{}, []string{"accuracy", "true"})},
		{Column: columns[3], Target: testClasses{Level: pick(t,
			level{}, level{word: "0.5"}, level{word: "auto"}, level{list: []float64{0.25}},
			level{list: []float64{1e-7, -3}},
		)}},
	}
	if flag("ignore") {
		e.Ignore = columns[4:]
	}
	e.Split = pick(t,
		Split{},
		Split{By: Group, Column: filled.Draw(t, "group"), Parts: []int{98, 1, 1}},
		Split{By: Time, Column: filled.Draw(t, "time")},
		Split{By: Column, Column: filled.Draw(t, "part")},
		Split{Stratify: filled.Draw(t, "stratify")},
	)
	if e.Split.By == Column && e.Data.Train != nil {
		e.Split = Split{} // the files divide the rows
	}
	if flag("trunk") {
		e.Trunk.Units = rapid.SliceOfN(rapid.IntRange(1, 99), 0, 3).Draw(t, "units")
		e.Trunk.Dropout = new(rapid.Float64Range(0, 0.99).Draw(t, "dropout"))
	} else if flag("network") {
		e.Network = drawNetwork(columns)
	}
	e.Train = Train{
		Epochs: pick(t, 0, 3), Batch: pick(t, 0, 64), Rate: pick(t, 0, 1e-3, 1e-7),
		Patience: pick(t, 0, 4), Minutes: pick(t, 0, 0.5), Seed: rapid.Uint64().Draw(t, "seed"),
		Mix: pick(t, Proportional, Equal),
	}
	return e
}

func pick[T any](t *rapid.T, of ...T) T { return rapid.SampledFrom(of).Draw(t, "pick") }

// drawNetwork returns a network for two inputs and two heads.
func drawNetwork(columns []string) *Network {
	normal := layer.Weight{Init: layer.Normal, Value: 0.25}
	return &Network{[]Layer{
		{"_join", []string{feature.Name(columns[0]), feature.Part(columns[1], "x")},
			layer.Concatenate{}, ""},
		{"_read", []string{"_join"}, layer.Bidirectional{Layer: layer.LSTM{Units: 3}}, ""},
		{"_again", []string{"_read"}, nil, "_read"},
		{feature.Name(columns[2]), []string{"_again"}, layer.Dense{Units: 2, Activation: layer.Tanh,
			Kernel: normal}, ""},
		{feature.Name(columns[3]), []string{"_again"}, layer.Dense{Units: 1}, ""},
	}}
}

// FuzzParse checks that no content makes Parse panic, and that what it reads can be written and
// read again.
func FuzzParse(f *testing.F) {
	withTestKinds(f)
	for _, content := range []string{
		emoji, movies, wordnet, network, good, "", "[", "- - -\n", "? {a: b}\n: c\n", "a: &x [*x]\n",
		"data: {train: a}\nsplit: {time: t}\n", strings.Repeat("{a: ", 40), "\ufeffdata: a\n---\n",
		good + "trunk: {units: [1], dropout: 0.5}\ntrain: {batch: auto}\n",
	} {
		f.Add([]byte(content), "train.epochs=5")
		f.Add([]byte(content), "inputs.x.size=3")
	}
	f.Fuzz(func(t *testing.T, content []byte, set string) {
		e, err := Parse("e.yaml", content, set)
		if err == nil {
			checkRoundTrip(t, e, nil)
		} else if err.Error() == "" {
			t.Error("an error without words")
		}
	})
}

var (
	_ feature.Feature = testNumber{}
	_ target.Target   = testBinary{}
)
