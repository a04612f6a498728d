package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"braid/internal/random"
)

// ownRows are rows of people's own data: columns that the network reads, a category and a number
// that follow from them, with gaps, and an id.
const ownRows = 300

// writeOwn writes rows.csv and its experiment file into a new folder, and returns the path of the
// latter. lines are more lines of the file.
func writeOwn(t testing.TB, lines ...string) string {
	t.Helper()
	return writeOwnOf(t, ownRows, lines...)
}

// writeOwnOf is writeOwn with another number of rows.
func writeOwnOf(t testing.TB, rows int, lines ...string) string {
	t.Helper()
	folder := t.TempDir()
	writeFile(t, folder, "rows.csv", []byte(ownTable(rows)))
	lines = append([]string{
		"data: rows.csv", "inputs:", "  size: number", "  colour: category", "  note: text", "heads:",
		"  kind: category", "  weight: number", "ignore: [id]", "train: {epochs: 6, patience: 1000}",
	}, lines...)
	return writeFile(t, folder, "own.yaml", []byte(strings.Join(lines, "\n")+"\n"))
}

// ownTable returns rows as CSV.
func ownTable(rows int) string {
	draw := random.New(1, "own")
	var b strings.Builder
	b.WriteString("id,size,colour,note,kind,weight\n")
	for i := range rows {
		bits := draw.Bits(uint64(i))
		size, colour := bits%50, []string{"red", "green", "blue"}[bits>>8%3]
		kind, weight := "small", fmt.Sprint(float64(size)/4+1)
		if size > 20 {
			kind = "large"
		}
		if colour == "red" {
			kind = "warm"
		}
		if bits>>16%4 == 0 {
			kind = ""
		}
		if bits>>20%3 == 0 {
			weight = ""
		}
		note := fmt.Sprintf("%s thing, %d", colour, bits>>24%9)
		fmt.Fprintf(&b, "%d,%d,%s,\"%s\",%s,%s\n", i, size, colour, note, kind, weight)
	}
	return b.String()
}

// trainOwn trains on rows and returns the run folder and the folder of the data.
func trainOwn(t testing.TB, lines ...string) (run, folder string) {
	t.Helper()
	file := writeOwn(t, lines...)
	run = filepath.Join(t.TempDir(), "run")
	mustCall(t, "train", file, "--out", run, "--log", "none")
	return run, filepath.Dir(file)
}
