package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// clients is the number of connections that send large requests at once.
const clients = 64

// memory prints the peak resident memory of the server under each heavy load, for each limit. It
// fails if a peak exceeds its limit.
func memory(braid, model string, duration time.Duration, limits []string) error {
	loads, err := heavyLoads()
	if err != nil {
		return err
	}
	var over []string
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "--memory\tload\tlimit MB\tpeak MB\tanswers by status\tanswered/s")
	for _, limit := range limits {
		for _, l := range loads {
			t, err := try(braid, model, limit, l, duration)
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%.1f\n",
				limit, l.name, t.limit>>20, t.peak>>20, t.statuses(),
				float64(t.count[200])/duration.Seconds())
			w.Flush()
			if t.peak > t.limit {
				over = append(over, limit+", "+l.name)
			}
		}
	}
	if over != nil {
		return fmt.Errorf("the server held more than its limit: %s", strings.Join(over, "; "))
	}
	return nil
}

// trial is the result of one server under one load.
type trial struct {
	limit, peak int64 // bytes
	mu          sync.Mutex
	count       map[int]int // by status; 0 for a broken connection
}

func (t *trial) statuses() string {
	var list []string
	for status := range 600 {
		if n := t.count[status]; n > 0 {
			list = append(list, fmt.Sprintf("%d: %d", status, n))
		}
	}
	return strings.Join(list, ", ")
}

// try measures a server under a load for a duration.
func try(braid, model, limit string, l load, duration time.Duration) (*trial, error) {
	args := []string{model}
	if limit != "default" {
		args = append(args, "--memory", limit)
	}
	log, stderr, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer log.Close()
	defer stderr.Close()
	args = append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)
	s, err := startLogged(stderr, braid, args...)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	t := &trial{count: map[int]int{}}
	if t.limit, err = limitOf(log); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), duration)
	defer cancel()
	address := strings.TrimPrefix(s.url, "http://")
	var wait sync.WaitGroup
	for c := range clients {
		wait.Go(func() {
			for ctx.Err() == nil {
				status := send(address, l.requests[c%len(l.requests)])
				t.mu.Lock()
				t.count[status]++
				t.mu.Unlock()
			}
		})
	}
	wait.Wait()
	t.peak, err = s.peak()
	return t, err
}

// send sends the bytes of a request and returns the status of the answer, or 0 if there is none.
func send(address string, request []byte) int {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return 0
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Minute))
	_, sent := c.Write(request) // fails if the server answers early and closes
	line := make([]byte, len("HTTP/1.1 200"))
	if _, err := io.ReadFull(c, line); err != nil {
		return 0
	}
	status, err := strconv.Atoi(string(line[len(line)-3:]))
	if err != nil || status == http.StatusOK && sent != nil {
		return 0
	}
	if _, err := io.Copy(io.Discard, c); err != nil && status == http.StatusOK {
		return 0
	}
	return status
}

// peak returns the peak resident memory of the process, in bytes.
func (s *server) peak() (int64, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Process.Pid))
	if err != nil {
		return 0, err
	}
	found := regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`).FindSubmatch(content)
	if found == nil {
		return 0, errors.New("VmHWM is not in the process's status")
	}
	kb, err := strconv.ParseInt(string(found[1]), 10, 64)
	return kb << 10, err
}

var limitLine = regexp.MustCompile(`msg=memory limit=(\d+)`)

// limitOf returns the memory limit of a server in bytes, from its log. The rest of the log is not
// read: the server drops lines that it cannot write.
func limitOf(log io.Reader) (int64, error) {
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if found := limitLine.FindStringSubmatch(lines.Text()); found != nil {
			return strconv.ParseInt(found[1], 10, 64)
		}
	}
	return 0, errors.New("the server's log has no line with its memory limit")
}
