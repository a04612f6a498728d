package braid_test

import (
	"braid/internal/braidtest"
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestNoFusedMultiplyAdd disassembles the command as it is built for arm64, where the compiler may
// fuse a product with a sum and so round once where other processors round twice: numbers would
// have other last digits. Only package kernel's fma, and assembly, may have such instructions.
// Drawings of package plot may: the module that draws them has them too.
func TestNoFusedMultiplyAdd(t *testing.T) {
	if !braidtest.Whole() {
		t.Skip("skipped without BRAID_TEST_WHOLE: a build for arm64 takes long in a new cache")
	}
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "braid")
	build := exec.Command("go", "build", "-o", binary, "./cmd/braid")
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	listing, err := exec.Command("go", "tool", "objdump", "-s", `^braid[./]`, binary).Output()
	if err != nil {
		t.Fatal(err)
	}
	// "TEXT braid/optim.linear(SB) /src/optim/schedule.go", then
	// "  schedule.go:50	0x3af4	1f420820	FMADDD F2, F2, F1, F0" for its instructions.
	fused := regexp.MustCompile(`^\s*(\S+):(\d+)\s.*\sFN?M(ADD|SUB)[SD]\s`)
	var function string
	ours, seen := 0, map[string]bool{}
	for lines := bufio.NewScanner(bytes.NewReader(listing)); lines.Scan(); {
		line := lines.Text()
		if text, ok := strings.CutPrefix(line, "TEXT "); ok {
			function, _, _ = strings.Cut(text, "(SB)")
			continue
		}
		at := fused.FindStringSubmatch(line)
		switch {
		case at == nil:
		case at[1] == "fma_hard.go":
			ours++
		case path.Ext(at[1]) == ".s" || strings.HasPrefix(function, "braid/internal/plot."):
		case !seen[at[1]+at[2]]:
			seen[at[1]+at[2]] = true
			t.Errorf("%s:%s: in %s a product is fused with a sum: write float32(x*y) + z, or float64",
				at[1], at[2], function)
		}
	}
	if ours < 20 {
		t.Errorf("fma has %d instructions in the command, want 20 or more: is it fused?", ours)
	}
}
