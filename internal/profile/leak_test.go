package profile

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

// head returns n labels: a, b, c in unequal shares.
func head(n int) []string { return cycle(n, "a", "a", "b", "a", "c", "b", "a") }

// by returns cells that a function makes of cells and their rows.
func by(cells []string, to func(i int, cell string) string) []string {
	list := make([]string, len(cells))
	for i, cell := range cells {
		list[i] = to(i, cell)
	}
	return list
}

func TestLeak(t *testing.T) {
	numbers := spread(200)
	convert := func(f func(x float64) string) []string {
		return by(numbers, func(_ int, cell string) string {
			x, _ := plainNumber(cell)
			return f(x)
		})
	}
	fine := func(n int) []string {
		return by(head(210), func(i int, label string) string { return label + fmt.Sprint(i/n) + "." })
	}
	coarse := by(head(210), func(i int, label string) string { return label + fmt.Sprint(i%2) })
	for name, c := range map[string]struct{ head, input, want string }{
		"copy":             {"h", "copy", `the same as head "h" in 210 of 210 rows`},
		"upper case":       {"h", "upper", `the same as head "h" in 210 of 210 rows`},
		"one wrong":        {"h", "wrong 1", `the same as head "h" in 209 of 210 rows`},
		"two wrong":        {"h", "wrong 2", ""},
		"with gaps":        {"gaps", "copy", `the same as head "gaps" in 205 of 205 rows`},
		"finer":            {"h", "finer", "says what head"},
		"finer, two wrong": {"h", "finer wrong", ""},
		"coarser":          {"finer", "h", ""},
		"4 rows of each":   {"h", "fine 4", ""},
		"5 rows of each":   {"h", "fine 5", "says what head"},
		"by gaps":          {"known", "when known", "says what head"},
		"rare labels":      {"rare", "h", ""},
		"9 other labels":   {"9 of 210", "is 9", ""},
		"10 other labels":  {"10 of 210", "is 10", "says what head"},
		"most rare labels": {"19 of 210", "is 18", ""},
		"unrelated":        {"h", "numbers", ""},

		"other unit":   {"numbers", "inches", "goes up or down exactly"},
		"falls":        {"numbers", "minus", "goes up or down exactly"},
		"rounded":      {"numbers", "rounded", "goes up or down exactly"},
		"nearly":       {"numbers", "noisy", ""},
		"9 numbers":    {"numbers", "tens", ""},
		"mostly equal": {"mostly 0", "numbers", ""},
		"years":        {"rising", "years", ""},
	} {
		t.Run(name, func(t *testing.T) {
			grown := func(cells []string) []string { return append(cells, cycle(10, "")...) }
			columns := map[string][]string{
				"h": head(210), "copy": head(210), "finer": coarse,
				"upper":       by(head(210), func(_ int, l string) string { return strings.ToUpper(l) }),
				"wrong 1":     with(head(210), "c"),
				"wrong 2":     with(head(210), "c", "c"),
				"gaps":        with(head(210), "", "", "", "", ""),
				"finer wrong": with(by(coarse, func(_ int, l string) string { return l }), "b0", "b0"),
				"fine 4":      fine(14),
				"fine 5":      fine(15),
				"known": by(head(210), func(_ int, l string) string {
					return map[bool]string{true: "yes", false: "no"}[l == "b"]
				}),
				"when known": by(head(210), func(_ int, l string) string {
					return map[bool]string{true: "2024", false: ""}[l == "b"]
				}),
				"rare":      with(cycle(210, "x"), "y", "y", "y"),
				"9 of 210":  with(cycle(210, "x"), cycle(9, "y")...),
				"10 of 210": with(cycle(210, "x"), cycle(10, "y")...),
				"19 of 210": with(cycle(210, "x"), cycle(19, "y")...),
				"is 9":      with(cycle(210, "p"), cycle(9, "q")...),
				"is 10":     with(cycle(210, "p"), cycle(10, "q")...),
				"is 18":     with(cycle(210, "p"), cycle(18, "q")...),
				"numbers":   grown(numbers),
				"inches":    grown(convert(func(x float64) string { return fmt.Sprintf("%.2f", x/2.54) })),
				"minus":     grown(convert(func(x float64) string { return fmt.Sprint(-x) })),
				"rounded": grown(convert(func(x float64) string {
					return fmt.Sprint(math.Round(x / 100))
				})),
				"noisy": grown(convert(func(x float64) string { return fmt.Sprint(x + 40*math.Sin(x)) })),
				"tens": grown(convert(func(x float64) string {
					return fmt.Sprint(math.Floor(x / 250))
				})),
				"years":  by(head(210), func(i int, _ string) string { return fmt.Sprint(1800 + i) }),
				"rising": by(head(210), func(i int, _ string) string { return fmt.Sprintf("%d.5", i*i) }),
				"mostly 0": grown(convert(func(x float64) string {
					return map[bool]string{true: fmt.Sprint(x), false: "0"}[x > 1950]
				})),
			}
			frame := frameOf(t, filepath.Join(t.TempDir(), "data.csv"), column{"in", columns[c.input]},
				column{c.head, columns[c.head]})
			list, err := Columns(frame, 2)
			if err != nil {
				t.Fatal(err)
			}
			l, err := readLabels(frame, list[1])
			if err != nil {
				t.Fatal(err)
			}
			got, err := l.leak(frame, list[0])
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
