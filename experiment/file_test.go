package experiment

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const emoji = `data: emoji.csv
inputs:
  picture: image
  name: text
  aliases: text
heads:
  category: category
  subcategory: category
  skin_tone: category
  year: number
split: {by: group, column: base}
`

const movies = `data: movies.csv
inputs:
  Title: text
  Production Budget: {type: number, log: true}
  Running Time min: number
  Release Date: {type: date, format: "Jan 02 2006"}   # all 3,201 cells fit
  Distributor: category
heads:
  Major Genre: category
  IMDB Rating: number
ignore: [US Gross, Worldwide Gross, US DVD Sales, IMDB Votes]   # known only after the film
`

const wordnet = `data: wordnet.csv
inputs:
  gloss: text
heads:
  pos: category
  field: category
  domain: {type: category, min_count: 20}   # labels rarer than that count as missing
`

// withoutPlaces returns an experiment without what Write does not write.
func withoutPlaces(e *Experiment) *Experiment {
	copied := *e
	copied.file, copied.places, copied.Folder = "", nil, ""
	return &copied
}

func TestRead(t *testing.T) {
	withTestKinds(t)
	dropout := 0.0
	for _, c := range []struct {
		name, content string
		set           []string
		want          Experiment
	}{
		{"emoji", "\ufeff" + emoji, nil, Experiment{
			Name: "emoji", Data: Data{Files: []string{"emoji.csv"}},
			Inputs: []Input{{"picture", testImage{}}, {"name", testText{}}, {"aliases", testText{}}},
			Heads: []Head{
				{Column: "category", Target: testClasses{}}, {Column: "subcategory", Target: testClasses{}},
				{Column: "skin_tone", Target: testClasses{}}, {Column: "year", Target: testAmount{}},
			},
			Split: Split{By: Group, Column: "base"},
		}},
		{"movies", movies, nil, Experiment{
			Name: "movies", Data: Data{Files: []string{"movies.csv"}},
			Inputs: []Input{
				{"Title", testText{}}, {"Production Budget", testNumber{Log: true}},
				{"Running Time min", testNumber{}}, {"Release Date", testDate{Format: "Jan 02 2006"}},
				{"Distributor", testCategory{}},
			},
			Heads: []Head{
				{Column: "Major Genre", Target: testClasses{}},
				{Column: "IMDB Rating", Target: testAmount{}},
			},
			Ignore: []string{"US Gross", "Worldwide Gross", "US DVD Sales", "IMDB Votes"},
		}},
		{"wordnet", wordnet, nil, Experiment{
			Name: "wordnet", Data: Data{Files: []string{"wordnet.csv"}},
			Inputs: []Input{{"gloss", testText{}}},
			Heads: []Head{
				{Column: "pos", Target: testClasses{}}, {Column: "field", Target: testClasses{}},
				{Column: "domain", Target: testClasses{MinCount: 20}},
			},
		}},
		{"long", `name: mine
data: {files: [a.csv, "b/*.csv"], delimiter: ";", encoding: latin1, missing: [-1, no, ""]}
inputs: {no: text, 01: number, "a: b": text}
heads: {1.0: {type: binary, weight: 2.5, true: 01}, null: {type: binary, true: no}}
ignore: [id, 007]
split: {parts: [80, 10, 10], by: random, stratify: 1.0}
trunk: {units: [], dropout: 0}
train: {epochs: 5, batch: 64, rate: 1e-3, patience: 3, minutes: .5, seed: 7, mix: equal}
`, nil, Experiment{
			Name: "mine",
			Data: Data{Files: []string{"a.csv", "b/*.csv"}, Delimiter: ";", Encoding: "latin1",
				Missing: []string{"-1", "no", ""}},
			Inputs: []Input{{"no", testText{}}, {"01", testNumber{}}, {"a: b", testText{}}},
			Heads: []Head{
				{Column: "1.0", Target: testBinary{True: "01"}, Weight: 2.5},
				{Column: "null", Target: testBinary{True: "no"}},
			},
			Ignore: []string{"id", "007"},
			Split:  Split{Parts: []int{80, 10, 10}, Stratify: "1.0"},
			Trunk:  Trunk{Units: []int{}, Dropout: &dropout},
			Train: Train{Epochs: 5, Batch: 64, Rate: 1e-3, Patience: 3, Minutes: 0.5, Seed: 7,
				Mix: Equal},
		}},
		{"divided", `data: {train: [a.csv, b.csv], test: d.csv}
inputs:
  x: {type: number, decimal: ",", log: true, size: 3, bins: 200, clip: -1.5, missing: [a, 1],
    names: {a: 1, no: 2e0}, length: 7, window: [3, 4], inner: {rate: 0.1}, part: {}}
heads: {y: category}
train:
split: {time: day}
`, nil, Experiment{
			Name: "divided",
			Data: Data{Train: []string{"a.csv", "b.csv"}, Test: []string{"d.csv"}},
			Inputs: []Input{{"x", testNumber{
				Decimal: ",", Log: true, Size: 3, Bins: 200, Clip: new(-1.5),
				Missing: []string{"a", "1"}, Names: map[string]float64{"a": 1, "no": 2},
				Length: 7, Window: [2]int{3, 4}, Inner: testInner{0.1}, Part: &testInner{},
			}}},
			Heads: []Head{{Column: "y", Target: testClasses{}}},
			Split: Split{By: Time, Column: "day"},
		}},
		{"set", wordnet, []string{
			"split.by=group", "split.column=base", "train.epochs=5", "ignore=[a, b]",
			"heads.pos.weight=2", `inputs."a.b".type=number`, "inputs.a.b.size=4", "data.delimiter=;",
			"data.file=other.csv", "heads.pos.weight=3", "heads.domain=number", "name=01",
			`inputs."x=y"=text`,
		}, Experiment{
			Name: "01", Data: Data{Files: []string{"other.csv"}, Delimiter: ";"},
			Inputs: []Input{{"gloss", testText{}}, {"a.b", testNumber{Size: 4}}, {"x=y", testText{}}},
			Heads: []Head{
				{Column: "pos", Target: testClasses{}, Weight: 3},
				{Column: "field", Target: testClasses{}}, {Column: "domain", Target: testAmount{}},
			},
			Ignore: []string{"a", "b"}, Split: Split{By: Group, Column: "base"}, Train: Train{Epochs: 5},
		}},
		{"leftout", wordnet, []string{"heads.pos=", "heads.domain.min_count=", "inputs.b=text",
			"inputs.gloss="}, Experiment{
			Name: "leftout", Data: Data{Files: []string{"wordnet.csv"}},
			Inputs: []Input{{"b", testText{}}},
			Heads: []Head{
				{Column: "field", Target: testClasses{}}, {Column: "domain", Target: testClasses{}}},
		}},
		{"shortset", strings.Replace(wordnet, "wordnet.csv", "[a, b]", 1) + "split: random\n",
			[]string{"data.missing=['-']", "split.group=base", "train.batch=auto", "split.parts=[60,20,20]"},
			Experiment{
				Name: "shortset", Data: Data{Files: []string{"a", "b"}, Missing: []string{"-"}},
				Inputs: []Input{{"gloss", testText{}}},
				Heads: []Head{{Column: "pos", Target: testClasses{}}, {Column: "field", Target: testClasses{}},
					{Column: "domain", Target: testClasses{MinCount: 20}}},
				Split: Split{By: Group, Column: "base", Parts: []int{60, 20, 20}},
			}},
	} {
		got, err := Parse("some/"+c.name+".yaml", []byte(c.content), c.set...)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got.Folder != "some" {
			t.Errorf("%s: folder is %s", c.name, got.Folder)
		}
		if !reflect.DeepEqual(withoutPlaces(got), &c.want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", c.name, withoutPlaces(got), &c.want)
		}
	}
}

func TestReadFile(t *testing.T) {
	withTestKinds(t)
	path := filepath.Join(t.TempDir(), "emoji.yaml")
	if err := os.WriteFile(path, []byte(emoji), 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := Read(path, "train.seed=3")
	if err != nil || e.Name != "emoji" || e.Folder != filepath.Dir(path) || e.Train.Seed != 3 {
		t.Fatalf("got %+v, error %v", e, err)
	}
	for key, want := range map[string]string{
		"inputs.name":  path + ":4:3",
		"split.column": path + ":11:20",
		"train.seed":   "--set train.seed",
		"heads":        path + ":6:1",
		"heads.none":   path,
	} {
		if got := e.Place(key); got != want {
			t.Errorf("%s is at %s, want %s", key, got, want)
		}
	}
	if _, err := Read(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: error %v", err)
	}
	if err := os.WriteFile(path, make([]byte, maxBytes+2), 0o600); err != nil {
		t.Fatal(err)
	}
	want := path + ":1:1: the file has 1048577 bytes or more, want at most 1048576"
	if _, err := Read(path); err == nil || err.Error() != want {
		t.Errorf("a large file: error %v", err)
	}
}
