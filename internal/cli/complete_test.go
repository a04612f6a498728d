package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// completed returns what the shells complete, without the directive in the last line.
func completed(t *testing.T, args ...string) []string {
	t.Helper()
	out, _ := mustCall(t, append([]string{"__completeNoDesc"}, args...)...)
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	return lines[:len(lines)-1]
}

// Verbs that take a model or a run complete run folders, the latest first; flags complete values.
func TestComplete(t *testing.T) {
	t.Chdir(t.TempDir())
	if got := completed(t, "eval", ""); len(got) != 0 {
		t.Errorf("without runs: got %q", got)
	}
	for _, folder := range []string{"runs/20260101-b", "runs/20250101-a", "runs/none"} {
		if err := os.MkdirAll(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		if folder != "runs/none" {
			writeFile(t, folder, configName, []byte("{}"))
		}
	}
	if err := os.Symlink("20260101-b", "runs/latest"); err != nil {
		t.Fatal(err)
	}
	all := []string{"runs/latest", "runs/20260101-b", "runs/20250101-a"}
	for line, want := range map[string][]string{
		"eval ": all, "predict ": all, "ask ": all, "serve ": all, "serve runs/latest ": all,
		"summary ": all, "train --resume ": all, "eval runs/2025": all[2:], "eval runs/latest ": {},
		"ask runs/latest ": {}, "eval other/": {}, "train ": {"yaml", "yml"}, "runs ": {},
		"predict --format ":   {"csv", "tsv", "jsonl", "parquet"},
		"predict --on-error ": {"stop", "skip", "empty", "report"},
		"train --log ":        logs, "eval --log ": {"text", "json"},
		"init --encoding ": {"utf-8", "latin1"},
		"train --network ": {"book", "record"}, "serve --log-level ": logLevels, "schema ": {},
		"sch": {"schema"},
	} {
		if got := completed(t, strings.Split(line, " ")...); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
}

// Columns and keys of a file are completed, and what no file says is not.
func TestCompleteKeys(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, ".", "food.csv", []byte("name,\"group\",a b,fibre\nx,y,z,1\n"))
	writeFile(t, ".", "food.tsv", []byte("name\tgroup\nx\ty\n"))
	writeFile(t, ".", "semi.csv", []byte("\ufeffname;water\nx;1,5\n"))
	writeFile(t, ".", "food.jsonl", []byte("{\"name\": \"x\"}\n{\"ash\": 1}\n"))
	writeFile(t, ".", "e.yaml", []byte("data: food.csv\ninputs: {name: text, a b: {type: number}}\n"+
		"heads: {group: category}\n"))
	for _, c := range []struct {
		line, want []string
	}{
		{[]string{"init", "food.csv", "--heads", ""}, []string{"name", "group", "a b", "fibre"}},
		{[]string{"init", "food.csv", "--heads", "group,f"}, []string{"group,fibre"}},
		{[]string{"init", "food.csv", "--heads", "group,"},
			[]string{"group,name", "group,a b", "group,fibre"}},
		{[]string{"init", "food.tsv", "--heads", "g"}, []string{"group"}},
		{[]string{"init", "semi.csv", "--heads", ""}, []string{"name", "water"}},
		{[]string{"init", "food.jsonl", "--heads", "a"}, []string{"ash"}},
		{[]string{"init", "none.csv", "--heads", ""}, []string{}},
		{[]string{"init", "--heads", ""}, []string{}},
		{[]string{"train", "e.yaml", "--set", "train.e"}, []string{"train.ema=", "train.epochs="}},
		{[]string{"train", "e.yaml", "--set", "inputs"}, []string{"inputs.name=", "inputs.a b="}},
		{[]string{"train", "e.yaml", "--set", "trunk"}, []string{"trunk.dropout=", "trunk.units="}},
		{[]string{"train", "none.yaml", "--set", "split.p"}, []string{"split.parts="}},
	} {
		if got := completed(t, c.line...); !slices.Equal(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.line, got, c.want)
		}
	}
}

// The values that are completed are those that a flag's text names.
func TestFlagValues(t *testing.T) {
	for _, verb := range words("init inspect train eval predict serve") {
		help, _ := mustCall(t, verb, "--help")
		_, help, _ = strings.Cut(help, "\nFlags:\n")
		for _, line := range completed(t, verb, "--") {
			flag := strings.TrimPrefix(line, "--")
			values := flagValues[flag]
			if flag == "log" {
				values = logValues[verb]
			}
			_, about, _ := strings.Cut(help, "--"+flag+" ")
			about, _, _ = strings.Cut(about, "\n      --")
			for _, value := range values {
				if !strings.Contains(about, value) {
					t.Errorf("%s --%s completes %s, which its text lacks: %s", verb, flag, value, about)
				}
			}
		}
	}
}

// Each shell has a script, and bash accepts its own.
func TestCompletionScripts(t *testing.T) {
	for _, shell := range words("bash zsh fish powershell") {
		script, _ := mustCall(t, "completion", shell)
		checkContains(t, script, "braid", "__complete")
		if path, err := exec.LookPath(shell); err == nil && shell == "bash" {
			file := writeFile(t, t.TempDir(), "braid", []byte(script))
			if out, err := exec.Command(path, "-n", file).CombinedOutput(); err != nil {
				t.Errorf("bash: %v: %s", err, out)
			}
		}
	}
}

// Each verb of the help has a man page, with its flags; the same source gives the same bytes.
func TestMan(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	folder := filepath.Join(t.TempDir(), "share", "man1")
	mustCall(t, "man", folder)
	help, _ := mustCall(t, "--help")
	_, list, _ := strings.Cut(help, "Available Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	verbs := 0
	for line := range strings.Lines(list) {
		verb := strings.Fields(line)[0]
		if verb == "help" {
			continue
		}
		verbs++
		page := content(t, filepath.Join(folder, "braid-"+verb+".1"))
		checkContains(t, page, `.TH "BRAID-`+strings.ToUpper(verb)+`" "1" "Nov 2023" "braid `,
			".SH SYNOPSIS", ".SH DESCRIPTION")
		for _, flag := range completed(t, verb, "--") {
			checkContains(t, page, `\fB`+flag)
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != verbs+1 || verbs < 13 {
		t.Errorf("%d pages for %d verbs and braid, error %v", len(entries), verbs, err)
	}
	checkContains(t, content(t, filepath.Join(folder, "braid.1")), "braid-train(1)")
	again := t.TempDir()
	mustCall(t, "man", again)
	for _, entry := range entries {
		if content(t, filepath.Join(folder, entry.Name())) !=
			content(t, filepath.Join(again, entry.Name())) {
			t.Errorf("%s differs", entry.Name())
		}
	}
	checkFails(t, "man: ", "man", filepath.Join(folder, "braid.1"))
}
