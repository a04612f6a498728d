package train

import (
	"fmt"
	"slices"

	"braid"
	"braid/data"
	"braid/internal/engine"
	"braid/internal/kinds"
	"braid/internal/suggest"
	"braid/loss"
	"braid/metric"
	"braid/tensor"
)

// head is a head of the model with its loss, its metrics and their buffers.
type head struct {
	name    string
	loss    loss.Func
	weight  float64
	factor  float64    // of the loss in training, from Plan.Balance
	batch   loss.Batch // views of the workspace and of the target
	target  loss.Target
	losses  []float32 // of each row, times its weight
	metrics []*score

	steps     int          // positions along all axes but the last
	stepShape tensor.Shape // their axes
	label     int          // numbers of the target that are missing together: of a step, or of a row

	rowWeight string  // column with the rows' weights; "" for none
	labels    *labels // of the dataset that run.use has bound

	// Since reset:
	sum    float64 // the losses of all rows, times their weights
	count  int     // labels of the rows
	weighs float64 // the sum of their weights
}

// bindHeads binds the plan's losses and metrics to the model's heads, in the model's order.
func bindHeads(m *braid.Model, space *engine.Workspace, plan Heads, grads bool) ([]*head, error) {
	var list []*head
	for i, spec := range m.Heads() {
		h := plan[spec.Name]
		fn, err := h.Loss.Bind(spec)
		if err == nil && kinds.IsNil(fn) {
			err = fmt.Errorf("%s: head %q: %w", h.Loss.Kind(), spec.Name, boundNothing(fn))
		}
		if err != nil {
			return nil, err
		}
		b := &head{
			name: spec.Name, loss: fn, weight: h.weight(), factor: 1, target: fn.Target(),
			losses: make([]float32, space.Rows()), rowWeight: h.RowWeight,
		}
		b.bindSteps(spec.Shape)
		b.batch = loss.Batch{
			Output: space.Output(i), Logits: space.Logits(i), LogSumExp: space.LogSumExp(i),
			Scratch: tensor.NewRows[float32](space.Rows(), loss.ScratchWidth(fn, spec)),
		}
		if grads {
			b.batch.Grad = space.HeadGrad(i, fn.FromLogits())
		}
		width := b.target.Shape.Size()
		if b.target.DType == tensor.Int32 {
			b.batch.Labels = tensor.NewRows[int32](space.Rows(), width)
		} else {
			b.batch.Target = tensor.NewRows[float32](space.Rows(), width)
		}
		for at, m := range h.Metrics {
			if err := kinds.NotNil(m, "one such as metric.Accuracy{}"); err != nil {
				return nil, fmt.Errorf("head %q: metric %d of its list is %w", spec.Name, at, err)
			}
			fn, err := m.Bind(spec, metricTarget(b.target))
			if err == nil && kinds.IsNil(fn) {
				err = fmt.Errorf("%s: head %q: %w", m.Kind(), spec.Name, boundNothing(fn))
			}
			if err != nil {
				return nil, err
			}
			s, err := newScore(m, fn, space.Rows(), metric.Batch{
				Output: space.Output(i), Labels: b.batch.Labels, Target: b.batch.Target,
				Scratch: make([]int32, space.Rows()*b.steps),
			}, b.steps)
			if err != nil {
				return nil, fmt.Errorf("head %q: %w", spec.Name, err)
			}
			b.metrics = append(b.metrics, s)
		}
		list = append(list, b)
	}
	return list, nil
}

// boundNothing is the error of a loss or a metric whose Bind returned nil without an error.
func boundNothing(fn any) error {
	return fmt.Errorf("Bind returned %w", kinds.NotNil(fn, "a Func or an error"))
}

// bindSteps finds the steps of a head. The target of a custom loss may have none.
func (h *head) bindSteps(shape tensor.Shape) {
	steps, axis := shape.Steps()
	h.steps, h.stepShape = steps, shape[:max(len(shape)-1, 0)]
	switch target := h.target.Shape; {
	case target.Equal(shape):
		h.label = axis
	case target.Equal(h.stepShape):
		h.label = 1
	default:
		h.label = target.Size()
	}
}

func metricTarget(t loss.Target) metric.Target {
	return metric.Target{DType: t.DType, Shape: t.Shape, Unit: t.Unit, Signs: t.Signs}
}

// dataset is a table bound to a model: a column for each input and each head, in the model's order.
type dataset struct {
	rows    int
	inputs  []data.Column
	targets []data.Column
	labels  []*labels // by head

	augmented []*augmented // by input; nil: no input, or not this one
}

// newDataset finds the column of each input and head by name and checks its shape, type and
// numbers.
func newDataset(m *braid.Model, heads []*head, table *data.Table) (*dataset, error) {
	var want []string
	for _, spec := range m.Inputs() {
		want = append(want, spec.Name)
	}
	for _, h := range heads {
		for _, name := range []string{h.name, h.rowWeight} {
			if name != "" && !slices.Contains(want, name) {
				want = append(want, name)
			}
		}
	}
	given := map[string]bool{}
	for _, name := range table.Names() {
		given[name] = true
	}
	if err := suggest.Match("column", want, given); err != nil {
		return nil, err
	}
	ds := &dataset{rows: table.Rows()}
	for _, spec := range m.Inputs() {
		c, _ := table.Column(spec.Name) // suggest.Match has found it
		if err := checkInput(spec, c); err != nil {
			return nil, err
		}
		ds.inputs = append(ds.inputs, c)
	}
	for _, h := range heads {
		given, _ := table.Column(h.name)
		if err := checkForm(h.target, given); err != nil {
			return nil, err
		}
		c, l, err := newLabels(h, given, table)
		if err != nil {
			return nil, err
		}
		if err := checkNumbers(h.target, given, c); err != nil {
			return nil, err
		}
		ds.targets, ds.labels = append(ds.targets, c), append(ds.labels, l)
	}
	return ds, nil
}

func checkInput(spec braid.Spec, c data.Column) error {
	if !c.Shape.Equal(spec.Shape) {
		return fmt.Errorf("column %q has shape %v a row, the input wants %v", c.Name, c.Shape, spec.Shape)
	}
	if (c.DType == tensor.Int32) != (spec.DType == tensor.Int32) {
		return fmt.Errorf("column %q is %s, the input wants %s", c.Name, c.DType, spec.DType)
	}
	if spec.Vocabulary > 0 {
		return c.CheckRange(0, spec.Vocabulary-1)
	}
	return c.CheckFinite()
}

// checkForm returns an error unless a column has the shape and the type of a target.
func checkForm(t loss.Target, c data.Column) error {
	oneNumber := c.Shape.Size() == 1 && t.Shape.Size() == 1 // [] and [1] are equivalent
	if !c.Shape.Equal(t.Shape) && !oneNumber {
		return fmt.Errorf("column %q has shape %v a row, the loss wants %v", c.Name, c.Shape, t.Shape)
	}
	if t.DType == tensor.Int32 && c.DType != tensor.Int32 {
		return fmt.Errorf("column %q is %s, the loss wants labels as int32", c.Name, c.DType)
	}
	return nil
}

// checkNumbers returns an error unless a column, given with gaps and filled, has numbers that the
// target may have.
func checkNumbers(t loss.Target, given, filled data.Column) error {
	if err := filled.CheckFinite(); err != nil {
		return err
	}
	switch {
	case t.Classes > 0:
		return filled.CheckRange(0, t.Classes-1)
	case t.Unit:
		return filled.CheckRange(0, 1)
	case t.NotNegative:
		return filled.Check("0 or more", func(v float64) bool { return v >= 0 })
	case t.Signs:
		return checkSigns(given)
	}
	return nil
}

// checkSigns returns an error unless the column has 1 and -1, or 1 and 0, besides what is missing.
func checkSigns(c data.Column) error {
	var zero, minus bool
	return c.Check("1 and -1, or 1 and 0 throughout", func(v float64) bool {
		zero, minus = zero || v == 0, minus || v == -1
		missing := v != v || v == data.NoLabel
		return missing || (v == 1 || v == 0 || v == -1) && !(zero && minus)
	})
}

// figureNames lists the figures of an epoch in order: the total loss, each head's loss, each head's
// metrics.
func figureNames(heads []*head) []string {
	list := []string{"loss"}
	for _, h := range heads {
		list = append(list, h.name+"_loss")
	}
	for _, h := range heads {
		for _, s := range h.metrics {
			if !s.isTable() {
				list = append(list, h.name+"_"+s.name)
			}
		}
	}
	return list
}

// ascending reports of each figure of figureNames whether more is better.
func ascending(heads []*head) []bool {
	list := make([]bool, 1+len(heads))
	for _, h := range heads {
		for _, s := range h.metrics {
			if !s.isTable() {
				list = append(list, s.ascends)
			}
		}
	}
	return list
}

// tableNames lists the tables in the order of the heads and their metrics.
func tableNames(heads []*head) []string {
	var list []string
	for _, h := range heads {
		for _, s := range h.metrics {
			if s.isTable() {
				list = append(list, h.name+"_"+s.name)
			}
		}
	}
	return list
}

// checkFigures returns an error for duplicate names and for names that cannot be shown. The graph
// checks the names of heads; this function checks those of metrics.
func checkFigures(list []string) error {
	for i, name := range list {
		if err := suggest.CheckLabel(name); err != nil {
			return fmt.Errorf("the name of the figure %q %w: rename its metric", name, err)
		}
		if slices.Contains(list[:i], name) {
			return fmt.Errorf("two figures are named %q: rename a head, or give it each metric once", name)
		}
	}
	return nil
}
