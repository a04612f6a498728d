package braid_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid/experiment"
)

// schemaNode is a part of the JSON Schema of experiment files.
type schemaNode struct {
	Ref         string                `json:"$ref"`
	Description string                `json:"description"`
	Type        any                   `json:"type"`
	Const       any                   `json:"const"`
	Enum        []any                 `json:"enum"`
	AnyOf       []schemaNode          `json:"anyOf"`
	AllOf       []schemaNode          `json:"allOf"`
	Properties  map[string]schemaNode `json:"properties"`
	Items       *schemaNode           `json:"items"`
	Minimum     *float64              `json:"minimum"`
	Above       *float64              `json:"exclusiveMinimum"`
	Defs        map[string]schemaNode `json:"$defs"`
}

var experimentPage = filepath.Join("docs", "experiment.md")

// TestExperimentDoc compares docs/experiment.md with the schema of experiment files. go test . -run
// ExperimentDoc -update writes it.
func TestExperimentDoc(t *testing.T) {
	var schema schemaNode
	if err := json.Unmarshal(experiment.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	page := schema.page()
	if *update {
		if err := os.WriteFile(experimentPage, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "| `") && strings.HasSuffix(line, "|  |\n") {
			t.Errorf("a key without a meaning: %s", line)
		}
	}
	got, err := os.ReadFile(experimentPage)
	if err != nil || string(got) != page {
		t.Errorf("%s is not what the schema gives: go test . -run ExperimentDoc -update (%v)",
			experimentPage, err)
	}
}

// experimentPageHead has apostrophes in place of the marks of code.
const experimentPageHead = `# The experiment file: reference

An experiment file declares data, inputs, heads, and how to train, in YAML. 'braid init DATA'
writes a first one, and [the tutorial](own-data.md) shows one from its beginning to a served model.
A key that is not listed here is an error with its place and the nearest name. '--set KEY=VALUE' of
the commands changes any key for one run, such as '--set train.epochs=5'; '--set KEY=' leaves one
out. A column whose name has a dot is in double quotes there: 'inputs."a.b"=text'.
'braid schema' prints the same tables as a JSON Schema, with which editors complete and check the
file.

    data: products.csv
    inputs:
      picture: image
      title: text
      weight: {type: number, log: true}
    heads:
      category: category
      damaged: {type: binary, true: "yes"}
      price: number

In inputs and heads the keys are columns of the data. A value is a type, or a mapping with the type
and its settings.

`

const experimentPageEnd = `## Layers

The section 'network' lists layers by name, in order; 'braid init DATA --network' writes that of the
default network. Each has a type, 'inputs', and settings; a layer named as a head is that head.
[layers.md](layers.md) lists the layers; their settings are written in lower case with underscores
here, such as 'no_bias'.
`

// page returns the reference of the file.
func (n schemaNode) page() string {
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(experimentPageHead, "'", "`"))
	section := func(title string, properties map[string]schemaNode) {
		fmt.Fprintf(&b, "%s\n\n", title)
		if len(properties) == 0 {
			b.WriteString("It has no settings.\n\n")
			return
		}
		b.WriteString("| key | value | meaning |\n| --- | --- | --- |\n")
		for _, key := range slices.Sorted(maps.Keys(properties)) {
			p := properties[key]
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", key, inTable(p.value(n)), inTable(p.Description))
		}
		b.WriteString("\n")
	}
	section("## Keys of the file", n.Properties)
	for _, key := range []string{"data", "split", "train", "trunk"} {
		section("### "+key, n.Properties[key].mapping())
	}
	for _, group := range []struct{ title, prefix, about string }{
		{"Types of inputs", "feature.", ""}, {"Types of heads", "target.", ""},
		{"Optimizers", "optimizer.", "The key `optimizer` of `train` has a type and settings."},
		{"Balance of heads", "balance.", "The key `balance` of `train` has a type: how the losses of " +
			"several heads count for the weights that they share. See layers.md."},
		{"Schedules of the learning rate", "schedule.", "An optimizer has one under `schedule`."},
		{"Augmentations of pictures", "augment.",
			"The key `augment` of a picture lists these: `{kind: KIND, config: {SETTINGS}}`."},
	} {
		fmt.Fprintf(&b, "## %s\n\n", group.title)
		if group.about != "" {
			fmt.Fprintf(&b, "%s\n\n", group.about)
		}
		for _, name := range slices.Sorted(maps.Keys(n.Defs)) {
			if kind, ok := strings.CutPrefix(name, group.prefix); ok {
				d := n.Defs[name]
				properties := maps.Clone(d.Properties)
				delete(properties, "type")
				title := "### " + kind
				if d.Description != "" {
					title += "\n\n" + d.Description
				}
				section(title, properties)
			}
		}
	}
	b.WriteString(strings.ReplaceAll(experimentPageEnd, "'", "`"))
	return b.String()
}

// mapping returns the keys of a value that may be a mapping.
func (n schemaNode) mapping() map[string]schemaNode {
	if n.Properties != nil {
		return n.Properties
	}
	for _, each := range n.AnyOf {
		if m := each.mapping(); m != nil {
			return m
		}
	}
	return nil
}

// value says what a value may be.
func (n schemaNode) value(root schemaNode) string {
	switch {
	case n.Ref != "":
		name := strings.TrimPrefix(n.Ref, "#/$defs/")
		switch name {
		case "text":
			return "text"
		case "texts":
			return "texts"
		case "paths":
			return "a path, or a list of them"
		case "feature", "target", "node", "optimizer", "balance", "schedule", "augment":
			return "see below"
		}
		return root.Defs[name].value(root)
	case n.Enum != nil:
		var list []string
		for _, v := range n.Enum {
			list = append(list, fmt.Sprintf("`%v`", v))
		}
		return strings.Join(list, ", ")
	case n.Const != nil:
		return fmt.Sprintf("`%v`", n.Const)
	case n.AnyOf != nil:
		var list []string
		for _, each := range n.AnyOf {
			if v := each.value(root); v != "" && v != "null" && !slices.Contains(list, v) {
				list = append(list, v)
			}
		}
		return strings.Join(list, ", or ")
	case n.Properties != nil:
		return "a mapping of `" +
			strings.Join(slices.Sorted(maps.Keys(n.Properties)), "`, `") + "`"
	}
	switch types := n.Type.(type) {
	case []any:
		return "text"
	case string:
		return n.named(types, root)
	}
	return ""
}

// named says what a value of a type of JSON may be.
func (n schemaNode) named(name string, root schemaNode) string {
	switch name {
	case "array":
		if n.Items != nil {
			return "a list: " + n.Items.value(root)
		}
		return "a list"
	case "boolean":
		return "`true` or `false`"
	case "integer", "number":
		if name == "integer" {
			name = "whole number"
		}
		switch {
		case n.Minimum != nil:
			return fmt.Sprintf("%s from %v", name, *n.Minimum)
		case n.Above != nil:
			return fmt.Sprintf("%s above %v", name, *n.Above)
		}
		return name
	case "object":
		return "a mapping"
	case "string":
		return "text"
	}
	return name
}

// inTable escapes a text in a table.
func inTable(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "|", `\|`), "\n", " ")
}
