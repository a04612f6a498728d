package feature_test

import (
	"testing"

	"braid"
	"braid/feature"
	"braid/layer"
	"braid/tensor"
)

// odd are names of columns that look alike, or that a graph refuses as they are.
var odd = map[string]string{
	"Release Date": "Release Date", "km/h": "km/h", "a.b": "a.b", "名前": "名前", "100%": "100%",
	"a::b": "a%3A:b", "a:b": "a:b", "a:": "a:", "a:::": "a%3A%3A:", "a%3A:b": "a%253A:b",
	" a": "%20a", "a ": "a%20", "a\nb": "a%0Ab", "a\u00a0b": "a%C2%A0b", "\xff": "%FF",
	"%FF": "%25FF", "a%3": "a%3", "a": "a",
}

func TestName(t *testing.T) {
	g, seen := braid.NewGraph("names"), map[string]bool{}
	for column, want := range odd {
		if got := feature.Name(column); got != want || seen[got] {
			t.Errorf("%q is named %q, want %q, once", column, got, want)
		}
		seen[want] = true
		x := g.Input(feature.Name(column), tensor.Float32, 2)
		g.Head(feature.Part(column, "out"), layer.Dense{Units: 1}, x)
	}
	if _, err := g.Build(1); err != nil {
		t.Error(err)
	}
}
