package experiment_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"braid/experiment"
	"braid/internal/kinds"
)

// An experiment that is written with its defaults trains the same model as without, names each
// setting of the sections, and has no other defaults.
func TestWriteWhole(t *testing.T) {
	folder := folderOf(t, parcels, parcelRows(150))
	b := build(t, folder)
	resolved, err := b.Resolved()
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := experiment.WriteWhole(&file, resolved); err != nil {
		t.Fatal(err)
	}
	whole, err := experiment.Parse(filepath.Join(folder, "whole.yaml"), file.Bytes())
	if err != nil {
		t.Fatalf("%v in\n%s", err, file.String())
	}
	if !reflect.DeepEqual(whole.Train, whole.WithDefaults().Train) ||
		!reflect.DeepEqual(whole.Trunk, whole.WithDefaults().Trunk) ||
		!reflect.DeepEqual(whole.Split, whole.WithDefaults().Split) {
		t.Errorf("there are more defaults than those of\n%s", file.String())
	}
	if err := os.WriteFile(filepath.Join(folder, "e.yaml"), file.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(trained(t, build(t, folder)), trained(t, b)) {
		t.Errorf("another model is trained by\n%s", file.String())
	}
	// Limits without a default, and what others replace.
	none := []string{"rate", "minutes", "column", "stratify"}
	for _, section := range []any{whole.Split, whole.Trunk, whole.Train} {
		for _, f := range kinds.Fields(reflect.TypeOf(section)) {
			if !slices.Contains(none, f.Name) && !strings.Contains(file.String(), f.Name+": ") {
				t.Errorf("%s is not in\n%s", f.Name, file.String())
			}
		}
	}
}

// What has no effect is not written: the trunk beside a network, the split of rows that are divided
// already, the patience of a training that keeps its last epoch.
func TestWriteWholeWithoutEffect(t *testing.T) {
	e, err := experiment.Parse("e.yaml", []byte(`data: {train: a.csv, validation: b.csv}
inputs: {x: number}
heads: {y: number}
train: {keep: last}
network: {y: {type: Dense, inputs: x}}
`))
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := experiment.WriteWhole(&file, e); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"trunk", "split", "parts", "patience"} {
		if strings.Contains(file.String(), name+":") {
			t.Errorf("%s is in\n%s", name, file.String())
		}
	}
	e.Data = experiment.Data{} // of rows that are no files
	file.Reset()
	if err := experiment.WriteWhole(&file, e); err != nil || strings.Contains(file.String(), "data:") {
		t.Errorf("data in, or error %v of\n%s", err, file.String())
	}
}
