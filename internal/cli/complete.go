package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"braid/internal/batchpredict"
)

// flagValues has the values of flags that take one of a few, in any verb that has the flag.
var flagValues = map[string][]string{
	"encoding":   {"utf-8", "latin1"},
	"format":     {"csv", "tsv", "jsonl", "parquet"},
	"in-format":  {"csv", "tsv", "jsonl", "parquet"},
	"log-format": logFormats,
	"log-level":  logLevels,
	"on-error":   batchpredict.OnErrors,
	"on-nan":     onNaN,
	"unknown":    {"error", "drop"},
}

// logValues are the values of the flag log, which differ between verbs.
var logValues = map[string][]string{
	"train": logs, "eval": {"text", "json"}, "predict": {"text", "json", "none"},
}

// complete adds what shells complete to all verbs: run folders where a verb takes a model or a run,
// experiment files, and the values of flags.
func complete(root *cobra.Command) {
	for _, verb := range root.Commands() {
		first := strings.Trim(slices.Concat(strings.Fields(verb.Use), []string{"", ""})[1], "[].")
		switch {
		case verb.ValidArgsFunction != nil:
		case first == "MODEL", first == "RUN":
			verb.ValidArgsFunction = completeRun
		case strings.HasSuffix(first, "=]MODEL"): // any number of them
			verb.ValidArgsFunction = completeRuns
		case first == "FILE":
			verb.ValidArgsFunction = completeFiles
		case first == "DIR":
			verb.ValidArgsFunction = completeFolders
		case first != "DATA":
			verb.ValidArgsFunction = cobra.NoFileCompletions
		}
		verb.Flags().VisitAll(func(f *pflag.Flag) {
			values := flagValues[f.Name]
			if f.Name == "log" {
				values = logValues[verb.Name()]
			}
			if f.Name == "network" && f.Value.Type() == "string" {
				for _, n := range networks {
					values = append(values, n.name)
				}
			}
			of := cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
			switch {
			case f.Name == "resume":
				of = completeRuns
			case f.Name == "heads":
				of = completeHeads
			case f.Name == "set":
				of = completeSet
			case f.Name == "tensorboard":
				of = completeFolders
			case values == nil:
				return
			}
			if err := verb.RegisterFlagCompletionFunc(f.Name, of); err != nil {
				panic(err) // the flag has completions already
			}
		})
	}
}

// completeRuns returns the run folders in runs, the latest first. Without any the shell completes
// files.
func completeRuns(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	entries, err := os.ReadDir(runs)
	if err != nil {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var list []string
	for _, entry := range slices.Backward(entries) {
		path := filepath.Join(runs, entry.Name())
		if _, err := os.Stat(filepath.Join(path, configName)); err == nil &&
			strings.HasPrefix(path, begun) {
			list = append(list, path)
		}
	}
	return list, cobra.ShellCompDirectiveKeepOrder
}

// completeRun is completeRuns for the first argument. The shell completes files for others.
func completeRun(
	c *cobra.Command, args []string, begun string,
) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return completeRuns(c, args, begun)
}

func completeFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}

func completeFolders(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}
