package kernel

import (
	"reflect"
	"testing"
)

// missing has the kernels that a set takes from the reference, with the reason.
var missing = map[string]map[string]string{}

// TestComplete checks that every set has its own code for every kernel, or a reason why not.
func TestComplete(t *testing.T) {
	eachSet(t, func(t *testing.T, set *Set) {
		if set == &reference {
			return
		}
		plain, fast := reflect.ValueOf(reference), reflect.ValueOf(*set)
		for i := range plain.NumField() {
			name := plain.Type().Field(i).Name
			if plain.Field(i).Kind() != reflect.Func {
				continue
			}
			same := plain.Field(i).Pointer() == fast.Field(i).Pointer()
			switch reason := missing[set.Name][name]; {
			case same && reason == "":
				t.Errorf("%s of set %s is that of the reference, and no reason says why", name, set.Name)
			case !same && reason != "":
				t.Errorf("set %s has %s, and a reason why not: %s", set.Name, name, reason)
			}
		}
	})
}
