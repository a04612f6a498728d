package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// The usage of flags that several commands have.
const (
	pythonUsage = "Python with PyTorch (default: /usr/bin/python3, else python3)"
	tablesUsage = "folder of the data sets movies/movies.csv and food/food.csv"
)

// settings are the harness's flags.
type settings struct {
	runs, epochs, peerEpochs int
	only, json               string
	peers, seedScript        string
	python, cache            string
	tables                   string
	keep, install            bool
}

// parse reads the flags.
func parse(args []string) (settings, *regexp.Regexp, error) {
	var s settings
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&s.runs, "runs", 5,
		"runs of each contender; up to as many again replace dropped ones")
	flags.IntVar(&s.epochs, "epochs", 20,
		"epochs in a run of Braid, of the limit program and of whole processes")
	flags.IntVar(&s.peerEpochs, "peer-epochs", 3,
		"epochs in a run of PyTorch, except of whole processes")
	flags.StringVar(&s.only, "only", "", "regular expression: measure only the rows that match")
	flags.StringVar(&s.json, "json", "", "file for all runs, as JSON")
	flags.StringVar(&s.peers, "peers", "",
		"folder with pytorch_seed.py and limit (default: ../shared/peers next to the module)")
	flags.StringVar(&s.seedScript, "pytorch-seed", "",
		"the seed job in PyTorch (default: pytorch_seed.py in -peers)")
	flags.StringVar(&s.python, "python", "", pythonUsage)
	flags.StringVar(&s.tables, "tables", "", tablesUsage)
	flags.StringVar(&s.cache, "cache", "",
		"folder with ONNX Runtime (default: braid-bench in the user's cache)")
	flags.BoolVar(&s.keep, "keep", false,
		"drop no runs: for rough figures on a busy machine")
	flags.BoolVar(&s.install, "install", false,
		"install ONNX Runtime with npm into -cache if it is missing")
	if err := flags.Parse(args); err != nil {
		return s, nil, err
	}
	if flags.NArg() > 0 {
		return s, nil, fmt.Errorf("argument %q, want flags only", flags.Arg(0))
	}
	if s.runs < 1 || s.epochs < 1 || s.peerEpochs < 1 {
		return s, nil, fmt.Errorf("-runs, -epochs and -peer-epochs are %d, %d and %d, want 1 or more",
			s.runs, s.epochs, s.peerEpochs)
	}
	only, err := regexp.Compile(s.only)
	if err != nil {
		return s, nil, fmt.Errorf("-only: %w", err)
	}
	if s.cache == "" {
		if dir, err := os.UserCacheDir(); err == nil {
			s.cache = filepath.Join(dir, "braid-bench")
		}
	}
	return s, only, nil
}
