package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"braid/modelfile"
)

func summaryVerb(s streams) *cobra.Command {
	var name string
	c := command(&cobra.Command{
		Use:   "summary [MODEL] [flags]",
		Short: "Print a model's layers, shapes and weights",
		Long: "Summary prints a table of a model's layers. MODEL is a model file or a run folder,\n" +
			"by default the network that train builds.",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 && c.Flags().Changed("network") {
				return usage("--network and a model: want one of them")
			}
			if len(args) == 1 {
				file, err := modelfile.Open(args[0])
				if err != nil {
					return err
				}
				fmt.Fprint(s.out, file.Model.Summary())
				return nil
			}
			n, err := findNetwork(name)
			if err != nil {
				return err
			}
			model, err := n.graph(28, 28).Build(1)
			if err != nil {
				return err
			}
			fmt.Fprint(s.out, model.Summary())
			return nil
		},
	}, cobra.MaximumNArgs(1))
	c.Flags().StringVar(&name, "network", networks[0].name, networkFlag())
	return c
}
