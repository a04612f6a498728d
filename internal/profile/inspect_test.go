package profile

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid/experiment"
	"braid/feature"
	"braid/target"
)

// divided returns the rows of a frame in three parts: two thirds, a sixth and a sixth, in order.
func divided(n int) (rows [experiment.Parts][]int32) {
	for row := range n {
		part := 0
		switch {
		case row >= n*5/6:
			part = 2
		case row >= n*4/6:
			part = 1
		}
		rows[part] = append(rows[part], int32(row))
	}
	return rows
}

// found returns the findings as lines: their level, column and text.
func found(r *Report) string {
	var lines []string
	for _, f := range r.Findings {
		lines = append(lines, fmt.Sprintf("%s %s: %s", f.Level, f.Column, f.Text))
		for _, p := range f.Places {
			lines = append(lines, "  "+filepath.Base(p.At)+" "+p.Text)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// TestInspect checks each finding, and that data without any has none.
func TestInspect(t *testing.T) {
	const n = 60
	kinds := append(cycle(40, "a", "b", "a"), append(cycle(10, "b", "c"), cycle(10, "a", "b")...)...)
	for name, c := range map[string]struct {
		columns []column
		edit    func(e *experiment.Experiment)
		want    []string
		trains  bool
	}{
		"nothing": {trains: true, columns: []column{{"k", cycle(n, "a", "b", "a")}}},
		"bad cells": {
			columns: []column{{"x", with(spread(n), "1O", "7", "-", "z z")}, {"k", cycle(n, "a", "b", "a")}},
			want: []string{"error x: 2 cells cannot be read\n  shop.csv:2 got \"1O\"",
				"\n  shop.csv:5 got \"z z\""},
		},
		"class not in training": {trains: true, columns: []column{{"k", kinds}},
			want: []string{"warning k: 1 class has no training row, so that all answers there are wrong: " +
				`"c"`}},
		"rare classes": {trains: true, columns: []column{{"k", kinds}},
			edit: func(e *experiment.Experiment) { e.Heads[0].Target = target.Category{MinCount: 13} },
			want: []string{"remark k: 1 class has fewer than 13 training rows, and count as missing " +
				"(min_count), in 5 rows"}},
		"training alone": {trains: true, columns: []column{{"k", with(cycle(n, "a", "b", "a"), "c",
			"c")}},
			want: []string{`remark k: 1 class has training rows alone: "c"`}},
		"mostly different": {trains: true, columns: []column{{"k", cycle(n, each(30, "k%d")...)}},
			want: []string{"warning k: 30 different labels in 60 rows: most cannot be learnt"}},
		"not so different": {trains: true, columns: []column{{"k", cycle(n, each(10, "k%d")...)}}},
		"one class":        {columns: []column{{"k", cycle(n, "a", "")}}, want: []string{"error k: "}},
		"no label in training": {columns: []column{{"k", append(cycle(40, ""), cycle(20, "a", "b")...)}},
			want: []string{"error k: no training row has a label"}},
		"identifier": {trains: true, columns: []column{{"k", cycle(n, "a", "b", "a")}, {"id", spread(n)}},
			want: []string{"warning id: it seems to be of no use for new rows: an identifier"},
			edit: func(e *experiment.Experiment) {
				e.Inputs = append(e.Inputs, experiment.Input{Column: "id", Feature: feature.Number{}})
			}},
		"leak": {trains: true, columns: []column{{"k", cycle(n, "a", "b", "a")}, {"z", cycle(n, "p", "q",
			"p")}},
			want: []string{`warning z: says what head "k" is`},
			edit: func(e *experiment.Experiment) {
				e.Inputs = append(e.Inputs, experiment.Input{Column: "z", Feature: feature.Category{}})
			}},
		"unused": {trains: true, columns: []column{{"k", cycle(n, "a", "b", "a")}, {"z", spread(n)},
			{"y", spread(n)}}, want: []string{"remark : columns that are not used: z; add them"},
			edit: func(e *experiment.Experiment) { e.Ignore = []string{"y"} }},
		"copies": {trains: true, columns: []column{{"k", with(cycle(n, "a", "b", "a"), "a", "a", "b")},
			{"x", with(spread(n), "5", "5", "5")}},
			want: []string{"remark : 1 exact copy of earlier rows", "\n  shop.csv:3 as ",
				"remark : 1 row with the inputs of an earlier row, but other labels", "\n  shop.csv:4 as "}},
		"one value": {trains: true, columns: []column{{"k", cycle(n, "a", "b", "a")}, {"z", cycle(n,
			"p")}},
			want: []string{`remark z: one value, the same in every row: "p"`},
			edit: func(e *experiment.Experiment) {
				e.Inputs = append(e.Inputs, experiment.Input{Column: "z", Feature: feature.Category{}})
			}},
	} {
		t.Run(name, func(t *testing.T) {
			columns := c.columns
			if !slices.ContainsFunc(columns, func(c column) bool { return c.name == "x" }) {
				columns = append(columns, column{"x", spread(n)})
			}
			e := &experiment.Experiment{
				Inputs: []experiment.Input{{Column: "x", Feature: feature.Number{}}},
				Heads:  []experiment.Head{{Column: "k", Target: target.Category{}}},
			}
			if c.edit != nil {
				c.edit(e)
			}
			r, err := Inspect(Data{Experiment: e, Rows: divided(n), Workers: 2,
				Frame: frameOf(t, filepath.Join(t.TempDir(), "shop.csv"), columns...)}, "shop.yaml")
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !strings.Contains(found(r), want) {
					t.Errorf("%q is missing in\n%s", want, found(r))
				}
			}
			if len(c.want) == 0 && len(r.Findings) > 0 {
				t.Errorf("got findings\n%s", found(r))
			}
			if r.Trains != c.trains {
				t.Errorf("trains: got %v, want %v", r.Trains, c.trains)
			}
		})
	}
}

func TestInspectClasses(t *testing.T) {
	const n = 60
	frame := frameOf(t, filepath.Join(t.TempDir(), "shop.csv"), column{"x", spread(n)},
		column{"k", cycle(n, "b", "a", "b", "", "b")},
		column{"l", cycle(n, "r;s", "s", "", "s;t;r")}, column{"y", cycle(n, "Yes", "no", "no")})
	r, err := Inspect(Data{Frame: frame, Rows: divided(n), Workers: 1,
		Experiment: &experiment.Experiment{
			Inputs: []experiment.Input{{Column: "x", Feature: feature.Number{}}},
			Heads: []experiment.Head{{Column: "k", Target: target.Category{}},
				{Column: "l", Target: target.Labels{}}, {Column: "x", Target: target.Number{}},
				{Column: "y", Target: target.Binary{}}},
		}}, "shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := []HeadReport{
		{"k", "category", PartRows{32, 8, 8}, []ClassCount{{"b", PartRows{24, 6, 6}}, {"a", PartRows{8,
			2, 2}}}},
		{"l", "labels", PartRows{30, 8, 7}, []ClassCount{{"s", PartRows{30, 8, 7}}, {"r", PartRows{20, 5,
			5}},
			{"t", PartRows{10, 2, 3}}}},
		{"x", "number", PartRows{40, 10, 10}, nil},
		{"y", "binary", PartRows{40, 10, 10}, []ClassCount{{"no", PartRows{26, 7, 7}}, {"Yes",
			PartRows{14, 3, 3}}}},
	}
	if fmt.Sprint(r.Heads) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", r.Heads, want)
	}
	if *r.Parts != (PartRows{40, 10, 10}) {
		t.Errorf("got parts %v", *r.Parts)
	}
}

// TestPrint checks that reports of few and of many columns fit in 100 characters.
func TestPrint(t *testing.T) {
	columns := []column{{"x", spread(60)}, {"k", cycle(60, "b", "a", "b")},
		{"a name that is much longer than people would write for a column", words(60, 9)}}
	for i := range 60 {
		columns = append(columns, column{fmt.Sprintf("column %d", i), by(spread(60), func(row int,
			c string) string {
			return fmt.Sprintf("%se%d", c, i%40)
		})})
	}
	for _, n := range []int{3, 63} {
		frame := frameOf(t, filepath.Join(t.TempDir(), "shop.csv"), columns[:n]...)
		r, err := InspectFrame(frame, "shop.csv", 2)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := r.Print(&out); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(out.String(), "\n")
		if len(lines) < n+3 {
			t.Errorf("%d lines for %d columns:\n%s", len(lines), n, &out)
		}
		for _, line := range lines {
			if len([]rune(line)) > 100 {
				t.Errorf("%d characters: %s", len([]rune(line)), line)
			}
		}
		if content, err := json.Marshal(r); err != nil || !json.Valid(content) {
			t.Errorf("JSON: %v", err)
		}
	}
}

func TestColumnReport(t *testing.T) {
	r := describeCells(t, "a", with(spread(41), "NA", "-", "", "3", "2", "1")).report()
	if r.Missing != 3 || r.NAs != 2 || r.Numbers != 38 || *r.Min != 1 {
		t.Errorf("got %d missing, %d words, %d numbers, min %v, want 3, 2, 38, 1", r.Missing, r.NAs,
			r.Numbers, *r.Min)
	}
	long := describeCells(t, "a", cycle(30, strings.Repeat("x ", 300), "b", "c")).report()
	if n := len([]rune(long.Examples[0])); n > 200 || len([]rune(long.Top[0].Value)) != n {
		t.Errorf("got an example of %d characters", n)
	}
	d := describeCells(t, "a", cycle(30, "2024-01-13", "2023-05-02", "-", "2021-01-01")).report()
	if d.First != "2021-01-01" || d.Last != "2024-01-13" || d.Missing != 7 || d.Dates != 23 {
		t.Errorf("got dates from %s to %s, %d missing, %d dates", d.First, d.Last, d.Missing, d.Dates)
	}
}
