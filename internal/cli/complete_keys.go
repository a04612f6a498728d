package cli

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"braid/data/datafile"
	"braid/experiment"
)

// This file completes columns and keys. Files that cannot be read complete nothing: the verb says
// what is wrong with them.

// keepWriting lets the shell add no space after what it completes: a value or a comma follows.
const keepWriting = cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp

// completeHeads returns the columns of a table, after those that are written already.
func completeHeads(
	_ *cobra.Command, args []string, begun string,
) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, keepWriting
	}
	at := strings.LastIndexByte(begun, ',') + 1
	written := strings.Split(begun[:at], ",")
	var list []string
	for _, column := range headerOf(args[0]) {
		if strings.HasPrefix(column, begun[at:]) && !slices.Contains(written, column) {
			list = append(list, begun[:at]+column)
		}
	}
	return list, keepWriting
}

// headerOf returns the columns of a table, as init reads it.
func headerOf(path string) []string {
	source, err := datafile.Open(path, datafile.Options{})
	if err != nil {
		return nil
	}
	defer source.Close()
	return source.Columns()
}

// completeSet returns the keys of an experiment file: those of all files, and its columns.
func completeSet(
	_ *cobra.Command, args []string, begun string,
) ([]string, cobra.ShellCompDirective) {
	keys := sectionKeys()
	if len(args) > 0 {
		settings, _ := experimentSettings(args[0])
		for _, s := range settings {
			column, ok := strings.CutSuffix(s.key, ".type")
			if ok && strings.Count(column, ".") == 1 {
				keys = append(keys, column)
			}
		}
	}
	var list []string
	for _, key := range keys {
		if strings.HasPrefix(key, begun) {
			list = append(list, key+"=")
		}
	}
	return list, keepWriting
}

// schemaKeys has the keys of a value in the schema of the experiment file.
type schemaKeys struct {
	Properties map[string]schemaKeys
	AnyOf      []schemaKeys
}

// sectionKeys returns the keys of the sections of an experiment file: train.epochs and so on.
func sectionKeys() (list []string) {
	var schema schemaKeys
	if json.Unmarshal(experiment.Schema(), &schema) != nil {
		return nil
	}
	for _, section := range slices.Sorted(maps.Keys(schema.Properties)) {
		for _, key := range slices.Sorted(maps.Keys(schema.Properties[section].keys())) {
			list = append(list, section+"."+key)
		}
	}
	return list
}

// keys returns the keys of a value that may be a mapping.
func (s schemaKeys) keys() map[string]schemaKeys {
	if s.Properties != nil {
		return s.Properties
	}
	for _, form := range s.AnyOf {
		if keys := form.keys(); keys != nil {
			return keys
		}
	}
	return nil
}
