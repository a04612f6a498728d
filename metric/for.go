package metric

import (
	"braid"
	"braid/tensor"
)

// maxRanked is the largest number of outputs of a row for which For returns metrics that keep the
// outputs of all rows.
const maxRanked = 64

// For returns the metrics of this package that fit a head and its target, with their default
// settings. For several classes Precision, Recall and F1 are their Macro and Weighted averages; for
// several answers of yes and no, Macro and Micro. AUROC and AveragePrecision are left out for more
// than 64 outputs a row because of their memory. Signs, the target of hinge losses, are answers of
// yes and no that have no probabilities.
func For(head braid.Spec, target Target) List {
	var list List
	add := func(metrics ...Metric) {
		for _, m := range metrics {
			if _, err := m.Bind(head, target); err == nil {
				list = append(list, m)
			}
		}
	}
	if target.DType == tensor.Float32 && !target.Unit && !target.Signs {
		add(MeanAbsoluteError{}, RootMeanSquaredError{}, MeanAbsolutePercentageError{}, R2{})
		return list
	}
	o, err := read(Accuracy{}, head, target)
	if err != nil {
		return nil
	}
	add(Accuracy{}, TopKAccuracy{})
	averages := []Average{Macro, Weighted}
	switch {
	case o.several():
		averages = []Average{Macro, Micro}
	case o.reading == yesNo:
		averages = []Average{Binary}
	}
	for _, a := range averages {
		add(Precision{Average: a}, Recall{Average: a}, F1{Average: a})
	}
	if head.Shape.Size() <= maxRanked {
		add(AUROC{}, AveragePrecision{})
	}
	add(LogLoss{}, Brier{}, ExpectedCalibrationError{}, CohenKappa{}, Matthews{}, ConfusionMatrix{})
	return list
}
