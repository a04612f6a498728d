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
		Long: "Version prints the program's version and commit, the Go version, the kernel set in use\n" +
			"among those that this machine can run, and the numerics version. Models and checkpoints\n" +
			"of the same numerics version give the same bytes.",
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(s.out, versionText())
			return err
		},
	}, cobra.NoArgs)
}

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
	var b strings.Builder
	fmt.Fprintf(&b, "braid     %s\n", serve.Version())
	fmt.Fprintf(&b, "commit    %s\n", commit)
	fmt.Fprintf(&b, "go        %s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Fprintf(&b, "kernels   %s, of %s\n", kernel.Default().Name, strings.Join(sets, ", "))
	fmt.Fprintf(&b, "numerics  %d\n", braid.Numerics)
	return b.String()
}
