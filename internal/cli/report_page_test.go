package cli

import (
	"encoding/xml"
	"io"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// htmlTable is a table of a page, with the section that it is in.
type htmlTable struct {
	section, class string
	rows           [][]string
}

// pageOf has what a test reads of a report.
type pageOf struct {
	tables   []htmlTable
	sections map[string]string // their text, by id
	shown    map[string]int    // cards, by section
}

// readPage reads a report, which must be well-formed.
func readPage(t testing.TB, path string) *pageOf {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p := &pageOf{sections: map[string]string{}, shown: map[string]int{}}
	d := xml.NewDecoder(strings.NewReader(string(content)))
	d.Strict, d.Entity = true, xml.HTMLEntity
	section := ""
	inCell := false
	for {
		token, err := d.Token()
		if err == io.EOF {
			return p
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			attr := map[string]string{}
			for _, a := range e.Attr {
				attr[a.Name.Local] = a.Value
			}
			switch e.Name.Local {
			case "section":
				section = attr["id"]
			case "table":
				p.tables = append(p.tables, htmlTable{section: section, class: attr["class"]})
			case "tr":
				last := &p.tables[len(p.tables)-1]
				last.rows = append(last.rows, nil)
			case "th", "td":
				last := &p.tables[len(p.tables)-1]
				row := &last.rows[len(last.rows)-1]
				*row = append(*row, "")
				inCell = true
			case "small":
				p.append(section, " ", inCell)
			case "li":
				p.shown[section]++
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "th", "td":
				inCell = false
			case "p", "dd", "dt", "h2", "h3":
				p.sections[section] += "\n"
			}
		case xml.CharData:
			p.append(section, string(e), inCell)
		}
	}
}

func (p *pageOf) append(section, text string, inCell bool) {
	p.sections[section] += text
	if inCell {
		rows := p.tables[len(p.tables)-1].rows
		row := rows[len(rows)-1]
		row[len(row)-1] += text
	}
}

// table returns the rows of the tables of a class in a section, without their headers.
func (p *pageOf) table(section, class string) (rows [][]string) {
	for _, table := range p.tables {
		if table.section == section && table.class == class {
			rows = append(rows, table.rows[1:]...)
		}
	}
	return rows
}

// numberIn returns the value of an answer.
func numberIn(t testing.TB, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// same compares a number that a page shows with one that a test computes, up to its last digit.
func same(t *testing.T, what, got string, want float64) {
	t.Helper()
	plain := strings.NewReplacer("−", "-", "+", "").Replace(got)
	plain, isPercent := strings.CutSuffix(plain, " %")
	if isPercent {
		want *= 100
	}
	_, digits, _ := strings.Cut(plain, ".")
	if math.Abs(numberIn(t, plain)-want) > 0.51*math.Pow(10, -float64(len(digits))) {
		t.Errorf("%s is %s in the report, %v from the answers", what, got, want)
	}
}

// matrixClass returns the class of a line of the matrix: without its number.
func matrixClass(label string) string {
	class := regexp.MustCompile(`^\d+ `).ReplaceAllString(label, "")
	return strings.TrimSuffix(class, " (not in training)")
}
