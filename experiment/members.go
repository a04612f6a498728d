package experiment

import (
	"braid"
	"braid/balance"
	"braid/feature"
	"braid/layer"
	"braid/optim"
	"braid/target"
)

// kinded is a setting with several kinds: a mapping with a key "type" and the kind's keys.
type kinded interface{ Kind() string }

// table has the members of a package: the names of their kinds, and the function that decodes one
// from JSON.
type table[M kinded] struct {
	kinds  []string
	decode func(kind string, settings []byte, custom ...M) (M, error)
}

var (
	features = table[feature.Feature]{feature.Kinds(), feature.Decode}
	targets  = table[target.Target]{target.Kinds(), target.Decode}
	layers   = table[braid.Layer]{layer.Kinds(), layer.Decode}

	optimizers = table[optim.Optimizer]{optim.Kinds(), optim.Decode}
	balances   = table[balance.Method]{balance.Kinds(), balance.Decode}
)

// example returns a member of a kind without settings.
func (t table[M]) example(kind string) (M, error) { return t.decode(kind, []byte("{}")) }
