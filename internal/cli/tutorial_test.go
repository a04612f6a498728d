package cli

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"braid/internal/braidtest/chromium"
	"braid/predictor"
)

// changing matches what differs from run to run: the time that is left at the end of an epoch's
// line, times, speeds, and the names of run folders and versions.
var changing = regexp.MustCompile(`(?m) +(?:> )?(?:\d+m)?\d+s$|[\d.]+ s\b|[\d,]+ a second|` +
	`\b\d{8}-\d{6}|"[0-9a-f]{12}"`)

// redraw makes the pictures of docs/own-data.md anew, from the run that the document describes.
var redraw = flag.Bool("draw", false, "TestTutorial draws the pictures of docs/own-data.md")

// drawing returns the path of a picture of the document.
func drawing(name string) string { return filepath.Join("..", "..", "docs", name) }

// withoutTimes replaces what differs from run to run.
func withoutTimes(text string) string { return changing.ReplaceAllString(text, "") }

// TestTutorial runs the commands of docs/own-data.md on its data, whose folder BRAID_FOOD names,
// and compares what they print. A line "..." of the document stands for any lines, and three dots
// at the end of a line for its rest. The page of the model shows what ask and predict printed.
func TestTutorial(t *testing.T) {
	data := required(t, "FOOD")
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
	printed := map[string]string{} // by command
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
		printed[c.command] = string(out)
	}
	t.Run("chromium", func(t *testing.T) { testTutorialPages(t, folder, printed) })
}

// testTutorialPages shows the report of the tutorial's run and the page of its model, which answers
// as the commands did in the folder.
func testTutorialPages(t *testing.T, folder string, printed map[string]string) {
	browser := chromium.Start(t)
	run := filepath.Join(folder, "runs", "latest")
	report, err := filepath.EvalSymlinks(filepath.Join(run, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	if *redraw {
		chromium.OpenFile(t, browser, chromium.Desk, report).Picture(drawing("report.png"), 1500)
	}
	checkReport(t, browser, report)

	asked := map[string]string{
		"picture": "pictures/B009.jpeg", "name": "Field bean, white",
		"scientific name": "Phaseolus vulgaris", "energy_kj": "1173", "water": "8.61",
		"protein": "19.84", "fat": "0.94", "ash": "3.09",
	}
	const ask = `braid ask runs/latest picture=pictures/B009.jpeg name="Field bean, white" ` +
		`"scientific name=Phaseolus vulgaris" energy_kj=1173 water=8.61 protein=19.84 fat=0.94 ash=3.09`
	text := printedBy(t, printed, ask)
	var reply struct{ Heads []predictor.Answer }
	object := printedBy(t, printed, ask+" --json")
	if err := json.Unmarshal([]byte(object), &reply); err != nil {
		t.Fatal(err)
	}
	rows := cells(t, filepath.Join(folder, "new.csv"))
	want := cells(t, filepath.Join(folder, "answers.csv"))
	checkPage(t, browser, run, func(t *testing.T, p *chromium.Page) {
		asks(p, folder, asked)
		if *redraw && p.Screen == chromium.Desk {
			p.Picture(drawing("page-food.png"), 0)
		}
		for _, h := range p.Answers() {
			shown := strings.ReplaceAll(h.Probability, "\u202f", " ")
			line := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(h.Name) + ` +` +
				regexp.QuoteMeta(h.Label) + `(?: +` + regexp.QuoteMeta(shown) + ` |$)`)
			if !line.MatchString(text) {
				t.Errorf("%s: the page shows %s %s, braid ask printed\n%s", h.Name, h.Label, shown, text)
			}
		}
		all := map[string]string{}
		for _, h := range reply.Heads {
			all[h.Head] = h.Label
			if h.Answers != nil {
				all[h.Head+"_probability"] = fmt.Sprint(h.Probability)
			}
			for _, c := range h.Answers {
				all[h.Head+"_p_"+c.Label] = fmt.Sprint(c.Probability)
			}
		}
		shows(p, all)
		for i, row := range rows {
			asks(p, folder, row)
			shows(p, want[i])
		}
	})
}

// printedBy returns what a command of the document printed.
func printedBy(t *testing.T, printed map[string]string, command string) string {
	t.Helper()
	text, ok := printed[command]
	if !ok {
		t.Fatalf("the document has no command %s", command)
	}
	return text
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
