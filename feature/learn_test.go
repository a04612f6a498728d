package feature_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"braid/feature"
)

func TestTrim(t *testing.T) {
	missing := []string{"none", "n. a."}
	for cell, want := range map[string]string{
		"": "", " a b\t": "a b", "\u00a0a\n": "a", "none": "", " n. a. ": "", "None": "None",
		// An accent of its own, and two characters in another order.
		"cafe\u0301 ": "café", "e\u0302\u0323": "ệ", "Å\u2126": "ÅΩ", "\xff\u0301": "\xff\u0301",
	} {
		if got := feature.Trim(cell, missing); got != want {
			t.Errorf("%q: got %q, want %q", cell, got, want)
		}
	}
	if err := feature.CheckMissing(missing); err != nil {
		t.Error(err)
	}
	for _, word := range []string{"", " none", "none\n"} {
		if feature.CheckMissing([]string{word}) == nil {
			t.Errorf("%q: no error", word)
		}
	}
}

// The two forms in which Unicode has a letter with an accent are one value.
func TestForms(t *testing.T) {
	const composed, apart = "Zo\u00eb", "Zoe\u0308"
	for _, c := range []struct {
		f     feature.Feature
		cells []string
	}{
		{feature.Category{MinCount: 1}, []string{composed, "Max", apart}},
		{feature.Category{Missing: []string{apart}, MinCount: 1}, []string{"", composed, apart, "Max"}},
		{feature.Binary{True: apart}, []string{composed, "Max", apart}},
		{feature.Labels{MinCount: 1}, []string{"Max;" + composed, "Ann", "Max; " + apart}},
		{feature.Sequence{}, []string{"a " + composed, "b", "a " + apart}},
		{feature.Text{}, []string{"with " + composed, "without", "with " + apart}},
		{feature.Text{Encoding: feature.Characters}, []string{composed, "Max", apart}},
	} {
		e := learn(t, c.f, c.cells...)
		a, noteA := encode(t, e, c.cells[0])
		b, noteB := encode(t, e, c.cells[2])
		if fmt.Sprint(a, noteA) != fmt.Sprint(b, noteB) {
			t.Errorf("%+v: %v and %v", c.f, a, b)
		}
		if other, _ := encode(t, e, c.cells[1]); c.cells[0] != "" && fmt.Sprint(a) == fmt.Sprint(other) {
			t.Errorf("%+v: other values are the same", c.f)
		}
		if c.f.Canonical(c.cells[0]) != c.f.Canonical(c.cells[2]) {
			t.Errorf("%+v: the canonical forms differ", c.f)
		}
	}
}

// The names of files are as they are written: a folder may have both.
func TestFormsOfPaths(t *testing.T) {
	folder := pictures(t)
	content, err := os.ReadFile(filepath.Join(folder, "red.png"))
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "Zoe\u0308.png"), content, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(folder, "Zo\u00eb.png")); err == nil {
		t.Skip("the file system takes both forms for one name")
	}
	e := learn(t, feature.Image{Root: folder, Missing: []string{"Zo\u00eb"}}, "Zoe\u0308.png",
		"Zoe\u0308")
	if _, _, err := encodeImage(t, e, feature.Value{Text: "Zo\u00eb.png", Folder: "."}); err == nil {
		t.Error("the other form names the file too")
	}
}
