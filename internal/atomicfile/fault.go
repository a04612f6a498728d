package atomicfile

import (
	"os"
	"sync/atomic"
	"time"
)

// Op is an operation on a file.
type Op string

// The operations that a Fault can delay or fail. Folder is the sync of a folder.
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

// Fault is called before each operation of this package. It may wait, or return an error, with
// which the operation fails. For a Put, bytes is the length to write. If a Put fails, the first
// written bytes are still written.
type Fault func(op Op, path string, bytes int) (written int, err error)

var fault atomic.Pointer[Fault]

// Inject sets the fault of this process, for tests and debugging. nil removes it.
func Inject(f Fault) {
	if f == nil {
		fault.Store(nil)
		return
	}
	fault.Store(&f)
}

// Delay returns a fault that delays every operation by d.
func Delay(d time.Duration) Fault {
	return func(Op, string, int) (int, error) {
		time.Sleep(d)
		return 0, nil
	}
}

// callFault calls the fault, if one is set.
func callFault(op Op, path string, bytes int) (int, error) {
	if f := fault.Load(); f != nil {
		return (*f)(op, path, bytes)
	}
	return 0, nil
}

// try runs an operation unless the fault fails it.
func try(op Op, path string, do func() error) error {
	if _, err := callFault(op, path, 0); err != nil {
		return err
	}
	return do()
}

// writer writes to a file, subject to the fault.
type writer struct{ *os.File }

func (w writer) Write(p []byte) (int, error) {
	if n, err := callFault(Put, w.Name(), len(p)); err != nil {
		n, _ = w.File.Write(p[:n])
		return n, err
	}
	return w.File.Write(p)
}
