package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"

	"braid/train"
)

// timeColumns is the number of columns of history.csv before the figures.
const timeColumns = 3 // epoch, train_s, eval_s

// conflictColumns is the number of columns of conflicts.csv.
const conflictColumns = 7

// ReadHistory reads what train.History.WriteCSV wrote.
func ReadHistory(r io.Reader) (*train.History, error) {
	lines, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 || len(lines[0]) < timeColumns {
		return nil, fmt.Errorf("got no header, want epoch, train_s, eval_s and the figures")
	}
	h := &train.History{Names: lines[0][timeColumns:]}
	for i, line := range lines[1:] {
		numbers := make([]float64, len(line))
		for j, cell := range line {
			if numbers[j], err = strconv.ParseFloat(cell, 64); err != nil {
				return nil, fmt.Errorf("line %d: %s is %q, want a number", i+2, lines[0][j], cell)
			}
		}
		if numbers[0] != float64(i+1) {
			return nil, fmt.Errorf("line %d is of epoch %v, want %d", i+2, numbers[0], i+1)
		}
		h.Epochs = append(h.Epochs, train.Epoch{
			Number: i + 1, Train: seconds(numbers[1]), Evaluate: seconds(numbers[2]),
			Values: numbers[timeColumns:],
		})
	}
	return h, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// ReadConflicts reads what train.History.WriteConflictsCSV wrote to the epochs of a history.
func ReadConflicts(r io.Reader, h *train.History) error {
	lines, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return err
	}
	if len(lines) == 0 || len(lines[0]) != conflictColumns {
		return fmt.Errorf("got no header, want epoch, layer, head, other, cosine and two norms")
	}
	for i, line := range lines[1:] {
		epoch, err := strconv.Atoi(line[0])
		if err != nil || epoch < 1 || epoch > len(h.Epochs) {
			return fmt.Errorf("line %d: epoch is %q, want 1 to %d", i+2, line[0], len(h.Epochs))
		}
		c := train.Conflict{Layer: line[1], Heads: [2]string{line[2], line[3]}}
		for j, to := range []*float64{&c.Cosine, &c.Norms[0], &c.Norms[1]} {
			if *to, err = strconv.ParseFloat(line[4+j], 64); err != nil {
				return fmt.Errorf("line %d: %s is %q, want a number", i+2, lines[0][4+j], line[4+j])
			}
		}
		e := &h.Epochs[epoch-1]
		e.Conflicts = append(e.Conflicts, c)
	}
	return nil
}
