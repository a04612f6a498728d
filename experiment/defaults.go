package experiment

import (
	"cmp"
	"fmt"
	"io"
	"reflect"

	"braid/balance"
	"braid/internal/kinds"
	"braid/optim"
)

// Defaults of training, chosen on validation over several data sets.
const (
	defaultEpochs   = 100
	defaultPatience = 8
	defaultRate     = 0.004
	decayRate       = 0.01
	clipNorm        = 1
	averageMomentum = 0.98
)

// WithDefaults returns the experiment with what its defaults give where it leaves a setting out,
// but for a batch that depends on the rows: Built.Resolved has it. It trains the same model.
func (e *Experiment) WithDefaults() *Experiment {
	whole := *e
	whole.Train = e.Train.withDefaults()
	if e.Network == nil {
		rate := e.Trunk.dropout()
		whole.Trunk = Trunk{Units: e.Trunk.units(), Dropout: &rate}
	}
	if e.divides() && e.Split.By != Column {
		whole.Split.Parts = e.Split.parts()
	}
	return &whole
}

// WriteWhole writes an experiment with what its defaults give, which Write leaves out. Parse reads
// it as one that trains the same model.
func WriteWhole(w io.Writer, e *Experiment) error {
	whole := e.WithDefaults()
	root, err := whole.node()
	if err == nil {
		err = whole.addChoices(root)
	}
	if err == nil {
		err = root.checkUTF8()
	}
	if err != nil {
		return fmt.Errorf("experiment: %w", err)
	}
	p := printer{}
	p.block(root, 0, "")
	_, err = w.Write(p.Bytes())
	return err
}

// addChoices adds the choices that are the default, such as by: random, to the sections of split
// and train.
func (e *Experiment) addChoices(root *node) error {
	sections := map[string]any{"train": e.Train}
	if e.divides() {
		sections["split"] = e.Split
	}
	for i, key := range root.keys {
		section, ok := sections[key.text]
		if !ok {
			continue
		}
		v := reflect.ValueOf(section)
		for _, f := range kinds.Fields(v.Type()) {
			field := v.FieldByIndex(f.Index)
			if _, isChoice := field.Interface().(fmt.Stringer); !isChoice || !field.IsZero() ||
				field.Kind() != reflect.Uint8 {
				continue
			}
			value, err := encode(field)
			if err != nil {
				return err
			}
			root.items[i].add(wordNode(f.Name), value)
		}
	}
	return nil
}

// divides reports whether the section split divides rows: those of files that are not divided.
func (e *Experiment) divides() bool {
	return e.Data.Files != nil || e.Data.Columns != nil ||
		e.Data.Train != nil && e.Data.Validation == nil
}

// withDefaults returns the settings of a training; 0 for Batch and Minutes stay.
func (t Train) withDefaults() Train {
	t.Epochs, t.Seed = cmp.Or(t.Epochs, defaultEpochs), cmp.Or(t.Seed, defaultSeed)
	if t.Keep == KeepBest {
		t.Patience = cmp.Or(t.Patience, defaultPatience)
	}
	if t.Optimizer == nil {
		t.Optimizer = optim.AdamW{
			Rate: cmp.Or(t.Rate, defaultRate), Epsilon: 1e-8, Lazy: true,
			WeightDecay: optim.Decay{Rate: decayRate},
		}
		t.Rate = 0 // the optimizer has it
	}
	if t.Balance == nil {
		t.Balance = balance.Fixed{}
	}
	t.Clip, t.EMA = or(t.Clip, clipNorm), or(t.EMA, averageMomentum)
	t.DropLast = or(t.DropLast, true)
	return t
}

// or returns a setting, or its default.
func or[T any](setting *T, standard T) *T {
	if setting == nil {
		return &standard
	}
	return setting
}
