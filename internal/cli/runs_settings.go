package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"braid/internal/atomicfile"
)

// runSetting is a setting of a run: the path of a key, as --set has it, and its value.
type runSetting struct{ key, value string }

// differing sets the settings of each run that differ among the runs of its experiment. One that a
// run lacks, and others have, differs too.
func differing(list []listedRun) {
	values, counts := map[string]map[string]int{}, map[string]int{}
	for _, r := range list {
		if r.settings == nil {
			continue
		}
		counts[r.Experiment]++
		for _, s := range r.settings {
			key := r.Experiment + "/" + s.key
			if values[key] == nil {
				values[key] = map[string]int{}
			}
			values[key][s.value]++
		}
	}
	for i := range list {
		r := &list[i]
		r.settings = append(r.settings, leftOut(*r, values)...)
		for _, s := range r.settings {
			if values[r.Experiment+"/"+s.key][s.value] < counts[r.Experiment] {
				r.Settings[s.key] = s.value
			}
		}
	}
}

// leftOut returns the columns that other runs of a run's experiment read or predict, as --set
// leaves them out. values has the values by experiment and key.
func leftOut(r listedRun, values map[string]map[string]int) (list []runSetting) {
	if r.settings == nil {
		return nil
	}
	for _, path := range slices.Sorted(maps.Keys(values)) {
		key, ok := strings.CutPrefix(path, r.Experiment+"/")
		column, hasType := strings.CutSuffix(key, ".type")
		isColumn := strings.HasPrefix(key, "inputs.") || strings.HasPrefix(key, "heads.")
		has := slices.ContainsFunc(r.settings, func(s runSetting) bool { return s.key == key })
		if ok && hasType && isColumn && !has {
			list = append(list, runSetting{key: column})
		}
	}
	return list
}

// resultless are options that do not change a run's results.
var resultless = []string{"checkpoint_every_ns", "keep", "best", "tensorboard"}

// optionSettings returns the settings of a run of digitqa.
func optionSettings(o options) (list []runSetting, err error) {
	content, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	var n yaml.Node // JSON is YAML, whose nodes have an order
	if err := yaml.Unmarshal(content, &n); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(flatten(&n, nil), func(s runSetting) bool {
		return slices.Contains(resultless, s.key)
	}), nil
}

// maxExperiment limits the bytes of a run's experiment file.
const maxExperiment = 1 << 20

// experimentSettings returns the settings of a run's experiment file.
func experimentSettings(path string) ([]runSetting, error) {
	content, err := atomicfile.Read(path, maxExperiment)
	if err != nil {
		return nil, err
	}
	var n yaml.Node
	if err := yaml.Unmarshal(content, &n); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return flatten(&n, nil), nil
}

// flatten returns the values of a document's keys. A short form such as name: text is its long
// form, name: {type: text}.
func flatten(n *yaml.Node, path []string) (list []runSetting) {
	switch n.Kind {
	case yaml.DocumentNode:
		for _, root := range n.Content {
			list = append(list, flatten(root, path)...)
		}
		return list
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if strings.ContainsAny(key, `.="`) {
				key = `"` + key + `"`
			}
			list = append(list, flatten(n.Content[i+1], append(slices.Clone(path), key))...)
		}
		return list
	}
	switch {
	case len(path) == 2 && (path[0] == "inputs" || path[0] == "heads"):
		path = append(path, "type")
	case len(path) == 1 && path[0] == "data":
		path = append(path, "file")
	case len(path) == 1 && path[0] == "split":
		path = append(path, "by")
	}
	return []runSetting{{strings.Join(path, "."), inFlow(n)}}
}

// inFlow returns a value on one line.
func inFlow(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		return n.Value
	}
	var items []string
	for i, item := range n.Content {
		text := inFlow(item)
		if n.Kind == yaml.MappingNode && i%2 == 1 {
			items[len(items)-1] += ": " + text
			continue
		}
		items = append(items, text)
	}
	if n.Kind == yaml.MappingNode {
		return "{" + strings.Join(items, ", ") + "}"
	}
	return "[" + strings.Join(items, ", ") + "]"
}
