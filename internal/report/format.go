package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"braid/internal/suggest"
	"braid/target"
)

// figureNames are the figures whose names for people differ from those for programs.
var figureNames = map[string]string{
	"f1": "F1", "macro_f1": "macro F1", "micro_f1": "micro F1", "auroc": "AUROC", "mae": "MAE",
	"rmse": "RMSE", "r2": "R2",
}

// FigureName returns the name of a figure for people.
func FigureName(name string) string {
	if short, ok := figureNames[name]; ok {
		return short
	}
	return strings.ReplaceAll(name, "_", " ")
}

// isShare reports whether a figure is a share that is shown in percent.
func isShare(name string) bool { return strings.HasSuffix(name, "accuracy") }

// FormatFigure formats the value of a figure: a share in percent, one that is at most 1 with three
// decimals, a number in the unit of its column with four digits.
func FormatFigure(f target.Figure) string {
	switch {
	case math.IsNaN(f.Value):
		return "n/a"
	case isShare(f.Name):
		return percent(f.Value)
	case f.Name == "mae", f.Name == "rmse":
		return inUnit(f.Value)
	}
	return decimals(f.Value)
}

// Better reports whether a figure is better than that of guessing.
func Better(f, guess target.Figure) bool {
	return float64(f.Better)*(f.Value-guess.Value) > 0
}

// Remark compares the first figure of a score, which decides, with that of guessing on the same
// rows. It is empty if the figure is better by more than two standard errors, of its own or of
// guessing. An F1 has no standard error that its value gives.
func Remark(s, guess target.Score) string {
	f := s.Figures[0]
	g := guess.Figure(f.Name)
	switch {
	case !Better(f, g):
		return "no better than guessing"
	case math.Abs(f.Value-g.Value) <= 2*max(standardError(s, f.Name), standardError(guess, f.Name)):
		return "within two standard errors of guessing"
	}
	return ""
}

// standardError returns the standard error of an accuracy or a mean absolute error, 0 for others.
func standardError(s target.Score, name string) float64 {
	v, variance := s.Figure(name).Value, 0.0
	switch name {
	case "accuracy":
		variance = v * (1 - v)
	case "mae":
		rmse := s.Figure("rmse").Value // whose square is the mean of the squares
		variance = max(0, float64(rmse*rmse)-float64(v*v))
	}
	return math.Sqrt(variance / float64(s.Known))
}

// percent formats a share.
func percent(v float64) string {
	if math.IsNaN(v) {
		return "n/a"
	}
	return fmt.Sprintf("%.1f %%", 100*v)
}

// decimals formats a number near 1.
func decimals(v float64) string {
	if math.IsNaN(v) {
		return "n/a"
	}
	return strconv.FormatFloat(math.Round(1000*v)/1000+0, 'f', 3, 64) // + 0: no -0.000
}

// inUnit formats a number of any size with four digits, or all those before the point.
func inUnit(v float64) string {
	size := math.Abs(v)
	if size != 0 && size < 1e-3 || size >= 1e12 {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	decimals := 3
	for ; size >= 10 && decimals > 0; size /= 10 {
		decimals--
	}
	if size != 0 && size < 1 {
		decimals++
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

// signed formats a difference with its sign. text is that of v; one that is rounded to 0 has none.
func signed(text string, v float64) string {
	text = strings.TrimPrefix(text, "-")
	switch {
	case !strings.ContainsAny(text, "123456789"):
		return text
	case v > 0:
		return "+" + text
	}
	return "−" + text
}

// minus returns a number with a minus in place of a hyphen.
func minus(text string) string {
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		return "−" + rest
	}
	return text
}

// grouped formats a count with commas.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// countOf returns a number with its noun.
func countOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// longest is the number of characters of a text of the data that is shown.
const longest = 80

// short returns a text of the data as a line of at most longest characters.
func short(text string) string {
	letters := []rune(suggest.Printable(text))
	if len(letters) > longest {
		return string(letters[:longest-1]) + "…"
	}
	return string(letters)
}
