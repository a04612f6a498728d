package datafile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"braid/internal/suggest"
)

// Expand returns the files and folders that patterns name, relative to a folder, in the order of
// the patterns. A pattern is the name of a file or folder, or a glob as filepath.Match has it,
// whose matches are sorted. Each path is returned once. A glob leaves names out that begin with a
// dot, unless it begins with one. It is an error if a pattern matches nothing.
func Expand(folder string, patterns []string) ([]string, error) {
	var paths []string
	seen := map[string]bool{}
	for _, pattern := range patterns {
		matches, err := expand(folder, pattern)
		if err != nil {
			return nil, err
		}
		for _, path := range matches {
			if !seen[path] {
				seen[path] = true
				paths = append(paths, path)
			}
		}
	}
	return paths, nil
}

func expand(folder, pattern string) ([]string, error) {
	name := filepath.Clean(filepath.FromSlash(pattern))
	full, glob := name, name
	if !filepath.IsAbs(name) {
		full, glob = filepath.Join(folder, name), filepath.Join(literal.Replace(folder), name)
	}
	_, err := os.Stat(full)
	if err == nil && pattern != "" {
		return []string{full}, nil
	}
	if !strings.ContainsAny(pattern, `*?[`) {
		if pattern == "" {
			return nil, fmt.Errorf("data: an empty name, want a file, a folder or a glob")
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil, suggest.MissingFile(full, wanted, err)
		}
		return nil, fmt.Errorf("data %q: %w", pattern, err)
	}
	found, err := filepath.Glob(glob)
	if err != nil {
		return nil, fmt.Errorf("data %q: %w", pattern, err)
	}
	var matches []string
	for _, path := range found {
		isHidden := strings.HasPrefix(filepath.Base(path), ".")
		if !isHidden || strings.HasPrefix(filepath.Base(full), ".") {
			matches = append(matches, path)
		}
	}
	if len(matches) == 0 {
		return nil, fmt.Errorf("data %q: no file matches in %s", pattern, folder)
	}
	return matches, nil
}

// literal makes a glob match a text that has the characters of globs.
var literal = strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]")

// Absolute returns a pattern that Expand, in any folder, takes for the files that pattern names in
// a folder. A glob has the folder's name with its *, ? and [ escaped.
func Absolute(folder, pattern string) (string, error) {
	name := filepath.FromSlash(pattern)
	if filepath.IsAbs(name) {
		return filepath.Clean(name), nil
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	full := filepath.Join(folder, name)
	if _, err := os.Stat(full); err == nil || !strings.ContainsAny(pattern, `*?[`) {
		return full, nil
	}
	return filepath.Join(literal.Replace(folder), name), nil
}
