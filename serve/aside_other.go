//go:build !linux

package serve

// letOthersFirst does nothing: elsewhere a thread's priority is another matter.
func letOthersFirst() {}
