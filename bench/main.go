// Command bench runs Braid and its peers in turn on one machine and prints a table that compares
// them. With -json it also writes every run to a file. See README.md in this folder.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	command := ""
	if len(os.Args) > 1 {
		command = os.Args[1]
	}
	switch command {
	case "job":
		err = runJob(ctx, os.Args[2:], os.Stdout)
	case "scores":
		err = compareScores(ctx, os.Args[2:], os.Stdout)
	default:
		err = bench(ctx, os.Args[1:])
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		stop()
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

// bench holds the contests of the chosen rows and prints the table.
func bench(ctx context.Context, args []string) (err error) {
	s, only, err := parse(args)
	if err != nil {
		return err
	}
	list, needed := chosen(only)
	if len(list) == 0 {
		var all []string
		for _, r := range rows() {
			all = append(all, r.what)
		}
		return fmt.Errorf("-only %q matches no row of:\n%s", s.only, strings.Join(all, "\n"))
	}
	l, err := newLab(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	start, err := l.calibrate.measure(ctx)
	if err != nil {
		return err
	}
	m := describeMachine(l.calibrate, start)
	printMachine(os.Stdout, m)
	var all results
	for _, c := range needed {
		held, err := c.hold(ctx, l, s.runs, os.Stderr)
		if err != nil {
			return err
		}
		all = append(all, held...)
	}
	var lines []line
	for _, r := range list {
		lines = append(lines, r.fill(all))
	}
	if err := printTable(os.Stdout, lines, all, l.notes); err != nil {
		return err
	}
	if s.json == "" {
		return nil
	}
	return writeReport(s.json, report{m, args, lines, l.notes, all})
}
