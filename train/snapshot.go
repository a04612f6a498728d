package train

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"braid"
	"braid/internal/safetensors"
	"braid/tensor"
)

// snapshot is a copy of the state that the rest of a run depends on, besides its plan.
type snapshot struct {
	position
	halvings int         // of the learning rate
	sums     []float64   // losses and metrics of the current epoch
	balance  []float64   // see balanced.state
	rows     []epochRows // of each metric.OfRows
	epochs   []Epoch     // the history
	numbers  [][]float32 // the storage of the weights and their slots
	best     bool        // the last epoch is the best so far
	keep     []int       // epochs whose checkpoints stay, such as the best; 0 is none
}

// epochRows holds a metric's numbers of the rows of the current epoch so far.
type epochRows struct {
	figure  string
	width   int
	numbers []float32
}

// memory returns the arrays that training changes: the storage of each weight, then its slots.
func (run *runner) memory() [][]float32 {
	var list [][]float32
	for _, w := range run.model.Weights() {
		for _, matrix := range w.Memory().Storage {
			list = append(list, matrix.Data)
		}
		for _, slot := range run.slots[w.Memory()] {
			for _, matrix := range slot.storage {
				list = append(list, matrix.Data)
			}
		}
	}
	return list
}

// take copies the run's state to s.
func (f *fit) take(s *snapshot) {
	s.position, s.halvings = f.at, f.halvings
	s.sums = f.runner.sums(s.sums[:0])
	s.balance = f.runner.balance.state(s.balance[:0])
	f.runner.eachRows(func(i int, figure string, m *score) {
		if i == len(s.rows) {
			s.rows = append(s.rows, epochRows{figure: figure, width: m.fn.Width()})
		}
		s.rows[i].numbers = append(s.rows[i].numbers[:0], m.kept...)
	})
	s.epochs = append(s.epochs[:0], f.history.Epochs...)
	live := f.runner.memory()
	if s.numbers == nil {
		s.numbers = make([][]float32, len(live))
	}
	for i, numbers := range live {
		s.numbers[i] = append(s.numbers[i][:0], numbers...)
	}
}

// put sets the run's state to s.
func (f *fit) put(s *snapshot) {
	f.at, f.halvings = s.position, s.halvings
	f.history.Epochs = append(f.history.Epochs[:0], s.epochs...)
	f.runner.setSums(s.sums)
	f.runner.balance.setState(s.balance)
	f.runner.eachRows(func(i int, _ string, m *score) {
		m.kept = append(m.kept[:0], s.rows[i].numbers...)
	})
	for i, numbers := range f.runner.memory() {
		copy(numbers, s.numbers[i])
	}
}

// sums appends the sums of the current epoch to to.
func (run *runner) sums(to []float64) []float64 {
	for _, h := range run.heads {
		to = append(to, h.sum)
		for _, m := range h.metrics {
			to = append(to, m.sums...)
		}
	}
	if len(run.penalties) > 0 {
		to = append(to, run.penalty)
	}
	return to
}

// eachRows visits the metrics that keep rows, with the names of their figures.
func (run *runner) eachRows(visit func(i int, figure string, m *score)) {
	i := 0
	for _, h := range run.heads {
		for _, m := range h.metrics {
			if m.sums == nil {
				visit(i, h.name+"_"+m.name, m)
				i++
			}
		}
	}
}

// setSums sets the sums from what sums returned.
func (run *runner) setSums(from []float64) {
	for _, h := range run.heads {
		h.sum, from = from[0], from[1:]
		for _, m := range h.metrics {
			from = from[copy(m.sums, from):]
		}
	}
	if len(run.penalties) > 0 {
		run.penalty = from[0]
	}
}

// stateJSON is the state of a checkpoint that is not in its tensors.
type stateJSON struct {
	position
	Halvings int      `json:"halvings"`
	Names    []string `json:"names"` // of the figures
}

// Names of a checkpoint's tensors besides the weights.
const (
	sumsEntry      = "sums"
	historyEntry   = "history"   // [epochs, figures]
	timesEntry     = "times"     // [epochs, 2]: training and evaluation, in nanoseconds
	conflictsEntry = "conflicts" // [epochs, conflicts, 3]: cosine and norms
	balanceEntry   = "balance"   // of a method that balances heads, if it has state
	rowsEntry      = "rows/"     // and the figure: [rows, width]; missing if there are no rows
)

// eachArray calls visit with each weight and each of the arrays beside it, in the order of memory,
// with the name of its tensor. The average of a weight has the weight's name: it is what a model
// holds after training.
func eachArray(m *braid.Model, arrays arrays,
	visit func(name string, w *braid.Weight) error) error {
	for _, w := range m.Weights() {
		name, beside := w.Name(), arrays.of(w)
		if slices.Contains(beside, averageArray) {
			name += "/trained"
		}
		if err := visit(name, w); err != nil {
			return err
		}
		for _, array := range beside {
			name := w.Name() + "/" + array
			if array == averageArray {
				name = w.Name()
			}
			if err := visit(name, w); err != nil {
				return err
			}
		}
	}
	return nil
}

// write writes a snapshot as a checkpoint. It reads nothing that training changes.
func (s *snapshot) write(
	w io.Writer, m *braid.Model, arrays arrays, p fingerprint, figures []string,
) error {
	state, err := json.Marshal(stateJSON{s.position, s.halvings, figures})
	if err != nil {
		return err
	}
	run, err := json.Marshal(p)
	if err != nil {
		return err
	}
	c := safetensors.Container{Metadata: map[string]string{
		"format": checkpointVersion, "numerics": strconv.Itoa(braid.Numerics), "state": string(state),
		"run": string(run),
	}}
	rest := s.numbers
	err = eachArray(m, arrays, func(name string, weight *braid.Weight) error {
		var like []tensor.Rows[float32]
		for _, matrix := range weight.Memory().Storage {
			matrix.Data, rest = rest[0], rest[1:]
			like = append(like, matrix)
		}
		values := make([]float32, weight.Shape().Size())
		weight.Unpack(values, like)
		c.Entries = append(c.Entries, safetensors.Floats(name, values, weight.Shape()...))
		return nil
	})
	if err != nil {
		return err
	}
	var values []float64
	var times []int64
	for _, e := range s.epochs {
		values = append(values, e.Values...)
		times = append(times, int64(e.Train), int64(e.Evaluate))
	}
	for _, r := range s.rows {
		if n := len(r.numbers) / r.width; n > 0 {
			c.Entries = append(c.Entries, safetensors.Floats(rowsEntry+r.figure, r.numbers, n, r.width))
		}
	}
	if n := len(s.balance); n > 0 {
		c.Entries = append(c.Entries, safetensors.Doubles(balanceEntry, s.balance, n))
	}
	if len(s.epochs) > 0 && s.epochs[0].Conflicts != nil {
		var numbers []float64
		for _, e := range s.epochs {
			for _, c := range e.Conflicts {
				numbers = append(numbers, c.Cosine, c.Norms[0], c.Norms[1])
			}
		}
		n := len(s.epochs)
		c.Entries = append(c.Entries, safetensors.Doubles(conflictsEntry, numbers, n,
			len(numbers)/3/n, 3))
	}
	c.Entries = append(c.Entries,
		safetensors.Doubles(sumsEntry, s.sums, len(s.sums)),
		safetensors.Doubles(historyEntry, values, len(s.epochs), len(figures)),
		safetensors.Longs(timesEntry, times, len(s.epochs), 2))
	return c.Write(w)
}

// read parses a checkpoint of this run. A *mismatch error means that the checkpoint belongs to
// another run, any other that the file is damaged.
func (f *fit) read(content []byte) (*snapshot, error) {
	c, err := safetensors.Parse(content)
	if err != nil {
		return nil, err
	}
	if !c.Checked() {
		return nil, errors.New("its checksums are missing")
	}
	if got := c.Metadata["format"]; got != checkpointVersion {
		return nil, &mismatch{[]string{fmt.Sprintf("format: it has %q, this program reads %q", got,
			checkpointVersion)}}
	}
	if got := cmp.Or(c.Metadata["numerics"], "1"); got != strconv.Itoa(braid.Numerics) {
		return nil, &mismatch{[]string{fmt.Sprintf(
			"numerics version: it has %s, this program has %d and would compute other bytes: "+
				"continue with the program that wrote it, or start a new run", got, braid.Numerics)}}
	}
	var run fingerprint
	if err := json.Unmarshal([]byte(c.Metadata["run"]), &run); err != nil {
		return nil, fmt.Errorf("run: %w", err)
	}
	if err := run.differ(f.fingerprint); err != nil {
		return nil, err
	}
	var state stateJSON
	if err := json.Unmarshal([]byte(c.Metadata["state"]), &state); err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	s := &snapshot{position: state.position, halvings: state.Halvings}
	if s.Epochs < 0 || s.Steps < 0 || s.Steps > f.steps || s.halvings < 0 || s.halvings > maxRestores {
		return nil, fmt.Errorf("state: %d epochs, %d of %d steps, %d halvings are out of range", s.Epochs,
			s.Steps, f.steps, s.halvings)
	}
	if !slices.Equal(state.Names, f.history.Names) {
		return nil, fmt.Errorf("state: the figures are %q, want %q", state.Names, f.history.Names)
	}
	if err := f.readNumbers(c, s); err != nil {
		return nil, err
	}
	if err := f.readRows(c, s); err != nil {
		return nil, err
	}
	return s, f.readHistory(c, s)
}

// entry returns the tensor with a name, if it has the type and shape.
func entry(c *safetensors.Container, name, dtype string, shape ...int) (safetensors.Entry, error) {
	e, ok := c.Entry(name)
	if !ok {
		return e, fmt.Errorf("tensor %q is missing", name)
	}
	if e.DType != dtype || !e.Shape.Equal(tensor.Shape(shape)) {
		return e, fmt.Errorf("tensor %q is %s of shape %v, want %s of %v", name, e.DType, e.Shape, dtype,
			shape)
	}
	return e, nil
}

func (f *fit) readNumbers(c *safetensors.Container, s *snapshot) error {
	return eachArray(f.model, f.runner.arrays, func(name string, weight *braid.Weight) error {
		e, err := entry(c, name, "F32", weight.Shape()...)
		if err != nil {
			return err
		}
		values, err := e.Float32s()
		if err != nil {
			return err
		}
		var like []tensor.Rows[float32]
		for _, matrix := range weight.Memory().Storage {
			matrix.Data = make([]float32, len(matrix.Data))
			like, s.numbers = append(like, matrix), append(s.numbers, matrix.Data)
		}
		weight.Pack(like, values)
		return nil
	})
}

// readRows reads the rows of the metrics that keep them.
func (f *fit) readRows(c *safetensors.Container, s *snapshot) (failed error) {
	f.shuffle(s.Epochs + 1)
	done := f.order[:min(s.Steps*f.batch, len(f.order))]
	for _, h := range f.runner.heads {
		for _, m := range h.metrics {
			if m.sums != nil {
				continue
			}
			r, n := epochRows{figure: h.name + "_" + m.name, width: m.fn.Width()},
				h.labels.examples(done, m.steps)
			if n > 0 {
				e, err := entry(c, rowsEntry+r.figure, "F32", n, r.width)
				if err == nil {
					r.numbers, err = e.Float32s()
				}
				failed = errors.Join(failed, err)
			}
			s.rows = append(s.rows, r)
		}
	}
	return failed
}

// readConflicts reads those of the epochs.
func (f *fit) readConflicts(c *safetensors.Container, s *snapshot) error {
	now := f.runner.passes.takeConflicts()
	if now == nil || s.Epochs == 0 {
		return nil
	}
	e, err := entry(c, conflictsEntry, "F64", s.Epochs, len(now), 3)
	if err != nil {
		return err
	}
	numbers, err := e.Float64s()
	if err != nil {
		return err
	}
	for i := range s.epochs {
		for _, c := range now {
			c.Cosine, c.Norms, numbers = numbers[0], [2]float64(numbers[1:3]), numbers[3:]
			s.epochs[i].Conflicts = append(s.epochs[i].Conflicts, c)
		}
	}
	return nil
}

func (f *fit) readHistory(c *safetensors.Container, s *snapshot) error {
	figures := len(f.history.Names)
	sums, err1 := entry(c, sumsEntry, "F64", len(f.runner.sums(nil)))
	values, err2 := entry(c, historyEntry, "F64", s.Epochs, figures)
	times, err3 := entry(c, timesEntry, "I64", s.Epochs, 2)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	var err error
	if s.sums, err = sums.Float64s(); err != nil {
		return err
	}
	if n := len(f.runner.balance.state(nil)); n > 0 {
		e, err := entry(c, balanceEntry, "F64", n)
		if err != nil {
			return err
		}
		if s.balance, err = e.Float64s(); err != nil {
			return err
		}
	}
	if s.epochs, err = epochsOf(values, times); err != nil {
		return err
	}
	return f.readConflicts(c, s)
}
