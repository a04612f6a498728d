// Command _asm writes the assembly of package kernel. Run it through go generate there.
package main

import (
	"flag"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	set := flag.String("set", "", "the instruction set to write: avx512")
	// avo's own flags name the files to write.
	flag.Parse()
	ConstraintExpr("amd64,!purego")
	switch *set {
	case "avx512":
		avx512()
	}
	Generate()
}
