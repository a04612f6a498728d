//go:build !purego

package kernel

// machineSets returns neon: every arm64 processor has its instructions.
func machineSets() []*Set { return []*Set{&neon} }
