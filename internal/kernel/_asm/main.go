// Command _asm writes the assembly of package kernel. Run it through go generate there.
package main

import (
	"flag"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	set := flag.String("set", "", "the instruction set to write: avx2 or avx512")
	// avo's own flags name the files to write.
	flag.Parse()
	ConstraintExpr("amd64,!purego")
	switch *set {
	case "avx2":
		avx2()
	case "avx512":
		avx512()
	}
	Generate()
}
