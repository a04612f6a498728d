package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// line is a row of the table with its figures.
type line struct {
	What    string  `json:"what"`
	Ours    string  `json:"ours"`
	Figure  summary `json:"figure"`
	Peer    string  `json:"peer,omitempty"`
	Theirs  summary `json:"peer_figure,omitzero"`
	Ratio   summary `json:"ratio,omitzero"`
	Dropped int     `json:"dropped"` // runs of both contenders that do not count
	Wanted  string  `json:"wanted,omitempty"`
	Missing string  `json:"missing,omitempty"`

	row row
}

// fill computes a row's figures.
func (r row) fill(all results) line {
	ours := all.of(r.contest, r.ours)
	l := line{What: r.what, Ours: r.ours, Wanted: r.wanted, row: r}
	l.Figure, l.Dropped = summarize(figures(ours.Runs, r.take)), dropped(ours.Runs)
	var missing []string
	explain := func(r *result) {
		if why := r.why(); why != "" {
			missing = append(missing, r.Contender+": "+why)
		}
	}
	explain(ours)
	var peer *result
	for _, name := range r.theirs {
		candidate := all.of(r.contest, name)
		explain(candidate)
		figure := summarize(figures(candidate.Runs, r.take))
		if figure.Count > 0 && (peer == nil || figure.Median < l.Theirs.Median) {
			peer, l.Peer, l.Theirs = candidate, name, figure
		}
	}
	if peer != nil {
		l.Dropped += dropped(peer.Runs)
		a, b := peer.Runs, ours.Runs
		if r.compare == within {
			a, b = b, a
		}
		l.Ratio = summarize(pairs(a, b, r.take))
	}
	l.Missing = strings.Join(missing, "; ")
	return l
}

// dropped counts the runs that do not count.
func dropped(runs []run) int {
	n := 0
	for _, r := range runs {
		if !r.counts() {
			n++
		}
	}
	return n
}

// why returns the reason that a contender has no figures, or "" if it has.
func (r *result) why() string {
	if r.Missing != "" {
		return "missing: " + oneLine(r.Missing)
	}
	for _, run := range r.Runs {
		if run.Failed != "" {
			return "failed: " + oneLine(run.Failed)
		}
	}
	if len(r.Runs) > 0 && dropped(r.Runs) == len(r.Runs) {
		return "all runs were dropped"
	}
	return ""
}

// absent lists the contenders without figures, grouped by reason.
func (all results) absent() []string {
	var reasons []string
	who := map[string][]string{}
	for _, r := range all {
		why := r.why()
		if why == "" {
			continue
		}
		if who[why] == nil {
			reasons = append(reasons, why)
		}
		who[why] = append(who[why], r.Contest+": "+r.Contender)
	}
	var list []string
	for _, why := range reasons {
		list = append(list, strings.Join(who[why], "; ")+": "+why)
	}
	return list
}

// oneLine joins the lines of an error.
func oneLine(text string) string { return strings.ReplaceAll(text, "\n", ": ") }

// printTable writes the table, and below it the notes and the missing contenders.
func printTable(w io.Writer, lines []line, all results, notes []string) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "what\tBraid\tpeer\tratio (min to max)\twanted\tpairs\tdropped")
	for _, l := range lines {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%d\t%d\n",
			l.What, l.show(l.Figure), l.peer(), l.ratio(), l.Wanted, l.count(), l.Dropped)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	notes = append(notes, all.absent()...)
	if len(notes) > 0 {
		fmt.Fprintf(w, "\n%s\n", strings.Join(notes, "\n"))
	}
	return nil
}

func (l line) show(s summary) string {
	if s.Count == 0 {
		return "missing"
	}
	return l.row.show(s.Median)
}

func (l line) peer() string {
	switch {
	case len(l.row.theirs) == 0:
		return ""
	case l.Peer == "":
		return "missing"
	}
	return l.Peer + ": " + l.row.show(l.Theirs.Median)
}

func (l line) ratio() string {
	if l.Ratio.Count == 0 {
		return ""
	}
	text := fmt.Sprintf("%.2fx (%.2f to %.2f)", l.Ratio.Median, l.Ratio.Min, l.Ratio.Max)
	if l.row.compare == within {
		return text + " of its time"
	}
	return text
}

// count returns the number of pairs, or of runs if there is no peer.
func (l line) count() int {
	if l.row.compare == absolute {
		return l.Figure.Count
	}
	return l.Ratio.Count
}
