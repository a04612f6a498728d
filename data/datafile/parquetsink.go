package datafile

import (
	"fmt"
	"io"
	"reflect"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/snappy"

	"braid/data"
)

// A row group ends after so many rows or bytes of cells: the library holds it in memory.
const (
	groupRows  = 1 << 17
	groupBytes = 16 << 20
)

// parquetSink writes rows to a Parquet file.
type parquetSink struct {
	w      *parquet.GenericWriter[any]
	fields []data.Field
	row    parquet.Row
	text   []byte // cells of the row
	rows   int    // of the row group
	bytes  int
}

func newParquetSink(w io.Writer, fields []data.Field) (*parquetSink, error) {
	if err := data.CheckFields(fields); err != nil {
		return nil, err
	}
	var root orderedGroup
	for _, f := range fields {
		node := parquet.String()
		if f.Type == data.NumberField {
			node = parquet.Leaf(parquet.DoubleType)
		}
		root.fields = append(root.fields, &namedNode{parquet.Optional(node), f.Name})
	}
	schema := parquet.NewSchema("rows", root)
	return &parquetSink{
		w:      parquet.NewGenericWriter[any](w, schema, parquet.Compression(&snappy.Codec{})),
		fields: fields,
		row:    make(parquet.Row, len(fields)),
	}, nil
}

// orderedGroup is a group whose fields keep their order; parquet.Group sorts them by name.
type orderedGroup struct {
	parquet.Group
	fields []parquet.Field
}

func (g orderedGroup) Fields() []parquet.Field { return g.fields }

// GoType is not used: rows are written as values. That of parquet.Group panics for some names.
func (g orderedGroup) GoType() reflect.Type { return reflect.TypeFor[struct{}]() }

// namedNode is a field of a group.
type namedNode struct {
	parquet.Node
	name string
}

func (n *namedNode) Name() string { return n.name }

// Value is not used: rows are written as values.
func (n *namedNode) Value(reflect.Value) reflect.Value { return reflect.Value{} }

// Write writes a row.
func (s *parquetSink) Write(cells []string) (err error) {
	if err := data.CheckCells(s.fields, cells); err != nil {
		return err
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("writing Parquet: %v", r)
		}
	}()
	s.text = s.text[:0]
	for _, cell := range cells {
		s.text = append(s.text, cell...)
	}
	begin := 0
	for i, cell := range cells {
		var v parquet.Value
		end := begin + len(cell)
		switch {
		case cell == "":
			s.row[i] = parquet.NullValue().Level(0, 0, i)
			continue
		case s.fields[i].Type == data.NumberField:
			number, err := strconv.ParseFloat(cell, 64)
			if err != nil {
				return err
			}
			v = parquet.DoubleValue(number)
		default:
			v = parquet.ByteArrayValue(s.text[begin:end])
		}
		s.row[i] = v.Level(0, 1, i)
		begin = end
	}
	if _, err := s.w.WriteRows([]parquet.Row{s.row}); err != nil {
		return err
	}
	s.rows++
	s.bytes += len(s.text)
	if s.rows < groupRows && s.bytes < groupBytes {
		return nil
	}
	s.rows, s.bytes = 0, 0
	return s.w.Flush()
}

// Close writes the footer.
func (s *parquetSink) Close() error { return s.w.Close() }

// Abort does nothing.
func (s *parquetSink) Abort() {}
