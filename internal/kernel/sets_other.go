//go:build (!amd64 && !arm64) || purego

package kernel

// machineSets returns no sets: only the Go reference runs here.
func machineSets() []*Set { return nil }
