package metric

import (
	"slices"

	"braid/internal/kinds"
)

// members lists the metrics of this package.
var members = []Metric{
	Accuracy{},
	AUROC{},
	AveragePrecision{},
	Brier{},
	CohenKappa{},
	ConfusionMatrix{},
	ExpectedCalibrationError{},
	F1{},
	LogLoss{},
	Matthews{},
	MeanAbsoluteError{},
	MeanAbsolutePercentageError{},
	Precision{},
	R2{},
	Recall{},
	RootMeanSquaredError{},
	TopKAccuracy{},
}

// Decode returns the metric of a kind with a configuration in JSON. Custom metrics are found by
// their Kind among custom: each is an example of its type, and Decode returns a new value.
func Decode(kind string, config []byte, custom ...Metric) (Metric, error) {
	return kinds.Decode("metric", kind, config, slices.Concat(custom, members))
}
