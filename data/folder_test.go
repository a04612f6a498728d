package data_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"braid/data"
)

// folder makes empty files in a new folder.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "pictures")
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		path := filepath.Join(root, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestFolder(t *testing.T) {
	root := folder(t, "dog/2.PNG", "dog/10.jpg", "cat/deep/er/1.webp", "cat/notes.txt", "top.gif",
		".hidden/1.png",
		"__MACOSX/1.png", "dog/.1.png", "dog/Thumbs.db", "empty/readme")
	for _, name := range []string{root, root + string(filepath.Separator)} {
		s, err := data.OpenFolder(name)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := rowsOf(s)
		const want = "image·label|1: pictures/cat/deep/er/1.webp·cat|2: pictures/dog/10.jpg·dog|" +
			"3: pictures/dog/2.PNG·dog|4: pictures/top.gif·"
		if got := strings.Join(rows, "|"); err != nil || got != want {
			t.Errorf("rows are %q (%v), want %q", got, err, want)
		}
		if notes := strings.Join(s.Notes(), "|"); !strings.Contains(notes,
			": 3 files that are not images") {
			t.Errorf("notes are %q", notes)
		}
		// The path of a cell begins where Frame.Folder says.
		f, err := data.NewFrame()
		if err != nil {
			t.Fatal(err)
		}
		if s, err = data.OpenFolder(name); err == nil {
			err = f.Append(filepath.Clean(name), s)
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(f.Folder(0), filepath.FromSlash(cellsOf(t, f, "image").At(0)))
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

func TestFolderMistakes(t *testing.T) {
	_, err := data.OpenFolder(folder(t, "a/readme.txt"))
	if err == nil || !strings.Contains(err.Error(), "the folder has no images, want files such as") {
		t.Errorf("without images: %v", err)
	}
	if _, err := data.OpenFolder(filepath.Join(folder(t), "none")); !os.IsNotExist(err) {
		t.Errorf("a missing folder: %v", err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	root := folder(t, "a/1.png")
	if err := os.Symlink(root, filepath.Join(root, "a", "again")); err != nil {
		t.Fatal(err)
	}
	_, err = data.OpenFolder(root)
	if err == nil {
		t.Error("a link to a folder above is followed without end")
	}
}
