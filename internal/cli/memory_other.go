//go:build !linux && !darwin

package cli

// physicalMemory returns the machine's memory in bytes, or 0 if it is unknown.
func physicalMemory() int64 { return 0 }
