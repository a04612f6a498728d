package main

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestMedianOf(t *testing.T) {
	read := medianOf("train_s", "rows")
	got, err := read([]byte(`{"epoch":1,"train_s":9}
{"train_s":2,"loss":null,"rows":7}
{"train_s":4}
`))
	if err != nil || !maps.Equal(got, readings{"train_s": 4, "rows": 7}) {
		t.Errorf("medians are %v (%v), want 4 and 7", got, err)
	}
	for _, bad := range []string{"", "{\"train_s\":1}", "Traceback"} {
		if _, err := read([]byte(bad)); err == nil {
			t.Errorf("%q gives no error", bad)
		}
	}
}

func TestReadLimit(t *testing.T) {
	got, err := readLimit([]byte("ep 1 train 30.1 ms\n" +
		"L=16 nt=1: train median 28.25 ms min 27.9 | +eval median 31.0\n"))
	if err != nil || got["train_s"] != 28.25/1e3 {
		t.Errorf("median is %v (%v), want 0.02825 s", got, err)
	}
	if _, err := readLimit([]byte("ep 1 train 30.1 ms")); err == nil {
		t.Error("output without a median gives no error")
	}
}

func TestEnvironment(t *testing.T) {
	base := []string{"HOME=/root", "OPENBLAS_L2_SIZE=512", "OPENBLAS_CORETYPE=Haswell"}
	got := environment(base, []string{"OPENBLAS_L2_SIZE", "OPENBLAS_CORETYPE=SkylakeX", "FTZ=1"})
	want := []string{"HOME=/root", "OPENBLAS_CORETYPE=SkylakeX", "FTZ=1"}
	if !slices.Equal(got, want) {
		t.Errorf("environment is %q, want %q", got, want)
	}
}

// Every name in a row is a contender's, and choosing rows leaves out the other contenders.
func TestRowsHaveContenders(t *testing.T) {
	have := map[string]bool{}
	for _, c := range contests() {
		for _, who := range c.contenders {
			have[c.name+"/"+who.name] = true
		}
	}
	for _, r := range rows() {
		for _, name := range append([]string{r.ours}, r.theirs...) {
			if !have[r.contest+"/"+name] {
				t.Errorf("row %q wants %s, which contest %s does not have", r.what, name, r.contest)
			}
		}
	}
	list, needed := chosen(regexp.MustCompile("^wide, 1"))
	if len(list) != 1 || len(needed) != 1 || len(needed[0].contenders) != 2 {
		t.Errorf("the choice is %d rows, contests %+v", len(list), needed)
	}
}

func TestParse(t *testing.T) {
	s, only, err := parse([]string{"-runs", "3", "-only", "text|wide"})
	if err != nil || s.runs != 3 || s.epochs != 20 || only.MatchString("seed") {
		t.Errorf("settings are %+v, %v (%v)", s, only, err)
	}
	for _, c := range []struct{ args, want string }{
		{"-runs 0", "are 0, 20 and 3, want 1 or more"}, {"-only (", "-only: "},
		{"fast", `argument "fast"`},
	} {
		_, _, err := parse(strings.Fields(c.args))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %q", c.args, err, c.want)
		}
	}
}
