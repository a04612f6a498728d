package braid_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestReadmeModule builds and runs README.md's program as a module outside the tree, with
// README.md's lines of go.mod.
func TestReadmeModule(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: runs the go command, which -short does not")
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(readme), "## As a library")
	blocks := regexp.MustCompile("(?s)```(?:go)?\n(.*?)```").FindAllStringSubmatch(section, -1)
	if !found || len(blocks) < 2 || !strings.Contains(blocks[0][1], "=> ../braid") {
		t.Fatal("README.md has no lines of go.mod and no program under \"As a library\"")
	}
	checkout, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	module, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	version := regexp.MustCompile(`(?m)^go .*$`).FindString(string(module))
	lines := strings.Replace(blocks[0][1], "../braid", checkout, 1)
	for name, content := range map[string]string{
		"go.mod": "module outside\n\n" + version + "\n\n" + lines, "go.sum": string(sums),
		"main.go": blocks[1][1],
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := exec.Command("go", "run", "-mod=mod", ".")
	run.Dir, run.Env = folder, append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	output, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("go run: %v\n%s", err, output)
	}
	want := regexp.MustCompile(`// (\[.*\])`).FindStringSubmatch(blocks[1][1])[1]
	if got := strings.TrimSpace(string(output)); got != want {
		t.Errorf("the program prints %s, README.md says %s", got, want)
	}
}

// TestReadmeConvolution compares the network in README.md and in this package's documentation with
// Example_convolution, up to the first empty line.
func TestReadmeConvolution(t *testing.T) {
	files := map[string]string{"README.md": "", "doc.go": "", "example_test.go": ""}
	for name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(content)
	}
	_, body, found := strings.Cut(files["example_test.go"], "func Example_convolution() {\n")
	network, _, _ := strings.Cut(body, "\n\n")
	network = regexp.MustCompile(`(?m)^\t`).ReplaceAllString(network, "")
	if !found || !strings.Contains(files["README.md"], "```go\n"+network+"\n```\n") {
		t.Errorf("README.md has no block with the network of Example_convolution:\n%s", network)
	}
	_, section, _ := strings.Cut(files["doc.go"], "// # Images and categories\n")
	lines := regexp.MustCompile(`(?m)^(//\t.*\n)+`).FindString(section)
	lines = strings.ReplaceAll(lines, "//\t", "")
	built, _, _ := strings.Cut(network, "if err != nil {")
	if !found || lines != built {
		t.Errorf("doc.go has the network\n%swant that of Example_convolution:\n%s", lines, built)
	}
}
