package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
)

// braidJob returns a contender that runs "bench job" with flags and reads fields of its output.
func braidJob(name string, fields []string, flags ...string) contender {
	return contender{name, func(_ context.Context, l *lab) (command, error) {
		args := append([]string{"job"}, flags...)
		return command{path: l.self, args: args, read: medianOf(fields...)}, nil
	}}
}

// braidTrains returns a contender that trains a network with Braid. kernels is a kernel set, or ""
// for the fastest.
func braidTrains(name, network string, workers int, kernels string) contender {
	return contender{name, func(_ context.Context, l *lab) (command, error) {
		args := []string{
			"job", "-do", "train", "-network", network, "-workers", strconv.Itoa(workers),
			"-epochs", strconv.Itoa(l.epochs), "-kernels", kernels,
		}
		return command{path: l.self, args: args, read: medianOf("train_s")}, nil
	}}
}

// braidCommand builds and runs the command braid train, with a new run folder.
func braidCommand(ctx context.Context, l *lab) (command, error) {
	program, err := once(l, "braid", func() (string, error) {
		program := filepath.Join(l.temp, "braid")
		_, err := l.tool(ctx, nil, l.root, "go", "build", "-o", program, "./cmd/braid")
		return program, err
	})
	if err != nil {
		return command{}, err
	}
	if _, err := l.mnist(ctx); err != nil { // fills the cache of MNIST
		return command{}, err
	}
	out := filepath.Join(l.temp, "run")
	args := []string{"train", "--epochs", strconv.Itoa(l.epochs), "--out", out}
	return command{path: program, args: args, fresh: out}, nil
}

// medianOf returns a function that reads JSON lines, such as a run's epochs, and returns the median
// of each of the given fields.
func medianOf(fields ...string) func([]byte) (readings, error) {
	return func(output []byte) (readings, error) {
		all := map[string][]float64{}
		lines := json.NewDecoder(bytes.NewReader(output))
		for {
			var line map[string]any
			err := lines.Decode(&line)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, fmt.Errorf("output %q: %w", output, err)
			}
			for _, field := range fields {
				if value, ok := line[field].(float64); ok {
					all[field] = append(all[field], value)
				}
			}
		}
		medians := readings{}
		for _, field := range fields {
			if all[field] == nil {
				return nil, fmt.Errorf("output %q has no %s", output, field)
			}
			medians[field] = median(all[field])
		}
		return medians, nil
	}
}
