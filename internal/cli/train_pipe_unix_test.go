//go:build unix

package cli

import (
	"bufio"
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"

	"braid/internal/atomicfile"
)

// Training whose output nobody reads any more, as behind head, is not ended by a signal: it keeps
// its last step, leaves no temporary file, and says how to go on.
func TestTrainBrokenPipe(t *testing.T) {
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	run := filepath.Join(t.TempDir(), "run")
	args := words("train --epochs 100000 --log json --out", run, writeOwn(t))
	cmd := exec.Command(path, args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Error(err)
	}
	out.Close()
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("got %v, want exit code 1", err)
	}
	checkContains(t, errs.String(), "broken pipe\n", "go on with: braid train --resume "+run)
	files, err := filepath.Glob(filepath.Join(run, checkpointsName, "*"))
	hidden, errHidden := filepath.Glob(filepath.Join(run, checkpointsName, ".*"))
	if err != nil || errHidden != nil || len(files) == 0 {
		t.Fatalf("checkpoints %v, errors %v and %v", files, err, errHidden)
	}
	for _, file := range hidden {
		if atomicfile.IsTemporary(filepath.Base(file)) {
			t.Errorf("left %s", file)
		}
	}
}
