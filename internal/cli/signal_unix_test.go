//go:build unix

package cli

import (
	"os"
	"syscall"
	"testing"
)

// needSignals skips a test where signalSelf sends nothing.
func needSignals(*testing.T) {}

// signalSelf sends a signal to the tests' process.
func signalSelf(s syscall.Signal) { syscall.Kill(os.Getpid(), s) }

func makeFIFO(path string) error { return syscall.Mkfifo(path, 0o600) }
