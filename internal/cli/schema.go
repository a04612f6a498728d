package cli

import (
	"github.com/spf13/cobra"

	"braid/experiment"
)

func schemaVerb(s streams) *cobra.Command {
	return command(&cobra.Command{
		Use:   "schema",
		Short: "Print a JSON Schema of experiment files, for editors",
		Long: "Schema prints a JSON Schema, of the version 2020-12, of experiment files. An editor\n" +
			"that knows it completes keys, shows what they mean, and marks mistakes. Editors with\n" +
			"the YAML language server, such as VS Code, find it by a comment in the file:\n\n" +
			"    # yaml-language-server: $schema=experiment.schema.json\n\n" +
			"It has every key, type and setting. What depends on several keys or on the data is\n" +
			"checked by braid inspect.",
		Example: "  braid schema > experiment.schema.json",
		RunE: func(*cobra.Command, []string) error {
			_, err := s.out.Write(experiment.Schema())
			return err
		},
	}, cobra.NoArgs)
}
