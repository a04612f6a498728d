package cli

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid/digitqa"
	"braid/serve"
)

// Lists in flags may have spaces around commas and =.
func TestSpacesInLists(t *testing.T) {
	for _, text := range []string{"digit=0.25, answer=2", " digit = 0.25 ,\tanswer =2 ", "answer= 2,digit =0.25\n"} {
		heads := digitqa.Plan().Heads
		if err := weigh(heads, text); err != nil || heads["digit"].Weight != 0.25 ||
			heads["answer"].Weight != 2 {
			t.Errorf("%q: %v (%v)", text, heads, err)
		}
	}
	for text, want := range map[string]string{
		"digit=0.5, ": `has " ", want HEAD=WEIGHT`, "digit=0.5, digit =1": `names "digit" twice`, "digit=0. 5": `weight of "digit" is "0. 5"`,
		" dig it=1": `unknown head "dig it"`,
	} {
		if err := weigh(digitqa.Plan().Heads, text); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v, want %s", text, err, want)
		}
	}

	run, folder := trainRun(t)
	m := newTestRows(t, folder, 2)
	dir := t.TempDir()
	images, labels := writeFile(
		t,
		dir,
		"images",
		idxFile(m.pixels, 2, 6, 5),
	), writeFile(
		t,
		dir,
		"labels",
		idxFile(make([]byte, 2), 2),
	)
	code, _, errs := call(
		"predict",
		run,
		"--in",
		images,
		"--question",
		"odd number",
		"--labels",
		" answer = "+labels,
	)
	if code != 0 || !strings.Contains(errs, "rows known") {
		t.Errorf("exit code %d: %s", code, errs)
	}

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

// A run goes on with weights that say the same, however they are written.
func TestResumeWithTheSameWeights(t *testing.T) {
	folder, run := writeDataset(t), filepath.Join(t.TempDir(), "run")
	code, _, errs := call(
		"train",
		"--data",
		folder,
		"--epochs",
		"1",
		"--log",
		"none",
		"--out",
		run,
		"--loss-weights",
		"digit=0.5, answer=0.75",
	)
	if code != 0 {
		t.Fatal(errs)
	}
	code, _, errs = call(
		"train",
		"--resume",
		run,
		"--epochs",
		"2",
		"--log",
		"none",
		"--loss-weights",
		"answer=.750,digit=0.5",
	)
	if code != 0 || !strings.Contains(errs, "going on after 1 epochs") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	code, _, errs = call(
		"train",
		"--resume",
		run,
		"--epochs",
		"3",
		"--log",
		"none",
		"--loss-weights",
		"answer=0.5,digit=0.75",
	)
	if code != 1 || !strings.Contains(errs, "--loss-weights is answer=0.5,digit=0.75, the run in") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}
