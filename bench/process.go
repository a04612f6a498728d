package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// readings are the numbers that a process printed, by name.
type readings map[string]float64

// run is the result of one process of a contender.
type run struct {
	Readings readings `json:"readings,omitempty"`
	Seconds  float64  `json:"seconds"`    // from the start of the process to its end
	Memory   float64  `json:"peak_bytes"` // peak memory
	Before   peak     `json:"peak_before"`
	After    peak     `json:"peak_after"`
	Dropped  bool     `json:"dropped,omitempty"` // see peak.hasTwoCores
	Failed   string   `json:"failed,omitempty"`
}

// counts reports whether the run is used in figures.
func (r run) counts() bool { return !r.Dropped && r.Failed == "" }

// String returns a line about the run.
func (r run) String() string {
	if r.Failed != "" {
		return "failed: " + oneLine(r.Failed)
	}
	text := fmt.Sprintf("%s(whole process %.2f s, %.0f MB)", r.Readings, r.Seconds, r.Memory/1e6)
	if r.Dropped {
		text += fmt.Sprintf(" dropped: peaks of one and two cores "+
			"%.0f and %.0f before, %.0f and %.0f after",
			r.Before.One, r.Before.Two, r.After.One, r.After.Two)
	}
	return text
}

// String lists the readings, or returns their number if they would not fit on a line.
func (all readings) String() string {
	if len(all) > 4 {
		return fmt.Sprintf("%d readings ", len(all))
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&text, "%s %.6g ", name, all[name])
	}
	return text.String()
}

// share returns the figure of a reading in GFLOP/s divided by the peak of its workers, the mean of
// before and after the run.
func share(name string, workers int) figure {
	return func(r run) float64 {
		return r.Readings[name] / ((r.Before.of(workers) + r.After.of(workers)) / 2)
	}
}

// command describes how to start a contender's process and read its output.
type command struct {
	path  string
	args  []string
	env   []string // changes of the environment; see environment
	fresh string   // folder to remove before each run
	read  func(output []byte) (readings, error)
}

// start runs the command once. The peak memory of a process includes the memory of its parent at
// the time of the fork, so the harness must stay small. Data is loaded in other processes.
func (c command) start(ctx context.Context) (run, error) {
	if c.fresh != "" {
		if err := os.RemoveAll(c.fresh); err != nil {
			return run{}, fmt.Errorf("folder of the last run: %w", err)
		}
	}
	process := exec.CommandContext(ctx, c.path, c.args...)
	process.Env = environment(os.Environ(), c.env)
	var output, stderr bytes.Buffer
	process.Stdout, process.Stderr = &output, &stderr
	began := time.Now()
	err := process.Run()
	took := time.Since(began)
	if err != nil {
		return run{}, errors.Join(fmt.Errorf("%s: %w", c, err), lastLine(stderr.String()))
	}
	r := run{Seconds: took.Seconds(), Memory: peakMemory(process.ProcessState)}
	if c.read != nil {
		if r.Readings, err = c.read(output.Bytes()); err != nil {
			return run{}, fmt.Errorf("%s: %w", c, err)
		}
	}
	return r, nil
}

// String returns the command line.
func (c command) String() string { return strings.Join(append([]string{c.path}, c.args...), " ") }

// environment returns base with changes: NAME=VALUE sets a variable, NAME removes it.
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

// lastLine returns the last line of a process's stderr, where most programs print the error.
func lastLine(text string) error {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil
	}
	return errors.New(text[strings.LastIndexByte(text, '\n')+1:])
}
