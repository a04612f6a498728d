package experiment_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"braid/experiment"
	"braid/feature"
	"braid/modelfile"
	"braid/predictor"
	"braid/train"
)

// writeFruit writes a table of fruit and an experiment file to a new folder.
func writeFruit() (folder string) {
	var rows strings.Builder
	rows.WriteString("weight,colour,fruit,price\n")
	for i := range 120 {
		fmt.Fprintf(&rows, "%d.%d,yellow,lemon,\n", 90+i%9, i)        // no price is known
		fmt.Fprintf(&rows, "%d.%d,red,cherry,%d\n", 5+i%7, i, 10+i%7) // by weight
	}
	folder, err := os.MkdirTemp("", "fruit")
	if err != nil {
		log.Fatal(err)
	}
	for name, content := range map[string]string{
		"fruit.csv": rows.String(),
		"fruit.yaml": "data: fruit.csv\ninputs: {weight: number, colour: category}\n" +
			"heads: {fruit: category, price: number}\ntrain: {epochs: 8}\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			log.Fatal(err)
		}
	}
	return folder
}

// check ends the program if there is an error.
func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// An experiment from a table of rows to an answer. Every second row has no price; its fruit trains
// the network all the same.
func Example() {
	folder, ctx := writeFruit(), context.Background()
	defer os.RemoveAll(folder)
	e, err := experiment.Read(filepath.Join(folder, "fruit.yaml"))
	check(err)
	rows, err := e.Load(ctx)
	check(err)
	b, err := rows.Build(ctx, experiment.Options{})
	check(err)
	history, err := train.Fit(ctx, b.Model, b.Tables[experiment.TrainPart], b.Plan)
	check(err)
	file, err := b.File(history)
	check(err)
	model := filepath.Join(folder, modelfile.FileName)
	check(modelfile.Save(model, file))

	m, err := predictor.Open(model)
	check(err)
	answers, err := m.Ask(map[string]feature.Value{"weight": {Text: "7"}, "colour": {Text: "red"}})
	check(err)
	fmt.Println(answers["fruit"].Text)
	fmt.Println(answers["price"].Number > 8 && answers["price"].Number < 20)
	// Output:
	// cherry
	// true
}
