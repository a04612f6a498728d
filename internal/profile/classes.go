package profile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"braid/experiment"
	"braid/feature"
	"braid/target"
)

// headReport counts the labels of a head by part.
func (i *inspection) headReport(h experiment.Head) HeadReport {
	r := HeadReport{Head: h.Column, Type: h.Target.Kind()}
	cells, err := i.Frame.Cells(h.Column)
	if err != nil {
		return r
	}
	index := map[string]int{}
	for part, rows := range i.Rows {
		for _, row := range rows {
			label := h.Target.Canonical(cells.At(int(row)))
			if label == "" {
				continue
			}
			*r.Known.of(part)++
			for _, class := range classesOf(h.Target, label) {
				at, known := index[class]
				if !known {
					at = len(r.Classes)
					index[class] = at
					if _, binary := h.Target.(target.Binary); binary {
						class = feature.Trim(cells.At(int(row)), nil) // yes, of which the canonical form is true
					}
					r.Classes = append(r.Classes, ClassCount{Label: class})
				}
				*r.Classes[at].of(part)++
			}
		}
	}
	slices.SortStableFunc(r.Classes, func(a, b ClassCount) int {
		return cmp.Or(cmp.Compare(b.total(), a.total()), cmp.Compare(a.Label, b.Label))
	})
	return r
}

func (p PartRows) total() int { return p.Train + p.Validation + p.Test }

// classesOf returns the classes of a label; none of a number.
func classesOf(t target.Target, label string) []string {
	switch t := t.(type) {
	case target.Number:
		return nil
	case target.Labels:
		var list []string
		for class := range strings.SplitSeq(label, cmp.Or(t.Separator, ";")) {
			if class != "" {
				list = append(list, class)
			}
		}
		return list
	}
	return []string{label}
}

// classFindings reports on classes that training has not, or hardly.
func (i *inspection) classFindings(h HeadReport, t target.Target) {
	var unseen, untested []string
	least := minCount(t)
	rare, rareRows, unseenRows := 0, 0, 0
	for _, c := range h.Classes {
		switch {
		case c.Train < least:
			rare++
			rareRows += c.total()
		case c.Train == 0:
			unseen = append(unseen, quoted(c.Label))
			unseenRows += c.total()
		case c.Test == 0 && c.Validation == 0:
			untested = append(untested, quoted(c.Label))
		}
	}
	if rare > 0 {
		i.report.add(Remark, h.Head, rareRows, nil,
			"%s fewer than %d training rows, and count as missing "+
				"(min_count), in %s", have(rare), least, Plural(rareRows, "row"))
	}
	if len(unseen) > 0 {
		i.report.add(Warning, h.Head, unseenRows, nil,
			"%s no training row, so that all answers there are wrong: %s", have(len(unseen)), some(unseen))
	}
	if len(untested) > 0 {
		i.report.add(Remark, h.Head, 0, nil, "%s training rows alone: %s", have(len(untested)),
			some(untested))
	}
	if h.Known.Train == 0 {
		i.report.add(Error, h.Head, 0, nil, "no training row has a label")
	} else if h.Known.Validation == 0 {
		i.report.add(Warning, h.Head, 0, nil,
			"no validation row has a label, so that it does not decide "+
				"which epoch is kept")
	}
}

// minCount returns the number of training rows from which a class is learnt.
func minCount(t target.Target) int {
	switch t := t.(type) {
	case target.Category:
		return t.MinCount
	case target.Labels:
		return t.MinCount
	}
	return 0
}

// have begins a sentence about classes.
func have(n int) string {
	if n == 1 {
		return "1 class has"
	}
	return fmt.Sprintf("%s classes have", thousands(n))
}

// some joins the first of many texts.
func some(list []string) string {
	if len(list) <= maxTop {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %s more", strings.Join(list[:maxTop], ", "),
		thousands(len(list)-maxTop))
}
