package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"braid/experiment"
)

// resolved is what the run was set to, and what its columns and layers got from it.
type resolved struct {
	Experiment string // the experiment file with all defaults
	Columns    []learntLine
	Layers     []layerLine
	Weights    string // of all layers
}

// learntLine is what a column of the model has learnt.
type learntLine struct{ Name, Role, Kind, Settings string }

// layerLine is a layer of the network.
type layerLine struct {
	Name, Kind, Settings, Inputs, Output, Weights string
}

// resolved describes the settings, and the columns and layers of the model if there is one.
func (r *Run) resolved() (s resolved, err error) {
	var b strings.Builder
	if err := experiment.WriteWhole(&b, r.Experiment); err != nil || r.File == nil {
		return resolved{Experiment: b.String()}, err
	}
	s.Experiment = b.String()
	for _, f := range r.File.Features {
		line := learntLine{Name: short(f.Column), Role: "input", Kind: f.Encoder.Kind()}
		if line.Settings, err = inWords(f.Encoder); err != nil {
			return s, fmt.Errorf("input %q: %w", f.Column, err)
		}
		s.Columns = append(s.Columns, line)
	}
	for _, t := range r.File.Targets {
		line := learntLine{Name: short(t.Column), Role: "head", Kind: t.Decoder.Kind()}
		if line.Settings, err = inWords(t.Decoder); err != nil {
			return s, fmt.Errorf("head %q: %w", t.Column, err)
		}
		s.Columns = append(s.Columns, line)
	}
	summary := r.File.Model.Summary()
	for i, n := range r.File.Model.Nodes() {
		l := summary.Layers[i]
		line := layerLine{Name: short(n.Name), Kind: l.Kind, Inputs: list(n.Inputs),
			Output:  strings.ReplaceAll(fmt.Sprint([]int(l.Output)), " ", " × "),
			Weights: grouped(l.Weights)}
		line.Output = strings.Trim(line.Output, "[]")
		switch {
		case n.Again != "":
			line.Settings = "again: " + short(n.Again)
		case n.Layer != nil:
			if line.Settings, err = inWords(n.Layer); err != nil {
				return s, fmt.Errorf("layer %q: %w", n.Name, err)
			}
		}
		s.Layers = append(s.Layers, line)
	}
	s.Weights = grouped(summary.Total)
	return s, nil
}

// list joins names.
func list(names []string) string {
	var all []string
	for _, name := range names {
		all = append(all, short(name))
	}
	return strings.Join(all, ", ")
}

// mostItems is the number of items of a list that is shown; of longer ones, it is their number.
const mostItems = 7

// inWords returns the fields of a configuration as a line: of its JSON, without braces.
func inWords(of any) (string, error) {
	content, err := json.Marshal(of)
	if err != nil {
		return "", err
	}
	d := json.NewDecoder(bytes.NewReader(content))
	d.UseNumber()
	_, text, err := inline(d)
	if fields, ok := strings.CutPrefix(text, "{"); ok {
		text = strings.TrimSuffix(fields, "}")
	}
	return text, err
}

// inline reads a value of JSON as a person writes it. isEmpty reports whether it says nothing.
func inline(d *json.Decoder) (isEmpty bool, text string, err error) {
	token, err := d.Token()
	if err != nil {
		return false, "", err
	}
	switch t := token.(type) {
	case string:
		return false, short(t), nil
	case json.Number:
		return false, digits(t), nil
	case json.Delim:
		return inlineAll(d, t)
	}
	return token == nil, fmt.Sprint(token), nil
}

// inlineAll reads the rest of an object or a list, without what is empty.
func inlineAll(d *json.Decoder, open json.Delim) (isEmpty bool, text string, err error) {
	var items []string
	count := 0
	for ; d.More(); count++ {
		name := ""
		if open == '{' {
			key, err := d.Token()
			if err != nil {
				return false, "", err
			}
			name = fmt.Sprint(key) + ": "
		}
		isEmpty, item, err := inline(d)
		if err != nil {
			return false, "", err
		}
		if !isEmpty && (count < mostItems || open == '{') {
			items = append(items, name+item)
		}
	}
	text = strings.Join(items, ", ")
	if _, err = d.Token(); open == '{' {
		return items == nil, "{" + text + "}", err
	}
	if count > mostItems {
		return false, grouped(count), err
	}
	return false, "[" + text + "]", err
}

// digits returns a number with at most six digits.
func digits(n json.Number) string {
	text := n.String()
	v, err := n.Float64()
	if _, wholeErr := n.Int64(); err != nil || wholeErr == nil {
		return text
	}
	if rounded := strconv.FormatFloat(v, 'g', 6, 64); len(rounded) < len(text) {
		return rounded
	}
	return text
}
