package cli

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"braid/internal/braidtest"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"512MB": 512e6, "512mb": 512e6, "512M": 512e6, "512 MB": 512e6,
		"2GB": 2e9, "2g": 2e9, "1.5GB": 15e8, ".5GB": 5e8, " 1GB ": 1e9, "1TB": 1e12,
		"512MiB": 512 << 20, "512Mi": 512 << 20, "2GiB": 2 << 30, "1TiB": 1 << 40,
		"9KB": 9000, "9kib": 9 << 10, "536870912B": 512 << 20, "0MB": 0,
	} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("%q is %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "512", "MB", "-1MB", "1e3MB", "1,5GB", "512 M B", "512MBB", "512XB", "512MIBs",
		"0x10MB", "1GB2", "NaNGB", "infGB", "512bb",
	} {
		if got, err := parseSize(text); err == nil || !strings.Contains(err.Error(), "such as 512MB") {
			t.Errorf("%q is %d, %v", text, got, err)
		}
	}
	if got, err := parseSize("99999999999999TB"); err == nil {
		t.Errorf("more than any machine has is %d", got)
	}
}

func TestDefaultMemory(t *testing.T) {
	for _, c := range []struct{ machine, models, least, want int64 }{
		{0, 0, 0, 1 << 29}, {256e6, 0, 0, 192e6}, {512e6, 0, 0, 384e6}, {1e9, 0, 0, 512e6},
		{2.4e9, 0, 0, 6e8}, {2.4e9, 1e8, 0, 7e8}, {24e9, 0, 0, 1e9}, {24e9, 3e9, 0, 4e9},
		{1e12, 0, 0, 1e9}, {1e12, 0, 7e9, 7e9}, {4e9, 0, 7e9, 3e9},
	} {
		if got := defaultMemory(c.machine, c.models, c.least); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
	if runtime.GOOS == "linux" {
		if m := machineMemory(); m < 64<<20 {
			t.Errorf("this machine has %d bytes", m)
		}
	}
}

// groupMemory returns the least limit of a group and its parents, in both versions of control
// groups.
func TestGroupMemory(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"none":    {nil, 0},
		"no file": {map[string]string{"proc/self/cgroup": "0::/a\n"}, 0},
		"version 2": {map[string]string{
			"proc/self/cgroup":             "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "300\n",
			"sys/fs/cgroup/a/memory.max":   "max\n",
		}, 300},
		"parent": {map[string]string{
			"proc/self/cgroup":             "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "300\n",
			"sys/fs/cgroup/a/memory.max":   "200\n",
		}, 200},
		"high": {map[string]string{
			"proc/self/cgroup":            "0::/a\n",
			"sys/fs/cgroup/a/memory.max":  "300\n",
			"sys/fs/cgroup/a/memory.high": "250\n",
		}, 250},
		"root": {map[string]string{
			"proc/self/cgroup":         "0::/\n",
			"sys/fs/cgroup/memory.max": "400\n",
		}, 400},
		"child": {map[string]string{
			"proc/self/cgroup":             "0::/a\n",
			"sys/fs/cgroup/a/memory.max":   "max\n",
			"sys/fs/cgroup/a/b/memory.max": "1\n",
		}, 0},
		"version 1": {map[string]string{
			"proc/self/cgroup": "5:cpu,cpuacct:/x\n4:hugetlb,memory:/x\n",
			"sys/fs/cgroup/memory/x/memory.limit_in_bytes":      "500\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":        "9223372036854771712\n",
			"sys/fs/cgroup/cpu,cpuacct/x/memory.limit_in_bytes": "1\n",
		}, 500},
		"version 1 in a container": {map[string]string{
			"proc/self/cgroup":                           "4:memory:/docker/abc\n0::/docker/abc\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "600\n",
		}, 600},
		"malformed": {map[string]string{
			"proc/self/cgroup":         "nonsense\n0::/../..\n\n:::\n",
			"sys/fs/cgroup/memory.max": "-5\n",
		}, 0},
	} {
		root := fstest.MapFS{}
		for path, content := range c.files {
			root[path] = &fstest.MapFile{Data: []byte(content)}
		}
		if got := groupMemory(root); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// A server's resident memory stays below --memory while many clients send large requests.
func TestResidentMemory(t *testing.T) {
	slow(t)
	if runtime.GOOS != "linux" {
		t.Skip("reads resident memory from /proc: Linux only")
	}
	run, _ := trainRun(t)
	const most = 8 << 20
	padded := append([]byte(row), bytes.Repeat([]byte(" "), most-len(row))...)
	compressed := braidtest.Gzip(padded)
	const rows = 10_000
	head := fmt.Sprintf(`{"inputs":[`+
		`{"name":"image","datatype":"UINT8","shape":[%d,6,5],"parameters":{"binary_data_size":%d}},`+
		`{"name":"question","datatype":"BYTES","shape":[%d,1],"data":["odd number"%s]}]}`,
		rows, 30*rows, rows, strings.Repeat(`,"odd number"`, rows-1))
	for _, setting := range []struct {
		memory string
		env    string
		limit  int64 // bytes
	}{
		{"200MB", "GOGC=", 200e6},
		{"300MB", "GOGC=1000", 300e6},
		{"2GB", "GOMEMLIMIT=250MiB", 250 << 20},
	} {
		name, value, _ := strings.Cut(setting.env, "=")
		t.Setenv(name, value)
		s := startServer(t, run, "--memory", setting.memory, "--log-level", "error")
		var mu sync.Mutex
		answered := map[string]int{} // by kind of request
		end := time.Now().Add(braidtest.Cases(time.Second, 2*time.Second))
		var wait sync.WaitGroup
		for c := range 48 {
			wait.Go(func() {
				for time.Now().Before(end) {
					kind := []string{"padded", "gzip", "chunked", "rows"}[c%4]
					var body io.Reader = bytes.NewReader(padded)
					headers := map[string]string{}
					switch kind {
					case "gzip":
						body, headers["Content-Encoding"] = bytes.NewReader(compressed), "gzip"
					case "chunked":
						body = io.MultiReader(body) // of unknown length
					case "rows":
						body = bytes.NewReader(append([]byte(head), make([]byte, 30*rows)...))
						headers["Inference-Header-Content-Length"] = strconv.Itoa(len(head))
					}
					r, err := http.NewRequest("POST", s.url+"/v2/models/digitqa/infer", body)
					if err != nil {
						t.Error(err)
						return
					}
					for name, value := range headers {
						r.Header.Set(name, value)
					}
					got, err := http.DefaultClient.Do(r)
					if err != nil {
						continue // refused before the body was sent
					}
					io.Copy(io.Discard, got.Body)
					if got.Body.Close(); got.StatusCode == http.StatusOK {
						mu.Lock()
						answered[kind]++
						mu.Unlock()
					}
				}
			})
		}
		wait.Wait()
		content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(content)
		if found == nil {
			t.Fatalf("no VmHWM in %s", content)
		}
		kb, err := strconv.ParseInt(string(found[1]), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if kb<<10 > setting.limit {
			t.Errorf("--memory %s: %d MB were resident", setting.memory, kb<<10/1e6)
		}
		const format = "--memory %s, %s: %d MB, %v"
		t.Logf(format, setting.memory, setting.env, kb<<10/1e6, answered)
		if len(answered) < 4 {
			t.Errorf("--memory %s: only these were answered: %v", setting.memory, answered)
		}
		http.DefaultClient.CloseIdleConnections()
		if err := s.end(syscall.SIGTERM); err != nil {
			t.Errorf("the server ended with %v: %s", err, s.said)
		}
	}
}
