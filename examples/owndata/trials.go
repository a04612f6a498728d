package main

import (
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"braid/experiment"
)

//go:embed *.yaml
var files embed.FS

// trial is an experiment with all seeds.
type trial struct {
	name     string
	file     string   // the experiment file and the folder of its data, without the ending
	without  []string // inputs that are left out
	every    int      // of how many rows one is used; 0 means all are
	complete bool     // training has the rows with a label of each head alone
	floors   map[string]floor
}

// floor is what each seed should reach. The figures are those of a linear model of words or one-hot
// categories, less two to eight points.
type floor struct {
	accuracy, error float64
	ofGuessing      float64 // the largest error, as a share of that of guessing
}

// text formats a floor, or returns "" if there is none.
func (f floor) text(guess float64) string {
	switch {
	case f.accuracy > 0:
		return number(f.accuracy)
	case f.error > 0:
		return "≤ " + number(f.error)
	case f.ofGuessing > 0:
		return "≤ " + number(f.ofGuessing*guess)
	}
	return ""
}

var trials = []trial{
	{name: "food", file: "food", floors: map[string]floor{
		"group": {accuracy: 0.7}, "diet": {accuracy: 0.97}, "carbohydrate": {ofGuessing: 0.5}}},
	{name: "movies", file: "movies", floors: map[string]floor{
		"Major Genre": {accuracy: 0.44}, "MPAA Rating": {accuracy: 0.53},
		"IMDB Rating": {error: 0.93}, "Rotten Tomatoes Rating": {error: 21}}},
	{name: "movies, complete rows", file: "movies", complete: true},
	{name: "emoji", file: "emoji", floors: map[string]floor{
		"category": {accuracy: 0.74}, "subcategory": {accuracy: 0.55},
		"skin_tone": {accuracy: 0.93}, "year": {ofGuessing: 0.85}}},
	{name: "emoji, no picture", file: "emoji", without: []string{"picture"}},
	{name: "emoji, no texts", file: "emoji", without: []string{"name", "aliases"}},
	{name: "wordnet, every 4th row", file: "wordnet", every: 4, floors: map[string]floor{
		"pos": {accuracy: 0.865}, "field": {accuracy: 0.62}, "domain": {accuracy: 0.76}}},
	{name: "wordnet", file: "wordnet", floors: map[string]floor{
		"pos": {accuracy: 0.89}, "field": {accuracy: 0.71}, "domain": {accuracy: 0.8}}},
}

// read reads the trial's experiment. Its data are in a folder of data.
func (t trial) read(data string, seed int) (*experiment.Experiment, error) {
	content, err := files.ReadFile(t.file + ".yaml")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(data, t.file, t.file+".yaml")
	e, err := experiment.Parse(path, content, fmt.Sprint("train.seed=", seed))
	if err != nil {
		return nil, err
	}
	e.Inputs = slices.DeleteFunc(e.Inputs, func(in experiment.Input) bool {
		return slices.Contains(t.without, in.Column)
	})
	if t.every > 0 {
		e.Data.Files[0], err = thin(filepath.Join(e.Folder, e.Data.Files[0]), t.every)
	}
	return e, err
}

// thin writes one of every rows of a CSV file to a temporary one, and returns its path.
func thin(path string, every int) (_ string, err error) {
	from, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer from.Close()
	name := fmt.Sprint("every-", every, "-", filepath.Base(path))
	to, err := os.Create(filepath.Join(os.TempDir(), name))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	in, out := csv.NewReader(from), csv.NewWriter(to)
	for row := 0; ; row++ { // the header is row 0
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			out.Flush()
			return to.Name(), out.Error()
		}
		if err != nil {
			return "", err
		}
		if row%every == 1 || row == 0 {
			if err := out.Write(cells); err != nil {
				return "", err
			}
		}
	}
}
