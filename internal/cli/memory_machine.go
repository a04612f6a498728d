package cli

import (
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// machineMemory is the memory that this process can have, in bytes: the machine's, or less where control
// groups, as of a container, give less. 0: nobody knows.
func machineMemory() int64 {
	memory := physicalMemory()
	if limit := groupMemory(os.DirFS("/")); limit > 0 && (memory == 0 || limit < memory) {
		memory = limit
	}
	return memory
}

// groupMemory is the least memory limit of the control groups that this process is in, of version 1 or
// 2, in bytes; 0: there is none.
func groupMemory(root fs.FS) int64 {
	content, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0
	}
	least := int64(0)
	for line := range strings.Lines(string(content)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3) // number, controllers, path
		if len(fields) != 3 {
			continue
		}
		folder, files := "sys/fs/cgroup", []string{"memory.max", "memory.high"}
		switch {
		case fields[1] == "":
		case hasController(fields[1], "memory"):
			folder, files = "sys/fs/cgroup/memory", []string{"memory.limit_in_bytes"}
		default:
			continue
		}
		for group := path.Join("/", fields[2]); ; group = path.Dir(group) {
			for _, file := range files {
				if limit := readLimit(root, path.Join(folder, group, file)); limit > 0 && (least == 0 || limit < least) {
					least = limit
				}
			}
			if group == "/" {
				break
			}
		}
	}
	return least
}

func hasController(list, want string) bool {
	for name := range strings.SplitSeq(list, ",") {
		if name == want {
			return true
		}
	}
	return false
}

// readLimit reads a limit; 0 where there is none, as "max" says in version 2, and in version 1 a number
// beyond any memory.
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
