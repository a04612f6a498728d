package mnist

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// The go command runs in an empty folder; its error is returned.
func TestModule(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the go command of this test is a shell script")
	}
	s := newSmall(t)
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range s.zipped {
		if err := os.WriteFile(filepath.Join(folder, "data", name+".gz"), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := func(script string) string {
		path := filepath.Join(t.TempDir(), "go")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	f := s.finder(t)
	t.Setenv("GO111MODULE", "off")
	f.GoCommand = command(`[ "$*" = "mod download -json ` + modulePath + `" ] &&
		[ -z "$(ls)" ] && [ "$GO111MODULE $GOWORK" = "on off" ] && echo '{"Dir":"` + folder + `"}'`)
	m, err := f.Find(context.Background())
	s.check(t, m, err)
	for want, script := range map[string]string{
		"no network today":           `echo '{"Error":"no network today"}'; exit 1`,
		"exit status 3: broken":      `echo broken >&2; exit 3`,
		"returned no folder":         `echo '{}'`,
		"nowhere/data/train-images":  `echo '{"Dir":"/nowhere"}'`,
		"the mirrors: none is known": `exit 1`,
	} {
		f := s.finder(t)
		f.GoCommand = command(script)
		if _, err := f.Find(context.Background()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
	// A child process of the go command that survives the kill must not be waited for.
	f = s.finder(t)
	f.Timeout, f.GoCommand = 100*time.Millisecond, command("sleep 8")
	began := time.Now()
	_, err = f.Find(context.Background())
	if err == nil || !strings.Contains(err.Error(), "go mod download: took longer than 100ms") {
		t.Errorf("error is %v, want the timeout's", err)
	}
	if took := time.Since(began); took > 6*time.Second {
		t.Errorf("waited %v for a command that was to stop after 100ms", took)
	}
	// One file of the module is wrong: the mirrors have it.
	bad := filepath.Join(folder, "data", "t10k-labels-idx1-ubyte.gz")
	if err := os.WriteFile(bad, []byte("not this"), 0o600); err != nil {
		t.Fatal(err)
	}
	f = s.finder(t, s.mirror(t, nil))
	f.GoCommand = command(`echo '{"Dir":"` + folder + `"}'`)
	m, err = f.Find(context.Background())
	s.check(t, m, err)
	if want := "the module " + modulePath + " and the mirrors"; m.Origin != want {
		t.Errorf("origin is %q, want %q", m.Origin, want)
	}
}
