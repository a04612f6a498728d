package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

// server is a server in a separate process.
type server struct {
	*exec.Cmd
	url string
}

// serve starts braid serve.
func serve(braid string, args ...string) (*server, error) {
	flags := []string{"serve", "--addr", "127.0.0.1:0", "--log-level", "error"}
	return start(braid, append(flags, args...)...)
}

// start runs a program that prints "serving at URL" once it listens.
func start(program string, args ...string) (*server, error) {
	return startLogged(os.Stderr, program, args...)
}

// startLogged runs a program like start, with standard error to log.
func startLogged(log *os.File, program string, args ...string) (*server, error) {
	s := &server{Cmd: exec.Command(program, args...)}
	s.Stderr = log
	out, err := s.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("%s: %w", program, err)
	}
	s.url = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "serving at "), "/")
	return s, nil
}

func (s *server) stop() {
	s.Process.Signal(syscall.SIGTERM)
	s.Wait()
}

// refusals returns, from the server's metrics, the number of requests that got 503, and how many of
// them within 5 ms of their header.
func (s *server) refusals() (within, all int, err error) {
	got, err := client.Get(s.url + "/metrics")
	if err != nil {
		return 0, 0, err
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		return 0, 0, err
	}
	for bound, to := range map[string]*int{"0.005": &within, `\+Inf`: &all} {
		bucket := `braid_request_seconds_bucket\{route="[^"]*/infer",status="503",le="` + bound + `"\}`
		found := regexp.MustCompile(bucket + ` (\d+)`).FindSubmatch(text)
		if found == nil {
			continue // nothing was refused
		}
		if *to, err = strconv.Atoi(string(found[1])); err != nil {
			return 0, 0, err
		}
	}
	return within, all, nil
}

// memory returns the resident memory of the process, in bytes.
func (s *server) memory() (int64, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(content))
	if len(fields) < 2 {
		return 0, fmt.Errorf("statm is %q", content)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}
