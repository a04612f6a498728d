package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// run is what one process of a contender did.
type run struct {
	Value   float64 `json:"value"`      // what it measured itself: seconds, or GFLOP/s of products
	Seconds float64 `json:"seconds"`    // from its start to its end
	Memory  float64 `json:"peak_bytes"` // the most it had at once
	Before  peak    `json:"peak_before"`
	After   peak    `json:"peak_after"`
	Dropped bool    `json:"dropped,omitempty"` // the machine was not whole before or after it
	Failed  string  `json:"failed,omitempty"`
}

// counts tells whether the run says something.
func (r run) counts() bool { return !r.Dropped && r.Failed == "" }

// String tells of a run in a line.
func (r run) String() string {
	if r.Failed != "" {
		return "failed: " + oneLine(r.Failed)
	}
	text := fmt.Sprintf("%.6g (whole process %.2f s, %.0f MB)", r.Value, r.Seconds, r.Memory/1e6)
	if r.Dropped {
		text += fmt.Sprintf(" dropped: peaks of one and two cores %.0f and %.0f before, %.0f and %.0f after",
			r.Before.One, r.Before.Two, r.After.One, r.After.Two)
	}
	return text
}

// share is a product's GFLOP/s by the peak of its workers, as it was around the run.
func share(workers int) figure {
	return func(r run) float64 { return r.Value / ((r.Before.of(workers) + r.After.of(workers)) / 2) }
}

// command says how a contender's process is started, and how what it prints is read.
type command struct {
	path  string
	args  []string
	env   []string // added to the environment; NAME alone is taken from it
	fresh string   // folder to remove before each run
	read  func(output []byte) (float64, error)
}

// start runs the command once.
//
// A process counts as its own what the one that started it had in memory then, so the harness
// itself must stay small: whatever loads data runs in another process.
func (c command) start(ctx context.Context) (run, error) {
	if c.fresh != "" {
		if err := os.RemoveAll(c.fresh); err != nil {
			return run{}, fmt.Errorf("last run's folder: %w", err)
		}
	}
	process := exec.CommandContext(ctx, c.path, c.args...)
	process.Env = environment(os.Environ(), c.env)
	var output, said bytes.Buffer
	process.Stdout, process.Stderr = &output, &said
	began := time.Now()
	err := process.Run()
	took := time.Since(began)
	if err != nil {
		return run{}, errors.Join(fmt.Errorf("%s: %w", c, err), lastLine(said.String()))
	}
	r := run{Seconds: took.Seconds(), Memory: peakMemory(process.ProcessState)}
	if c.read != nil {
		if r.Value, err = c.read(output.Bytes()); err != nil {
			return run{}, fmt.Errorf("%s: %w", c, err)
		}
	}
	return r, nil
}

// String is the command as a person would type it.
func (c command) String() string { return strings.Join(append([]string{c.path}, c.args...), " ") }

// environment is base with changes: NAME=VALUE sets a variable, NAME takes it away.
func environment(base, changes []string) []string {
	changed := map[string]bool{}
	for _, c := range changes {
		name, _, _ := strings.Cut(c, "=")
		changed[name] = true
	}
	var list []string
	for _, entry := range base {
		if name, _, _ := strings.Cut(entry, "="); !changed[name] {
			list = append(list, entry)
		}
	}
	for _, c := range changes {
		if strings.Contains(c, "=") {
			list = append(list, c)
		}
	}
	return list
}

// lastLine is the last thing a process said, where most programs tell what went wrong.
func lastLine(text string) error {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil
	}
	return errors.New(text[strings.LastIndexByte(text, '\n')+1:])
}
