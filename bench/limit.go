package main

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
)

// limitFile returns the path of a file in the limit program's folder.
func (l *lab) limitFile(name string) string { return filepath.Join(l.peers, "limit", name) }

// limitFlags are the compiler's flags by instruction set, those of the program's run.sh.
var limitFlags = map[string][]string{
	"avx512": {"-O3", "-march=native", "-std=gnu11", "-w", "-lm", "-lpthread"},
	"avx2":   {"-O3", "-mavx2", "-mfma", "-DFORCE_AVX2", "-std=gnu11", "-w", "-lm", "-lpthread"},
}

// limitProgram returns a contender that runs the limit program, a C program for the seed job only.
func limitProgram(name string, threads int, set string) contender {
	return contender{name, func(ctx context.Context, l *lab) (command, error) {
		program, err := once(l, "limit "+set, func() (string, error) {
			return l.compile(ctx, "limit-"+set, l.limitFile("seed_limit.c"), limitFlags[set]...)
		})
		if err != nil {
			return command{}, fmt.Errorf("%w; set -peers to the folder of limit/seed_limit.c", err)
		}
		dir, err := l.mnist(ctx)
		if err != nil {
			return command{}, err
		}
		args := []string{strconv.Itoa(threads), strconv.Itoa(l.epochs)}
		env := []string{"FTZ=1", "MNIST_DIR=" + dir}
		return command{path: program, args: args, env: env, read: readLimit}, nil
	}}
}

var limitMedian = regexp.MustCompile(`train median ([0-9.]+) ms`)

// readLimit returns the median epoch in seconds, as train_s.
func readLimit(output []byte) (readings, error) {
	found := limitMedian.FindSubmatch(output)
	if found == nil {
		return nil, fmt.Errorf("output %q has no train median", output)
	}
	ms, err := strconv.ParseFloat(string(found[1]), 64)
	return readings{"train_s": ms / 1e3}, err
}
