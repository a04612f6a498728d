package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"braid/internal/kernel"
)

// machine describes the machine of a report.
type machine struct {
	Processor  string    `json:"processor"`
	Processors int       `json:"processors"`
	System     string    `json:"system"`
	Go         string    `json:"go"`
	Kernels    []string  `json:"kernel_sets"`
	PeakFrom   string    `json:"peak_measured_by"`
	Start      peak      `json:"peak_at_start"`
	Time       time.Time `json:"time"`
}

func describeMachine(c calibrator, start peak) machine {
	m := machine{
		Processor: processor(), Processors: runtime.NumCPU(),
		System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(),
		PeakFrom: c.name, Start: start, Time: time.Now().UTC().Truncate(time.Second),
	}
	for _, set := range kernel.Sets() {
		m.Kernels = append(m.Kernels, set.Name)
	}
	return m
}

// printMachine prints the machine's description above the table.
func printMachine(w io.Writer, m machine) {
	fmt.Fprintf(w, "%s, %d processors, %s, %s, kernels %s\n",
		m.Processor, m.Processors, m.System, m.Go, strings.Join(m.Kernels, " "))
	fmt.Fprintf(w, "peak of one and two cores: %.0f and %.0f GFLOP/s (%s)\n\n",
		m.Start.One, m.Start.Two, m.PeakFrom)
}

// processor returns the processor's model name, from /proc/cpuinfo.
func processor() string {
	content, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(content)) {
		if key, name, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(name)
		}
	}
	return "unknown"
}
