// Package datafile opens and creates tables of rows in files: CSV, JSON lines, Parquet, NumPy
// arrays, IDX files, and folders of images. Memory does not grow with the number of rows.
//
// Package data has the formats that need only the standard library; this package adds Parquet and
// Zstandard, chooses the format, and looks after the file: one that changes while it is read is an
// error, and one that is written appears whole or not at all.
package datafile

import (
	"fmt"
	"path/filepath"
	"strings"

	"braid/data"
)

// Format is the format of a file.
type Format uint8

// The formats. Auto is the one that a file's name and first bytes say.
const (
	Auto Format = iota
	CSV
	TSV
	JSONLines
	Parquet
	NPY
	NPZ
	IDX
)

// String returns the format's name.
func (f Format) String() string {
	return [...]string{"auto", "CSV", "TSV", "JSON lines", "Parquet", "npy", "npz", "IDX"}[f]
}

// Options say how a file is read or written. The zero value is the common case.
type Options struct {
	Format Format
	// Delimiter separates cells of CSV. 0 means that the first rows decide, and a comma for writing.
	Delimiter byte
	// Encoding of CSV and TSV that is read.
	Encoding data.Encoding
}

// extensions are the formats by the end of a file's name.
var extensions = map[string]Format{
	".csv": CSV, ".txt": CSV, ".tsv": TSV, ".tab": TSV,
	".jsonl": JSONLines, ".ndjson": JSONLines, ".json-lines": JSONLines,
	".parquet": Parquet, ".pq": Parquet, ".npy": NPY, ".npz": NPZ,
}

// compressions are the ends of names of compressed files.
var compressions = map[string]bool{".gz": true, ".zst": true}

// extension returns the format's end of a name, and that of a compression.
func extension(path string) (format, compression string) {
	format = strings.ToLower(filepath.Ext(path))
	if compressions[format] {
		compression = format
		format = strings.ToLower(filepath.Ext(path[:len(path)-len(format)]))
	}
	return format, compression
}

// wantNames is what to do about a name that says no format.
const wantNames = "want a name that ends in .csv, .tsv, .txt, .jsonl, .ndjson, .parquet, .npy or " +
	".npz (text formats also with .gz or .zst)"

// formatOf returns the format of a file that begins with head. The content decides where it is
// certain, else the name.
func formatOf(path string, head []byte) (Format, error) {
	ext, _ := extension(path)
	begins := func(magic string) bool { return strings.HasPrefix(string(head), magic) }
	switch {
	case begins("PAR1"), begins("PARE"):
		return Parquet, nil
	case begins(data.NPYMagic):
		return NPY, nil
	case len(head) > 3 && head[0] == 0 && head[1] == 0 && head[3] > 0 && head[3] < 5:
		return IDX, nil // UTF-16 and UTF-32 have a letter among the first three bytes
	case begins("PK\x03\x04") && (ext == ".xlsx" || ext == ".ods"):
		return 0, fmt.Errorf("%s: a spreadsheet, %s: save it as CSV", path, wantNames)
	case begins("PK\x03\x04"), begins("PK\x05\x06"):
		return NPZ, nil
	case begins("\xd0\xcf\x11\xe0"):
		return 0, fmt.Errorf("%s: a document of Microsoft Office, %s: save it as CSV", path, wantNames)
	}
	if f, ok := extensions[ext]; ok {
		return f, nil
	}
	text := strings.TrimLeft(strings.TrimPrefix(string(head), "\xef\xbb\xbf"), " \t\r\n")
	switch {
	case strings.HasPrefix(text, "{"), ext == ".json":
		return JSONLines, nil
	case ext == "":
		return CSV, nil
	}
	return 0, fmt.Errorf("%s: the name does not say which format the file has, %s", path, wantNames)
}
