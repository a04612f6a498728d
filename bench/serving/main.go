// Command serving measures braid serve on this machine: requests per second at several numbers of
// connections, compared with a plain net/http echo server, the behaviour at twice the rate that it
// can answer, and the memory under large requests. wrk generates the load of small requests. The
// results are in docs/serving.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	duration := flag.Duration("time", 5*time.Second, "duration of each measurement")
	rounds := flag.Int("rounds", 3, "measurements of each server; the median is printed")
	only := flag.String("only", "", "connections, overload or memory; all if empty")
	limits := flag.String("memory", "default,256MB,512MB", "values of --memory to measure")
	echo := flag.Bool("echo", false, "run only the echo server, until killed")
	flag.Parse()
	if *echo {
		fmt.Fprintln(os.Stderr, "serving:", runEcho())
		os.Exit(1)
	}
	if err := run(*duration, *rounds, *only, strings.Split(*limits, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "serving:", err)
		os.Exit(1)
	}
}

func run(duration time.Duration, rounds int, only string, limits []string) error {
	folder, err := os.MkdirTemp("", "braid-serving")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	braid := filepath.Join(folder, "braid")
	if err := command("go", "build", "-o", braid, "braid/cmd/braid"); err != nil {
		return err
	}
	wanted := func(what string) bool { return only == "" || only == what }
	model := filepath.Join(folder, "run")
	if wanted("connections") || wanted("memory") {
		if err := command(braid, "train", "--log", "none", "--out", model); err != nil {
			return err
		}
	}
	if wanted("connections") {
		if err := connections(contestants(braid, model), folder, duration, rounds); err != nil {
			return err
		}
	}
	if wanted("overload") {
		if err := overload(braid, folder, duration); err != nil {
			return err
		}
	}
	if wanted("memory") {
		return memory(braid, model, duration, limits)
	}
	return nil
}

func command(name string, args ...string) error {
	if output, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, output)
	}
	return nil
}

// overload measures a network so large that its computation is the bottleneck, at twice the rate
// that the server reaches.
func overload(braid, folder string, duration time.Duration) error {
	model := filepath.Join(folder, "large.safetensors")
	if err := saveLarge(model); err != nil {
		return err
	}
	s, err := serve(braid, model, "--queue", "64")
	if err != nil {
		return err
	}
	defer s.stop()
	ctx := context.Background()
	capacity := closedLoop(ctx, s.url, 32, duration)
	before, err := s.memory()
	if err != nil {
		return err
	}
	fmt.Printf("\nlarge network, queue of 64: %s\n", capacity)
	fmt.Printf("memory %d MB\n", before>>20)
	twice := openLoop(ctx, s.url, 2*capacity.rate(), duration)
	after, err := s.memory()
	if err != nil {
		return err
	}
	fmt.Printf("at twice that rate: %s\n", twice)
	within, all, err := s.refusals()
	if err != nil {
		return err
	}
	fmt.Printf("by the server's own clock %d of %d refusals took up to 5 ms\n", within, all)
	fmt.Printf("memory %d MB\n", after>>20)
	for i := range 3 {
		fmt.Printf("%d s later: %s\n", i, openLoop(ctx, s.url, capacity.rate()/2, time.Second))
	}
	return nil
}
