//go:build amd64 && !purego

package kernel

import "golang.org/x/sys/cpu"

//go:generate sh -c "cd _asm && go run . -set AVX2 -out ../avx2_amd64.s -stubs ../avx2_stubs_amd64.go -pkg kernel"
//go:generate sh -c "cd _asm && go run . -set AVX512 -out ../avx512_amd64.s -stubs ../avx512_stubs_amd64.go -pkg kernel"

// machineSets lists the instruction sets that the processor and the operating system support, the
// fastest last.
func machineSets() []*Set {
	var list []*Set
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA && cpu.X86.HasBMI1 && cpu.X86.HasBMI2 {
		list = append(list, &avx2)
	}
	// Package cpu reports AVX-512 only where the operating system keeps its registers.
	if x := &cpu.X86; x.HasAVX512F && x.HasAVX512DQ && x.HasAVX512BW && x.HasAVX512VL && x.HasBMI1 && x.HasBMI2 && x.HasFMA {
		list = append(list, &avx512)
	}
	return list
}
