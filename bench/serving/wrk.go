package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// measured holds the results of wrk.
type measured struct {
	rate     float64 // requests a second
	p50, p99 time.Duration
	errors   int
}

// image returns the pixels of a digit, most of them 0, as in MNIST.
func image() []byte {
	pixels := make([]byte, 28*28)
	for y := 4; y < 24; y++ {
		for x := range 6 {
			pixels[28*y+8+x+y%4] = byte(37*x + 11*y + 50)
		}
	}
	return pixels
}

// request returns a body of a kind, "binary" or "JSON", with one row. json is the length of the
// JSON that precedes binary data, 0 if there is none.
func request(kind string) (body []byte, json int) {
	const imageInput = `{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,28,28],`
	const question = `{"name":"question","datatype":"BYTES","shape":[1,1],"data":["odd number"]}]}`
	if kind == "binary" {
		text := imageInput + `"parameters":{"binary_data_size":784}},` + question
		return append([]byte(text), image()...), len(text)
	}
	var numbers []string
	for _, v := range image() {
		numbers = append(numbers, strconv.Itoa(int(v)))
	}
	return []byte(imageInput + `"data":[` + strings.Join(numbers, ",") + `]},` + question), 0
}

// scriptOf writes a script for wrk and the body that it sends, and returns the script's path.
func scriptOf(kind, folder string) (path string, err error) {
	body, json := request(kind)
	content := filepath.Join(folder, kind)
	if err := os.WriteFile(content, body, 0o600); err != nil {
		return "", err
	}
	script := fmt.Sprintf("local f = io.open(%q, 'rb')\n", content) +
		"wrk.body = f:read('*a')\nf:close()\nwrk.method = 'POST'\n"
	if json > 0 {
		script += fmt.Sprintf("wrk.headers['Inference-Header-Content-Length'] = '%d'\n", json)
	}
	path = filepath.Join(folder, kind+".lua")
	return path, os.WriteFile(path, []byte(script), 0o600)
}

var (
	rate    = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)
	half    = regexp.MustCompile(`(?m)^ +50% +(\S+)$`)
	most    = regexp.MustCompile(`(?m)^ +99% +(\S+)$`)
	sockets = regexp.MustCompile(
		`Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)`)
	refused = regexp.MustCompile(`Non-2xx or 3xx responses: (\d+)`)
)

// ask runs wrk with one thread.
func ask(wrk, script, url string, connections int, duration time.Duration) (measured, error) {
	output, err := exec.Command(wrk, "-t1",
		fmt.Sprint("-c", connections), fmt.Sprintf("-d%ds", int(duration.Seconds())),
		"--latency", "-s", script, url+path).CombinedOutput()
	if err != nil {
		return measured{}, fmt.Errorf("wrk: %w\n%s", err, output)
	}
	text := string(output)
	var m measured
	for pattern, take := range map[*regexp.Regexp]func(string) error{
		rate: func(s string) (err error) { m.rate, err = strconv.ParseFloat(s, 64); return err },
		half: func(s string) (err error) { m.p50, err = time.ParseDuration(s); return err },
		most: func(s string) (err error) { m.p99, err = time.ParseDuration(s); return err },
	} {
		found := pattern.FindStringSubmatch(text)
		if found == nil {
			return m, fmt.Errorf("unknown output of wrk: %s", text)
		}
		if err := take(found[1]); err != nil {
			return m, err
		}
	}
	for _, pattern := range []*regexp.Regexp{sockets, refused} {
		if found := pattern.FindStringSubmatch(text); found != nil {
			for _, n := range found[1:] {
				count, err := strconv.Atoi(n)
				if err != nil {
					return m, err
				}
				m.errors += count
			}
		}
	}
	return m, nil
}
