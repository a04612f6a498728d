package optim

import (
	"encoding/json"
	"fmt"
	"slices"

	"braid/internal/kinds"
)

// members lists the optimizers of this package.
var members = []Optimizer{
	Adadelta{},
	Adagrad{},
	Adam{},
	AdamW{},
	Adamax{},
	Lion{},
	Nadam{},
	RMSprop{},
	SGD{},
}

// schedules lists the schedules of this package.
var schedules = []Schedule{
	CosineDecay{},
	CosineDecayRestarts{},
	ExponentialDecay{},
	InverseTimeDecay{},
	OneCycle{},
	PiecewiseConstant{},
	PiecewiseLinear{},
	PolynomialDecay{},
}

// Kinds returns the kinds of optimizers of this package, sorted.
func Kinds() []string {
	var list []string
	for _, o := range members {
		list = append(list, o.Kind())
	}
	slices.Sort(list)
	return list
}

// Decode returns the optimizer of a kind with a configuration in JSON. Custom optimizers are found
// by their Kind among custom: each is an example of its type, and Decode returns a new value. The
// field "schedule" is read by DecodeSchedule.
func Decode(kind string, config []byte, custom ...Optimizer) (Optimizer, error) {
	schedule, rest, err := kinds.Cut(config, "schedule")
	if err != nil || string(schedule) == "null" {
		schedule = nil // kinds.Decode reports the error
	}
	if schedule == nil {
		rest = config
	}
	o, err := kinds.Decode("optimizer", kind, rest, slices.Concat(custom, members))
	if err != nil || schedule == nil {
		return o, err
	}
	s, err := DecodeSchedule(schedule)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kind, err)
	}
	to, ok := o.(Scheduled)
	if !ok {
		return nil, fmt.Errorf("%s: the optimizer has no schedule", kind)
	}
	return to.WithSchedule(s), nil
}

// DecodeSchedule returns the schedule of a JSON object, whose field "kind" is its kind. Custom
// schedules are found by their Kind among custom.
func DecodeSchedule(config []byte, custom ...Schedule) (Schedule, error) {
	kind, rest, err := kinds.Cut(config, "kind")
	if err != nil {
		return nil, fmt.Errorf("schedule: %w", err)
	}
	var name string
	if err := json.Unmarshal(kind, &name); err != nil {
		return nil, fmt.Errorf("schedule: the field \"kind\" is missing or no string")
	}
	return kinds.Decode("schedule", name, rest, slices.Concat(custom, schedules))
}
