package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shopRows writes a file of people's own data into a new folder, which becomes the current one.
func shopRows(t *testing.T) (path string) {
	t.Helper()
	folder := t.TempDir()
	t.Chdir(folder)
	if err := os.Mkdir("in", 0o777); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	text.WriteString("id,size,colour,kind,price\n")
	for i := range 120 {
		colour := []string{"red", "blue", "red", "green", ""}[i%5]
		kind := []string{"a", "b", "a"}[i%3]
		fmt.Fprintf(&text, "K%03d,%d.5,%s,%s,%d\n", i, i*7919%1200, colour, kind, (i*7919%1200)*3+i%7*400)
	}
	path = filepath.Join("in", "shop.csv")
	if err := os.WriteFile(path, []byte(text.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// content returns the text of a file.
func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestInit(t *testing.T) {
	path := shopRows(t)
	out, _ := mustCall(t, "init", path, "--heads", "kind,price")
	checkContains(t, out, "shop.yaml: 2 inputs, 2 heads, 1 column left out, from 120 rows",
		"id is left out: an identifier", "next: braid inspect shop.yaml, or braid train shop.yaml")
	before := content(t, "shop.yaml")
	checkContains(t, before, "\ndata: in/shop.csv\n", "\n  size: number\n",
		"\n  kind: {type: binary, true: b}\n",
		"\n  - id  # an identifier")
	checkFails(t, "shop.yaml exists, and init overwrites no file", "init", path, "--heads", "kind")
	if content(t, "shop.yaml") != before {
		t.Error("the file changed")
	}
	mustCall(t, "init", path, "--heads", "kind", "--heads", "price", "--out", "in/other.yaml")
	want := strings.Replace(before, "in/shop.csv", "shop.csv", 1)
	if got := content(t, "in/other.yaml"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestInitNetwork checks that a file with the default network trains the same model as one without.
func TestInitNetwork(t *testing.T) {
	path := shopRows(t)
	mustCall(t, "init", path, "--heads", "kind,price")
	mustCall(t, "init", path, "--heads", "kind,price", "--network", "--out", "listed.yaml")
	short, listed := content(t, "shop.yaml"), content(t, "listed.yaml")
	rest, ok := strings.CutPrefix(listed, short)
	if !ok {
		t.Errorf("got\n%s\nwant it to begin with\n%s", listed, short)
	}
	checkContains(t, rest, "# The default network, layer by layer", "\nnetwork:\n",
		"\n  trunk::2::dropout: {type: Dropout, inputs: trunk::2, rate: 0.3}\n",
		"\n  price: {type: Dense, ")
	checkFails(t, "--network needs the columns to predict: want --heads", "init", path, "--network",
		"--out", "none.yaml")

	var models []string
	for _, file := range []string{"shop.yaml", "listed.yaml"} {
		mustCall(t, "train", file, "--epochs", "2", "--log", "none", "--out", file+".run",
			"--set", "name=shop")
		models = append(models, content(t, filepath.Join(file+".run", "model.safetensors")))
	}
	if models[0] != models[1] {
		t.Error("the model of the listed network has other bytes")
	}

	rows := "a,b\n1,2\n3,4\n5,6\n"
	if err := os.WriteFile("few.csv", []byte(rows), 0o666); err != nil {
		t.Fatal(err)
	}
	mustCall(t, "init", "few.csv", "--heads", "b", "--out", "few.yaml")
	checkFails(t, "--network: ", "init", "few.csv", "--heads", "b", "--network", "--out", "none.yaml")
	if _, err := os.Stat("none.yaml"); err == nil {
		t.Error("a mistake left none.yaml")
	}
}

func TestInitWithoutHeads(t *testing.T) {
	path := shopRows(t)
	out, _ := mustCall(t, "init", path)
	checkContains(t, out, "shop.yaml: 4 inputs, 0 heads", "it has no heads yet: move the columns",
		"these could be heads: size, colour, kind, price")
	file, messages := mustCall(t, "init", path, "--out", "-")
	checkContains(t, messages, "it has no heads yet")
	if file != content(t, "shop.yaml") {
		t.Errorf("got\n%s\nwant\n%s", file, content(t, "shop.yaml"))
	}
}

// TestInitReads checks that the settings for reading a file come into the experiment.
func TestInitReads(t *testing.T) {
	t.Chdir(t.TempDir())
	var text strings.Builder
	text.WriteString("name|size\n")
	for i := range 40 {
		fmt.Fprintf(&text, "caf\xe9 %d|%d\n", i%4, i*7919%400)
	}
	if err := os.WriteFile("a.csv", []byte(text.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	mustCall(t, "init", "a.csv", "--heads", "size", "--encoding", "latin1", "--delimiter", "|")
	checkContains(t, content(t, "a.yaml"), "delimiter: ", "encoding: latin1", "café 0")
}

func TestInitMistakes(t *testing.T) {
	path := shopRows(t)
	checkFails(t, `unknown column "knd", want one of`, "init", path, "--heads", "knd")
	checkFails(t, "none.csv", "init", "none.csv")
	checkFails(t, "--delimiter: got", "init", path, "--delimiter", ";;")
	checkFails(t, "--encoding: got", "init", path, "--encoding", "utf-16")
	checkFails(t, "accepts 1 arg", "init")
	checkFails(t, "no such file or directory", "init", path, "--heads", "kind", "--out",
		"no/shop.yaml")
	for _, name := range []string{"shop.yaml", "none.yaml"} {
		if _, err := os.Stat(name); err == nil {
			t.Errorf("a mistake left %s", name)
		}
	}
}

// TestCreateFile checks that a file that appears meanwhile is not overwritten.
func TestCreateFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.yaml")
	if err := createFile(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := createFile(path, []byte("second")); err == nil || content(t, path) != "first" {
		t.Errorf("got error %v and content %q, want an error and the first one", err, content(t, path))
	}
}

func TestExperimentFor(t *testing.T) {
	for path, want := range map[string]string{
		"a/shop.csv": "shop.yaml", "shop.csv.gz": "shop.yaml", "photos/": "photos.yaml",
		"a/2024*.parquet": "2024.yaml", "*.csv": "experiment.yaml", "shop.v2.jsonl.zst": "shop.v2.yaml",
	} {
		if got := experimentFor(path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

// A file in another encoding, and one that is no experiment, are errors with the command to run.
func TestInitHints(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	latin := writeFile(t, folder, "latin.csv", []byte("a,b\ncaf\xe9,1\n"))
	for _, verb := range []string{"init", "inspect"} {
		checkFails(t, "is not UTF-8: save the file as UTF-8, or set encoding: latin1 if it is from "+
			"Windows or older\n--encoding latin1 reads such a file", verb, latin)
	}
	rows := writeFile(t, folder, "rows.csv", []byte(ownTable(100)))
	checkFails(t, "want an experiment file: braid init "+rows+" writes one", "train", rows)
	const left = "rows.yaml: 4 inputs, 1 head, 1 column left out, from 100 rows\n"
	out, _ := mustCall(t, "init", rows, "--heads", "kind")
	checkContains(t, out, left)
	all := writeFile(t, folder, "all.csv", []byte(strings.ReplaceAll(ownTable(100), "id,", "size2,")))
	out, _ = mustCall(t, "init", all, "--heads", "size2,kind")
	checkContains(t, out, "all.yaml: 4 inputs, 2 heads, from 100 rows\n")
}
