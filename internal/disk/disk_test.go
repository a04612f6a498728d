package disk

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
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

// only checks that path holds content and that nothing else lies beside it.
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
	if err := WriteBytes(path, nil); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path) {
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
}
