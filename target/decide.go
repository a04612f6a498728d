package target

import (
	"math"
	"slices"
)

// Guessing measures the outputs of a model that does not look at its inputs, as Score does.
func Guessing(d Decoder, cells []string) (Score, error) {
	return d.Score(slices.Repeat(d.Guess(), len(cells)), cells)
}

// leastError keeps the error of guessing above 0, which it is divided by.
const leastError = 1e-9

// Factors returns the factors of the two figures of Deciding in the sum that decides which epoch is
// kept, a head's loss / loss of guessing - (1 - error / error of guessing) without its constants.
// The least sum is best. guessing is the Score of Guessing on the validation part. The factors are
// 0 if it has no known row: such a head does not decide.
func Factors(d Decoder, guessing Score) (loss, answers float64) {
	lossName, answersName := d.Deciding()
	guess, mistakes := guessing.Figure(lossName), guessing.Figure(answersName)
	wrong, sign := mistakes.Value, 1.0
	if mistakes.Better > 0 {
		wrong, sign = 1-mistakes.Value, -1
	}
	if math.IsNaN(guess.Value) || math.IsNaN(wrong) {
		return 0, 0
	}
	return 1 / max(guess.Value, leastError), sign / max(wrong, leastError)
}

// Figure returns the figure with a name. Its value is NaN if there is none.
func (s Score) Figure(name string) Figure {
	i := slices.IndexFunc(s.Figures, func(f Figure) bool { return f.Name == name })
	if i < 0 {
		return Figure{Name: name, Value: math.NaN()}
	}
	return s.Figures[i]
}
