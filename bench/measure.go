package main

import (
	"context"
	"fmt"
	"io"
	"slices"
)

// contender is a program in a contest.
type contender struct {
	name string
	// prepare builds the contender. Its error explains why the contender is missing and how to install
	// it.
	prepare func(context.Context, *lab) (command, error)
}

// contest has contenders that do the same work in turn.
type contest struct {
	name       string
	contenders []contender
}

// result holds a contender's runs, one for each round.
type result struct {
	Contest   string `json:"contest"`
	Contender string `json:"contender"`
	Command   string `json:"command,omitempty"`
	Missing   string `json:"missing,omitempty"` // reason that it did not run
	Runs      []run  `json:"runs,omitempty"`
}

// enough reports whether at least runs runs count.
func (r *result) enough(runs int) bool {
	n := 0
	for _, run := range r.Runs {
		if run.counts() {
			n++
		}
	}
	return n >= runs
}

// excluded reports whether a contender is missing or its last run failed: it does not run again.
func (r *result) excluded() bool {
	return r.Missing != "" || len(r.Runs) > 0 && r.Runs[len(r.Runs)-1].Failed != ""
}

// results is a list of results.
type results []*result

func (all results) of(contest, contender string) *result {
	i := slices.IndexFunc(all, func(r *result) bool {
		return r.Contest == contest && r.Contender == contender
	})
	if i < 0 {
		return &result{Contest: contest, Contender: contender, Missing: "not among the contenders"}
	}
	return all[i]
}

// hold runs a contest: all contenders in turn in each round, and the machine's peak between any two
// runs. Up to runs more rounds replace dropped runs.
func (c contest) hold(ctx context.Context, l *lab, runs int, progress io.Writer) (results, error) {
	var all results
	commands := map[*result]command{}
	for _, who := range c.contenders {
		r := &result{Contest: c.name, Contender: who.name}
		all = append(all, r)
		how, err := who.prepare(ctx, l)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			r.Missing = err.Error()
			fmt.Fprintf(progress, "%s: %s is missing: %s\n", c.name, who.name, oneLine(r.Missing))
			continue
		}
		commands[r], r.Command = how, how.String()
	}
	for round := 1; round <= 2*runs && !c.done(all, runs); round++ {
		before, err := l.calibrate.measure(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range all {
			if r.excluded() {
				continue
			}
			fmt.Fprintf(progress, "%s, round %d: %s: ", c.name, round, r.Contender)
			one, err := commands[r].start(ctx)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				one.Failed = err.Error()
			}
			after, err := l.calibrate.measure(ctx)
			if err != nil {
				return nil, err
			}
			one.Before, one.After = before, after
			one.Dropped = !l.keep && !(before.hasTwoCores() && after.hasTwoCores())
			before = after
			r.Runs = append(r.Runs, one)
			fmt.Fprintln(progress, one)
		}
	}
	return all, nil
}

// done reports whether every contender has enough runs or is excluded.
func (c contest) done(all results, runs int) bool {
	return !slices.ContainsFunc(all, func(r *result) bool {
		return !r.excluded() && !r.enough(runs)
	})
}
