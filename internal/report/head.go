package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"braid/data"
	"braid/feature"
	"braid/target"
)

// Limits of what is shown of a head.
const (
	mostClasses = 20 // of the confusion matrix, and before the rest of the classes is folded
	mostWrong   = 20
)

// head is what the page shows of a head.
type head struct {
	Name, Kind, ID string
	Empty          string // why there is nothing but curves
	Curves         []*chart
	Confusion      *confusion
	Absent         string // classes of the model that no row has
	Classes        []class
	MoreClasses    []class // after mostClasses
	Calibration    *calibration
	Scatter        *chart
	Mistakes       *mistakes
}

// outcome is the answer of a head to a row whose label is known.
type outcome struct {
	at            int     // of the row in the measured rows
	truth, answer int     // classes, by their index in known.classes
	label, text   string  // the same as text
	probability   float64 // that the model gave its answer, or to what is wrong in it
	right         bool
	number        float64 // that is true
	answered      float64 // a number
	worst         string  // of several labels: the one that is most wrong
	gives         bool    // the answer has it, and the row has not
	unseen        bool    // the row has a label that training had not, and nothing else is wrong
}

// known has the outcomes of a head.
type known struct {
	list    []outcome
	classes []string // those that training had come first
	learnt  int      // of classes
	bets    bets     // for the calibration
}

// outcomes compares the answers with the labels.
func (h *headOutputs) outcomes() (*known, error) {
	k := &known{}
	dtype, shape := h.Decoder.Label()
	var label feature.Slot
	if label.Floats = make([]float32, shape.Size()); dtype.String() == "int32" {
		label = feature.Slot{Ints: make([]int32, shape.Size())}
	}
	for at, cell := range h.cells {
		note, err := h.Decoder.Encode(cell, label)
		if err != nil {
			return nil, err
		}
		if note&feature.Missing != 0 {
			continue
		}
		output := h.row(at)
		o := outcome{at: at}
		answer := h.Decoder.Answer(output)
		o.text, o.probability = answer.Text, answer.Probability
		switch d := h.Decoder.(type) {
		case target.CategoryDecoder:
			if !k.category(d, &o, cell, label.Ints[0], output) {
				continue
			}
		case target.BinaryDecoder:
			k.binary(d, &o, label.Floats[0] == 1, output[0])
		case target.LabelsDecoder:
			k.labels(d, &o, cell, note, label.Floats, output)
		case target.NumberDecoder:
			v, isNumber, err := d.Parse(target.Category{Missing: d.Missing}.Canonical(cell))
			if err != nil || !isNumber {
				continue // Encode has read it
			}
			o.number, o.answered, o.label = v, answer.Number, strings.TrimSpace(cell)
		default:
			continue // of another package: the figures alone
		}
		k.list = append(k.list, o)
	}
	return k, nil
}

// category compares an answer with a class. It reports whether the row counts.
func (k *known) category(
	d target.CategoryDecoder, o *outcome, cell string, class int32, output []float32,
) bool {
	if k.classes == nil {
		k.classes, k.learnt = slices.Clone(d.Classes), len(d.Classes)
	}
	o.label = target.Category{Missing: d.Missing}.Canonical(cell)
	o.truth = int(class)
	if class == data.NoLabel {
		if d.MinCount > 1 {
			return false
		}
		o.truth = k.at(o.label)
	}
	o.answer = slices.Index(d.Classes, o.text)
	o.right = o.truth == o.answer
	k.bets.add(output[o.answer], o.right)
	return true
}

// at returns the index of a class that training did not have.
func (k *known) at(class string) int {
	if i := slices.Index(k.classes[k.learnt:], class); i >= 0 {
		return k.learnt + i
	}
	k.classes = append(k.classes, class)
	return len(k.classes) - 1
}

// binary compares an answer with yes or no.
func (k *known) binary(d target.BinaryDecoder, o *outcome, yes bool, output float32) {
	k.classes, k.learnt = []string{d.False, d.True}, 2
	if yes {
		o.truth = 1
	}
	if o.text == d.True {
		o.answer = 1
	}
	o.label, o.right = k.classes[o.truth], o.truth == o.answer
	k.bets.add(output, yes)
}

// labels compares an answer with the classes of a row. The probability is that of the worst class,
// one that it gives but the row has not, or one less it the other way round.
func (k *known) labels(
	d target.LabelsDecoder, o *outcome, cell string, note feature.Note, label, output []float32,
) {
	o.label = target.Labels{Separator: d.Separator, Missing: d.Missing}.Canonical(cell)
	o.right = note&feature.Unknown == 0 || d.MinCount > 1
	o.probability = 0
	for i, p := range output {
		yes := label[i] == 1
		k.bets.add(p, yes)
		if says := float64(p) > d.Threshold; says != yes {
			o.right = false
			sure := float64(p)
			if !says {
				sure = 1 - sure
			}
			if o.worst == "" || sure > o.probability {
				o.probability, o.worst, o.gives = sure, d.Classes[i], says
			}
		}
	}
	o.unseen = !o.right && o.worst == ""
}

// head returns what the page shows of a head.
func (m *measured) head(r *Run, i int) (*head, error) {
	h := &m.heads[i]
	of := &head{
		Name: short(h.Column), Kind: h.Decoder.Kind(), ID: fmt.Sprintf("head-%d", i+1),
		Curves: r.curves(h.Target),
	}
	if h.score.Known == 0 {
		of.Empty = fmt.Sprintf("No row of %s has a label of this head.", r.Measured.title())
		return of, nil
	}
	k, err := h.outcomes()
	if err != nil {
		return nil, fmt.Errorf("head %q: %w", h.Column, err)
	}
	switch h.Decoder.(type) {
	case target.NumberDecoder:
		of.Scatter = k.scatter(h.Column, isLog(h.Decoder))
		of.Mistakes = m.largest(k)
		return of, nil
	case target.CategoryDecoder, target.BinaryDecoder:
		of.Confusion = k.confusion()
	}
	of.Absent = absent(h)
	of.Classes = classes(h.score.Classes)
	if len(of.Classes) > mostClasses {
		of.Classes, of.MoreClasses = of.Classes[:mostClasses], of.Classes[mostClasses:]
	}
	if k.bets.all > 0 {
		of.Calibration = k.calibration(h.Decoder)
		of.Mistakes = m.mostConfident(k)
	}
	return of, nil
}

func isLog(d target.Decoder) bool {
	number, ok := d.(target.NumberDecoder)
	return ok && number.Log
}

// class is a line of the table of classes.
type class struct {
	Label, Precision, Recall, F1 string
	Rows, Predicted              string
}

// inOrder sorts classes: few numbers by their size, others by their rows, the most frequent first.
func inOrder[T any](list []T, label func(T) string, rows func(T) int) {
	numbers := map[string]float64{}
	for _, c := range list {
		v, err := strconv.ParseFloat(label(c), 64)
		if err != nil || len(list) > mostClasses {
			slices.SortStableFunc(list, func(a, b T) int { return cmp.Compare(rows(b), rows(a)) })
			return
		}
		numbers[label(c)] = v
	}
	slices.SortStableFunc(list, func(a, b T) int {
		return cmp.Compare(numbers[label(a)], numbers[label(b)])
	})
}

// absent says which classes of the model no row has.
func absent(h *headOutputs) string {
	var all, list []string
	switch d := h.Decoder.(type) {
	case target.CategoryDecoder:
		all = d.Classes
	case target.BinaryDecoder:
		all = []string{d.False, d.True}
	case target.LabelsDecoder:
		all = d.Classes
	}
	for _, class := range all {
		if !slices.ContainsFunc(h.score.Classes, func(s target.ClassScore) bool {
			return s.Label == class && s.Rows > 0
		}) {
			list = append(list, short(class))
		}
	}
	if list == nil {
		return ""
	}
	text := fmt.Sprintf("Of the %s classes of the model, %s no row here: ", grouped(len(all)),
		countOf(len(list), "has", "have"))
	const most = 10
	if rest := len(list) - most; rest > 0 {
		list = append(list[:most], "and "+grouped(rest)+" more")
	}
	return text + strings.Join(list, ", ") + "."
}

// classes returns the figures of classes.
func classes(scores []target.ClassScore) []class {
	scores = slices.Clone(scores)
	inOrder(scores, func(s target.ClassScore) string { return s.Label },
		func(s target.ClassScore) int { return s.Rows })
	var list []class
	for _, s := range scores {
		c := class{Label: short(s.Label), Rows: grouped(s.Rows), Predicted: grouped(s.Predicted),
			Precision: percent(s.Precision), Recall: percent(s.Recall), F1: decimals(s.F1)}
		list = append(list, c)
	}
	return list
}

// confusion is a confusion matrix.
type confusion struct {
	Labels []string // of rows
	Rows   [][]cell
	Rest   int // classes that the last row and column stand for
	All    int // classes
}

// cell is a number of rows, and how dark it is shown.
type cell struct {
	Count int
	Level int  // 0 to 10: the share of its line
	Right bool // on the diagonal
}

// Text returns the count, grouped.
func (c cell) Text() string { return grouped(c.Count) }

// levels is the number of levels of dark.
const levels = 10

// confusion counts the answers by class. Classes that no row has or is answered are left out.
func (k *known) confusion() *confusion {
	n := len(k.classes)
	rows, used := make([]int, n), make([]bool, n)
	for _, o := range k.list {
		rows[o.truth]++
		used[o.truth], used[o.answer] = true, true
	}
	var order []int
	for i := range n {
		if used[i] {
			order = append(order, i)
		}
	}
	inOrder(order, func(class int) string { return k.classes[class] },
		func(class int) int { return rows[class] })
	c := &confusion{All: len(order)}
	to := make([]int, n) // the line of each class
	for i, class := range order {
		if to[class] = min(i, mostClasses); i >= mostClasses {
			c.Rest++
			continue
		}
		c.Labels = append(c.Labels, k.name(class))
	}
	if c.Rest > 0 {
		c.Labels = append(c.Labels, countOf(c.Rest, "other class", "other classes"))
	}
	c.Rows = make([][]cell, len(c.Labels))
	for i := range c.Rows {
		c.Rows[i] = make([]cell, len(c.Labels))
	}
	for _, o := range k.list {
		c.Rows[to[o.truth]][to[o.answer]].Count++
	}
	for i, line := range c.Rows {
		all := 0
		for _, cell := range line {
			all += cell.Count
		}
		for j := range line {
			line[j].Right = i == j && (i < mostClasses || c.Rest < 2)
			if all > 0 && line[j].Count > 0 {
				line[j].Level = max(1, int(math.Round(levels*float64(line[j].Count)/float64(all))))
			}
		}
	}
	return c
}

// shortLabel is the number of characters of labels that fit above a column.
const shortLabel = 3

// Numbered reports whether columns have numbers, as some label does not fit.
func (c *confusion) Numbered() bool {
	return slices.ContainsFunc(c.Labels, func(label string) bool {
		return utf8.RuneCountInString(label) > shortLabel
	})
}

// Head returns what is above a column.
func (c *confusion) Head(i int) string {
	if c.Numbered() {
		return strconv.Itoa(i + 1)
	}
	return c.Labels[i]
}

// name returns the name of a class, and whether training had it.
func (k *known) name(class int) string {
	if class >= k.learnt {
		return short(k.classes[class]) + " (not in training)"
	}
	return short(k.classes[class])
}
