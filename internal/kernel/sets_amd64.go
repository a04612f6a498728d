//go:build amd64 && !purego

package kernel

import "golang.org/x/sys/cpu"

// machineSets returns the sets that the processor and the operating system support, the fastest
// last.
func machineSets() []*Set {
	var list []*Set
	x := &cpu.X86
	if !x.HasFMA || !x.HasBMI1 || !x.HasBMI2 {
		return nil
	}
	if x.HasAVX2 {
		list = append(list, &avx2)
	}
	// Package cpu reports AVX-512 only if the operating system saves its registers.
	if x.HasAVX512F && x.HasAVX512DQ && x.HasAVX512BW && x.HasAVX512VL {
		list = append(list, &avx512)
	}
	return list
}
