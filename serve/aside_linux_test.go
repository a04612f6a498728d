package serve

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

// Threads that compute aside have a low priority, and no others.
func TestAsidePriority(t *testing.T) {
	nice := func() int {
		n, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
		if err != nil {
			t.Error(err)
		}
		return 20 - n // the system call's own form
	}
	synctest.Test(t, func(t *testing.T) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		before := nice()
		var within int
		new(aside).do(func() { within = nice() })
		if want := min(before+niceness, 19); within != want {
			t.Errorf("niceness is %d aside, want %d", within, want)
		}
		if after := nice(); after != before {
			t.Errorf("niceness was %d, and is %d", before, after)
		}
		time.Sleep(2 * asideIdle)
	})
}
