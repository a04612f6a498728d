package optim

import (
	"encoding/json"
	"fmt"

	"braid/internal/kernel"
)

// Schedule is the learning rate of each step. Any package may define one.
type Schedule interface {
	// Kind is the schedule's name in configurations.
	Kind() string
	// Check returns an error for a configuration that cannot be used.
	Check() error
	// Rate returns the rate of a step, counted from 0 as in Keras: the number of updates since the
	// start of the run, also in a resumed run.
	Rate(step int) float64
}

// scaledSchedule is a schedule times a factor.
type scaledSchedule struct {
	Schedule
	factor float64
}

func (s scaledSchedule) Rate(step int) float64 { return s.factor * s.Schedule.Rate(step) }

// withKind encodes a schedule as an object whose first field is its kind.
func withKind(kind string, config any) ([]byte, error) {
	content, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	object := fmt.Appendf(nil, `{"kind":%q`, kind)
	if len(content) > len("{}") {
		object = append(object, ',')
	}
	return append(object, content[1:]...), nil
}

// count requires 1 or more.
func count(field string, value int) error {
	if value < 1 {
		return fmt.Errorf("%s = %d, want 1 or more", field, value)
	}
	return nil
}

// linear returns the number at a share of the way from one number to another.
func linear(from, to, share float64) float64 { return from + float64((to-from)*share) }

// cosine falls from 1 to 0 along half a period of the cosine while share goes from 0 to 1.
func cosine(share float64) float64 {
	_, cos := kernel.Sincos64(float64(180 * share))
	return (1 + cos) / 2
}
