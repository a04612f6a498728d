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

// lab is where contests are held: folders, settings, and what contenders share, each built when the
// first of them needs it.
type lab struct {
	settings
	self      string // the harness's own program
	root      string // the module's folder
	temp      string // removed at the end
	calibrate calibrator

	made  map[string]made // by name
	notes []string        // for whoever reads the table
}

// made is what was built, or why it could not be.
type made struct {
	value any
	err   error
}

// newLab finds the module and makes a temporary folder.
func newLab(ctx context.Context, s settings) (*lab, error) {
	l := &lab{settings: s, made: map[string]made{}}
	var err error
	if l.self, err = os.Executable(); err != nil {
		return nil, fmt.Errorf("the harness's own program: %w", err)
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

// close removes what was built.
func (l *lab) close() error { return os.RemoveAll(l.temp) }

// note keeps something that whoever reads the table should know, once.
func (l *lab) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for _, have := range l.notes {
		if have == text {
			return
		}
	}
	l.notes = append(l.notes, text)
}

// once makes something the first time, and returns the same, or the same error, ever after.
func once[T any](l *lab, name string, make func() (T, error)) (T, error) {
	have, ok := l.made[name]
	if !ok {
		value, err := make()
		have = made{value, err}
		l.made[name] = have
	}
	return have.value.(T), have.err
}

// tool runs a program that builds something; what it says is part of its error.
func (l *lab) tool(ctx context.Context, env []string, dir, name string, args ...string) ([]byte, error) {
	tool := exec.CommandContext(ctx, name, args...)
	tool.Dir, tool.Env = dir, environment(os.Environ(), env)
	output, err := tool.Output()
	if err != nil {
		said := ""
		if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
			said = string(failed.Stderr)
		}
		return output, errors.Join(fmt.Errorf("%s: %w", name, err), lastLine(said))
	}
	return output, nil
}

// compile builds a program of one C file.
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

// mnist is a folder with MNIST's four files.
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
