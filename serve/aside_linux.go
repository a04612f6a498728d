package serve

import "golang.org/x/sys/unix"

// niceness is how much a thread that computes gives way to others: to a tenth of their share, where both want the
// processor, and at once where they wake up.
const niceness = 10

// letOthersFirst lowers the calling thread's priority: to Linux, what is called a process here is a thread. Where it
// refuses, all are equal as before.
func letOthersFirst() {
	if rest, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err == nil { // 20 less the niceness
		unix.Setpriority(unix.PRIO_PROCESS, 0, min(20-rest+niceness, 19))
	}
}
