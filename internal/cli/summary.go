package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"braid/digitqa"
	"braid/modelfile"
)

func summaryVerb(s streams) *cobra.Command {
	return command(&cobra.Command{
		Use:   "summary [MODEL]",
		Short: "Print a model's layers, shapes and weights",
		Long: "Summary prints a table of a model's layers. MODEL is a model file or a run folder,\n" +
			"by default the network that train builds.",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				file, err := modelfile.Open(args[0])
				if err != nil {
					return err
				}
				fmt.Fprint(s.out, file.Model.Summary())
				return nil
			}
			model, err := digitqa.Network(28, 28).Build(1)
			if err != nil {
				return err
			}
			fmt.Fprint(s.out, model.Summary())
			return nil
		},
	}, cobra.MaximumNArgs(1))
}
