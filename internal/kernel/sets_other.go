//go:build !amd64 || purego

package kernel

// machineSets is empty: here the Go reference is all there is.
func machineSets() []*Set { return nil }
