package target_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"braid"
	"braid/data"
	"braid/feature"
	"braid/target"
	"braid/tensor"
	"braid/train"
)

// heads has each kind, the cells of four rows, and what its kernel reads: 3 numbers of the trunk,
// or 5 with all branches.
var heads = []struct {
	name   string
	target target.Target
	cells  []string
	reads  int
}{
	{"genre", target.Category{}, []string{"war", "", "love", "war"}, 5},
	{"seen", target.Binary{Threshold: target.Threshold{Value: .7}},
		[]string{"yes", "no", "", "yes"}, 5},
	{"price", target.Number{Log: true}, []string{"1", "20", "300", ""}, 3},
	{"year", target.Number{Loss: target.MAE}, []string{"1999", "2003", "", "2004"}, 3},
	{"tags", target.Labels{}, []string{"a;b", ";", "", "b;c"}, 5},
}

// What train computes for a network whose kernels are 0 is what Score computes for Guess, under the
// names of Deciding. Rows without a label count in neither.
func TestTrain(t *testing.T) {
	g := braid.NewGraph("films")
	trunk, skip := g.Input("trunk", tensor.Float32, 3), g.Input("skip", tensor.Float32, 5)
	columns := []data.Column{data.Floats("trunk", make([]float32, 12), 3),
		data.Floats("skip", make([]float32, 20), 5)}
	plan := train.Heads{}
	var decoders []target.Decoder
	for _, h := range heads {
		d := learn(t, h.target, h.cells...)
		decoders = append(decoders, d)
		d.Head(g, h.name, trunk, skip)
		plan[h.name] = train.Head{Loss: d.Loss(), Metrics: d.Metrics()}
		columns = append(columns, labels(t, d, h.name, h.cells))
	}
	m, err := g.Build(7)
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range heads {
		kernel, err := m.Weight(h.name + ".kernel")
		if err != nil {
			t.Fatal(err)
		}
		if shape := kernel.Shape(); shape[0] != h.reads {
			t.Errorf("the kernel of %s has shape %v, want %d rows", h.name, shape, h.reads)
		}
		values := kernel.Values()
		if most := max(slices.Max(values), -slices.Min(values)); most > .05 || most == 0 {
			t.Errorf("the kernel of %s starts with numbers of up to %v, want about 0.01", h.name, most)
		}
		fill(t, m, h.name+".kernel", make([]float32, len(values)))
		if biases := decoders[i].Biases(); biases != nil {
			fill(t, m, h.name+".bias", biases)
		} else if guess := decoders[i].Guess(); guess[0] != 0 { // of a median
			fill(t, m, h.name+".bias", guess)
		}
	}
	table, err := data.NewTable(columns...)
	if err != nil {
		t.Fatal(err)
	}
	scores, err := train.Evaluate(context.Background(), m, table, plan, 1)
	if err != nil {
		t.Fatal(err)
	}
	sum := map[string]float64{}
	for i, h := range heads {
		guessing, err := target.Guessing(decoders[i], h.cells)
		if err != nil {
			t.Fatal(err)
		}
		loss, answers := decoders[i].Deciding()
		val := "val_" + h.name + "_"
		sum[val+loss], sum[val+answers] = target.Factors(decoders[i], guessing)
		for _, name := range []string{loss, answers} {
			at := slices.Index(scores.Names, h.name+"_"+name)
			if at < 0 {
				t.Errorf("%s has no figure %s, but %q", h.name, name, scores.Names)
				continue
			}
			// Biases have 1e-6 added to the shares.
			if got, want := scores.Values[at], guessing.Figure(name).Value; !(math.Abs(got-want) <=
				1e-5*max(1, want)) {
				t.Errorf("%s_%s is %v, want %v", h.name, name, got, want)
			}
		}
	}
	// The sum of all figures is one whose least value is best.
	stop := train.EarlyStopping{Sum: sum, Patience: 3}
	history, err := train.Fit(context.Background(), m, table, train.Plan{Heads: plan, Epochs: 2,
		Validate: table, Callbacks: []train.Callback{stop.Callback()}})
	if err != nil {
		t.Fatal(err)
	}
	if best, err := stop.Best(history); best != 2 || err != nil {
		t.Errorf("the best epoch is %d, error %v, want the last", best, err)
	}
}

func labels(t *testing.T, d target.Decoder, name string, cells []string) data.Column {
	dtype, shape := d.Label()
	size := shape.Size()
	ints, floats := make([]int32, len(cells)), make([]float32, size*len(cells))
	for r, cell := range cells {
		row := feature.Slot{Ints: ints[r:][:1]}
		if dtype == tensor.Float32 {
			row = feature.Slot{Floats: floats[r*size:][:size]}
		}
		if _, err := d.Encode(cell, row); err != nil {
			t.Fatal(err)
		}
	}
	if dtype == tensor.Int32 {
		return data.Ints(name, ints, shape...)
	}
	return data.Floats(name, floats, shape...)
}

func fill(t *testing.T, m *braid.Model, name string, values []float32) {
	w, err := m.Weight(name)
	if err == nil {
		err = w.Set(values)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The mean absolute error of numbers that are larger than float32 holds is that of Score.
func TestLargeNumbers(t *testing.T) {
	cells := []string{"1e60", "", "4e60", "2e60"}
	d := learn(t, target.Number{}, cells...)
	g := braid.NewGraph("atoms")
	x := g.Input("x", tensor.Float32, 1)
	d.Head(g, "atoms", x, x)
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	table, err := data.NewTable(
		data.Floats("x", make([]float32, 4), 1), labels(t, d, "atoms", cells),
	)
	if err != nil {
		t.Fatal(err)
	}
	heads := train.Heads{"atoms": {Loss: d.Loss(), Metrics: d.Metrics()}}
	scores, err := train.Evaluate(context.Background(), m, table, heads, 1)
	if err != nil {
		t.Fatal(err)
	}
	guess, err := target.Guessing(d, cells)
	if err != nil {
		t.Fatal(err)
	}
	got, want := scores.Values[slices.Index(scores.Names, "atoms_mae")], guess.Figure("mae").Value
	if math.Abs(got/want-1) > 1e-6 {
		t.Errorf("the mean absolute error is %v, want %v", got, want)
	}
}
