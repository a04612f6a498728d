// Command _asm writes the assembly of package kernel. Run it through go generate there.
package main

import (
	"flag"
	"log/slog"
	"os"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	name := flag.String("set", "", "the instruction set to write: AVX2 or AVX512")
	// avo defines the flags -out, -stubs and -pkg.
	flag.Parse()
	ConstraintExpr("amd64,!purego")
	switch *name {
	case avx2.name:
		set = avx2
	case avx512.name:
		set = avx512
	default:
		slog.Error("unknown set, want AVX2 or AVX512", "set", *name)
		os.Exit(2)
	}
	products()
	indirects()
	vectors()
	softmax()
	softmaxBack()
	argMax()
	adam()
	mulRows()
	columnSums()
	affine()
	rowNorm()
	rowNormBack()
	maxWindow()
	maxBack()
	bytes()
	prefetch()
	claim()
	spread()
	lookUp()
	addUp()
	lstm()
	lstmBack()
	transpose("transpose", false)
	transpose("transposeAdd", true)
	Generate()
}
