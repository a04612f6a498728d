//go:build arm64 || loong64 || ppc64 || ppc64le || riscv64 || s390x

package kernel

// hardFMA reports that fma is one instruction.
const hardFMA = true

// fma returns x*y + z in float32, rounded once: the compiler fuses the two operations on these
// processors, which the tests of fma would notice if it did not. The conversion keeps it from
// fusing the other sum if z is a product.
func fma(x, y, z float32) float32 { return x*y + float32(z) }
