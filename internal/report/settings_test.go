package report_test

import (
	"fmt"
	"html"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"braid/experiment"
	"braid/internal/suggest"
)

// tableOf returns the cells of the tables of a class, without their headers.
func tableOf(t testing.TB, page, class string) (rows [][]string) {
	t.Helper()
	found := regexp.MustCompile(`(?s)<table class="`+class+`".*?</table>`).FindAllString(page, -1)
	if found == nil {
		t.Fatalf("the page has no table %s", class)
	}
	for _, table := range found {
		_, body, _ := strings.Cut(table, "<tbody>")
		for _, row := range regexp.MustCompile(`(?s)<tr.*?</tr>`).FindAllString(body, -1) {
			var cells []string
			for _, cell := range regexp.MustCompile(`(?s)<t[hd].*?</t[hd]>`).FindAllString(row, -1) {
				text := regexp.MustCompile(`<[^>]+>`).ReplaceAllString(cell, "")
				cells = append(cells, html.UnescapeString(text))
			}
			rows = append(rows, cells)
		}
	}
	return rows
}

// The settings on the page are an experiment file without any default left, and all layers and
// columns of the model are there.
func TestSettings(t *testing.T) {
	r := trained(t, odd(t))
	page := written(t, r)
	_, text, _ := strings.Cut(page, "<pre tabindex=\"0\">")
	text, _, _ = strings.Cut(text, "</pre>")
	e, err := experiment.Parse("settings.yaml", []byte(html.UnescapeString(text)))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	want := r.Experiment.WithDefaults()
	if !reflect.DeepEqual(e.Train, want.Train) || !reflect.DeepEqual(e.Trunk, want.Trunk) ||
		!reflect.DeepEqual(e.Split, want.Split) || !reflect.DeepEqual(e.Inputs, want.Inputs) {
		t.Errorf("got %+v\nwant %+v", e, want)
	}
	layers := tableOf(t, page, "layers")
	summary := r.File.Model.Summary()
	if len(layers) != len(summary.Layers) {
		t.Fatalf("%d layers, want %d", len(layers), len(summary.Layers))
	}
	sum := 0
	for i, l := range summary.Layers {
		if layers[i][0] != suggest.Printable(l.Name) || layers[i][1] != l.Kind {
			t.Errorf("layer %d is %q, want %s", i+1, layers[i], l.Name)
		}
		var n int
		if _, err := fmt.Sscan(strings.ReplaceAll(layers[i][5], ",", ""), &n); err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	if sum != summary.Total {
		t.Errorf("%d weights, want %d", sum, summary.Total)
	}
	for _, want := range []string{"units: 128, activation: relu", "rate: 0.3"} {
		if !strings.Contains(page, want) {
			t.Errorf("no layer has %s", want)
		}
	}
	learnt := tableOf(t, page, "learnt")
	if len(learnt) != len(r.File.Features)+len(r.File.Targets) {
		t.Fatalf("%d columns: %q", len(learnt), learnt)
	}
	for at, want := range map[int]string{
		0: "size: 32, channels: 3, fit: pad", 3: "values: 206, width: 32",
		5: "classes: 99, counts: 99", 6: "log: true",
	} {
		if !strings.Contains(learnt[at][3], want) {
			t.Errorf("%s has learnt %s, want %s", learnt[at][0], learnt[at][3], want)
		}
	}
}
