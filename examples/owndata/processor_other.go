//go:build !unix

package main

// processorTime returns 0: it is unknown on this system.
func processorTime() float64 { return 0 }
