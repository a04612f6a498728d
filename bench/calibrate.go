package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// alone is the least that two cores together must reach of one core's peak for a run to count. On
// some virtual machines both processors at times share one core's arithmetic, and then it is 1.
const alone = 1.8

// peak is what the machine's arithmetic reaches at a moment, in GFLOP/s.
type peak struct {
	One float64 `json:"one_core"`
	Two float64 `json:"two_cores"`
}

// whole tells whether each processor has a core of its own.
func (p peak) whole() bool { return p.Two >= alone*p.One }

// of is the peak of the given number of workers.
func (p peak) of(workers int) float64 {
	if workers == 1 {
		return p.One
	}
	return p.Two
}

// parsePeak reads the line "[cal 1t 220 2t 437 GF/s]".
func parsePeak(output string) (peak, error) {
	var p peak
	_, err := fmt.Sscanf(strings.TrimSpace(output), "[cal 1t %f 2t %f GF/s]", &p.One, &p.Two)
	if err != nil || p.One <= 0 || p.Two <= 0 {
		return peak{}, fmt.Errorf("calibration said %q, want a line such as [cal 1t 220 2t 437 GF/s]", output)
	}
	return p, nil
}

// calibrator measures the machine's peak.
type calibrator struct {
	name    string // for people
	command []string
}

// newCalibrator builds the limit folder's program. Without it, Braid's own product of matrices that
// stay in the first cache takes its place: it reaches nearly as much.
func newCalibrator(ctx context.Context, l *lab) calibrator {
	program, err := l.compile(ctx, "cal", l.limitFile("cal.c"), "-O3", "-march=native", "-w", "-lpthread")
	if err != nil {
		l.note("The machine's peak is that of Braid's own product in the first cache, since cal.c "+
			"could not be built: %s", oneLine(err.Error()))
		return calibrator{"Braid's product in the first cache", []string{l.self, "job", "-do", "peak"}}
	}
	return calibrator{"cal.c of the limit program", []string{program}}
}

// measure runs the program once.
func (c calibrator) measure(ctx context.Context) (peak, error) {
	// cal.c ends with 1 on machines slower than its author's; its line is as good there.
	output, err := exec.CommandContext(ctx, c.command[0], c.command[1:]...).Output()
	p, unread := parsePeak(string(output))
	if unread != nil && err != nil {
		return p, fmt.Errorf("%s: %w", c.name, err)
	}
	return p, unread
}
