package braid_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated files of docs")

const architecture = "docs/architecture.svg"

// TestArchitecture compares docs/architecture.svg with the table of floors and the imports of the
// tree. go test . -run Architecture -update writes it.
func TestArchitecture(t *testing.T) {
	want := drawArchitecture(t)
	if *update {
		if err := os.WriteFile(architecture, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(architecture)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the imports give: go test . -run Architecture -update", architecture)
	}
}

// Sizes in the picture, in pixels.
const (
	pictureWidth = 1180
	floorHeight  = 66
	boxHeight    = 30
	labelWidth   = 250
)

// floorNames are the labels of the floors.
var floorNames = map[int]string{
	0:  "arrays, inner loops",
	1:  "files, text, pictures, threads",
	2:  "contract of a layer, digits",
	3:  "engine",
	4:  "graphs, models, tables",
	5:  "layers, losses, optimizers",
	7:  "training, model files",
	8:  "questions and answers",
	9:  "values of inputs",
	10: "server, many rows",
	11: "verbs",
	12: "programs",
}

type box struct{ x, y, width int }

// drawArchitecture draws a row of boxes for each floor, the highest at the top, and a line for each
// import.
func drawArchitecture(t *testing.T) []byte {
	byFloor := map[int][]string{}
	for pkg, floor := range floors {
		if floor <= 12 {
			byFloor[floor] = append(byFloor[floor], pkg)
		}
	}
	order := slices.Sorted(maps.Keys(byFloor))
	slices.Reverse(order)
	boxes := map[string]box{}
	for row, floor := range order {
		slices.Sort(byFloor[floor])
		total := 0
		for _, pkg := range byFloor[floor] {
			total += boxWidth(pkg) + 12
		}
		x := labelWidth + (pictureWidth-labelWidth-total)/2
		for _, pkg := range byFloor[floor] {
			boxes[pkg] = box{x, 20 + row*floorHeight, boxWidth(pkg)}
			x += boxWidth(pkg) + 12
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" `+
		`font-family="sans-serif" font-size="13">`+"\n", pictureWidth, 20+len(order)*floorHeight)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="#fff"/>`+"\n")
	for row, floor := range order {
		fmt.Fprintf(&b, `<text x="16" y="%d" fill="#555">%d  %s</text>`+"\n", 40+row*floorHeight, floor,
			floorNames[floor])
	}
	lines := map[string]bool{}
	eachImport(t, func(_, pkg, imported string) {
		from, ok := boxes[pkg]
		to, ours := boxes[imported]
		if ok && ours {
			x1, y1, x2, y2 := from.x+from.width/2, from.y+boxHeight, to.x+to.width/2, to.y
			lines[fmt.Sprintf(`<path d="M%d %dC%d %d %d %d %d %d"/>`, x1, y1, x1, (y1+y2)/2, x2, (y1+y2)/2,
				x2, y2)] = true
		}
	})
	fmt.Fprintf(&b, `<g fill="none" stroke="#0b6e7f" stroke-opacity="0.22">`+"\n%s\n</g>\n",
		strings.Join(slices.Sorted(maps.Keys(lines)), "\n"))
	for _, pkg := range slices.Sorted(maps.Keys(boxes)) {
		p, fill, stroke := boxes[pkg], "#eaf4f5", "#0b6e7f"
		if strings.Contains(pkg, "internal/") {
			fill, stroke = "#f4f4f2", "#888"
		}
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" rx="6" fill="%s" stroke="%s"/>`, p.x,
			p.y, p.width, boxHeight, fill, stroke)
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", p.x+p.width/2, p.y+20,
			boxName(pkg))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// boxName returns a package's path within the module; the root package has the module's name.
func boxName(pkg string) string {
	if name, below := strings.CutPrefix(pkg, "braid/"); below {
		return name
	}
	return pkg
}

func boxWidth(pkg string) int { return 20 + 7*len(boxName(pkg)) }
