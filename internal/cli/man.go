package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"braid/internal/atomicfile"
	"braid/serve"
)

func manVerb(s streams) *cobra.Command {
	return command(&cobra.Command{
		Use:   "man DIR",
		Short: "Write man pages, one for each verb, into a folder",
		Long: "Man writes braid.1 and a page for each verb, such as braid-train.1, into a folder, for\n" +
			"whoever packages the program. Their date is that of the commit that the program was\n" +
			"built from, or the one that SOURCE_DATE_EPOCH has. braid completion SHELL prints the\n" +
			"completions of a shell.",
		Example: "  braid man /usr/local/share/man/man1",
		RunE: func(c *cobra.Command, args []string) error {
			count, err := writePages(c.Root(), args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(s.out, "%d pages in %s\n", count, args[0])
			return err
		},
	}, cobra.ExactArgs(1))
}

// writePages writes the man pages of a command and its verbs.
func writePages(root *cobra.Command, folder string) (count int, err error) {
	if err := atomicfile.MakeFolder(folder); err != nil {
		return 0, fmt.Errorf("man: %w", err)
	}
	header := doc.GenManHeader{
		Section: "1", Source: "braid " + serve.Version(), Manual: "Braid", Date: buildDate(),
	}
	pages := []*cobra.Command{root}
	for _, verb := range root.Commands() {
		if verb.IsAvailableCommand() {
			pages = append(pages, verb)
		}
	}
	for _, c := range pages {
		c.DisableAutoGenTag = true
		name := "braid"
		if c != root {
			name += "-" + c.Name()
		}
		file, err := atomicfile.Begin(filepath.Join(folder, name+".1"))
		if err != nil {
			return 0, fmt.Errorf("man: %w", err)
		}
		page := header
		if err := doc.GenMan(c, &page, file); err != nil {
			file.Abort()
			return 0, fmt.Errorf("man: %w", err)
		}
		if err := file.Commit(); err != nil {
			return 0, fmt.Errorf("man: %w", err)
		}
	}
	return len(pages), nil
}

// buildDate returns the time of the commit that the program was built from, nil if it is not known
// or SOURCE_DATE_EPOCH replaces it.
func buildDate() *time.Time {
	if os.Getenv("SOURCE_DATE_EPOCH") != "" {
		return nil
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.time" {
			if at, err := time.Parse(time.RFC3339, setting.Value); err == nil {
				return &at
			}
		}
	}
	return nil
}
