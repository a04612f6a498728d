package experiment

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"braid/augment"
	"braid/feature"
	"braid/internal/random"
	"braid/internal/suggest"
	"braid/metric"
	"braid/target"
	"braid/train"
)

// batch returns the rows of a step: more for more rows.
func (t Train) batch(rows int) int {
	switch {
	case t.Batch > 0:
		return t.Batch
	case rows < 2000:
		return 32
	case rows < 5000:
		return 64
	case rows < 50_000:
		return 128
	}
	return 256
}

// mixed returns the rows of the training table, each as often as an epoch draws it where files are
// mixed equally: the rows of each file are repeated until there are as many as of the file with the
// most. The last repetition has some rows of the file, chosen by the seed, the same in each epoch.
func (b *Built) mixed() []int32 {
	byFile := make([][]int32, len(b.files))
	most := 0
	for i, row := range b.Rows[TrainPart] {
		after, _ := slices.BinarySearch(b.files, row+1) // the first file that begins after the row
		list := &byFile[after-1]
		*list = append(*list, int32(i))
		most = max(most, len(*list))
	}
	var rows []int32
	for file, list := range byFile {
		if len(list) == 0 {
			continue
		}
		rows = append(rows, slices.Repeat(list, most/len(list))...)
		order := make([]int32, len(list))
		random.New(b.seed(), "mix", uint64(file)).Permutation(order)
		for _, at := range order[:most%len(list)] {
			rows = append(rows, list[at])
		}
	}
	return rows
}

// augmenting is an encoder whose input changes at random in training.
type augmenting interface {
	Augmentation() augment.List
}

// plan returns the training of the built model.
func (b *Built) plan() (train.Plan, error) {
	t := b.Experiment.Train.withDefaults()
	p := train.Plan{
		Epochs: t.Epochs, Batch: t.batch(b.Tables[TrainPart].Rows()), Seed: t.Seed,
		DropLast: *t.DropLast, Optimizer: t.Optimizer, Clip: train.Clip{GlobalNorm: *t.Clip},
		Heads: train.Heads{}, Augment: map[string]augment.List{}, Validate: b.Tables[ValidationPart],
		Balance: t.Balance,
	}
	if momentum := *t.EMA; momentum > 0 {
		p.EMA = &train.EMA{Momentum: momentum, Warmup: true, State: true}
	}
	for i, d := range b.Targets {
		metrics, err := b.metrics(b.Heads[i], d.Decoder)
		if err != nil {
			return p, b.at("heads", d.Column, fmt.Errorf("head %q: %w", d.Column, err))
		}
		p.Heads[feature.Name(d.Column)] = train.Head{
			Loss: d.Decoder.Loss(), Weight: b.Heads[i].Weight, MeasureOnly: b.Heads[i].MeasureOnly,
			Metrics: metrics,
		}
	}
	for _, f := range b.Features {
		if a, ok := f.Encoder.(augmenting); ok && a.Augmentation() != nil {
			p.Augment[feature.Name(f.Column)] = a.Augmentation()
		}
	}
	if t.Keep == KeepLast {
		b.Keep = train.EarlyStopping{Patience: t.Epochs}
	} else {
		b.Keep = b.keep()
		p.Callbacks = append(p.Callbacks, b.Keep.Callback())
	}
	if t.Minutes > 0 {
		p.Callbacks = append(p.Callbacks, budget(time.Duration(t.Minutes*float64(time.Minute)),
			time.Now))
	}
	return p, nil
}

// metrics returns the metrics of a head that training measures.
func (b *Built) metrics(h Head, d target.Decoder) (metric.List, error) {
	all := d.Metrics()
	if h.Metrics == nil {
		return all, nil
	}
	var have []string
	for _, m := range all {
		have = append(have, metric.Name(m))
	}
	var list metric.List
	for _, name := range h.Metrics {
		at := slices.Index(have, name)
		if at < 0 {
			return nil, suggest.Unknown("metric", name, have)
		}
		list = append(list, all[at])
	}
	if b.Train.Keep == KeepLast {
		return list, nil
	}
	loss, answers := d.Deciding()
	for _, name := range []string{loss, answers} {
		if slices.Contains(have, name) && !slices.Contains(h.Metrics, name) {
			return nil, fmt.Errorf("metrics lacks %q, which chooses the best epoch: add it, or set keep: "+
				"last in train", name)
		}
	}
	return list, nil
}

// Kept returns the number of the epoch whose weights the model has after training: the best, or the
// last one if that is to be kept or no epoch has finite figures.
func (b *Built) Kept(h *train.History) (epoch int, err error) {
	if b.Keep.RestoreBest {
		epoch, err = b.Keep.Best(h)
	}
	return cmp.Or(epoch, len(h.Epochs)), err
}

// keep returns the rule that decides which epoch is kept: the least mean over the heads of
//
//	loss / loss of guessing - (1 - error / error of guessing)
//
// on the validation part, without what is constant.
func (b *Built) keep() train.EarlyStopping {
	rule := train.EarlyStopping{
		Sum: map[string]float64{}, Mode: train.Min, RestoreBest: true,
		Patience: b.Experiment.Train.withDefaults().Patience,
	}
	for i, t := range b.Targets {
		loss, answers := target.Factors(t.Decoder, b.Guesses[i])
		lossName, answersName := t.Decoder.Deciding()
		for name, factor := range map[string]float64{lossName: loss, answersName: answers} {
			if factor != 0 { // no label of the head is known
				figure := "val_" + feature.Name(t.Column) + "_" + name
				rule.Sum[figure] = factor / float64(len(b.Targets))
			}
		}
	}
	return rule
}

// budget returns a callback that ends training after a time, at the end of the first epoch at the
// earliest. The time of a resumed run counts from its first start.
func budget(limit time.Duration, now func() time.Time) train.Callback {
	var spent time.Duration // in earlier epochs
	var began time.Time
	var history *train.History
	check := func() error {
		if len(history.Epochs) > 0 && spent+now().Sub(began) > limit {
			return train.ErrStop
		}
		return nil
	}
	return train.Callback{
		Start: func(s train.Start) error {
			history, began = s.History, now()
			for _, e := range history.Epochs {
				spent += e.Train + e.Evaluate
			}
			return nil
		},
		Step:  func(train.Step) error { return check() },
		Epoch: func(train.Epoch) error { return check() },
	}
}
