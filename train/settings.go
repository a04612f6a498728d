package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"braid/data"
)

// settings is all that decides what a run computes, by name, in words: two runs with the same settings give
// the same bytes. Epochs are not among them, for more may be asked for.
type settings map[string]string

// describe tells what decides this run.
func (f *fit) describe(table *data.Table) (settings, error) {
	s := settings{
		"seed":    strconv.FormatUint(f.plan.Seed, 10),
		"batch":   strconv.Itoa(f.batch),
		"restore": strconv.FormatBool(f.plan.Restore),
		"shuffle": strconv.FormatBool(!f.plan.NoShuffle),
	}
	add := func(name, kind string, config any, more ...any) error {
		content, err := json.Marshal(config)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		s[name] = strings.TrimSpace(kind + " " + string(content) + fmt.Sprint(more...))
		return nil
	}
	failed := []error{add("optimizer", f.plan.Optimizer.Kind(), f.plan.Optimizer)}
	for _, p := range f.model.Nodes() {
		if p.Layer == nil {
			s["input "+p.Name] = fmt.Sprintf("%s %v", p.DType, p.Shape)
			continue
		}
		from := " of " + strings.Join(p.Inputs, ", ")
		if p.Again != "" {
			from += " with the weights of " + p.Again
		}
		failed = append(failed, add("layer "+p.Name, p.Layer.Kind(), p.Layer, from))
	}
	for name, h := range f.plan.Heads {
		var metrics []string
		for _, m := range h.Metrics {
			metrics = append(metrics, m.Kind())
		}
		failed = append(failed, add("head "+name, h.Loss.Kind(), h.Loss, " weight ", h.weight(), ", metrics ", metrics))
	}
	s.addTable("training", table)
	if f.plan.Validate != nil {
		s.addTable("validation", f.plan.Validate)
	}
	return s, errors.Join(failed...)
}

// addTable adds a digest of each column.
func (s settings) addTable(what string, t *data.Table) {
	s[what+" rows"] = strconv.Itoa(t.Rows())
	for _, name := range t.Names() {
		c, _ := t.Column(name) // it is there: Names said so
		s[what+" column "+name] = fmt.Sprintf("CRC-32C %08x", c.Digest())
	}
}

// differs is the error of a checkpoint that is of another run.
type differs struct{ list []string }

func (e *differs) Error() string {
	return "it is of another run:\n  " + strings.Join(e.list, "\n  ")
}

// differ compares the settings of a checkpoint with those that are asked for.
func (s settings) differ(asked settings) error {
	var list []string
	all := maps.Clone(s)
	maps.Copy(all, asked)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		was, had := s[name]
		is, has := asked[name]
		switch {
		case !had:
			list = append(list, fmt.Sprintf("%s: it has none, now there is %s", name, is))
		case !has:
			list = append(list, fmt.Sprintf("%s: it has %s, now there is none", name, was))
		case was != is:
			list = append(list, fmt.Sprintf("%s: it has %s, now there is %s", name, was, is))
		}
	}
	if list == nil {
		return nil
	}
	return &differs{list}
}
