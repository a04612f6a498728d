package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"braid/modelfile"
)

// latestRun is the default model.
var latestRun = filepath.Join(runs, "latest")

// modelPath returns the model that the arguments name, or the latest run.
func modelPath(args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	if _, err := os.Stat(latestRun); err != nil {
		return "", fmt.Errorf("no model is named, and there is no run at %s: "+
			"train one with braid train, or name a model file or a run folder", latestRun)
	}
	return latestRun, nil
}

// isModel reports whether path is a model and not an image: a folder, or a file with the extension
// or the first bytes of a model file.
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
	var head [9]byte // the length of the header, 8 bytes in little endian, then the header's {
	_, err = io.ReadFull(file, head[:])
	return err == nil && head[5] == 0 && head[6] == 0 && head[7] == 0 && head[8] == '{'
}
