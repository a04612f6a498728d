package cli

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"braid"
	"braid/internal/kernel"
)

func TestVersion(t *testing.T) {
	var out, failed bytes.Buffer
	if code := Run([]string{"version"}, strings.NewReader(""), &out, &failed); code != 0 {
		t.Fatalf("exit code %d: %s", code, failed.String())
	}
	for _, want := range []string{
		`(?m)^braid     \S+`, `(?m)^commit    \S+`, `(?m)^go        go1\.\d+\S* \w+/\w+$`,
		`(?m)^kernels   ` + kernel.Default().Name + `, of go`,
		`(?m)^numerics  ` + strconv.Itoa(braid.Numerics) + `$`,
	} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("the output has no %s:\n%s", want, out.String())
		}
	}
	if code := Run([]string{"version", "x"}, strings.NewReader(""), &out, &failed); code == 0 {
		t.Error("an argument is no error")
	}
}
