package profile

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// kinded is a feature or a target.
type kinded interface{ Kind() string }

// written returns the type and its settings that are not the default.
func written(t *testing.T, k kinded) string {
	t.Helper()
	if k == nil {
		return "out"
	}
	var config strings.Builder
	encoder := json.NewEncoder(&config)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(k); err != nil {
		t.Fatal(err)
	}
	settings := strings.NewReplacer(`"`, "", "{", "", "}", "", "\n", "").Replace(config.String())
	return strings.TrimSpace(k.Kind() + " " + settings)
}

// words returns n different texts of some words each.
func words(n, each int) []string {
	cells := make([]string, n)
	for i := range cells {
		var list []string
		for j := range each {
			list = append(list, "w"+strings.Repeat(string(rune('a'+(i*7+j*3)%26)), 1+(i+j)%5)+
				string(rune('a'+i%26))+string(rune('a'+i/26%26)))
		}
		cells[i] = strings.Join(list, " ")
	}
	return cells
}

// TestInput has a case on each side of the boundary of each rule.
func TestInput(t *testing.T) {
	for name, c := range map[string]struct {
		column string
		cells  []string
		want   string
	}{
		"empty":                  {"a", cycle(20, ""), "out"},
		"one value":              {"a", cycle(20, "x"), "out"},
		"one value and a gap":    {"a", with(cycle(20, "x"), ""), "category"},
		"two numbers":            {"a", cycle(20, "2", "7", "2"), "number"},
		"1 and 2":                {"a", cycle(20, "2", "1", "2"), "category"},
		"0 and 1":                {"a", cycle(20, "0", "1", "0"), "binary"},
		"0 and 1 and a gap":      {"a", with(cycle(20, "0", "1", "0"), ""), "binary"},
		"0 and 1 and NA":         {"a", with(cycle(20, "0", "1", "0"), "NA"), "binary missing:[NA]"},
		"yes and no in any case": {"a", cycle(20, "yes", "No", "YES", "no"), "binary"},
		"yes and no, and maybe":  {"a", with(cycle(20, "yes", "no"), "maybe"), "category"},
		"two words":              {"a", cycle(20, "b", "a", "b"), "category"},
		"None and Some and All":  {"a", cycle(20, "None", "Some", "All"), "category"},
		"a word and its opposite": {"a", cycle(20, "spam", "not spam", "spam"),
			"binary true:spam"},

		"1 to 8":             {"a", cycle(40, "1", "2", "3", "4", "5", "6", "7", "8"), "category"},
		"1 to 9":             {"a", cycle(45, "1", "2", "3", "4", "5", "6", "7", "8", "9"), "number"},
		"0 to 3":             {"a", cycle(40, "3", "2", "1", "0"), "category"},
		"2 to 5":             {"a", cycle(40, "3", "2", "4", "5"), "number"},
		"1, 2, 4":            {"a", cycle(40, "1", "2", "4"), "number"},
		"numbers":            {"a", spread(40), "number"},
		"fractions":          {"a", each(40, "%d.5"), "number"},
		"exponents":          {"a", each(40, "%d.25e-3"), "number"},
		"a unit":             {"a", each(40, "%d.5 km"), "number strip:km"},
		"two units":          {"a", with(each(40, "%d.5 km"), "3 m", "4 m", "5 m"), "text"},
		"currency":           {"a", with(each(40, "$%d,250.10"), "$7"), "number thousands:,,strip:$"},
		"per cent":           {"a", each(40, "%d.5%%"), "number strip:%"},
		"decimal comma":      {"a", each(40, "%d,25"), "number decimal:,"},
		"thousands":          {"a", with(each(40, "%d,250"), "950"), "number thousands:,"},
		"thousands with dot": {"a", with(each(40, "1%d.250,5"), "950"), "number decimal:,,thousands:."},
		"below one":          {"a", with(each(40, "%d,125"), "0,250"), "number decimal:,"},
		"NA beside numbers":  {"a", with(spread(40), "NA", "-"), "number"},
		"1 word in 20":       {"a", with(spread(40), "none", "none"), "number missing:[none]"},
		"3 words in 40":      {"a", with(spread(40), "none", "none", "none"), "out"},
		"a typing error":     {"a", with(spread(40), "1O"), "number"},
		"years":              {"a", each(40, "19%02d"), "number"},
		"a long tail":        {"a", each(40, "1e%d"), "number log:true"},

		"zip codes":          {"a", cycle(40, "00501", "10001", "90210"), "category"},
		"different codes":    {"a", each(40, "%05d"), "out"},
		"codes by name":      {"Zip Code", cycle(40, "10501", "10001", "90210"), "category"},
		"id":                 {"id", spread(40), "out"},
		"userId":             {"userId", spread(40), "out"},
		"paid":               {"paid", spread(40), "number"},
		"id of few":          {"shop_id", cycle(60, "31", "17", "20", "55"), "category"},
		"id of 5 rows each":  {"shop_id", cycle(60, spread(12)...), "out"},
		"id of 6 rows each":  {"shop_id", cycle(60, spread(10)...), "category"},
		"1, 2, 3 ...":        {"a", each(40, "%d"), "out"},
		"1, 2, 3 of 19 rows": {"a", each(19, "%d"), "number"},
		"index":              {"index", spread(40), "out"},
		"other codes":        {"a", each(40, "A-%04d"), "out"},
		"half of the codes":  {"a", cycle(40, each(20, "A-%04d")...), "out"},
		"less than half":     {"a", cycle(41, each(20, "A-%04d")...), "category"},
		"addresses":          {"a", each(40, "https://x.org/%dq"), "out"},

		"ISO dates":     {"a", cycle(40, "2024-01-13", "2023-05-02"), "date"},
		"dates":         {"a", cycle(40, "2024-01-13", "2023-05-02", "2021-01-01"), "date"},
		"dates and a -": {"a", with(cycle(40, "2024-01-13", "2023-05-02", "2021-01-01"), "-"), "date"},
		"a word of 40": {"a", with(cycle(40, "2024-01-13", "2023-05-02", "2021-01-01"), "soon"),
			"date missing:[soon]"},
		"another format": {"a", with(cycle(40, "31.12.2020", "01.05.2020"), "2021-01-01"),
			"date format:02.01.2006"},
		"not all dates": {"a", with(cycle(40, "2024-01-13", "2023-05-02"), "soon", "2.1.2021", "now"),
			"category"},
		"day first": {"a", cycle(40, "13/01/2024", "02/05/2023", "01/01/2021"),
			"date format:02/01/2006"},
		"month first": {"a", cycle(40, "01/13/2024", "05/02/2023", "1/1/2021"),
			"date format:1/2/2006"},
		"day or month": {"a", cycle(40, "01/12/2024", "05/02/2023", "01/01/2021"), "out"},
		"with dots": {"a", cycle(40, "13.01.2024", "02.05.2023", "01.01.2021"),
			"date format:02.01.2006"},
		"months as text": {"a", cycle(40, "Jan 13 2024", "May 02 2023", "Oct 01 2021"),
			"date format:Jan 02 2006"},
		"with a time": {"a", cycle(40, "2024/01/13 14:05", "2023/05/02 01:00", "2021/01/01 00:00"),
			"date format:2006/01/02 15:04"},
		"eight digits": {"a", cycle(40, "20240113", "20230502", "20210101", "19991231", "20010203",
			"20010101", "20020202", "20031111"), "date"},
		"eight digits, not dates": {"a", cycle(40, "20240113", "20230502", "20210101", "19991331",
			"20010203", "20010101", "20020202", "20031111"), "number"},

		"texts of 5 words":   {"a", words(40, 5), "text"},
		"5 words, 20 values": {"a", cycle(40, words(20, 5)...), "category"},
		"5 words, 21 values": {"a", cycle(63, words(21, 5)...), "text"},
		"4 words, 21 values": {"a", cycle(63, words(21, 4)...), "category"},
		"half of 4 words":    {"a", cycle(42, words(21, 4)...), "text"},
		"one word":           {"a", words(40, 1), "text encoder:characters"},
		"Chinese": {"a", each(40, "这个东西非常好用我很喜欢%d"),
			"text"},

		"labels": {"a", cycle(40, "red;round", "red", "blue;round", "blue", "red;blue"), "labels"},
		"labels with a bar": {"a", cycle(40, "red|round", "red", "blue|round", "blue", "red|blue"),
			"labels separator:|"},
		"1 list in 5": {"a", append(cycle(80, "red", "round", "blue"), cycle(20, "red;round", "red;blue",
			"blue;round", "blue;red")...), "labels"},
		"1 list in 6": {"a", append(cycle(81, "red", "round", "blue"), cycle(16, "red;round", "red;blue",
			"blue;round", "blue;red")...), "category"},
		"4 times each": {"a", append(each(20, "t%d;u%[1]d"), append(each(20, "t%d"),
			append(each(20, "t%d;v%[1]d"), append(each(20, "u%d"), each(20, "v%d;u%[1]d")...)...)...)...),
			"out"},
		"long values": {"a", cycle(40, "a b c d;e f g h", "e f g h", "a b c d;i j k l", "i j k l",
			"e f g h;i j k l"), "category"},
		"shorter values": {"a", cycle(40, "a b c;e f g", "e f g", "a b c;i j k", "i j k", "e f g;i j k"),
			"labels"},
		"names with commas": {"a", cycle(40, "Doe, Ann", "Roe, Bo", "Poe, Cy"), "category"},
		"ids in order":      {"a", cycle(40, "1 4 4 2", "4 1", "2 2 1 4", "4"), "sequence"},
		"repeats in 1 of 11": {"a", with(cycle(55, "a;b", "b", "a", "b;c", "a;c"), "a;b;a", "b;b", "a;a",
			"c;c"),
			"labels"},
		"repeats in 1 of 9": {"a", with(cycle(45, "a;b", "b", "a", "b;c", "a;c"), "a;b;a", "b;b", "a;a",
			"c;c", "b;c;b"),
			"sequence separator:;"},
		"repeats within cells": {"a", cycle(40, "a>b>a", "b>a", "a", "b>b", "a>a>b"),
			"sequence separator:>"},
		"objects":            {"a", each(40, `{"x": %d}`), "out"},
		"pictures not there": {"a", each(40, "%d.png"), "out"},
	} {
		t.Run(name, func(t *testing.T) {
			g := describeCells(t, c.column, c.cells).Input()
			var got kinded
			if g.Feature != nil {
				got = g.Feature
			}
			if written(t, got) != c.want {
				t.Errorf("got %s (%s), want %s", written(t, got), g.Reason, c.want)
			}
			if g.Reason == "" {
				t.Error("no reason")
			}
		})
	}
}

// TestHead has a case on each side of the boundary of each rule.
func TestHead(t *testing.T) {
	for name, c := range map[string]struct {
		column string
		cells  []string
		want   string
	}{
		"texts":               {"a", cycle(40, "x", "y", "z"), "category"},
		"0 to 19":             {"a", cycle(100, each(20, "%d")...), "category"},
		"0 to 20":             {"a", cycle(105, each(21, "%d")...), "number"},
		"0 to 20, named":      {"class", cycle(105, each(21, "%d")...), "category"},
		"0 to 19, 4 rows":     {"a", cycle(80, each(20, "%d")...), "number"},
		"3, 4, 6":             {"a", cycle(60, "3", "4", "6"), "category"},
		"3, 4, 6 of 19 rows":  {"a", cycle(57, "3", "4", "6"), "number"},
		"10 numbers":          {"a", cycle(200, each(10, "1%d")...), "category"},
		"11 numbers":          {"a", cycle(220, each(11, "1%d")...), "number"},
		"years":               {"a", cycle(200, "2010", "2011", "2013"), "number"},
		"halves":              {"a", cycle(200, "0.5", "1", "1.5"), "number"},
		"codes":               {"a", cycle(40, "01", "02", "11"), "category"},
		"numbers with commas": {"a", with(each(40, "%d,250"), "950"), "number thousands:,"},
		"two":                 {"a", cycle(40, ">50K", "<=50K", "<=50K"), "binary true:>50K"},
		"two and gaps":        {"a", cycle(40, "yes", "no", ""), "binary"},
		"labels":              {"a", cycle(40, "r;s", "r", "b;s", "b", "r;b"), "labels"},
		"half of 50 classes rare": {"a", append(cycle(500, each(25, "c%d")...),
			cycle(100, each(25, "d%d")...)...), "category min_count:20"},
		"half of 50, of 5 rows": {"a", append(cycle(500, each(25, "c%d")...),
			cycle(125, each(25, "d%d")...)...), "category"},
		"half of 48 classes rare": {"a", append(cycle(480, each(24, "c%d")...),
			cycle(96, each(24, "d%d")...)...), "category"},
		"rare ones in 59 % of the rows": {"a", append(cycle(140, each(7, "c%d")...),
			cycle(200, each(50, "d%d")...)...), "category min_count:20"},
		"rare ones in 63 % of the rows": {"a", append(cycle(120, each(6, "c%d")...),
			cycle(200, each(50, "d%d")...)...), "category"},
		"no label": {"a", cycle(40, ""), `head "a": no row has a label`},
		"one label": {"a", with(cycle(40, ""), "x"),
			`head "a": one row has a label, "x", want two values or more`},
		"one class": {"a", cycle(40, "x", ""),
			`head "a": all 20 labels are "x", want two values or more`},
		"dates": {"a", cycle(40, "2024-01-13", "2023-05-02", "2021-01-01"),
			`head "a": the cells are dates, ` +
				`want classes, numbers or labels; a column of years would be a number`},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := describeCells(t, c.column, c.cells).Head()
			got := fmt.Sprint(err)
			if err == nil {
				got = written(t, g.Target)
			}
			if got != c.want {
				t.Errorf("got %s (%s), want %s", got, g.Reason, c.want)
			}
		})
	}
}

func TestHeavyTail(t *testing.T) {
	for name, c := range map[string]struct {
		n    Numbers
		want bool
	}{
		"money":           {Numbers{Min: 1, Low: 10, Median: 60, High: 900, Max: 5000}, true},
		"even":            {Numbers{Min: 1, Low: 10, Median: 450, High: 900, Max: 1000}, false},
		"little skew":     {Numbers{Min: 1, Low: 10, Median: 60, High: 200, Max: 300}, false},
		"small range":     {Numbers{Min: 1, Low: 50, Median: 100, High: 900, Max: 5000}, false},
		"outlier":         {Numbers{Min: 1, Low: 10, Median: 50, High: 100, Max: 1e6}, false},
		"negative":        {Numbers{Min: -1, Low: 10, Median: 60, High: 900, Max: 5000}, false},
		"below one":       {Numbers{Min: 0, Low: 0.001, Median: 0.01, High: 0.9, Max: 1}, false},
		"many zeros":      {Numbers{Max: 100}, true},
		"few above zeros": {Numbers{Max: 99}, false},
		"skewed to low":   {Numbers{Min: 1, Low: 1, Median: 800, High: 900, Max: 1000}, false},
	} {
		if got := c.n.heavyTail(); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	n := describeCells(t, "a", []string{"4", "1", "", "7", "2", "NA", "7", "9"}).Numbers
	if n.Min != 1 || n.Median != 5.5 || n.Max != 9 || n.Cells != 6 || n.Words != 1 ||
		n.Distinct != 5 ||
		!n.Whole || n.Low != 1 || n.High != 7 {
		t.Errorf("got %+v", n)
	}
	if n = describeCells(t, "a", []string{"0.5", "1", "7"}).Numbers; n.Median != 1 || n.Whole {
		t.Errorf("got %+v", n)
	}
}

func TestValues(t *testing.T) {
	c := describeCells(t, "a", []string{"b", "a", "", "b", " a ", "c", "d", "e", "f", "g", "a", "g"})
	if c.Missing != 1 || c.Distinct != 7 || c.Repeated != 7 || c.Largest != 3 || !c.Exact {
		t.Errorf("got %+v", c)
	}
	if got := fmt.Sprint(c.Top); got != "[{a 3} {b 2} {g 2} {c 1} {d 1}]" {
		t.Errorf("got most frequent values %s", got)
	}
	if c := describeCells(t, "a", []string{"Zo\u00eb", "Zoe\u0308", "x"}); c.Distinct != 2 {
		t.Errorf("%d values, want both forms to be one", c.Distinct)
	}
	frame := frameOf(t, "a.csv", column{"a", []string{"x", "y", "x", "z", "z", "w"}})
	cells, err := frame.Cells("a")
	if err != nil {
		t.Fatal(err)
	}
	v := distinctValues(cells, 2)
	if v.distinct != 2 || v.len() != 5 || v.exact() || v.known() != 6 {
		t.Errorf("got %d values, %d told apart", v.len(), v.distinct)
	}
}

// TestOtherDates has a date in another format among the first ones, and a word.
func TestOtherDates(t *testing.T) {
	cells := cycle(60, "2024-01-13", "2023-05-02", "2021-01-01")
	cells[3] = "31.12.2020"
	g := describeCells(t, "a", cells).Input()
	const want = `1 cell is not a date, such as "31.12.2020": mend them, or add them to missing`
	if got := written(t, g.Feature); got != "date" || g.Warning != want ||
		!strings.HasSuffix(g.Reason, "most in one format") {
		t.Errorf("got %s, %s, %s", got, g.Reason, g.Warning)
	}
	cells[40] = "soon"
	g = describeCells(t, "a", cells).Input()
	if !strings.HasPrefix(g.Warning, "2 cells are not dates") {
		t.Errorf("got %s", g.Warning)
	}
}
