package experiment

import (
	"errors"
	"fmt"

	"braid/feature"
	"braid/metric"
	"braid/modelfile"
)

// checkFigures tests that the figures that training computes have different names: those of a head
// begin with its name, and those of validation with val_. The errors of all heads are joined.
func (b *Built) checkFigures() error {
	const total = ""
	heads := map[string]string{"loss": total, "val_loss": total} // by figure
	var list []error
	for _, t := range b.Targets {
		figures := headFigures(t)
		for _, figure := range figures {
			other, taken := heads[figure]
			if !taken {
				continue
			}
			err := fmt.Errorf("heads %q and %q both have a figure named %q: rename one of the columns in "+
				"the data", other, t.Column, figure)
			if other == total {
				err = fmt.Errorf("head %q has a figure named %q, as that of all heads together: rename the "+
					"column in the data", t.Column, figure)
			}
			list = append(list, b.at("heads", t.Column, err))
			break
		}
		for _, figure := range figures {
			heads[figure] = t.Column
		}
	}
	return errors.Join(list...)
}

// headFigures returns the names of a head's figures, as package train gives them.
func headFigures(t modelfile.Target) []string {
	name := feature.Name(t.Column)
	list := []string{name + "_loss"}
	for _, m := range t.Decoder.Metrics() {
		list = append(list, name+"_"+metric.Name(m))
	}
	for _, figure := range list {
		list = append(list, "val_"+figure)
	}
	return list
}
