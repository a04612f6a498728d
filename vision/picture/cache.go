package picture

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"braid/internal/atomicfile"
)

// decoders names what the pixels of a content depend on, next to the release of Go. It changes with
// the version of golang.org/x/image, and when this package gives other bytes for a picture.
const decoders = "1, golang.org/x/image v0.47.0"

// staleAfter is the age after which the temporary file of a killed process is removed.
const staleAfter = 24 * time.Hour

// Cache keeps the pixels of pictures in a folder. It finds them by the picture's content and the
// form, whatever its name. A nil Cache keeps nothing. Any number of goroutines and of processes may
// use one folder at once.
//
// The pixels that a process has added are one file, a pack, which Close completes. Packs are never
// changed; Close removes the oldest ones that are too much. All content of a pack has checksums. A
// damaged pack is removed, and its pictures are decoded again. So are those that the disk refuses.
type Cache struct {
	folder string
	most   int64

	mu      sync.Mutex
	entries map[key]entry
	used    map[string]bool // packs that had pixels
	file    *os.File        // of pixels that are added; nil before the first, and after an error
	size    int64           // of file
	closed  bool
	err     error // the first that made it add no more
}

type key [sha256.Size]byte

// entry says where pixels are.
type entry struct {
	pack   string // its path; "" for the file that is being written
	offset int64
	length uint32
	sum    uint32
}

// OpenCache reads which pictures a folder has. It makes the folder if it is missing. Close removes
// packs that are more than a number of bytes, most. The error says why there can be no cache.
func OpenCache(folder string, most int64) (*Cache, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("no cache of pictures: %w", err)
	}
	c := &Cache{folder: folder, most: most, entries: map[key]entry{}, used: map[string]bool{}}
	files, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("no cache of pictures: %w", err)
	}
	for _, f := range files {
		path := filepath.Join(folder, f.Name())
		switch {
		case isPack(f.Name()):
			c.open(path)
		case atomicfile.IsTemporary(f.Name()):
			if info, err := f.Info(); err == nil && time.Since(info.ModTime()) > staleAfter {
				os.Remove(path)
			}
		}
	}
	return c, nil
}

// open adds the pictures of a pack. It removes one that is damaged, for which nobody has a use.
func (c *Cache) open(path string) {
	list, err := readIndex(path)
	if errors.Is(err, errDamaged) {
		os.Remove(path)
	}
	for k, e := range list {
		c.entries[k] = e
	}
}

// Pixels returns Form.Pixels of a picture, from the cache if it has them.
func (c *Cache) Pixels(f Form, content []byte, most int64) ([]uint8, error) {
	if c == nil {
		return f.Pixels(content, most)
	}
	k := keyOf(f, content, most)
	if pixels := c.find(k, 3*f.Size*f.Size); pixels != nil {
		return pixels, nil
	}
	pixels, err := f.Pixels(content, most)
	if err == nil {
		c.add(k, pixels)
	}
	return pixels, err
}

// keyOf returns a hash of all that the result of Form.Pixels depends on.
func keyOf(f Form, content []byte, most int64) (k key) {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%d %v %v %d\n", decoders, runtime.Version(), f.Size, f.Fit, f.Background,
		most)
	h.Write(content)
	h.Sum(k[:0])
	return k
}

// find returns the pixels of a key, or nil.
func (c *Cache) find(k key, length int) []uint8 {
	c.mu.Lock()
	e, ok := c.entries[k]
	file := c.file
	c.mu.Unlock()
	if !ok || int(e.length) != length {
		return nil
	}
	if e.pack != "" {
		var err error
		if file, err = os.Open(e.pack); err != nil {
			return nil // removed by another process
		}
		defer file.Close()
	}
	if file == nil {
		return nil
	}
	pixels := make([]uint8, length)
	if _, err := file.ReadAt(pixels, e.offset); err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	if checksum(pixels) != e.sum {
		if e.pack != "" {
			os.Remove(e.pack)
		}
		return nil
	}
	if e.pack != "" {
		c.mu.Lock()
		c.used[e.pack] = true
		c.mu.Unlock()
	}
	return pixels
}

// add writes pixels to the new pack.
func (c *Cache) add(k key, pixels []uint8) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.err != nil || c.size+int64(len(pixels)) > c.most {
		return
	}
	if e, ok := c.entries[k]; ok && e.pack == "" {
		return // another goroutine was faster
	}
	if c.file == nil {
		name := fmt.Sprintf(".pictures.%016x.tmp", rand.Uint64())
		c.file, c.err = os.OpenFile(filepath.Join(c.folder, name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if c.err != nil {
			c.file = nil
			return
		}
	}
	if _, err := c.file.WriteAt(pixels, c.size); err != nil {
		c.err = err
		c.drop()
		return
	}
	c.entries[k] = entry{"", c.size, uint32(len(pixels)), checksum(pixels)}
	c.size += int64(len(pixels))
}

// drop removes the new pack. Without a file, its entries are not found.
func (c *Cache) drop() {
	c.file.Close()
	os.Remove(c.file.Name())
	c.file = nil
}

// Close completes the pack of new pixels, and removes the packs that were not used for longest if
// all are more bytes than the cache may have. An error says why new pixels are not kept; nothing
// else depends on it. A closed cache keeps nothing new.
func (c *Cache) Close() error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	now := time.Now()
	for path := range c.used {
		os.Chtimes(path, now, now) // an error makes the pack look older
	}
	if c.file != nil {
		c.complete()
	}
	c.shrink()
	if c.err != nil {
		return fmt.Errorf("new pictures are not in the cache: %w", c.err)
	}
	return nil
}

// complete writes the index of the new pack and gives it its name. It is not synced: the checksums
// show what a power failure has left out.
func (c *Cache) complete() {
	list := map[key]entry{}
	for k, e := range c.entries {
		if e.pack == "" {
			list[k] = e
		}
	}
	temporary, path := c.file.Name(), filepath.Join(c.folder, newPackName())
	_, err := c.file.WriteAt(index(list), c.size)
	if err = errors.Join(err, c.file.Close()); err == nil {
		err = os.Rename(temporary, path)
	}
	c.file = nil
	if err != nil {
		c.err = err
		os.Remove(temporary)
		return
	}
	for k, e := range list {
		e.pack = path
		c.entries[k] = e
	}
}

// shrink removes the oldest packs while all have more than most bytes.
func (c *Cache) shrink() {
	files, err := os.ReadDir(c.folder)
	if err != nil {
		return
	}
	var packs []fs.FileInfo
	var total int64
	for _, f := range files {
		if info, err := f.Info(); err == nil && isPack(f.Name()) {
			packs = append(packs, info)
			total += info.Size()
		}
	}
	slices.SortFunc(packs, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, p := range packs {
		if total <= c.most {
			return
		}
		os.Remove(filepath.Join(c.folder, p.Name()))
		total -= p.Size()
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(content []byte) uint32 { return crc32.Checksum(content, castagnoli) }

// packSuffix changes with the format of packs.
const packSuffix = ".pictures1"

// newPackName returns a name that no process has used.
func newPackName() string { return fmt.Sprintf("%016x%s", rand.Uint64(), packSuffix) }

// isPack reports whether a file's name is that of a pack.
func isPack(name string) bool {
	digits, ok := strings.CutSuffix(name, packSuffix)
	_, err := hex.DecodeString(digits)
	return ok && err == nil && len(digits) == 16
}
