package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"text/tabwriter"
	"time"
)

// contestant is a measured server.
type contestant struct {
	name  string
	start func() (*server, error)
}

// contestants returns the echo server, which is the baseline, and braid serve with several
// settings.
func contestants(braid, model string) []contestant {
	serveModel := func(args ...string) func() (*server, error) {
		return func() (*server, error) { return serve(braid, append([]string{model}, args...)...) }
	}
	return []contestant{
		{"net/http echo", startEcho},
		{"braid serve", serveModel()},
		{"--batch 1", serveModel("--batch", "1")},
		{"--batch-wait 200us", serveModel("--batch-wait", "200us")},
	}
}

// connections measures the seed network, with one row in each request. The servers run at the same
// time and are measured in turn, so that a slower machine slows all of them. The ratio is the
// median over the rounds of a server's requests per second divided by the echo server's.
func connections(list []contestant, folder string, duration time.Duration, rounds int) error {
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		return errors.New("wrk is not installed: apt-get install wrk")
	}
	var servers []*server
	defer func() {
		for _, s := range servers {
			s.stop()
		}
	}()
	for _, c := range list {
		s, err := c.start()
		if err != nil {
			return err
		}
		servers = append(servers, s)
	}
	w := tabwriter.NewWriter(os.Stdout, 12, 0, 2, ' ', 0)
	fmt.Fprintln(w, "body\tconnections\tserver\trequests/s\tof echo\tp50\tp99\terrors")
	for _, body := range []string{"binary", "JSON"} {
		script, err := scriptOf(body, folder)
		if err != nil {
			return err
		}
		for _, n := range []int{1, 16, 64, 256} {
			measured, err := inTurn(rounds, servers, func(s *server) (measured, error) {
				return ask(wrk, script, s.url, n, duration)
			})
			if err != nil {
				return err
			}
			for i, c := range list {
				m := medianOf(measured[i])
				fmt.Fprintf(w, "%s\t%d\t%s\t%.0f\t%.2f\t%v\t%v\t%d\n",
					body, n, c.name, m.rate, ratio(measured[i], measured[0]), m.p50, m.p99, m.errors)
			}
			if err := w.Flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// inTurn measures each server once in each round. It returns the measurements by server.
func inTurn(
	rounds int, servers []*server, measure func(*server) (measured, error),
) ([][]measured, error) {
	list := make([][]measured, len(servers))
	for range rounds {
		for i, s := range servers {
			m, err := measure(s)
			if err != nil {
				return nil, err
			}
			list[i] = append(list[i], m)
		}
	}
	return list, nil
}

// medianOf returns the measurement with the median rate.
func medianOf(list []measured) measured {
	sorted := slices.SortedFunc(slices.Values(list), func(a, b measured) int {
		return cmp.Compare(a.rate, b.rate)
	})
	return sorted[len(sorted)/2]
}

// ratio returns the median over rounds of one server's rate divided by the baseline's.
func ratio(list, baseline []measured) float64 {
	var ratios []float64
	for i, m := range list {
		ratios = append(ratios, m.rate/baseline[i].rate)
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}
