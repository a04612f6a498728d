package random

import (
	"math"
	"slices"
	"testing"
)

// The moments of 200,000 draws are within six standard errors of the distribution's.
func TestMoments(t *testing.T) {
	const n = 200_000
	s := New(3, "moments")
	var unit, normal [5]float64
	for i := range uint64(n) {
		u, z := float64(s.Unit(i)), float64(s.Normal(i))
		for p := 1; p <= 4; p++ {
			unit[p] += math.Pow(u, float64(p)) / n
			normal[p] += math.Pow(z, float64(p)) / n
		}
	}
	for _, c := range []struct {
		name           string
		got, want, dev float64
	}{
		{"unit mean", unit[1], 1. / 2, math.Sqrt(1. / 12)},
		{"unit square", unit[2], 1. / 3, math.Sqrt(4. / 45)},
		{"normal mean", normal[1], 0, 1},
		{"normal square", normal[2], 1, math.Sqrt(2)},
		{"normal cube", normal[3], 0, math.Sqrt(15)},
		{"normal fourth", normal[4], 3, math.Sqrt(96)},
	} {
		if off := math.Abs(c.got - c.want); off > 6*c.dev/math.Sqrt(n) {
			t.Errorf("%s is %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestStreamsDiffer(t *testing.T) {
	streams := map[Stream]string{}
	for name, s := range map[string]Stream{
		"seed 1": New(1, "a"), "seed 2": New(2, "a"), "b": New(1, "b"), "ab": New(1, "ab"),
		"ba": New(1, "ba"), "epoch 0": New(1, "a", 0), "epoch 1": New(1, "a", 1),
		"0,1": New(1, "a", 0, 1), "1,0": New(1, "a", 1, 0), "seed 0": New(0, "a"),
	} {
		if other, ok := streams[s]; ok {
			t.Errorf("streams %q and %q are the same", name, other)
		}
		streams[s] = name
	}
}

func TestPermutation(t *testing.T) {
	const n = 5
	counts := [n][n]int{}
	const rounds = 20_000
	for epoch := range uint64(rounds) {
		order := make([]int32, n)
		New(7, "shuffle", epoch).Permutation(order)
		for position, item := range order {
			counts[position][item]++
		}
		slices.Sort(order)
		if !slices.Equal(order, []int32{0, 1, 2, 3, 4}) {
			t.Fatalf("epoch %d is not a permutation: %v", epoch, order)
		}
	}
	for position, row := range counts {
		for item, count := range row {
			// Six standard deviations of a binomial count.
			if math.Abs(float64(count)-rounds/n) > 6*math.Sqrt(rounds*0.2*0.8) {
				t.Errorf("item %d is at position %d in %d of %d shuffles",
					item, position, count, rounds)
			}
		}
	}
}
