//go:build !unix

package main

import (
	"errors"
	"os"
)

// peakMemory returns 0: it is unknown on this system.
func peakMemory(*os.ProcessState) float64 { return 0 }

func ownPeakMemory() (float64, error) {
	return 0, errors.New("the peak memory of a process is unknown on this system")
}
