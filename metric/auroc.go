package metric

import "braid"

// AUROC is the area under the receiver operating characteristic: how often a row of a class has a
// higher output for it than a row of another class, of all such pairs; ties count half. For several
// classes it is the mean over the classes, each against the rest, without those that no row or each
// row has. It is exact, and keeps the outputs of all rows of an epoch: 4 bytes for each class. It
// is NaN if all rows are of one class.
type AUROC struct{}

// Kind is "auroc".
func (AUROC) Kind() string { return "auroc" }

// Ascends marks that more is better.
func (AUROC) Ascends() {}

// Bind requires labels for a head of shape [..., classes], or answers of yes and no.
func (m AUROC) Bind(head braid.Spec, target Target) (Func, error) {
	o, err := read(m, head, target)
	if err != nil {
		return nil, err
	}
	return eachStep(head, ranking{o, areaUnderROC}), nil
}

func areaUnderROC(steps []step) float64 {
	var pairs, yes, no float64
	for _, s := range steps {
		pairs += float64(s.yes * (no + float64(s.no/2)))
		yes, no = yes+s.yes, no+s.no
	}
	return pairs / float64(yes*no)
}
