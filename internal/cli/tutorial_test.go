package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// changing matches what differs from run to run: the time that is left at the end of an epoch's
// line, times, speeds, and the names of run folders and versions.
var changing = regexp.MustCompile(`(?m) +(?:> )?(?:\d+m)?\d+s$|[\d.]+ s\b|[\d,]+ a second|` +
	`\b\d{8}-\d{6}|"[0-9a-f]{12}"`)

// withoutTimes replaces what differs from run to run.
func withoutTimes(text string) string { return changing.ReplaceAllString(text, "") }

// TestTutorial runs the commands of docs/own-data.md on its data, whose folder BRAID_FOOD names,
// and compares what they print. A line "..." of the document stands for any lines, and three dots
// at the end of a line for its rest.
func TestTutorial(t *testing.T) {
	data := os.Getenv("BRAID_FOOD")
	if data == "" {
		if os.Getenv("BRAID_REQUIRE_FOOD") != "" {
			t.Fatal("BRAID_FOOD is not set")
		}
		t.Skip("skipped: BRAID_FOOD names no folder of food.csv and its pictures (see CONTRIBUTING.md)")
	}
	slow(t)
	document, err := os.ReadFile(filepath.Join("..", "..", "docs", "own-data.md"))
	if err != nil {
		t.Fatal(err)
	}
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(path, filepath.Join(bin, "braid")); err != nil {
		t.Fatal(err)
	}
	for _, c := range consoles(string(document)) {
		cmd := exec.Command("sh", "-c", c.command)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"),
			"XDG_CACHE_HOME="+filepath.Join(bin, "cache"))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", c.command, err, out)
			return
		}
		if !c.matches(string(out)) {
			t.Errorf("$ %s\ngot\n%s\nwant\n%s", c.command, out, c.want)
		}
	}
}

// console is a command of the document and what it prints.
type console struct{ command, want string }

// consoles returns the commands of the blocks of consoles in a document.
func consoles(document string) (list []console) {
	inside := false
	for line := range strings.Lines(document) {
		command, isCommand := strings.CutPrefix(line, "$ ")
		switch {
		case strings.HasPrefix(line, "```"):
			inside = line == "```console\n"
		case inside && isCommand:
			list = append(list, console{command: strings.TrimSuffix(command, "\n")})
		case inside:
			list[len(list)-1].want += line
		}
	}
	return list
}

// matches reports whether a command printed what the document has.
func (c console) matches(got string) bool {
	var pattern strings.Builder
	for line := range strings.Lines(c.want) {
		line = strings.TrimSuffix(line, "\n")
		if line == "..." {
			pattern.WriteString(`(?:.*\n)*?`)
			continue
		}
		rest, isCut := strings.CutSuffix(line, "...")
		if isCut {
			line = rest
		}
		pattern.WriteString(regexp.QuoteMeta(withoutTimes(line)))
		if isCut {
			pattern.WriteString(".*")
		}
		pattern.WriteString(`\n`)
	}
	whole := regexp.MustCompile(`^` + pattern.String() + `$`)
	return whole.MatchString(withoutTimes(got))
}
