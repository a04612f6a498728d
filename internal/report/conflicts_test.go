package report_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"braid/internal/report"
	"braid/train"
)

// measured has two epochs of conflicts, one of which was never measured.
func measured() *train.History {
	pair := func(layer string, cosine float64) train.Conflict {
		return train.Conflict{Layer: layer, Heads: [2]string{"tone", script}, Cosine: cosine,
			Norms: [2]float64{1.0 / 3, 4e-7}}
	}
	return &train.History{Names: []string{"loss"}, Epochs: []train.Epoch{
		{Number: 1, Values: []float64{2}, Conflicts: []train.Conflict{pair("", 0.25),
			pair("trunk, left", math.NaN())}},
		{Number: 2, Values: []float64{1}, Conflicts: []train.Conflict{pair("", -0.125),
			pair("trunk, left", 1.0/7)}},
	}}
}

// ReadConflicts reads what train writes.
func TestReadConflicts(t *testing.T) {
	want := measured()
	var b bytes.Buffer
	if err := want.WriteConflictsCSV(&b); err != nil {
		t.Fatal(err)
	}
	content := b.String()
	bare := func() *train.History {
		h := measured()
		for i := range h.Epochs {
			h.Epochs[i].Conflicts = nil
		}
		return h
	}
	got := bare()
	if err := report.ReadConflicts(strings.NewReader(content), got); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) { // NaN, too
		t.Errorf("got %v, want %v", got, want)
	}
	for bad, want := range map[string]string{
		"":            "got no header",
		"epoch,cos\n": "got no header",
		strings.Replace(content, "\n2,", "\n3,", 1):       `line 4: epoch is "3", want 1 to 2`,
		strings.Replace(content, "\n1,", "\nx,", 1):       `line 2: epoch is "x", want 1 to 2`,
		strings.Replace(content, ",-0.125,", ",much,", 1): `line 4: cosine is "much", want a number`,
		strings.Replace(content, ",4e-07\n", ",\n", 1):    `line 2: other_norm is "", want a number`,
		strings.TrimSuffix(content, "\n") + ",1\n":        "wrong number of fields",
	} {
		err := report.ReadConflicts(strings.NewReader(bad), bare())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %s, of\n%s", err, want, bad)
		}
	}
}

// The page shows the conflicts of the first and the last epoch, and nothing about them if they were
// not measured.
func TestConflictsOnPage(t *testing.T) {
	folder := t.TempDir()
	var rows strings.Builder
	rows.WriteString("size,kind\n")
	for i := range 100 {
		fmt.Fprintf(&rows, "%d,%c\n", i, 'a'+i%2)
	}
	write(t, folder, "rows.csv", []byte(rows.String()))
	r := trained(t, write(t, folder, "e.yaml", []byte("data: rows.csv\ninputs: {size: number}\n"+
		"heads: {kind: category}\ntrain: {epochs: 2}\n")))
	if page := written(t, r); strings.Contains(page, "#conflicts") {
		t.Error("the page has conflicts that were not measured")
	}
	r.History = measured()
	page := written(t, r)
	for _, want := range []string{
		`<a href="#conflicts">Conflicts</a>`, "all shared weights", "trunk, left",
		`<td>0.250</td><td><b>-0.125</b></td><td>0.333</td><td>4e-07</td>`,
		`<td>–</td><td><b>0.143</b></td>`, "Mean cosine of tone and ",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, script) {
		t.Error("the page has the name of a head as it is")
	}
}
