package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// lab holds the settings, the folders, and artifacts that contenders share. An artifact is built
// when the first contender needs it.
type lab struct {
	settings
	self      string // path of this program
	root      string // the module's folder
	temp      string // removed at the end
	calibrate calibrator

	artifacts map[string]artifact // by name
	notes     []string            // printed below the table
}

// artifact is a built file or folder, or the error of building it.
type artifact struct {
	value any
	err   error
}

// newLab finds the module and makes a temporary folder.
func newLab(ctx context.Context, s settings) (*lab, error) {
	l := &lab{settings: s, artifacts: map[string]artifact{}}
	var err error
	if l.self, err = os.Executable(); err != nil {
		return nil, fmt.Errorf("path of this program: %w", err)
	}
	output, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return nil, fmt.Errorf("go list -m: %w; run the harness within Braid's module", err)
	}
	l.root = strings.TrimSpace(string(output))
	if _, err := os.Stat(l.script("check.py")); err != nil {
		return nil, fmt.Errorf("%w; run the harness within Braid's module", err)
	}
	if l.peers == "" {
		l.peers = filepath.Join(l.root, "..", "shared", "peers")
	}
	if l.temp, err = os.MkdirTemp("", "braid-bench-"); err != nil {
		return nil, err
	}
	l.calibrate = newCalibrator(ctx, l)
	return l, nil
}

// close removes the temporary folder.
func (l *lab) close() error { return os.RemoveAll(l.temp) }

// note adds a line below the table, unless it is there already.
func (l *lab) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for _, have := range l.notes {
		if have == text {
			return
		}
	}
	l.notes = append(l.notes, text)
}

// once builds the artifact of a name at the first call, and returns the same value or error at
// every later call.
func once[T any](l *lab, name string, make func() (T, error)) (T, error) {
	have, ok := l.artifacts[name]
	if !ok {
		value, err := make()
		have = artifact{value, err}
		l.artifacts[name] = have
	}
	return have.value.(T), have.err
}

// tool runs a build tool and returns its output. Its error includes the last line of stderr.
func (l *lab) tool(
	ctx context.Context, env []string, dir, name string, args ...string,
) ([]byte, error) {
	tool := exec.CommandContext(ctx, name, args...)
	tool.Dir, tool.Env = dir, environment(os.Environ(), env)
	output, err := tool.Output()
	if err != nil {
		stderr := ""
		if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
			stderr = string(failed.Stderr)
		}
		return output, errors.Join(fmt.Errorf("%s: %w", name, err), lastLine(stderr))
	}
	return output, nil
}

// compile builds a program from one C file and returns its path.
func (l *lab) compile(ctx context.Context, name, source string, flags ...string) (string, error) {
	if _, err := os.Stat(source); err != nil {
		return "", err
	}
	program := filepath.Join(l.temp, name)
	args := append([]string{"-o", program, source}, flags...)
	if _, err := l.tool(ctx, nil, "", "gcc", args...); err != nil {
		return "", fmt.Errorf("%w (gcc is Debian's package gcc)", err)
	}
	return program, nil
}

// mnist returns a folder with MNIST's four files.
func (l *lab) mnist(ctx context.Context) (string, error) {
	return once(l, "mnist", func() (string, error) {
		dir := filepath.Join(l.temp, "mnist")
		if err := os.Mkdir(dir, 0o755); err != nil {
			return "", err
		}
		_, err := l.tool(ctx, nil, "", l.self, "job", "-do", "mnist", "-dir", dir)
		return dir, err
	})
}
