//go:build !unix

package cli

import (
	"errors"
	"syscall"
	"testing"
)

func needSignals(t *testing.T) { t.Skip("skipped: a process cannot send itself a signal here") }

func signalSelf(syscall.Signal) {}

func makeFIFO(string) error { return errors.ErrUnsupported }
