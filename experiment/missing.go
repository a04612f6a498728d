package experiment

import (
	"reflect"
	"slices"

	"braid/feature"
	"braid/target"
)

// withMissing returns the experiment with the words of Data.Missing in the settings of each input
// and head, so that they lie in the model file. Kinds from outside may have no such setting.
func (e *Experiment) withMissing() *Experiment {
	if len(e.Data.Missing) == 0 {
		return e
	}
	whole := *e
	whole.Inputs, whole.Heads = slices.Clone(e.Inputs), slices.Clone(e.Heads)
	for i, in := range e.Inputs {
		whole.Inputs[i].Feature = addMissing(in.Feature, e.Data.Missing).(feature.Feature)
	}
	for i, h := range e.Heads {
		whole.Heads[i].Target = addMissing(h.Target, e.Data.Missing).(target.Target)
	}
	return &whole
}

// addMissing returns a copy of a struct with more words in its field Missing.
func addMissing(settings any, words []string) any {
	value := reflect.ValueOf(settings)
	if value.Kind() != reflect.Struct {
		return settings
	}
	whole := reflect.New(value.Type()).Elem()
	whole.Set(value)
	field := whole.FieldByName("Missing")
	if field.Kind() != reflect.Slice || field.Type().Elem().Kind() != reflect.String {
		return settings
	}
	list := slices.Clone(field.Interface().([]string))
	for _, word := range words {
		if !slices.Contains(list, word) {
			list = append(list, word)
		}
	}
	field.Set(reflect.ValueOf(list))
	return whole.Interface()
}
