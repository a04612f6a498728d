// Command neon writes the assembly of package kernel for arm64. Run it through go generate there.
package main

import (
	"flag"
	"log"
	"os"

	"braid/internal/kernel/_asm/arm64"
)

func main() {
	log.SetFlags(0)
	out := flag.String("out", "", "the file of assembly to write")
	stubs := flag.String("stubs", "", "the file of declarations to write")
	flag.Parse()
	kernels()
	assembly, declarations, err := arm64.Write("go run ./neon", "kernel")
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range map[string][]byte{*out: assembly, *stubs: declarations} {
		if err := os.WriteFile(name, text, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// kernels writes every kernel.
func kernels() {
	dotProducts()
	products()
	transposes()
	vectors()
	lstm()
	lstmBack()
	adam()
	mulRows()
	lookUp()
	addUp()
	spread()
	bytes()
	prefetch()
	claim()
	softmax()
	softmaxBack()
	argMax()
	rowNorm()
	rowNormBack()
	columnSums()
	affine()
	maxWindow()
	maxBack()
}
