package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLock(t *testing.T) {
	folder := t.TempDir()
	unlock, err := Lock(folder)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Lock(folder)
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "locked by process ") {
		t.Errorf("a second lock: %v, want an error that names the holder", err)
	}
	unlock()
	// Control characters of the lock file must not reach the terminal.
	lockFile := filepath.Join(folder, LockName)
	if err := os.WriteFile(lockFile, []byte("old \x1b[31m text"), 0o600); err != nil {
		t.Fatal(err)
	}
	unlock, err = Lock(folder)
	if err != nil {
		t.Fatalf("after unlock: %v", err)
	}
	os.WriteFile(lockFile, []byte("pid 7 \x1b[31m"), 0o600)
	if _, err := Lock(folder); err == nil || !strings.Contains(err.Error(), "pid 7 ?[31m") {
		t.Errorf("error is %q", err)
	}
	unlock()
	victim, trap := filepath.Join(folder, "victim"), filepath.Join(folder, "trap")
	err = errors.Join(
		os.WriteFile(victim, []byte("precious"), 0o600),
		os.Mkdir(trap, 0o700),
		os.Symlink(victim, filepath.Join(trap, LockName)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(trap); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a link in place of the lock: %v", err)
	}
	if content, _ := os.ReadFile(victim); string(content) != "precious" {
		t.Errorf("what the link leads to is now %q", content)
	}
	if _, err := Lock(filepath.Join(folder, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing folder: %v", err)
	}
}

func TestSweepAndDelete(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{
		"file", ".file.0123456789abcdef.tmp", ".0123.tmp", ".file.0123456789abcdeg.tmp",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, ".d.0123456789abcdef.tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Sweep(folder); err != nil {
		t.Fatal(err)
	}
	entries, _ := os.ReadDir(folder)
	if len(entries) != 4 {
		t.Errorf("%v is left, want all but one file", entries)
	}
	for range 2 { // deleting a missing file is no error
		if err := Delete(filepath.Join(folder, "file")); err != nil {
			t.Error(err)
		}
	}
}

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("five."), 0o600); err != nil {
		t.Fatal(err)
	}
	if content, err := Read(path, 5); err != nil || string(content) != "five." {
		t.Errorf("read %q (%v)", content, err)
	}
	_, err := Read(path, 4)
	if err == nil || !strings.Contains(err.Error(), "has 5 bytes, at most 4 are read") {
		t.Errorf("error is %v", err)
	}
	for _, path := range []string{os.DevNull, filepath.Dir(path)} {
		_, err := Read(path, 5)
		if err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: error is %v", path, err)
		}
	}
}

// Whichever operation of Write fails, the file is the old one or the new one, complete, and no
// other file is left.
func TestEveryFailure(t *testing.T) {
	defer Inject(nil)
	planted := errors.New("planted")
	path := filepath.Join(t.TempDir(), "file")
	old, new := strings.Repeat("old", 50_000), strings.Repeat("new!", 50_000)
	for failing := 0; ; failing++ {
		Inject(nil)
		if err := WriteBytes(path, []byte(old)); err != nil {
			t.Fatal(err)
		}
		count := 0
		var failed Op
		Inject(func(op Op, _ string, bytes int) (int, error) {
			count++
			if count-1 != failing {
				return 0, nil
			}
			failed = op
			return bytes / 2, planted
		})
		err := WriteBytes(path, []byte(new))
		Inject(nil)
		content, readErr := os.ReadFile(path)
		if readErr != nil {
			t.Fatal(readErr)
		}
		if failed == "" {
			if err != nil || string(content) != new || count < 6 {
				t.Errorf("without a failure, after %d operations: %v", count, err)
			}
			return
		}
		if !errors.Is(err, planted) {
			t.Errorf("%s failed: error is %v", failed, err)
		}
		if last := failed == Folder; string(content) != old && !last || string(content) != new && last {
			t.Errorf("%s failed: the file has %d bytes that begin %.8q", failed, len(content), content)
		}
		if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
			t.Errorf("%s failed: %v is left", failed, entries)
		}
	}
}

// Holder names the process that holds a lock, and nobody after a process that died.
func TestHolder(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, LockName)
	if got := Holder(folder); got != "" {
		t.Errorf("a folder without a lock is held by %s", got)
	}
	if err := os.WriteFile(path, []byte("process 1 on a machine that died"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := Holder(folder); got != "" {
		t.Errorf("a lock of nobody is held by %s", got)
	}
	for range 2 {
		unlock, err := Lock(folder)
		if err != nil {
			t.Fatal(err)
		}
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := Holder(folder); got != string(before) || !strings.HasPrefix(got, "process ") {
			t.Errorf("the holder is %q, the file has %q", got, before)
		}
		if _, err := Lock(folder); !errors.Is(err, ErrLocked) {
			t.Errorf("after Holder: error %v, want ErrLocked", err)
		}
		unlock()
		if got := Holder(folder); got != "" {
			t.Errorf("a folder that was unlocked is held by %s", got)
		}
	}
}
