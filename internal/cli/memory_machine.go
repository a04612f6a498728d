package cli

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

// machineMemory returns the memory that this process can use, in bytes: the machine's, or less if a
// control group, such as a container's, limits it. It returns 0 if it is unknown.
func machineMemory() int64 {
	memory := physicalMemory()
	if limit := groupMemory(os.DirFS("/")); limit > 0 && (memory == 0 || limit < memory) {
		memory = limit
	}
	return memory
}

// groupMemory returns the least memory limit of this process' control groups, of version 1 or 2, in
// bytes, or 0 if there is none.
func groupMemory(root fs.FS) int64 {
	content, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0
	}
	least := int64(0)
	lower := func(limit int64) {
		if limit > 0 && (least == 0 || limit < least) {
			least = limit
		}
	}
	for line := range strings.Lines(string(content)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3) // number, controllers, path
		if len(fields) != 3 {
			continue
		}
		folder, files := "sys/fs/cgroup", []string{"memory.max", "memory.high"}
		switch {
		case fields[1] == "":
		case slices.Contains(strings.Split(fields[1], ","), "memory"):
			folder, files = "sys/fs/cgroup/memory", []string{"memory.limit_in_bytes"}
		default:
			continue
		}
		for group := path.Join("/", fields[2]); ; group = path.Dir(group) {
			for _, file := range files {
				lower(readLimit(root, path.Join(folder, group, file)))
			}
			if group == "/" {
				break
			}
		}
	}
	return least
}

// readLimit reads a limit. It returns 0 if there is none, which version 2 writes as "max" and
// version 1 as a number above any memory size.
func readLimit(root fs.FS, file string) int64 {
	content, err := fs.ReadFile(root, file)
	if err != nil {
		return 0
	}
	limit, err := strconv.ParseInt(strings.TrimSpace(string(content)), 10, 64)
	if err != nil || limit > 1<<60 {
		return 0
	}
	return limit
}
