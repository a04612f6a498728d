package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
)

// runEcho runs a plain net/http server that returns each body unchanged. It is the baseline for
// braid serve: the rate that net/http and the load generator reach on this machine.
func runEcho() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("serving at http://%s/\n", l.Addr())
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body)
	}))
}

// startEcho runs this program as the echo server in a separate process.
func startEcho() (*server, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(program, "-echo")
}
