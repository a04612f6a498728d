// Command braid trains networks with several inputs and several heads, and uses them.
package main

import (
	"fmt"
	"os"
	"time"

	"braid/internal/atomicfile"
	"braid/internal/cli"
	"braid/internal/kernel"
)

func main() {
	// For debugging and comparison: every kernel set gives the same bytes.
	if name := os.Getenv("BRAID_KERNELS"); name != "" {
		set, err := kernel.Named(name)
		if err != nil {
			fmt.Fprintf(os.Stderr, "braid: BRAID_KERNELS: %v\n", err)
			os.Exit(1)
		}
		kernel.Use(set)
	}
	// For debugging: delays every file operation, like a slow disk.
	if text := os.Getenv("BRAID_DISK_DELAY"); text != "" {
		delay, err := time.ParseDuration(text)
		if err != nil {
			fmt.Fprintf(os.Stderr, "braid: BRAID_DISK_DELAY: %v\n", err)
			os.Exit(1)
		}
		atomicfile.Inject(atomicfile.Delay(delay))
	}
	os.Exit(cli.Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
