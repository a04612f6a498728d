package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"braid/modelfile"
)

// latestRun is the run that is meant where no model is named.
var latestRun = filepath.Join(runs, "latest")

// modelPath is the model that is named, or the latest run.
func modelPath(args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	if _, err := os.Stat(latestRun); err != nil {
		return "", fmt.Errorf("no model is named, and there is no run at %s: train one with braid train, or name a model file or a run folder", latestRun)
	}
	return latestRun, nil
}

// isModel tells a model from an image: a folder, a file that is named as model files are or begins as they do.
func isModel(path string) bool {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() || filepath.Ext(path) == filepath.Ext(modelfile.FileName) {
		return true
	}
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	var head [9]byte // the length of what follows, in 8 bytes, the lowest first; then JSON
	_, err = io.ReadFull(file, head[:])
	return err == nil && head[5] == 0 && head[6] == 0 && head[7] == 0 && head[8] == '{'
}
