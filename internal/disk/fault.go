package disk

import (
	"os"
	"sync/atomic"
	"time"
)

// Op is what is done to a file.
type Op string

// The operations, as faults see them. Close comes after Sync; Folder is a folder's sync.
const (
	Create  Op = "create"
	Put     Op = "write"
	Sync    Op = "sync"
	Close   Op = "close"
	Rename  Op = "rename"
	Remove  Op = "remove"
	Folder  Op = "folder"
	Symlink Op = "symlink"
)

// Fault stands before each operation of this package: it may wait, or make it fail. Of a Put, which
// has so many bytes, the number that it returns are written although it fails.
type Fault func(op Op, path string, bytes int) (written int, err error)

var fault atomic.Pointer[Fault]

// Inject puts a fault in place, for tests and for finding faults; nil takes it away.
func Inject(f Fault) {
	if f == nil {
		fault.Store(nil)
		return
	}
	fault.Store(&f)
}

// Delay makes every operation take so long.
func Delay(d time.Duration) Fault {
	return func(Op, string, int) (int, error) {
		time.Sleep(d)
		return 0, nil
	}
}

// ask asks the fault, if there is one.
func ask(op Op, path string, bytes int) (int, error) {
	if f := fault.Load(); f != nil {
		return (*f)(op, path, bytes)
	}
	return 0, nil
}

// try does an operation unless the fault has it fail.
func try(op Op, path string, do func() error) error {
	if _, err := ask(op, path, 0); err != nil {
		return err
	}
	return do()
}

// writer writes to a file as the fault lets it.
type writer struct{ *os.File }

func (w writer) Write(p []byte) (int, error) {
	if n, err := ask(Put, w.Name(), len(p)); err != nil {
		n, _ = w.File.Write(p[:n])
		return n, err
	}
	return w.File.Write(p)
}
