package tfjs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// tensorFlowJS is an installation of TensorFlow.js.
type tensorFlowJS struct {
	node    string // path of the program
	modules string // path of node_modules
}

// find returns the installation in the folder BRAID_TFJS, or else in braid-tfjs in the user's
// folder for caches. If node or the package is missing, the test is skipped, or fails if
// BRAID_REQUIRE_TFJS is set.
func find(t *testing.T) tensorFlowJS {
	t.Helper()
	missing := func(why string, err error) {
		t.Helper()
		if os.Getenv("BRAID_REQUIRE_TFJS") != "" {
			t.Fatalf("BRAID_REQUIRE_TFJS is set and %s: %v", why, err)
		}
		t.Skipf("skipped: %s: %v", why, err)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		missing("there is no node (apt-get install nodejs npm)", err)
	}
	folder := os.Getenv("BRAID_TFJS")
	if folder == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			missing("the system has no folder for caches", err)
		}
		folder = filepath.Join(cache, "braid-tfjs")
	}
	modules := filepath.Join(folder, "node_modules")
	if err := checkVersion(modules); err != nil {
		missing("TensorFlow.js is not installed (.ci/run does that)", err)
	}
	return tensorFlowJS{node, modules}
}

// checkVersion returns an error if the version that testdata/package.json names is not installed.
func checkVersion(modules string) error {
	const name = "@tensorflow/tfjs"
	var want struct{ Dependencies map[string]string }
	var have struct{ Version string }
	for path, to := range map[string]any{
		filepath.Join("testdata", "package.json"):    &want,
		filepath.Join(modules, name, "package.json"): &have,
	} {
		text, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(text, to)
		}
		if err != nil {
			return err
		}
	}
	if have.Version != want.Dependencies[name] {
		return fmt.Errorf("%s has version %s, want %s", modules, have.Version, want.Dependencies[name])
	}
	return nil
}

// answer is what train.js writes for a network.
type answer struct {
	Seconds   float64
	Trainings []training // in the order of the network's optimizers
}

type training struct {
	Before, After []array     // outputs of the heads
	Losses        [][]float64 // of each step: the total and, with several heads, weighted, each head's
	Weights       [][]array   // of each node
}

// run builds, predicts and trains the networks.
func (js tensorFlowJS) run(t *testing.T, networks []network) (answers []answer) {
	t.Helper()
	text, err := json.Marshal(networks)
	if err != nil {
		t.Fatal(err)
	}
	temporary := t.TempDir()
	from := filepath.Join(temporary, "networks.json")
	to := filepath.Join(temporary, "answers.json")
	if err := os.WriteFile(from, text, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithTimeout(context.Background(), 3*time.Minute)
	defer end()
	command := exec.CommandContext(ctx, js.node, filepath.Join("testdata", "train.js"), from, to)
	command.Env = append(os.Environ(), "NODE_PATH="+js.modules)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", command, err, out)
	}
	text, err = os.ReadFile(to)
	if err == nil {
		err = json.Unmarshal(text, &answers)
	}
	if err == nil && len(answers) != len(networks) {
		err = fmt.Errorf("%d answers for %d networks", len(answers), len(networks))
	}
	if err != nil {
		t.Fatal(err)
	}
	return answers
}
