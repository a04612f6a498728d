package cli

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid/digitqa"
	"braid/internal/braidtest"
	"braid/serve"
)

// Lists in flags may have spaces around commas and =.
func TestSpacesInLists(t *testing.T) {
	for _, text := range []string{
		"digit=0.25, answer=2",
		" digit = 0.25 ,\tanswer =2 ",
		"answer= 2,digit =0.25\n",
	} {
		heads := digitqa.Plan().Heads
		err := weigh(heads, text)
		if err != nil || heads["digit"].Weight != 0.25 || heads["answer"].Weight != 2 {
			t.Errorf("%q: %v (%v)", text, heads, err)
		}
	}
	for text, want := range map[string]string{
		"digit=0.5, ":         `has " ", want HEAD=WEIGHT`,
		"digit=0.5, digit =1": `names "digit" twice`,
		"digit=0. 5":          `weight of "digit" is "0. 5"`,
		" dig it=1":           `unknown head "dig it"`,
	} {
		err := weigh(digitqa.Plan().Heads, text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v, want %s", text, err, want)
		}
	}

	run, folder := trainRun(t)
	dir := t.TempDir()
	images := newTestRows(t, folder, 2).idx(t, dir)
	labels := writeFile(t, dir, "labels", braidtest.IDX(make([]byte, 2), 2))
	predict := []string{"predict", run, "--in", images, "--question", "odd number"}
	_, errs := mustCall(t, append(predict, "--labels", " answer = "+labels)...)
	checkContains(t, errs, "rows known")

	f := serveFlags{
		Config:    serve.Defaults(),
		addr:      "127.0.0.1:0",
		bodyMB:    1,
		imageMB:   1,
		logFormat: "text",
		logMin:    "info",
	}
	f.Hosts = []string{"a.example.org", " b.example.org"}
	if err := f.configure([]string{run}); err != nil ||
		!slices.Equal(f.Hosts, []string{"a.example.org", "b.example.org"}) {
		t.Errorf("hosts are %q (%v)", f.Hosts, err)
	}
}

// A run can be resumed with the same weights in another notation, but not with others.
func TestResumeWithTheSameWeights(t *testing.T) {
	folder, run := writeDataset(t), filepath.Join(t.TempDir(), "run")
	train := words("train --epochs 1 --log none", "--data", folder, "--out", run)
	mustCall(t, append(train, "--loss-weights", "digit=0.5, answer=0.75")...)
	resume := words("train --log none", "--resume", run)
	same := words("--epochs 2 --loss-weights answer=.750,digit=0.5")
	_, errs := mustCall(t, append(resume, same...)...)
	checkContains(t, errs, "going on after 1 epoch and")
	other := words("--epochs 3 --loss-weights answer=0.5,digit=0.75")
	const refused = "--loss-weights is answer=0.5,digit=0.75, the run in"
	checkFails(t, refused, append(resume, other...)...)
}
