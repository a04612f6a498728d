package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// minSpeedUp is the smallest ratio of two cores' peak to one core's for which a run counts. On some
// virtual machines both processors sometimes share one core, and the ratio is 1.
const minSpeedUp = 1.8

// peak is the machine's peak arithmetic speed at one moment, in GFLOP/s.
type peak struct {
	One float64 `json:"one_core"`
	Two float64 `json:"two_cores"`
}

// hasTwoCores reports whether each processor has a core to itself.
func (p peak) hasTwoCores() bool { return p.Two >= minSpeedUp*p.One }

// of returns the peak of the given number of workers.
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
		return peak{}, fmt.Errorf("calibration printed %q, "+
			"want a line such as [cal 1t 220 2t 437 GF/s]", output)
	}
	return p, nil
}

// calibrator measures the machine's peak.
type calibrator struct {
	name    string // in the report
	command []string
}

// newCalibrator builds cal.c of the limit folder. If it cannot, it uses Braid's product of matrices
// in the L1 cache, which is nearly as fast.
func newCalibrator(ctx context.Context, l *lab) calibrator {
	source := l.limitFile("cal.c")
	program, err := l.compile(ctx, "cal", source, "-O3", "-march=native", "-w", "-lpthread")
	if err != nil {
		l.note("The machine's peak is that of Braid's product in the L1 cache, because cal.c "+
			"could not be built: %s", oneLine(err.Error()))
		return calibrator{"Braid's product in the L1 cache", []string{l.self, "job", "-do", "peak"}}
	}
	return calibrator{"cal.c of the limit program", []string{program}}
}

// measure runs the program once.
func (c calibrator) measure(ctx context.Context) (peak, error) {
	// cal.c exits with 1 on machines slower than its author's, but its output is valid.
	output, err := exec.CommandContext(ctx, c.command[0], c.command[1:]...).Output()
	p, unread := parsePeak(string(output))
	if unread != nil && err != nil {
		return p, fmt.Errorf("%s: %w", c.name, err)
	}
	return p, unread
}
