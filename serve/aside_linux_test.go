package serve

import (
	"os"
	"runtime"
	"strconv"
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

// After threads have computed aside, Go goes on to follow how many processors it may use, where it did before.
func TestAsideFollows(t *testing.T) {
	if runtime.NumCPU() < 2 {
		t.Skip("there is one processor")
	}
	t.Setenv("GOMAXPROCS", "")
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	aside := func() {
		synctest.Test(t, func(*testing.T) {
			new(aside).do(func() {})
			time.Sleep(2 * asideIdle)
		})
	}
	runtime.GOMAXPROCS(runtime.NumCPU() + 3)
	if aside(); runtime.GOMAXPROCS(0) != runtime.NumCPU()+3 {
		t.Errorf("Go has %d processors, want %d as somebody chose", runtime.GOMAXPROCS(0), runtime.NumCPU()+3)
	}
	runtime.SetDefaultGOMAXPROCS()
	aside()
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		t.Fatal(err)
	}
	var one unix.CPUSet
	for cpu := 0; one.Count() == 0; cpu++ {
		if all.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	bind(t, &one)
	defer bind(t, &all)
	eventually(t, func() bool { return runtime.GOMAXPROCS(0) == 1 })
}

// bind has all threads of this process run on some processors.
func bind(t *testing.T, cpus *unix.CPUSet) {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			t.Fatal(err)
		}
		if err := unix.SchedSetaffinity(id, cpus); err != nil && err != unix.ESRCH { // it may have ended
			t.Fatal(err)
		}
	}
}
