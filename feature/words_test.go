package feature

import (
	"slices"
	"strings"
	"testing"
)

func TestTokens(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		"Don't stop_now, 3.14 ÉTÉ!": "don t stop_now 3 14 été",
		"--":                        "",
		"हिन्दी भाषा":               "हिन्दी भाषा", // marks are part of words
		"日本語":                       "日 日本 本 本語 語",
		"GoでABCを":                   "go で abc を",
		"コーヒー2杯":                    "コ コー ー ーヒ ヒ ヒー ー 2 杯",
		"漢、字":                       "漢 字",
		"ที่นี่":                    "ที่ ที่นี่ นี่", // vowels and tones stay with the consonant
		"안녕 하":                      "안 안녕 녕 하",
		"ＡＢＣ１２":                     "abc12",
		"a\xffb":                    "a b",
		"Ünï-CODE":                  "ünï code",
	} {
		if got := cut(tokens{rest: text}); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%q is cut into %q, want %s", text, got, want)
		}
	}
	got := cut(tokens{rest: "A, \n b日", characters: true})
	if want := []string{"a", ",", " ", "b", "日"}; !slices.Equal(got, want) {
		t.Errorf("characters are %q, want %q", got, want)
	}
}

func cut(t tokens) (list []string) {
	for {
		word, ok := t.next(nil)
		if !ok {
			return list
		}
		list = append(list, string(word))
	}
}

// TestGrams compares with ids computed by a Python program. Model files depend on them.
func TestGrams(t *testing.T) {
	for word, want := range map[string][]int32{
		"cat": {1053, 2676, 2276}, "a": {3437}, "été": {145, 1955, 3916}, "字": {1685},
	} {
		got, fits := gramsOf([]byte(word), make([]int32, 0, 3))
		if !slices.Equal(got, want) || !fits {
			t.Errorf("%s has 3-grams %v, all: %t; want %v", word, got, fits, want)
		}
	}
	got, fits := gramsOf([]byte("cat"), make([]int32, 0, 2))
	if !slices.Equal(got, []int32{1053, 2676}) || fits {
		t.Errorf("two 3-grams of cat are %v, all: %t", got, fits)
	}
}

func TestPercentiles(t *testing.T) {
	var hundred []int
	for i := range 100 {
		hundred = append(hundred, 100-i)
	}
	if got := percentile95(hundred); got != 95 {
		t.Errorf("the 95th percentile of 1 to 100 is %d", got)
	}
	if got := percentile95([]int{9, 3}); got != 9 {
		t.Errorf("the 95th percentile of 3 and 9 is %d", got)
	}
	if got := median([]int{9, 1, 4, 2}); got != 3 {
		t.Errorf("the median is %v, want 3", got)
	}
	for _, c := range []struct {
		length  Length
		lengths []int
		want    int
	}{{0, nil, 1}, {0, []int{0}, 1}, {0, []int{999}, 256}, {7, []int{999}, 7}} {
		if got := c.length.steps(c.lengths, 256); got != c.want {
			t.Errorf("%d of %v: %d steps, want %d", c.length, c.lengths, got, c.want)
		}
	}
}
