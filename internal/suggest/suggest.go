// Package suggest checks names that a user wrote against the known ones, quotes a user's text in
// errors, and breaks lines.
package suggest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Unknown returns an error for a name, got, that is not in have. It lists have and suggests the
// nearest. what is the kind of thing named, such as "head".
func Unknown(what, got string, have []string) error {
	if len(have) == 0 {
		return fmt.Errorf("unknown %s %q: there are none", what, got)
	}
	message := fmt.Sprintf("unknown %s %q, want one of %s", what, got, List(have))
	if near := Nearest(got, have); near != "" {
		message += fmt.Sprintf("; did you mean %q?", near)
	}
	return fmt.Errorf("%s", message)
}

// Match returns an error unless the keys of given are exactly want. It reports an unknown name
// before a missing one: the unknown name may be the missing one misspelt.
func Match[T any](what string, want []string, given map[string]T) error {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(want, name) {
			return Unknown(what, name, want)
		}
	}
	for _, name := range want {
		if _, ok := given[name]; !ok {
			return fmt.Errorf("%s %q is missing, want each of %s", what, name, List(want))
		}
	}
	return nil
}

// List returns the names quoted and separated by commas.
func List(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(quoted, ", ")
}

// Nearest returns the name with the fewest edits from got, or "" if the edits change more than half
// of its letters, or all.
func Nearest(got string, have []string) string {
	best, fewest := "", 1<<30
	for _, name := range have {
		d := distance(strings.ToLower(got), strings.ToLower(name))
		isNear := 2*d <= len(name)+1 && d < max(len(got), len(name))
		if isNear && d < fewest {
			best, fewest = name, d
		}
	}
	return best
}

// distance returns the Levenshtein distance, where a swap of neighbours is one edit.
func distance(a, b string) int {
	before, above := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(above[j]+cost, above[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, above = above, row
	}
	return above[len(b)]
}
