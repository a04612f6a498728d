package experiment

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"testing"

	"braid/feature"
	"braid/internal/kinds"
	"braid/target"
)

// The tests of the grammar have types of columns of their own, with settings of every form.

// testNumber is a feature and, as testTarget, a target.
type testNumber struct {
	feature.Feature `json:"-"`

	Decimal string             `json:"decimal,omitzero"`
	Log     bool               `json:"log,omitzero"`
	Size    int                `json:"size,omitzero"`
	Bins    uint8              `json:"bins,omitzero"`
	Clip    *float64           `json:"clip,omitzero"`
	Missing []string           `json:"missing,omitzero"`
	Names   map[string]float64 `json:"names,omitzero"`
	Length  auto               `json:"length,omitzero"`
	Window  [2]int             `json:"window,omitzero"`
	Inner   testInner          `json:"inner,omitzero"`
	Part    *testInner         `json:"part,omitzero"`
}

type testInner struct {
	Rate float32 `json:"rate,omitzero"`
}

func (testNumber) Kind() string { return "number" }

// Check refuses a size.
func (n testNumber) Check() error {
	if n.Size == 13 {
		return errors.New("size: got 13, want another number")
	}
	return nil
}

// auto is a number, or 0 for auto.
type auto int

func (a auto) MarshalText() ([]byte, error) {
	if a == 0 {
		return []byte("auto"), nil
	}
	return []byte(strconv.Itoa(int(a))), nil
}

func (a *auto) UnmarshalText(text []byte) error {
	if string(text) == "auto" {
		*a = 0
		return nil
	}
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 1 {
		return fmt.Errorf("got %q, want auto or a number", text)
	}
	*a = auto(n)
	return nil
}

type testText struct {
	feature.Feature `json:"-"`
}

func (testText) Kind() string { return "text" }

type testImage struct {
	feature.Feature `json:"-"`
	Size            int `json:"size,omitzero"`
}

func (testImage) Kind() string { return "image" }

type testDate struct {
	feature.Feature `json:"-"`
	Format          string `json:"format,omitzero"`
}

func (testDate) Kind() string { return "date" }

type testCategory struct {
	feature.Feature `json:"-"`
}

func (testCategory) Kind() string { return "category" }

type testClasses struct {
	target.Target `json:"-"`
	MinCount      int   `json:"min_count,omitzero"`
	Level         level `json:"level,omitzero"`
}

func (testClasses) Kind() string { return "category" }

// level is a word, a number, or a list of numbers, in JSON alone.
type level struct {
	word string
	list []float64
}

func (l level) MarshalJSON() ([]byte, error) {
	switch {
	case l.word != "":
		return json.Marshal(l.word)
	case len(l.list) == 1:
		return json.Marshal(l.list[0])
	}
	return json.Marshal(map[string]any{"list": l.list, "on": true, "none": nil})
}

func (l *level) UnmarshalJSON(text []byte) error {
	*l = level{}
	if json.Unmarshal(text, &l.word) == nil {
		return nil
	}
	l.list = make([]float64, 1)
	if json.Unmarshal(text, &l.list[0]) == nil {
		return nil
	}
	var object struct {
		List []float64
		On   bool
		None *int
	}
	err := json.Unmarshal(text, &object)
	l.list = object.List
	if err == nil && (!object.On || object.None != nil) {
		err = errors.New("want on, and nothing else")
	}
	return err
}

type testBinary struct {
	target.Target `json:"-"`
	True          string `json:"true,omitzero"`
}

func (testBinary) Kind() string { return "binary" }

type testAmount struct {
	target.Target `json:"-"`
	Loss          string `json:"loss,omitzero"`
}

func (testAmount) Kind() string { return "number" }

// withTestKinds makes a test read the types of this file in place of the real ones.
func withTestKinds(t testing.TB) {
	f, h := features, targets
	t.Cleanup(func() { features, targets = f, h })
	features = tableOf[feature.Feature](testNumber{}, testText{}, testImage{}, testDate{},
		testCategory{})
	targets = tableOf[target.Target](testClasses{}, testBinary{}, testAmount{})
}

// tableOf returns a table of examples.
func tableOf[M kinded](members ...M) table[M] {
	var t table[M]
	for _, m := range members {
		t.kinds = append(t.kinds, m.Kind())
	}
	t.decode = func(kind string, settings []byte, custom ...M) (M, error) {
		return kinds.Decode("column", kind, settings, append(custom, members...))
	}
	return t
}
