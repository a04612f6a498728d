package cli

import "golang.org/x/sys/unix"

// physicalMemory is the machine's memory in bytes; 0: nobody knows.
func physicalMemory() int64 {
	memory, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return int64(memory)
}
