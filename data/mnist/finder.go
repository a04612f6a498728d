// Package mnist finds MNIST, or any data set in its format: four IDX files with images and labels
// for training and test. See Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of
// handwritten digits".
package mnist

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"braid/tensor"
)

// Images is one half of a data set: pixels [n, height, width], labels [n].
type Images struct{ Pixels, Labels tensor.Tensor }

// Dataset is a data set in MNIST's format.
type Dataset struct {
	Train, Test Images
	Origin      string // where it was found, for people
}

// Finder configures where to look for MNIST. The zero value looks in the cache, then downloads with
// the go command a module that contains the files, then asks the public mirrors. Each step looks
// only for files that are still missing. Downloads are checked by SHA-256, files of the cache,
// which a disk may have damaged, by CRC-32C. Several processes may fill one cache at once.
type Finder struct {
	// Dir is a folder with the four files, each plain or gzip-compressed: any data set in MNIST's
	// format. If set, Finder looks nowhere else.
	Dir string
	// Cache is the folder for found files; "" means braid/mnist in the user's cache.
	Cache string
	// GoCommand is the name of the go command; "" means go.
	GoCommand string
	// Mirrors are the URLs of folders with the files; nil means the public mirrors.
	Mirrors []string
	// Stall is the longest time without data from a mirror; 0 means 15 seconds.
	Stall time.Duration
	// Timeout limits the time of all downloads together; 0 means 10 minutes. The go command, which
	// reports no progress, may take at most 2 minutes of it.
	Timeout time.Duration
	// Progress, if set, is called during a download; total is -1 if unknown.
	Progress func(file string, done, total int64)
	// Note, if set, is called with a problem that does not stop the search: a damaged file in the
	// cache, which is downloaded again, or a cache that cannot be written.
	Note func(message string)

	files    []file // nil means allFiles; tests use small ones
	maxBytes int64  // size limit of a download; 0 means maxDownload
}

// file is one of the four files.
type file struct {
	name   string
	zipped string // SHA-256 of the gzip file
	plain  uint32 // CRC-32C of the uncompressed content
}

var allFiles = []file{
	{
		"train-images-idx3-ubyte",
		"440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
		0xf09c5efc,
	},
	{
		"train-labels-idx1-ubyte",
		"3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
		0x469b0e4e,
	},
	{
		"t10k-images-idx3-ubyte",
		"8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
		0x355b09ab,
	},
	{
		"t10k-labels-idx1-ubyte",
		"f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
		0x402a70e0,
	},
}

// Find returns the data set.
func (f Finder) Find(ctx context.Context) (*Dataset, error) {
	f = f.withDefaults()
	arrays, origin, err := f.find(ctx, f.files)
	if err != nil {
		return nil, err
	}
	m := &Dataset{Origin: origin}
	m.Train, m.Test = Images{arrays[0], arrays[1]}, Images{arrays[2], arrays[3]}
	err = errors.Join(m.Train.check("training"), m.Test.check("test"))
	if err == nil && !m.Train.Pixels.Shape()[1:].Equal(m.Test.Pixels.Shape()[1:]) {
		err = fmt.Errorf("training images have shape %v, test images %v",
			m.Train.Pixels.Shape(), m.Test.Pixels.Shape())
	}
	if err != nil {
		return nil, fmt.Errorf("data from %s: %w", origin, err)
	}
	return m, nil
}

// FindTest returns the test half only; the training files may be missing.
func (f Finder) FindTest(ctx context.Context) (Images, error) {
	f = f.withDefaults()
	arrays, origin, err := f.find(ctx, f.files[2:])
	if err != nil {
		return Images{}, err
	}
	images := Images{arrays[0], arrays[1]}
	if err := images.check("test"); err != nil {
		return Images{}, fmt.Errorf("data from %s: %w", origin, err)
	}
	return images, nil
}

// check checks the shapes of images and labels, and that their numbers agree.
func (i Images) check(what string) error {
	pixels, labels := i.Pixels.Shape(), i.Labels.Shape()
	switch {
	case len(pixels) != 3:
		return fmt.Errorf("%s images have shape %v, want [images height width]", what, pixels)
	case len(labels) != 1:
		return fmt.Errorf("%s labels have shape %v, want [images]", what, labels)
	case pixels[0] != labels[0]:
		return fmt.Errorf("%d %s images, but %d labels", pixels[0], what, labels[0])
	}
	return nil
}

func (f Finder) withDefaults() Finder {
	if f.files == nil {
		f.files = allFiles
	}
	if f.Cache == "" {
		if folder, err := os.UserCacheDir(); err == nil {
			f.Cache = filepath.Join(folder, "braid", "mnist")
		}
	}
	if f.GoCommand == "" {
		f.GoCommand = "go"
	}
	if f.Mirrors == nil {
		f.Mirrors = publicMirrors
	}
	if f.Stall == 0 {
		f.Stall = 15 * time.Second
	}
	if f.Timeout == 0 {
		f.Timeout = 10 * time.Minute
	}
	if f.maxBytes == 0 {
		f.maxBytes = maxDownload
	}
	if f.Note == nil {
		f.Note = func(string) {}
	}
	return f
}

// find looks in one location after the other.
func (f Finder) find(ctx context.Context, files []file) ([]tensor.Tensor, string, error) {
	if f.Dir != "" {
		arrays, err := openFolder(f.Dir, files)
		return arrays, f.Dir, err
	}
	var tried []error
	var where []string
	found := map[string]tensor.Tensor{}
	for _, s := range []struct {
		name string
		find func(context.Context, []file, map[string]tensor.Tensor) error
	}{
		{"the cache " + f.Cache, f.fromCache},
		{"the module " + modulePath, f.fromModule},
		{"the mirrors", f.fromMirrors},
	} {
		before := len(found)
		err := s.find(ctx, missing(files, found), found)
		if len(found) > before {
			where = append(where, s.name)
		}
		if len(found) == len(files) {
			arrays := make([]tensor.Tensor, len(files))
			for i, file := range files {
				arrays[i] = found[file.name]
			}
			return arrays, strings.Join(where, " and "), nil
		}
		if ctx.Err() != nil {
			return nil, "", context.Cause(ctx)
		}
		tried = append(tried, fmt.Errorf("%s: %w", s.name, err))
	}
	cure := "Put " + names(files) + " (or each with .gz) into a folder and name it with --data"
	if f.Cache != "" {
		cure += ", or unzipped into " + f.Cache
	}
	return nil, "", fmt.Errorf("MNIST was not found:\n%w\n%s", errors.Join(tried...), cure)
}

// missing returns the files that are not found yet.
func missing(files []file, found map[string]tensor.Tensor) []file {
	var rest []file
	for _, file := range files {
		if _, ok := found[file.name]; !ok {
			rest = append(rest, file)
		}
	}
	return rest
}

func names(files []file) string {
	var all []string
	for _, file := range files {
		all = append(all, file.name)
	}
	return strings.Join(all, ", ")
}
