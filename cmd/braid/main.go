// Command braid trains networks with several inputs and several heads, and uses them.
package main

import (
	"fmt"
	"os"

	"braid/internal/cli"
	"braid/internal/kernel"
)

func main() {
	// For comparison and for finding faults: every set gives the same bytes.
	if name := os.Getenv("BRAID_KERNELS"); name != "" {
		set, err := kernel.Named(name)
		if err != nil {
			fmt.Fprintf(os.Stderr, "braid: BRAID_KERNELS: %v\n", err)
			os.Exit(1)
		}
		kernel.Use(set)
	}
	os.Exit(cli.Run(os.Args[1:], os.Stdout, os.Stderr))
}
