package braid_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// floors is the floor of each package. A package imports only packages of lower floors.
var floors = map[string]int{
	"braid/tensor":                      0,
	"braid/internal/kernel":             0,
	"braid/internal/suggest":            0,
	"braid/internal/atomicfile":         0,
	"braid/internal/gunzip":             0,
	"braid/internal/inflate":            0,
	"braid/internal/jpeggrey":           0,
	"braid/internal/exif":               0,
	"braid/internal/parallel":           1,
	"braid/internal/kinds":              1,
	"braid/internal/random":             1,
	"braid/internal/safetensors":        1,
	"braid/text":                        1,
	"braid/vision":                      1,
	"braid/vision/digit":                2,
	"braid/vision/picture":              2,
	"braid/op":                          2,
	"braid/internal/engine":             3,
	"braid":                             4,
	"braid/data":                        4,
	"braid/data/datafile":               5,
	"braid/data/mnist":                  5,
	"braid/augment":                     5,
	"braid/balance":                     5,
	"braid/layer":                       5,
	"braid/loss":                        5,
	"braid/metric":                      5,
	"braid/optim":                       5,
	"braid/feature":                     6,
	"braid/target":                      7,
	"braid/train":                       7,
	"braid/modelfile":                   8,
	"braid/internal/plot":               7,
	"braid/train/tensorboard":           8,
	"braid/digitqa":                     11,
	"braid/predictor":                   9,
	"braid/experiment":                  10,
	"braid/internal/value":              10,
	"braid/internal/batchpredict":       11,
	"braid/internal/profile":            11,
	"braid/internal/report":             11,
	"braid/serve":                       11,
	"braid/internal/cli":                12,
	"braid/bench":                       13,
	"braid/bench/serving":               13,
	"braid/cmd/braid":                   13,
	"braid/examples/digitqa":            13,
	"braid/examples/food":               13,
	"braid/examples/owndata":            13,
	"braid/examples/record":             13,
	"braid/examples/seeds":              13,
	"braid/examples/wasm":               13,
	"braid/examples/wasm/module":        13,
	"braid/internal/braidtest":          100, // imported by tests alone, which this test skips
	"braid/internal/braidtest/chromium": 100,
	"braid/internal/tfjs":               100, // has tests alone
}

// light is the highest floor of the packages that users import: these depend on the standard
// library and golang.org/x/sys alone.
const light = 9

// heavy lists exceptions among them. Only commands that plot import internal/plot, and only those
// that read people's own files, and users who want Parquet or Zstandard, import data/datafile.
// vision/picture reads WebP, BMP and TIFF with golang.org/x/image, whose decoders depend on nothing
// else, and feature composes Unicode characters with golang.org/x/text/unicode/norm.
var heavy = map[string]bool{
	"braid/internal/plot": true, "braid/data/datafile": true, "braid/vision/picture": true,
	"braid/feature": true,
}

func TestFloors(t *testing.T) {
	found := eachImport(t, func(path, pkg, imported string) {
		if floor, known := floors[pkg]; known {
			checkImport(t, path, pkg, floor, imported)
		} else {
			t.Errorf("package %s has no floor: give it one in this table", pkg)
		}
	})
	for pkg := range floors {
		if !found[pkg] {
			t.Errorf("package %s is in the table, but not in the tree", pkg)
		}
	}
}

// eachImport calls visit with each import of the tree's packages, tests excluded, and returns the
// packages.
func eachImport(t *testing.T, visit func(path, pkg, imported string)) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		if err != nil {
			return err
		}
		if entry.IsDir() && path != "." && (strings.HasPrefix(name, ".") ||
			strings.HasPrefix(name, "_") || name == "testdata") {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		pkg := strings.TrimSuffix("braid/"+filepath.ToSlash(filepath.Dir(path)), "/.")
		found[pkg] = true
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			visit(path, pkg, imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func checkImport(t *testing.T, path, pkg string, floor int, imported string) {
	if below, ours := floors[imported]; ours && below >= floor {
		t.Errorf("%s, on floor %d, imports %s, on floor %d", path, floor, imported, below)
	}
	outside := strings.Contains(strings.Split(imported, "/")[0], ".")
	if outside && floor <= light && !heavy[pkg] && !strings.HasPrefix(imported, "golang.org/x/sys") {
		t.Errorf("%s imports %s: library packages may import the standard library and x/sys only", path,
			imported)
	}
}
