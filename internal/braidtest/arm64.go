package braidtest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// arm64Result names the file to which the emulated test writes its result.
const arm64Result = "BRAID_ARM64_RESULT"

// SameOnARM64 runs the test that calls it also as a program for arm64, under the emulator that
// BRAID_ARM64 names, such as qemu-aarch64, and compares what compute returns line by line. Without
// an emulator it skips the test. The test must be no subtest.
func SameOnARM64(t *testing.T, compute func() []byte) {
	t.Helper()
	emulator, path := os.Getenv("BRAID_ARM64"), os.Getenv(arm64Result)
	if emulator == "" {
		t.Skip("skipped: BRAID_ARM64 names no emulator, such as qemu-aarch64")
	}
	result := compute()
	if path != "" {
		if err := os.WriteFile(path, result, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	folder := t.TempDir()
	binary := filepath.Join(folder, "arm64.test")
	path = filepath.Join(folder, "result")
	build := exec.Command("go", "test", "-c", "-o", binary, ".")
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build for arm64: %v\n%s", err, out)
	}
	began := time.Now()
	run := exec.Command(emulator, binary, "-test.run", "^"+t.Name()+"$", "-test.timeout", "30m")
	run.Env = append(os.Environ(), arm64Result+"="+path)
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", emulator, err, out)
	}
	t.Logf("%.1f s under %s", time.Since(began).Seconds(), emulator)
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wantLines, gotLines := bytes.Split(result, []byte("\n")), bytes.Split(got, []byte("\n"))
	if len(gotLines) != len(wantLines) {
		t.Fatalf("arm64 has %d lines, this machine %d", len(gotLines), len(wantLines))
	}
	for i, want := range wantLines {
		if !bytes.Equal(gotLines[i], want) {
			t.Errorf("arm64: %s, this machine: %s", gotLines[i], want)
		}
	}
}

// Digest is a line with the checksum of some bytes, for SameOnARM64.
func Digest(what string, content []byte) []byte {
	return fmt.Appendf(nil, "%s %x\n", what, sha256.Sum256(content))
}
