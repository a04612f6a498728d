package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// report is the content of the file of -json.
type report struct {
	Machine    machine  `json:"machine"`
	Arguments  []string `json:"arguments"`
	Table      []line   `json:"table"`
	Notes      []string `json:"notes"`
	Contenders results  `json:"contenders"`
}

func writeReport(path string, r report) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(content, '\n'), 0o644); err != nil {
		return fmt.Errorf("-json: %w", err)
	}
	return nil
}
