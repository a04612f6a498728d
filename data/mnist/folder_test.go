package mnist

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A user's folder may have any data set in MNIST's format, compressed or not, but no file may be
// missing.
func TestFolder(t *testing.T) {
	s := newSmall(t)
	write := func(name string, content []byte) Finder {
		folder := t.TempDir()
		for _, f := range allFiles {
			file, suffix := s.plain[f.name], ""
			if strings.HasPrefix(f.name, "t10k") {
				file, suffix = s.zipped[f.name], ".gz"
			}
			if f.name == name {
				if file = content; file == nil {
					continue
				}
			}
			if err := os.WriteFile(filepath.Join(folder, f.name+suffix), file, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return Finder{Dir: folder}
	}
	m, err := write("", nil).Find(context.Background())
	s.check(t, m, err)
	labels, test := s.plain["train-labels-idx1-ubyte"], s.zipped["t10k-images-idx3-ubyte"]
	tiny := []byte{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2} // two images of one pixel
	none := []byte{0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2}
	for _, c := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"train-labels-idx1-ubyte", nil, "has no train-labels-idx1-ubyte, with or without .gz"},
		{"train-labels-idx1-ubyte", labels[:len(labels)-1], "cut short"},
		{"train-labels-idx1-ubyte", s.plain["t10k-labels-idx1-ubyte"], "3 training images, but 2 labels"},
		{"train-labels-idx1-ubyte", s.plain["train-images-idx3-ubyte"], "labels have shape [3 2 2]"},
		{"train-images-idx3-ubyte", labels, "training images have shape [3]"},
		{"t10k-images-idx3-ubyte", tiny, "shape [3 2 2], test images [2 1 1]"},
		{"t10k-images-idx3-ubyte", test[:len(test)-9], "compressed file is cut short"},
		{"t10k-images-idx3-ubyte", nil, "has no t10k-images-idx3-ubyte, with or without .gz"},
		{"t10k-images-idx3-ubyte", none, "axis 0 of 3 is 0"},
	} {
		_, err := write(c.name, c.content).Find(context.Background())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error is %v, want %q", err, c.want)
		}
	}
}

// Every spelling of the names is found, next to folders of the other spelling. The digests of MNIST
// are not checked. FindTest needs only the test files.
func TestFolderSpellings(t *testing.T) {
	s := newSmall(t)
	for _, spelling := range []struct {
		between, suffix string
		content         map[string][]byte
	}{
		{"-idx", "", s.plain}, {"-idx", ".gz", s.zipped},
		{".idx", "", s.plain}, {".idx", ".gz", s.zipped},
	} {
		folder := t.TempDir()
		for name, content := range spelling.content {
			spelt := strings.Replace(name, "-idx", spelling.between, 1) + spelling.suffix
			if spelt != name {
				if err := os.Mkdir(filepath.Join(folder, name), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(filepath.Join(folder, spelt), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		m, err := Finder{Dir: folder}.Find(context.Background())
		s.check(t, m, err)
		if m.Origin != folder {
			t.Errorf("origin is %q, want %q", m.Origin, folder)
		}
		training, err := filepath.Glob(filepath.Join(folder, "train-*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range training {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
		test, err := Finder{Dir: folder}.FindTest(context.Background())
		if err != nil || fmt.Sprint(test.Labels.Uint8s()) != "[30 31]" {
			t.Errorf("test labels are %v (%v)", test.Labels.Uint8s(), err)
		}
		_, err = Finder{Dir: folder}.Find(context.Background())
		want := "has no train-images-idx3-ubyte, train-labels-idx1-ubyte, with or"
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without the training files: error is %v, want %q", err, want)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]string{
		file: "is a file, want a folder with train-images", file + "-not": "no such file",
	} {
		_, err := Finder{Dir: folder}.Find(context.Background())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %q", folder, err, want)
		}
	}
}
