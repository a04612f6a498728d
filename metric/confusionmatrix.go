package metric

import (
	"strconv"

	"braid"
)

// ConfusionMatrix is the table of the weights of the rows of each true class, its rows, that are
// predicted to be of each class, its columns. Its kind is that of a table: histories leave it out,
// an evaluation returns it.
type ConfusionMatrix struct {
	Labels []string `json:"labels,omitzero"` // of the classes; nil means their numbers
}

// maxTable is the largest number of classes of a ConfusionMatrix: its memory is 128 MiB.
const maxTable = 4096

// Kind is "confusion_matrix".
func (ConfusionMatrix) Kind() string { return "confusion_matrix" }

// Bind requires labels for a head of shape [..., classes], or one answer of yes or no: of labels,
// that of no is the first.
func (m ConfusionMatrix) Bind(head braid.Spec, target Target) (Func, error) {
	o, err := readOne(m, head, target)
	n := o.classes()
	switch {
	case err != nil:
	case n > maxTable:
		err = mistake(m, head, "it has %d classes, want at most %d", n, maxTable)
	case m.Labels != nil && len(m.Labels) != n:
		err = mistake(m, head, "%d Labels, want %d: one for each class", len(m.Labels), n)
	}
	if err != nil {
		return nil, err
	}
	f := confusion{counts{o, o.middle}, m.Labels}
	for i := len(f.labels); i < n; i++ {
		f.labels = append(f.labels, strconv.Itoa(i))
	}
	return eachStep(head, f), nil
}

type confusion struct {
	counts
	labels []string
}

func (f confusion) Tally() int { return f.classes() * f.classes() }

func (f confusion) Add(tally []float64, numbers []float32, weight float64) {
	if class := int(numbers[0]); class >= 0 {
		tally[class*f.classes()+int(numbers[1])] += weight
	}
}

func (f confusion) Table(tally []float64) Table {
	t := Table{Rows: f.labels, Columns: f.labels}
	for n := f.classes(); len(tally) > 0; tally = tally[n:] {
		t.Values = append(t.Values, append([]float64(nil), tally[:n]...))
	}
	return t
}
