package curves

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// wholeTicks puts about ten ticks at whole epochs, which count from 1.
type wholeTicks struct{}

func (wholeTicks) Ticks(lo, hi float64) []plot.Tick {
	every, _ := step((hi-lo)/10, 0)
	var list []plot.Tick
	if every > 1 && lo <= 1 {
		list = append(list, plot.Tick{Value: 1, Label: "1"})
	}
	for i := math.Ceil(lo / every); i*every <= hi; i++ {
		if v := i * every; v >= 1 {
			list = append(list, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'f', 0, 64)})
		}
	}
	return list
}

// roundTicks puts up to nine ticks at round numbers.
type roundTicks struct{}

func (roundTicks) Ticks(lo, hi float64) []plot.Tick {
	every, power := step((hi-lo)/8, -400)
	var list []plot.Tick
	for i := math.Ceil(lo / every); i*every <= hi; i++ {
		list = append(list, plot.Tick{Value: i * every, Label: label(i*every, power)})
	}
	return list
}

// step is the least of 1, 2 and 5 times a power of ten, at least 10^least, that is width or more.
func step(width float64, least int) (size float64, power int) {
	power = max(int(math.Floor(math.Log10(width))), least)
	for {
		for _, digit := range []float64{1, 2, 5} {
			if size = digit * math.Pow10(power); size >= width {
				return size, power
			}
		}
		power++
	}
}

// label writes a multiple of 10^power with the digits it needs.
func label(v float64, power int) string {
	if v == 0 { // or -0
		return "0"
	}
	if power < -6 || power > 5 {
		digits := int(math.Floor(math.Log10(math.Abs(v)))) - power + 1
		return strconv.FormatFloat(v, 'g', max(digits, 1), 64)
	}
	return strconv.FormatFloat(v, 'f', max(-power, 0), 64)
}
