package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func TestFailingWriterHarmsNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := WriteBytes(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	planted := errors.New("planted")
	err := Write(path, func(w io.Writer) error {
		io.WriteString(w, "half of the n")
		return planted
	})
	if !errors.Is(err, planted) || !strings.Contains(err.Error(), path) {
		t.Errorf("error is %v, want the planted one with the path", err)
	}
	only(t, path, "old")
}

// only checks that path has content and is the only file in its folder.
func only(t *testing.T, path, content string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != content {
		t.Errorf("%s holds %q (%v), want %q", path, got, err, content)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("the folder holds %v, want the file alone", entries)
	}
}

func TestWritersAtOnceLeaveOneWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for range 10 {
				if err := WriteBytes(path, []byte(strings.Repeat(fmt.Sprint(i), 100_000))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != strings.Repeat(string(got[0]), 100_000) {
		t.Errorf("%d bytes are not one writer's (%v)", len(got), err)
	}
	only(t, path, string(got))
}

func TestMissingFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "no", "file")
	err := WriteBytes(path, nil)
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("error is %v, want not-exist with the path", err)
	}
}

func TestLinkReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "latest")
	for _, target := range []string{"one", "two"} {
		if err := Link(target, path); err != nil {
			t.Fatal(err)
		}
		if got, err := os.Readlink(path); err != nil || got != target {
			t.Errorf("link leads to %q (%v), want %q", got, err, target)
		}
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("the folder holds %v, want the link alone", entries)
	}
}

func TestLinkLeavesFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "latest")
	if err := WriteBytes(path, []byte("mine")); err != nil {
		t.Fatal(err)
	}
	if err := Link("one", path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error is %v, want one with the path", err)
	}
	only(t, path, "mine")
}

func TestPanickingWriterHarmsNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := WriteBytes(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() {
			if recover() != "planted" {
				t.Error("the panic did not come through")
			}
		}()
		_ = Write(path, func(w io.Writer) error {
			io.WriteString(w, "half of the n")
			panic("planted")
		})
	}()
	only(t, path, "old")
}

// A file cannot replace a folder, so the rename fails.
func TestFailingRenameLeavesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder")
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := WriteBytes(path, []byte("new")); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error is %v, want one with the path", err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 || !entries[0].IsDir() {
		t.Errorf("there is %v, want the folder alone", entries)
	}
}

func TestPermissionsAreCreates(t *testing.T) {
	folder := t.TempDir()
	if err := WriteBytes(filepath.Join(folder, "ours"), nil); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(folder, "plain"))
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
	ours, err := os.Stat(filepath.Join(folder, "ours"))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := os.Stat(file.Name())
	if err != nil || ours.Mode() != plain.Mode() {
		t.Errorf("permissions are %v, want %v (%v)", ours.Mode(), plain.Mode(), err)
	}
}

// Syncing a folder in Linux' /proc returns EINVAL.
func TestFolderThatCannotSync(t *testing.T) {
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("no /proc here")
	}
	if err := syncFolder("/proc"); err != nil {
		t.Error(err)
	}
}

func TestMap(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "data")
	for _, want := range []string{"", "a", strings.Repeat("lopsided ", 1000)} {
		if err := WriteBytes(path, []byte(want)); err != nil {
			t.Fatal(err)
		}
		got, err := Map(path)
		if err != nil || string(got) != want {
			t.Errorf("%d bytes came back as %d (%v)", len(want), len(got), err)
		}
		// Replacing the file does not change the mapped content.
		if err := WriteBytes(path, []byte("new")); err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%d bytes changed with the file", len(want))
		}
	}
	if _, err := Map(filepath.Join(folder, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := Map(folder); err == nil {
		t.Error("a folder was mapped")
	}
}

// The new file has the permissions of the old one, whatever the process's default is.
func TestWriteKeepsMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no such permissions on Windows")
	}
	path := filepath.Join(t.TempDir(), "file")
	for _, mode := range []fs.FileMode{0o600, 0o666, 0o440, 0o644} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if err := WriteBytes(path, []byte("new")); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != mode {
			t.Errorf("mode is %v (%v), want %v", info.Mode(), err, mode)
		}
		only(t, path, "new")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// If the temporary file cannot be created, the error names path.
func TestWriteNowhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "file")
	err := WriteBytes(path, nil)
	want := "writing " + path + ": "
	if !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), want) ||
		strings.Contains(err.Error(), ".tmp") {
		t.Errorf("error is %v, want %s...", err, want)
	}
}

// Write replaces a link, whatever its target, and does not use its permissions.
func TestWriteOverLink(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "link")
	for _, to := range []string{"link", "none", "."} {
		if err := os.Symlink(to, path); err != nil {
			t.Skipf("skipped: no link can be made here: %v", err)
		}
		if err := WriteBytes(path, []byte("new")); err != nil {
			t.Errorf("over a link to %s: %v", to, err)
		}
		only(t, path, "new")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}
