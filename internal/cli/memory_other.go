//go:build !linux && !darwin

package cli

// physicalMemory is the machine's memory in bytes; 0: nobody knows.
func physicalMemory() int64 { return 0 }
