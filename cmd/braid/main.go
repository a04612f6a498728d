// Command braid trains networks with several inputs and several heads, and uses them.
package main

import (
	"os"

	"braid/internal/cli"
)

func main() { os.Exit(cli.Run(os.Args[1:], os.Stdout, os.Stderr)) }
