package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"braid/internal/braidtest"
)

const testMost = 1 << 20

var testForm = Form{Size: 3, Background: White}

// testPicture returns a picture, by its number.
func testPicture(t testing.TB, n int) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 4, 3))
	for i := range 12 {
		img.SetNRGBA(i%4, i/4, color.NRGBA{uint8(n), uint8(n >> 8), uint8(20 * i), 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func openCache(t testing.TB, folder string, most int64) *Cache {
	t.Helper()
	c, err := OpenCache(folder, most)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// check compares the cache's pixels of some pictures with the picture's.
func check(t testing.TB, c *Cache, lo, hi int) {
	t.Helper()
	for n := lo; n < hi; n++ {
		want, err := testForm.Pixels(testPicture(t, n), testMost)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Pixels(testForm, testPicture(t, n), testMost)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("picture %d: got %v and the error %v, want %v", n, got, err, want)
		}
	}
}

// has returns how many of some pictures the cache finds.
func has(t testing.TB, c *Cache, lo, hi int) (count int) {
	t.Helper()
	for n := lo; n < hi; n++ {
		if c.find(keyOf(testForm, testPicture(t, n), testMost), 27) != nil {
			count++
		}
	}
	return count
}

func closeCache(t testing.TB, c *Cache) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestCache(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "folder")
	c := openCache(t, folder, 1<<20)
	check(t, c, 0, 20)
	if n := has(t, c, 0, 25); n != 20 {
		t.Errorf("found %d pictures that were just added, want 20", n)
	}
	closeCache(t, c)
	if n := has(t, c, 0, 25); n != 20 {
		t.Errorf("found %d pictures after Close, want 20", n)
	}
	check(t, c, 20, 25) // not kept
	c = openCache(t, folder, 1<<20)
	if n := has(t, c, 0, 25); n != 20 {
		t.Errorf("found %d pictures in the folder, want 20", n)
	}
	check(t, c, 0, 20)
	closeCache(t, c)
	if files, _ := filepath.Glob(filepath.Join(folder, "*")); len(files) != 1 {
		t.Errorf("files are %q: a cache that added nothing wrote a pack", files)
	}
	for _, other := range []Form{
		{Size: 4, Background: White}, {Size: 3, Background: White, Fit: Crop}, {Size: 3},
	} {
		if keyOf(other, testPicture(t, 1), testMost) == keyOf(testForm, testPicture(t, 1), testMost) {
			t.Errorf("the key of %+v is that of %+v", other, testForm)
		}
	}
	var none *Cache
	check(t, none, 0, 2)
	closeCache(t, none)
	if _, err := none.Pixels(testForm, nil, testMost); err == nil {
		t.Error("no content has pixels")
	}
}

// TestCacheDamage damages and cuts a pack in every byte. The pictures before a damaged one are made
// again a run later, when the pack is gone.
func TestCacheDamage(t *testing.T) {
	folder := t.TempDir()
	c := openCache(t, folder, 1<<20)
	check(t, c, 0, 3)
	closeCache(t, c)
	packs, _ := filepath.Glob(filepath.Join(folder, "*"+packSuffix))
	content, err := os.ReadFile(packs[0])
	if err != nil {
		t.Fatal(err)
	}
	every, n := braidtest.Cases(11, 1), 0
	braidtest.EachDamage(content, func(what string, damaged []byte) {
		if n++; n%every != 0 {
			return
		}
		folder := t.TempDir()
		path := filepath.Join(folder, filepath.Base(packs[0]))
		if err := os.WriteFile(path, damaged, 0o666); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			c := openCache(t, folder, 1<<20)
			check(t, c, 0, 3)
			closeCache(t, c)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: the damaged pack is left", what)
		}
		c := openCache(t, folder, 1<<20)
		if n := has(t, c, 0, 3); n != 3 {
			t.Errorf("%s: found %d pictures after they were made again, want 3", what, n)
		}
	})
}

// TestCacheLimit fills a cache with packs of which the oldest must go.
func TestCacheLimit(t *testing.T) {
	folder := t.TempDir()
	const each = 10 // pictures of a pack
	const pack = each*(27+int64(indexBytes)) + int64(footerBytes)
	old := time.Now().Add(-time.Hour)
	for p := range 3 {
		before, _ := filepath.Glob(filepath.Join(folder, "*"))
		c := openCache(t, folder, 10*pack)
		check(t, c, p*each, (p+1)*each)
		closeCache(t, c)
		after, _ := filepath.Glob(filepath.Join(folder, "*"))
		for _, name := range after {
			if !slices.Contains(before, name) {
				when := old.Add(time.Duration(p) * time.Minute)
				if err := os.Chtimes(name, when, when); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	other := filepath.Join(folder, "notes.txt")
	if err := os.WriteFile(other, make([]byte, 10*pack), 0o666); err != nil {
		t.Fatal(err)
	}
	c := openCache(t, folder, 3*pack)
	check(t, c, 0, 1) // the oldest pack is used, and so the newest
	check(t, c, 3*each, 4*each)
	closeCache(t, c)
	c = openCache(t, folder, 3*pack)
	for p, want := range []int{each, 0, each, each} {
		if got := has(t, c, p*each, (p+1)*each); got != want {
			t.Errorf("pack %d: found %d pictures, want %d", p, got, want)
		}
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("a file that is no pack: %v", err)
	}
	c = openCache(t, t.TempDir(), 3*27)
	check(t, c, 0, 10)
	if got := has(t, c, 0, 10); got != 3 {
		t.Errorf("found %d pictures, want 3 within the limit", got)
	}
}

// TestCacheFailures uses folders that cannot be written, and a disk that fails.
func TestCacheFailures(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	c, err := OpenCache(file, testMost)
	if c != nil || err == nil || !strings.Contains(err.Error(), "no cache of pictures: ") {
		t.Errorf("a file as folder: got %v and the error %v", c, err)
	}
	gone := filepath.Join(folder, "gone")
	c = openCache(t, gone, testMost)
	os.RemoveAll(gone)
	check(t, c, 0, 3)
	if err := c.Close(); err == nil || !strings.Contains(err.Error(), "not in the cache") {
		t.Errorf("a folder that is gone: the error is %v", err)
	}
	c = openCache(t, folder, testMost)
	check(t, c, 0, 3)
	c.file.Close() // as if the disk failed
	check(t, c, 0, 6)
	if err := c.Close(); err == nil {
		t.Error("a disk that failed: no error")
	}
	if files, _ := filepath.Glob(filepath.Join(folder, ".*.tmp")); len(files) != 0 {
		t.Errorf("temporary files are left: %q", files)
	}
}

// TestCacheTemporary removes temporary files of killed processes, but not of running ones.
func TestCacheTemporary(t *testing.T) {
	folder := t.TempDir()
	var names []string
	for i, age := range []time.Duration{0, 2 * staleAfter} {
		name := filepath.Join(folder, ".pictures.000000000000000"+string(rune('0'+i))+".tmp")
		if err := os.WriteFile(name, []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(-age)
		if err := os.Chtimes(name, when, when); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	closeCache(t, openCache(t, folder, testMost))
	if _, err := os.Stat(names[0]); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(names[1]); err == nil {
		t.Error("the file of a process that was killed long ago is left")
	}
}

// cacheFolder is the variable that makes the test binary a process of TestCacheProcesses.
const cacheFolder = "BRAID_TEST_PICTURE_CACHE"

// TestCacheProcesses lets several processes fill one folder at once, and kills some of them.
func TestCacheProcesses(t *testing.T) {
	const pictures = 150
	if folder := os.Getenv(cacheFolder); folder != "" {
		c := openCache(t, folder, testMost)
		check(t, c, 0, pictures)
		closeCache(t, c)
		return
	}
	if testing.Short() {
		t.Skip("starts processes")
	}
	t.Parallel()
	folder := t.TempDir()
	var wait sync.WaitGroup
	for i := range 6 {
		wait.Go(func() {
			command := exec.Command(os.Args[0], "-test.run=^TestCacheProcesses$")
			command.Env = append(os.Environ(), cacheFolder+"="+folder)
			if i%3 == 2 {
				command.Start()
				time.Sleep(time.Duration(i) * 15 * time.Millisecond)
				command.Process.Kill()
				command.Wait()
			} else if output, err := command.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, output)
			}
		})
	}
	wait.Wait()
	c := openCache(t, folder, testMost)
	if n := has(t, c, 0, pictures); n != pictures {
		t.Errorf("found %d pictures, want %d", n, pictures)
	}
	check(t, c, 0, pictures)
}

// TestDecoders compares the version of golang.org/x/image in keys with the one that is used.
func TestDecoders(t *testing.T) {
	content, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, version, _ := strings.Cut(decoders, ", ")
	if !strings.Contains(string(content), "\t"+version+"\n") {
		t.Errorf("go.mod does not have %s: change decoders", version)
	}
}
