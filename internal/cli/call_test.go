package cli

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
)

// call runs the command as main does.
func call(args ...string) (code int, stdout, stderr string) { return callWith(nil, args...) }

// callWith runs the command with an input on standard input.
func callWith(in io.Reader, args ...string) (code int, stdout, stderr string) {
	if in == nil {
		in = strings.NewReader("")
	}
	var out, err bytes.Buffer
	code = Run(args, in, &out, &err)
	return code, out.String(), err.String()
}

// words splits a command line at spaces and appends arguments that may contain spaces.
func words(line string, more ...string) []string {
	return slices.Concat(strings.Fields(line), more)
}

// mustCall runs the command, which must succeed.
func mustCall(t testing.TB, args ...string) (stdout, stderr string) {
	t.Helper()
	code, stdout, stderr := call(args...)
	if code != 0 {
		t.Fatalf("%.500q: exit code %d: %s", args, code, stderr)
	}
	return stdout, stderr
}

// checkFails runs the command, which must exit with code 1, or 2 after a mistake in flags and
// arguments, and an error that contains want.
func checkFails(t testing.TB, want string, args ...string) (stdout string) {
	t.Helper()
	return checkFailsWith(t, nil, want, args...)
}

// checkFailsWith is checkFails with an input on standard input.
func checkFailsWith(t testing.TB, in io.Reader, want string, args ...string) (stdout string) {
	t.Helper()
	code, stdout, stderr := callWith(in, args...)
	if code != failedCode(stderr) || !strings.Contains(stderr, want) {
		t.Errorf("%.500q: exit code %d\ngot  %.1000s\nwant %s", args, code, stderr, want)
	}
	return stdout
}

// failedCode returns the exit code that an error on standard error is to have.
func failedCode(stderr string) int {
	if strings.Contains(stderr, " --help' for its flags.\n") {
		return 2 // a mistake in flags or arguments
	}
	return 1
}

// checkContains fails the test for each text that is not in output.
func checkContains(t testing.TB, output string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(output, text) {
			t.Errorf("the output lacks %q:\n%s", text, output)
		}
	}
}
