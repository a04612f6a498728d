package train

import (
	"errors"

	"braid/internal/atomicfile"
)

// CSVLog returns a callback that keeps a file with a line for each epoch: the text of
// History.WriteCSV. The file is replaced as a whole after each epoch, and is on the disk when
// training goes on: a reader, also after a power failure, sees complete lines only. A resumed run
// continues the file, without a line twice, even if the file was lost. A run that is not resumed
// replaces it.
func CSVLog(path string) Callback {
	var history *History
	write := func() error { return atomicfile.Write(path, history.WriteCSV) }
	return Callback{
		Check: func(*History) error {
			if path == "" {
				return errors.New("CSVLog: the path is empty, want that of a file")
			}
			return nil
		},
		Start: func(s Start) error {
			history = s.History
			return write()
		},
		Epoch:    func(Epoch) error { return write() },
		Restored: func(Restored) error { return write() },
	}
}
