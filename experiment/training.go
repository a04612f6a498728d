package experiment

import (
	"fmt"
	"reflect"
	"strconv"

	"braid/balance"
	"braid/optim"
)

// split reads a way, or a mapping: group: COLUMN is short for by: group and column: COLUMN.
func (r *reader) split(n *node, e *Experiment) {
	s := &e.Split
	if n.form == emptyForm {
		return
	}
	if n.scalar() {
		r.splitBy(n, "split", s)
		if s.By != Random {
			r.fail(n.place, "split: %v needs a column, want {by: %v, column: COLUMN}", s.By, s.By)
		}
		return
	}
	short := func(by SplitBy) func(n *node) {
		return func(n *node) { s.By, s.Column = by, r.text(n, by.String()+" in split") }
	}
	r.entries(n, "split", "in split", []entry{
		{"parts", func(n *node) { r.parts(n, s) }},
		{"by", func(n *node) { r.splitBy(n, "by in split", s) }},
		{"column", func(n *node) { s.Column = r.text(n, "column in split") }},
		{"stratify", func(n *node) { s.Stratify = r.text(n, "stratify in split") }},
		{"group", short(Group)},
		{"time", short(Time)},
	})
	by, column := n.find("by"), n.find("column")
	if by < 0 && column >= 0 {
		s.By = Column
	}
	others := []string{"by", "column", "group", "time"}
	for i, key := range []string{"group", "time"} {
		at := n.find(key)
		for _, other := range others[:2+i] {
			if at >= 0 && n.find(other) >= 0 {
				r.fail(n.keys[at].place, "split has %s and %s, want %s: COLUMN alone, or by and column",
					other, key, key)
				return
			}
		}
	}
	switch {
	case by >= 0 && column < 0 && s.By != Random:
		r.fail(n.items[by].place, "split by %v needs a column, want column: COLUMN", s.By)
	case by >= 0 && column >= 0 && s.By == Random && n.items[by].text == "random":
		r.fail(n.keys[column].place, "column in split has no effect by random, want by: group or time")
	}
	if at := n.find("stratify"); at >= 0 && (s.By == Time || s.By == Column) {
		r.fail(n.keys[at].place, "stratify in split has no effect by %v, want by: random or group", s.By)
	}
	if at := n.find("parts"); at >= 0 && s.By == Column {
		r.fail(n.keys[at].place, "parts in split has no effect by column: the column says the part")
	}
}

func (r *reader) splitBy(n *node, name string, s *Split) {
	r.decode(n, reflect.ValueOf(&s.By).Elem(), name)
}

// parts reads three percentages.
func (r *reader) parts(n *node, s *Split) {
	const want = "three percentages whose sum is 100, such as [70, 15, 15]"
	before := len(r.errors)
	r.decode(n, reflect.ValueOf(&s.Parts).Elem(), "parts in split")
	if len(r.errors) > before {
		return
	}
	if len(s.Parts) != Parts {
		r.fail(n.place, "parts in split has %d numbers, want %s", len(s.Parts), want)
		return
	}
	sum := 0
	for i, p := range s.Parts {
		if p < 0 || p > 100 || i == 0 && p == 0 {
			r.fail(n.items[i].place, "a part of the split is %d, want %s", p, want)
			return
		}
		sum += p
	}
	if sum != 100 {
		r.fail(n.place, "the sum of parts in split is %d, want %s", sum, want)
	}
}

const (
	maxUnits  = 1 << 20
	maxEpochs = 1_000_000
	maxBatch  = 1 << 20
	maxNumber = 1e9

	mostMomentum = 0.999999
)

func (r *reader) trunk(n *node, t *Trunk) {
	r.entries(n, "trunk", "in trunk", []entry{
		{"units", func(n *node) {
			if n.form != listForm {
				r.wrong(n, "units in trunk", "a list, such as [128, 128]")
				return
			}
			t.Units = []int{}
			for _, item := range n.items {
				t.Units = append(t.Units, r.whole(item, "a layer of units in trunk", maxUnits))
			}
		}},
		{"dropout", func(n *node) {
			var value float64
			before := len(r.errors)
			r.decode(n, reflect.ValueOf(&value).Elem(), "dropout in trunk")
			if len(r.errors) == before && (value < 0 || value >= 1) {
				r.wrong(n, "dropout in trunk", "a number from 0, less than 1")
			}
			t.Dropout = &value
		}},
	})
}

func (r *reader) train(n *node, t *Train) {
	in := func(key string) string { return key + " in train" }
	r.entries(n, "train", "in train", []entry{
		{"epochs", func(n *node) { t.Epochs = r.whole(n, in("epochs"), maxEpochs) }},
		{"batch", func(n *node) {
			if n.form == plainForm && n.text == "auto" {
				return
			}
			var err error
			if t.Batch, err = strconv.Atoi(n.text); err != nil || n.form != plainForm || t.Batch < 1 ||
				t.Batch > maxBatch {
				r.wrong(n, in("batch"), fmt.Sprintf("auto, or a whole number from 1 to %d", maxBatch))
			}
		}},
		{"rate", func(n *node) { t.Rate = r.number(n, in("rate")) }},
		{"patience", func(n *node) { t.Patience = r.whole(n, in("patience"), maxEpochs) }},
		{"minutes", func(n *node) { t.Minutes = r.number(n, in("minutes")) }},
		{"seed", func(n *node) {
			before := len(r.errors)
			r.decode(n, reflect.ValueOf(&t.Seed).Elem(), in("seed"))
			if len(r.errors) == before && t.Seed == 0 {
				r.wrong(n, in("seed"), "1 or more")
			}
		}},
		{"mix", func(n *node) { r.decode(n, reflect.ValueOf(&t.Mix).Elem(), in("mix")) }},
		{"optimizer", func(n *node) {
			if o := newMember(r, n, in("optimizer"), optimizers, nil); o.IsValid() {
				r.memberSettings(n, o, in("optimizer"))
				t.Optimizer = o.Interface().(optim.Optimizer)
			}
		}},
		{"balance", func(n *node) {
			if m := newMember(r, n, in("balance"), balances, nil); m.IsValid() {
				r.memberSettings(n, m, in("balance"))
				t.Balance = m.Interface().(balance.Method)
			}
		}},
		{"clip", func(n *node) { t.Clip = r.upTo(n, in("clip"), maxNumber) }},
		{"ema", func(n *node) { t.EMA = r.upTo(n, in("ema"), mostMomentum) }},
		{"drop_last", func(n *node) {
			r.decode(n, reflect.ValueOf(&t.DropLast).Elem(), in("drop_last"))
		}},
		{"keep", func(n *node) { r.decode(n, reflect.ValueOf(&t.Keep).Elem(), in("keep")) }},
	})
	if at := n.find("rate"); at >= 0 && n.find("optimizer") >= 0 {
		r.fail(n.keys[at].place, "rate in train has no effect beside optimizer, want "+
			"optimizer: {type: TYPE, rate: NUMBER}")
	}
	if at := n.find("patience"); at >= 0 && t.Keep == KeepLast {
		r.fail(n.keys[at].place, "patience in train has no effect with keep: last, "+
			"which trains all epochs")
	}
}

// upTo reads a number from 0.
func (r *reader) upTo(n *node, name string, high float64) *float64 {
	var value float64
	before := len(r.errors)
	r.decode(n, reflect.ValueOf(&value).Elem(), name)
	if len(r.errors) == before && (value < 0 || value > high) {
		r.wrong(n, name, fmt.Sprintf("a number from 0, which means none, to %g", high))
	}
	return &value
}

// whole reads a whole number from 1 to high.
func (r *reader) whole(n *node, name string, high int) int {
	var value int
	before := len(r.errors)
	r.decode(n, reflect.ValueOf(&value).Elem(), name)
	if len(r.errors) == before && (value < 1 || value > high) {
		r.wrong(n, name, fmt.Sprintf("a whole number from 1 to %d", high))
	}
	return value
}

// number reads a number above 0.
func (r *reader) number(n *node, name string) float64 {
	var value float64
	before := len(r.errors)
	r.decode(n, reflect.ValueOf(&value).Elem(), name)
	if len(r.errors) == before && (value <= 0 || value > maxNumber) {
		r.wrong(n, name, fmt.Sprintf("a number above 0, at most %g", maxNumber))
	}
	return value
}
