package data

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// csvSink writes rows separated by a delimiter.
type csvSink struct {
	w         *bufio.Writer
	fields    []Field
	delimiter byte
}

// NewCSVSink writes a header and rows to w: cells that contain the delimiter, quotes or line ends,
// or begin or end with a space, are quoted, and lines end in LF. Close does not close w, and Abort
// does nothing. NewCSV reads the same cells.
func NewCSVSink(w io.Writer, fields []Field, delimiter byte) (Sink, error) {
	if !isDelimiter(delimiter) {
		return nil, fmt.Errorf("data: delimiter %q, want one ASCII character that is no letter, digit, "+
			"quote or line end", delimiter)
	}
	if err := CheckFields(fields); err != nil {
		return nil, err
	}
	s := &csvSink{bufio.NewWriterSize(w, 1<<16), fields, delimiter}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return s, s.put(names)
}

// CheckFields returns an error unless fields have different names.
func CheckFields(fields []Field) error {
	if len(fields) == 0 {
		return fmt.Errorf("data: no columns to write, want 1 or more")
	}
	seen := map[string]bool{}
	for _, f := range fields {
		if f.Name == "" || seen[f.Name] {
			return fmt.Errorf("data: columns to write need different names, got %q twice or empty", f.Name)
		}
		seen[f.Name] = true
	}
	return nil
}

// CheckCells returns an error unless cells are a row of the fields.
func CheckCells(fields []Field, cells []string) error {
	if len(cells) != len(fields) {
		return fmt.Errorf("data: a row has %d cells, want %d", len(cells), len(fields))
	}
	for i, f := range fields {
		if !utf8.ValidString(cells[i]) || strings.IndexByte(cells[i], 0) >= 0 {
			return fmt.Errorf("column %q: %q, want UTF-8 without NUL", f.Name, short(cells[i]))
		}
		if f.Type == NumberField && cells[i] != "" {
			if _, err := strconv.ParseFloat(cells[i], 64); err != nil {
				return fmt.Errorf("column %q: %q, want a number", f.Name, short(cells[i]))
			}
		}
	}
	return nil
}

func (s *csvSink) Write(cells []string) error {
	if err := CheckCells(s.fields, cells); err != nil {
		return err
	}
	return s.put(cells)
}

// put writes a line.
func (s *csvSink) put(cells []string) error {
	for i, cell := range cells {
		if i > 0 {
			s.w.WriteByte(s.delimiter)
		}
		// A line with one empty cell would be an empty line, and no row.
		if len(cells) > 1 && cell == "" || cell != "" && !s.quotes(cell) {
			s.w.WriteString(cell)
			continue
		}
		s.w.WriteByte('"')
		for {
			n := strings.IndexByte(cell, '"')
			if n < 0 {
				break
			}
			s.w.WriteString(cell[:n+1])
			s.w.WriteByte('"')
			cell = cell[n+1:]
		}
		s.w.WriteString(cell)
		s.w.WriteByte('"')
	}
	return s.w.WriteByte('\n')
}

// quotes reports whether a cell needs quotes.
func (s *csvSink) quotes(cell string) bool {
	if cell[0] == ' ' || cell[len(cell)-1] == ' ' {
		return true
	}
	if strings.HasPrefix(cell, "\ufeff") {
		return true // at the begin of a file it would be a byte order mark
	}
	for i := range len(cell) {
		if c := cell[i]; c == s.delimiter || c == '"' || c == '\n' || c == '\r' {
			return true
		}
	}
	return false
}

func (s *csvSink) Close() error { return s.w.Flush() }
func (s *csvSink) Abort()       {}

// jsonSink writes a JSON object for each row.
type jsonSink struct {
	w      *bufio.Writer
	fields []Field
	names  []string // quoted, with what precedes and follows them
	line   []byte
}

// NewJSONSink writes each row as a JSON object in a line of w: null where a cell is missing,
// numbers where a field has them. A number that JSON cannot write, such as NaN, is null, and so
// that digits stay as they are, a number that JSON would write differently, such as 01 or +1, is
// written anew. Close does not close w, and Abort does nothing.
func NewJSONSink(w io.Writer, fields []Field) (Sink, error) {
	if err := CheckFields(fields); err != nil {
		return nil, err
	}
	s := &jsonSink{w: bufio.NewWriterSize(w, 1<<16), fields: fields}
	for i, f := range fields {
		begin := ", "
		if i == 0 {
			begin = "{"
		}
		s.names = append(s.names, begin+string(appendJSON(nil, f.Name))+": ")
	}
	return s, nil
}

func (s *jsonSink) Write(cells []string) error {
	if err := CheckCells(s.fields, cells); err != nil {
		return err
	}
	s.line = s.line[:0]
	for i, cell := range cells {
		s.line = append(s.line, s.names[i]...)
		switch {
		case cell == "":
			s.line = append(s.line, "null"...)
		case s.fields[i].Type == NumberField:
			s.line = appendNumber(s.line, cell)
		default:
			s.line = appendJSON(s.line, cell)
		}
	}
	s.line = append(s.line, "}\n"...)
	_, err := s.w.Write(s.line)
	return err
}

// appendNumber appends a number in JSON.
func appendNumber(to []byte, cell string) []byte {
	if json.Valid([]byte(cell)) {
		return append(to, strings.TrimSpace(cell)...)
	}
	v, _ := strconv.ParseFloat(cell, 64) // was checked
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(to, "null"...)
	}
	return AppendFloat(to, v, 64)
}

// appendJSON appends a string in JSON. It leaves <, > and & as they are, unlike json.Marshal.
func appendJSON(to []byte, text string) []byte {
	const hex = "0123456789abcdef"
	to = append(to, '"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			to = append(to, '\\', c)
		case c == '\n':
			to = append(to, '\\', 'n')
		case c == '\r':
			to = append(to, '\\', 'r')
		case c == '\t':
			to = append(to, '\\', 't')
		case c < ' ':
			to = append(to, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			to = append(to, c)
		}
	}
	return append(to, '"')
}

func (s *jsonSink) Close() error { return s.w.Flush() }
func (s *jsonSink) Abort()       {}
