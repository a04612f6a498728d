package suggest

import (
	"errors"
	"io/fs"
	"os"
	"testing"
)

func TestMissingFile(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"in/shop.csv", "in/b.csv", "in/d.csv", "in/c.csv", "other"} {
		if err := errors.Join(os.MkdirAll("in", 0o777), os.WriteFile(name, nil, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("gone", "in/link.csv"); err != nil {
		t.Fatal(err)
	}
	const none = ": no such file or directory, want rows"
	for path, want := range map[string]string{
		"in/shp.csv":    "in/shp.csv" + none + `; did you mean "in/shop.csv"?`,
		"in/Shop.csv":   "in/Shop.csv" + none + `; did you mean "in/shop.csv"?`,
		"./in/zzzz.csv": "./in/zzzz.csv" + none + `; its folder has "b.csv", "c.csv", "d.csv"`,
		"in/zzzz.json":  "in/zzzz.json" + none,
		"in/shop.tsv":   "in/shop.tsv" + none + `; did you mean "in/shop.csv"?`,
		"zzzz":          "zzzz" + none,
		"othr":          "othr" + none + `; did you mean "other"?`,
		"out/shop.csv":  "out/shop.csv" + none + ": there is no folder out",
		"in/link.csv":   "in/link.csv" + none + ": it is a link to one that is not there",
		"in/\x1b.csv":   "in/?.csv" + none + `; its folder has "b.csv", "c.csv", "d.csv"`,
	} {
		_, err := os.Stat(path)
		err = MissingFile(path, "rows", err)
		if !errors.Is(err, fs.ErrNotExist) || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	_, err := os.Stat("other/shop.csv") // other is a file
	if got := MissingFile("other/shop.csv", "rows", err); got != err {
		t.Errorf("got %v, want %v", got, err)
	}
}
