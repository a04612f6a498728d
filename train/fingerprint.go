package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"braid/balance"
	"braid/data"
	"braid/internal/engine"
)

// fingerprint describes everything that determines what a run computes, by name: two runs with
// equal fingerprints give the same bytes. The number of epochs is not in it, because a resumed run
// may have more.
type fingerprint map[string]string

// describeRun returns the run's fingerprint. Checkpoints hold its texts: a change of their format
// makes older checkpoints unusable.
func (f *fit) describeRun(table *data.Table) (fingerprint, error) {
	s := fingerprint{
		"seed":    strconv.FormatUint(f.plan.Seed, 10),
		"batch":   strconv.Itoa(f.batch),
		"restore": strconv.FormatBool(f.plan.Restore),
		"shuffle": strconv.FormatBool(!f.plan.NoShuffle),
	}
	isRandom := func(n *engine.Node) bool { return n.Random }
	if slices.ContainsFunc(f.model.Network().Nodes, isRandom) { // dropout draws by this seed
		s["model's seed"] = strconv.FormatUint(f.model.Seed(), 10)
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
	if f.plan.Clip != (Clip{}) {
		failed = append(failed, add("clip", "", f.plan.Clip))
	}
	if f.plan.EMA != nil {
		failed = append(failed, add("average", "", f.plan.EMA))
	}
	if f.plan.Plateau != nil {
		failed = append(failed, add("plateau", "", f.plan.Plateau))
	}
	if f.plan.Balance != (balance.Fixed{}) {
		failed = append(failed, add("balance", f.plan.Balance.Kind(), f.plan.Balance))
	}
	if f.plan.Conflicts { // checkpoints hold them
		s["conflicts"] = "true"
	}
	if f.plan.DropLast {
		s["drop last"] = "true"
	}
	if f.plan.Accumulate > 1 {
		s["accumulate"] = strconv.Itoa(f.plan.Accumulate)
	}
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
	for _, spec := range f.model.Heads() {
		name, h := spec.Name, f.plan.Heads[spec.Name]
		var metrics []string
		for _, m := range h.Metrics {
			config, err := json.Marshal(m)
			if err != nil {
				return nil, fmt.Errorf("head %s: %w", name, err)
			}
			if string(config) == "{}" {
				config = nil
			}
			metrics = append(metrics, m.Kind()+string(config))
		}
		failed = append(failed, add("head "+name, h.Loss.Kind(), h.Loss, " weight ", h.weight(),
			", metrics ", metrics))
		if h.RowWeight != "" {
			s["weights of the rows of "+name] = "column " + h.RowWeight
		}
	}
	for name, list := range f.plan.Augment {
		if len(list) > 0 {
			failed = append(failed, add("augment "+name, "", list))
		}
	}
	s.addTable("training", table)
	if f.plan.Validate != nil {
		s.addTable("validation", f.plan.Validate)
	}
	return s, errors.Join(failed...)
}

// addTable adds a digest of each column.
func (p fingerprint) addTable(what string, t *data.Table) {
	p[what+" rows"] = strconv.Itoa(t.Rows())
	for _, name := range t.Names() {
		c, _ := t.Column(name) // Names lists it
		p[what+" column "+name] = fmt.Sprintf("CRC-32C %08x", c.Digest())
	}
}

// mismatch is the error of a checkpoint of another run.
type mismatch struct{ list []string }

func (e *mismatch) Error() string {
	return "it belongs to another run:\n  " + strings.Join(e.list, "\n  ")
}

// differ compares a checkpoint's fingerprint with the current run's.
func (p fingerprint) differ(current fingerprint) error {
	var list []string
	all := maps.Clone(p)
	maps.Copy(all, current)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		was, had := p[name]
		is, has := current[name]
		switch {
		case !had:
			list = append(list, fmt.Sprintf("%s: it has none, this run has %s", name, is))
		case !has:
			list = append(list, fmt.Sprintf("%s: it has %s, this run has none", name, was))
		case was != is:
			list = append(list, fmt.Sprintf("%s: it has %s, this run has %s", name, was, is))
		}
	}
	if list == nil {
		return nil
	}
	return &mismatch{list}
}
