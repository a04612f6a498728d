package mnist

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"braid/data"
	"braid/tensor"
)

// openFolder reads files from a user's folder, of any data set.
func openFolder(folder string, files []file) ([]tensor.Tensor, error) {
	info, err := os.Stat(folder)
	if err != nil {
		return nil, fmt.Errorf("folder with the data: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is a file, want a folder with %s", folder, names(files))
	}
	var arrays []tensor.Tensor
	var lacking []file
	for _, file := range files {
		path := inFolder(folder, file.name)
		if path == "" {
			lacking = append(lacking, file)
			continue
		}
		array, err := data.OpenIDX(path)
		if err != nil {
			return nil, err
		}
		arrays = append(arrays, array)
	}
	if lacking != nil {
		return nil, fmt.Errorf("folder %s has no %s, with or without .gz", folder, names(lacking))
	}
	return arrays, nil
}

// inFolder returns the path of the file with a name in any of its usual spellings, "" for none.
// Some copies of MNIST have a dot in place of the dash before "idx", and next to the file a folder
// with the other spelling.
func inFolder(folder, name string) string {
	dotted := strings.Replace(name, "-idx", ".idx", 1)
	for _, spelling := range []string{name, name + ".gz", dotted, dotted + ".gz"} {
		path := filepath.Join(folder, spelling)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}
