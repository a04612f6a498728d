package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"braid"
	"braid/internal/kernel"
	"braid/serve"
)

func versionVerb(s streams) *cobra.Command {
	return command(&cobra.Command{
		Use:   "version",
		Short: "Print the version, what it was built from, and the kernels in use",
		Long: "Version prints the program's version and commit, the Go version, the kernel sets that this machine\n" +
			"can run with the one in use, and the numerics version: models and checkpoints of the same numerics\n" +
			"version give the same bytes.",
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(s.out, versionText())
			return err
		},
	}, cobra.NoArgs)
}

// versionText has a line for each fact.
func versionText() string {
	commit := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		settings := map[string]string{}
		for _, setting := range info.Settings {
			settings[setting.Key] = setting.Value
		}
		if settings["vcs.revision"] != "" {
			commit = settings["vcs.revision"] + " of " + settings["vcs.time"]
		}
		if settings["vcs.modified"] == "true" {
			commit += ", with changes"
		}
	}
	var sets []string
	for _, set := range kernel.Sets() {
		sets = append(sets, set.Name)
	}
	return fmt.Sprintf("braid     %s\ncommit    %s\ngo        %s %s/%s\nkernels   %s, of %s\nnumerics  %d\n",
		serve.Version(), commit, runtime.Version(), runtime.GOOS, runtime.GOARCH,
		kernel.Default().Name, strings.Join(sets, ", "), braid.Numerics)
}
