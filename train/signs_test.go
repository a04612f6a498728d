package train_test

import (
	"context"
	"math"
	"reflect"
	"slices"
	"testing"

	"braid"
	"braid/data"
	"braid/layer"
	"braid/loss"
	"braid/tensor"
	"braid/train"
)

// Signs that are missing are neither 0 nor -1. A head of signs has the metrics of yes and no.
func TestSigns(t *testing.T) {
	g := braid.NewGraph("signs")
	g.Head("side", layer.Dense{Units: 1}, g.Input("x", tensor.Float32, 1))
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	weight := m.Weights()[0].Values()[0]
	x := []float32{.3, -2, .2, -.1, 1, -.4, -.7}
	for i := range x {
		x[i] /= weight // the outputs are .3, -2 ...
	}
	nan := float32(math.NaN())
	for _, l := range []loss.Loss{loss.Hinge{}, loss.SquaredHinge{}} {
		for _, no := range []float32{-1, 0} {
			table, err := data.NewTable(data.Floats("x", x, 1),
				data.Floats("side", []float32{1, no, nan, no, no, 1, 1}))
			if err != nil {
				t.Fatal(err)
			}
			heads := train.Heads{"side": {Loss: l}}.WithAllMetrics(m)
			scores, err := train.Evaluate(context.Background(), m, table, heads, 1)
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"loss", "side_loss", "side_accuracy", "side_precision", "side_recall",
				"side_f1_score", "side_auroc", "side_average_precision", "side_cohen_kappa",
				"side_matthews_corrcoef"}
			figures := []float64{3. / 6, 1. / 2, 1. / 3, 2. / 5}
			if !slices.Equal(scores.Names, want) || !slices.Equal(scores.Values[2:6], figures) {
				t.Errorf("%s: the figures are %v %v, want %v %v", l.Kind(), scores.Names, scores.Values, want,
					figures)
			}
			if got := scores.Tables["side_confusion_matrix"].Values; !reflect.DeepEqual(got,
				[][]float64{{2, 1}, {2, 1}}) {
				t.Errorf("%s: the matrix is %v", l.Kind(), got)
			}
		}
	}
}
