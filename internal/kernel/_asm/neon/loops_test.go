package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"braid/internal/kernel/_asm/arm64"
)

var update = flag.Bool("update", false, "write the table of docs/arm64.md")

// least is the share of multiplications that the loops of large products have at least.
const least = 0.75

// large has the tiles of large products.
var large = []string{
	"dots4x3NEON", "lanes6x3NEON", "lanesAdjacent8x3NEON", "indirect6x3NEON",
	"indirectAdjacent8x3NEON",
}

// core is a processor for an estimate: what its core does in a cycle at most, and how many cycles
// pass before a sum can be added to again.
type core struct{ instructions, fmas, loads, latency float64 }

var (
	appleM1    = core{instructions: 8, fmas: 4, loads: 3, latency: 4}
	neoverseV2 = core{instructions: 6, fmas: 4, loads: 3, latency: 2}
)

// rate returns the share of the core's multiplications that a product's loop reaches if memory does
// not delay it.
func (c core) rate(l arm64.Loop) float64 {
	n := float64(l.FMAs)
	cycles := max(n/c.fmas, float64(l.Instructions)/c.instructions, float64(l.Loads)/c.loads,
		n/float64(l.Sums)*c.latency)
	return n / c.fmas / cycles
}

func share(l arm64.Loop) float64 { return float64(l.FMAs) / float64(l.Instructions) }

// TestLoops counts the instructions of the loops of products, convolutions and LSTM cells, and
// compares the table of docs/arm64.md.
func TestLoops(t *testing.T) {
	kernels()
	kinds := regexp.MustCompile("^(dots|lanes|indirect|lstm)")
	loops := map[string]arm64.Loop{} // of each function the one with the most multiplications
	for _, l := range arm64.Loops() {
		if kinds.MatchString(l.Function) && l.FMAs > loops[l.Function].FMAs {
			loops[l.Function] = l
		}
	}
	for _, name := range large {
		if s := share(loops[name]); s < least {
			t.Errorf("%s: %.3f of its instructions are multiplications, want %v", name, s, least)
		}
	}
	compareTable(t, table(loops))
}

func table(loops map[string]arm64.Loop) string {
	b := new(strings.Builder)
	fmt.Fprintln(b, "| kernel | instructions | multiplications | share | Apple M1 | Neoverse V2 |")
	fmt.Fprintln(b, "| --- | --- | --- | --- | --- | --- |")
	for _, name := range slices.Sorted(maps.Keys(loops)) {
		l := loops[name]
		name = strings.TrimSuffix(name, "NEON")
		fmt.Fprintf(b, "| `%s` | %d | %d | %.2f |", name, l.Instructions, l.FMAs, share(l))
		if strings.HasPrefix(name, "lstm") {
			fmt.Fprintln(b, " | |")
			continue
		}
		fmt.Fprintf(b, " %.2f | %.2f |\n", appleM1.rate(l), neoverseV2.rate(l))
	}
	return b.String()
}

// compareTable compares the table between the marks in docs/arm64.md, or writes it.
func compareTable(t *testing.T, want string) {
	const begin, end = "<!-- counts -->\n", "<!-- end of counts -->\n"
	path := filepath.Join("..", "..", "..", "..", "docs", "arm64.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	got, after, closed := strings.Cut(rest, end)
	switch {
	case !found || !closed:
		t.Fatalf("%s lacks the marks of its table", path)
	case got == want:
	case *update:
		if err := os.WriteFile(path, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("the table of %s is not that of the kernels: run go -C internal/kernel/_asm test "+
			"./neon -update", path)
	}
}
