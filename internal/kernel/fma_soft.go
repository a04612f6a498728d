//go:build !(arm64 || loong64 || ppc64 || ppc64le || riscv64 || s390x)

package kernel

// hardFMA reports that fma is one instruction.
const hardFMA = false

// fma returns x*y + z in float32, rounded once.
func fma(x, y, z float32) float32 { return softFMA(x, y, z) }
