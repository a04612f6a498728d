package cli

import (
	"github.com/spf13/cobra"

	"braid/data"
	"braid/data/datafile"
)

// fileFormat has the flags of verbs that read a data file without an experiment file.
type fileFormat struct{ delimiter, encoding string }

func (f *fileFormat) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.delimiter, "delimiter", "", "delimiter of CSV (default: found in the file)")
	flags.StringVar(&f.encoding, "encoding", "utf-8", "encoding of text files: utf-8 or latin1")
}

// options returns how the data file is read.
func (f fileFormat) options() (o datafile.Options, err error) {
	switch {
	case len(f.delimiter) > 1:
		return o, usage("--delimiter: got %q, want one character of ASCII", f.delimiter)
	case f.delimiter != "":
		o.Delimiter = f.delimiter[0]
	}
	switch f.encoding {
	case "utf-8":
	case "latin1":
		o.Encoding = data.Latin1
	default:
		return o, usage("--encoding: got %q, want utf-8 or latin1", f.encoding)
	}
	return o, nil
}
