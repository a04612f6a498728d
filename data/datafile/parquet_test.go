package datafile_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/deprecated"

	"braid/data"
	"braid/data/datafile"
)

// parquetFile returns a file of one column, in row groups of a few rows.
func parquetFile(t *testing.T, node parquet.Node, values []parquet.Value,
	options ...parquet.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	schema := parquet.NewSchema("rows", parquet.Group{"x": node})
	w := parquet.NewGenericWriter[any](&b, append(options, schema, parquet.MaxRowsPerRowGroup(3))...)
	for _, v := range values {
		level := 0
		if node.Optional() && !v.IsNull() {
			level = 1
		}
		if _, err := w.WriteRows([]parquet.Row{{v.Level(0, level, 0)}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func readParquet(t *testing.T, file []byte) ([]string, error) {
	t.Helper()
	return read(write(t, "x.parquet", file), datafile.Options{})
}

// Every physical and logical type becomes a text.
func TestParquetTypes(t *testing.T) {
	at := time.Date(1969, 7, 20, 20, 17, 40, 123456789, time.UTC)
	day := int32(math.Floor(float64(at.Unix()) / 86400))
	bits := func(b ...byte) parquet.Value { return parquet.FixedLenByteArrayValue(b) }
	text := func(s string) parquet.Value { return parquet.ByteArrayValue([]byte(s)) }
	i32, i64 := parquet.Int32Value, parquet.Int64Value
	nanoseconds := uint64(at.Sub(at.Truncate(24 * time.Hour)))
	int96 := deprecated.Int96{uint32(nanoseconds), uint32(nanoseconds >> 32), uint32(day + 2440588)}
	for _, test := range []struct {
		name   string
		node   parquet.Node
		values []parquet.Value
		want   string // separated by |
	}{
		{"boolean", parquet.Leaf(parquet.BooleanType),
			[]parquet.Value{parquet.BooleanValue(true), parquet.BooleanValue(false)}, "true|false"},
		{"int32", parquet.Leaf(parquet.Int32Type), []parquet.Value{i32(math.MinInt32), i32(7)},
			"-2147483648|7"},
		{"int64", parquet.Leaf(parquet.Int64Type), []parquet.Value{i64(math.MinInt64)},
			"-9223372036854775808"},
		{"int8", parquet.Int(8), []parquet.Value{i32(-5)}, "-5"},
		{"uint32", parquet.Uint(32), []parquet.Value{i32(-1)}, "4294967295"},
		{"uint64", parquet.Uint(64), []parquet.Value{i64(-1)}, "18446744073709551615"},
		{"float", parquet.Leaf(parquet.FloatType), []parquet.Value{parquet.FloatValue(0.1),
			parquet.FloatValue(1e30), parquet.FloatValue(float32(math.NaN()))}, "0.1|1e+30|NaN"},
		{"double", parquet.Leaf(parquet.DoubleType), []parquet.Value{parquet.DoubleValue(0.1),
			parquet.DoubleValue(3), parquet.DoubleValue(math.Inf(-1)), parquet.DoubleValue(100000000)},
			"0.1|3|-Inf|100000000"},
		{"bytes", parquet.Leaf(parquet.ByteArrayType), []parquet.Value{text("é")}, "é"},
		{"fixed", parquet.Leaf(parquet.FixedLenByteArrayType(2)), []parquet.Value{bits('o', 'k')}, "ok"},
		{"string", parquet.String(), []parquet.Value{text("x"), text("")}, "x|"},
		{"enum", parquet.Enum(), []parquet.Value{text("RED")}, "RED"},
		{"json", parquet.JSON(), []parquet.Value{text(`{"a":1}`)}, `{"a":1}`},
		{"uuid", parquet.UUID(), []parquet.Value{bits(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
			255)},
			"00010203-0405-0607-0809-0a0b0c0d0eff"},
		{"date", parquet.Date(), []parquet.Value{i32(day), i32(0), i32(19782)},
			"1969-07-20|1970-01-01|2024-02-29"},
		{"time ms", parquet.Time(parquet.Millisecond), []parquet.Value{i32(3723004), i32(0)},
			"01:02:03.004|00:00:00"},
		{"time us", parquet.Time(parquet.Microsecond), []parquet.Value{i64(3723000004)},
			"01:02:03.000004"},
		{"time ns", parquet.Time(parquet.Nanosecond), []parquet.Value{i64(3723000000004)},
			"01:02:03.000000004"},
		{"timestamp ms", parquet.Timestamp(parquet.Millisecond),
			[]parquet.Value{i64(at.UnixMilli()), i64(0)}, "1969-07-20T20:17:40.123Z|1970-01-01T00:00:00Z"},
		{"timestamp us", parquet.Timestamp(parquet.Microsecond), []parquet.Value{i64(at.UnixMicro())},
			"1969-07-20T20:17:40.123456Z"},
		{"timestamp ns", parquet.TimestampAdjusted(parquet.Nanosecond, false),
			[]parquet.Value{i64(at.UnixNano())}, "1969-07-20T20:17:40.123456789"},
		{"int96", parquet.Leaf(parquet.Int96Type), []parquet.Value{parquet.Int96Value(int96)},
			"1969-07-20T20:17:40.123456789"},
		{"decimal of int32", parquet.Decimal(2, 9, parquet.Int32Type),
			[]parquet.Value{i32(-5), i32(12345), i32(0)}, "-0.05|123.45|0.00"},
		{"decimal of int64", parquet.Decimal(0, 18, parquet.Int64Type), []parquet.Value{i64(-7)}, "-7"},
		{"decimal of bytes", parquet.Decimal(3, 20, parquet.ByteArrayType),
			[]parquet.Value{text("\xff\x00"), text("\x01\x00"), text("")}, "-0.256|0.256|0.000"},
		{"decimal of fixed bytes", parquet.Decimal(1, 20, parquet.FixedLenByteArrayType(9)),
			[]parquet.Value{bits(0x80, 0, 0, 0, 0, 0, 0, 0, 1)}, "-236118324143482260684.7"},
		{"null", parquet.Optional(parquet.Leaf(parquet.DoubleType)),
			[]parquet.Value{parquet.NullValue(), parquet.DoubleValue(2.5), parquet.NullValue()}, "|2.5|"},
		{"many", parquet.Encoded(parquet.Optional(parquet.String()), &parquet.RLEDictionary),
			[]parquet.Value{text("a"), text("b"), text("a"), parquet.NullValue(), text("b"), text("c"),
				text("a")},
			"a|b|a||b|c|a"},
	} {
		rows, err := readParquet(t, parquetFile(t, test.node, test.values))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		} else if got := strings.Join(rows[1:], "|"); rows[0] != "x" || got != test.want {
			t.Errorf("%s: cells are %q, want %q", test.name, got, test.want)
		}
	}
}

func TestParquetMistakes(t *testing.T) {
	text := func(s string) []parquet.Value {
		return []parquet.Value{parquet.ByteArrayValue([]byte(s))}
	}
	plain := parquetFile(t, parquet.String(), text("a"))
	footer := func(claim uint32) []byte {
		return binary.LittleEndian.AppendUint32(append([]byte("PAR1"), plain[4:len(plain)-8]...), claim)
	}
	var b bytes.Buffer
	nested := parquet.Group{"a": parquet.String(), "deep": parquet.Group{"b": parquet.String()}}
	if err := parquet.NewGenericWriter[any](&b, parquet.NewSchema("rows",
		nested)).Close(); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		file []byte
		err  string
	}{
		"record": {b.Bytes(), `column "deep" is nested (a list, a map or a record)`},
		"list": {parquetFile(t, parquet.Repeated(parquet.String()), nil),
			`column "x" is nested`},
		"bytes": {parquetFile(t, parquet.Leaf(parquet.ByteArrayType), text("\xff")),
			":1: column \"x\": the bytes"},
		"bson": {parquetFile(t, parquet.BSON(), nil),
			`column "x": values of the logical type BSON`},
		"cut short": {plain[:len(plain)-3], "the Parquet file ends in "},
		"encrypted": {append(slices.Clone(plain[:len(plain)-1]), 'E'),
			"the Parquet file is encrypted"},
		"large footer":  {append(footer(1<<31), "PAR1"...), "a footer of 2147483648 bytes in a file of"},
		"wrong footer":  {append(footer(7), "PAR1"...), "its footer is not valid"},
		"a large claim": {parquetOf("\x29\xfc\xff\xff\xff\xff\x07\x00"), "its footer is not valid"},
		"a deep footer": {parquetOf(strings.Repeat("\x1c", 1<<20)), "its footer is not valid"},
		"deep lists":    {parquetOf(strings.Repeat("\x19", 1<<24)), "its footer is not valid"},
		"no schema":     {parquetOf("\x00"), "x.parquet: "},
		"time": {parquetFile(t, parquet.Time(parquet.Millisecond),
			[]parquet.Value{parquet.Int32Value(-1)}), "-1 is not a time of a day"},
		"LZ4": {parquetFile(t, parquet.String(), text("a"), parquet.Compression(&parquet.Lz4Raw)),
			`column "x" is compressed with LZ4_RAW, want Snappy`},
	} {
		path := write(t, "x.parquet", test.file)
		_, err := read(path, datafile.Options{})
		if err == nil || !strings.Contains(err.Error(), test.err) || !strings.Contains(err.Error(),
			path) {
			t.Errorf("%s: error is %v, want %q", name, err, test.err)
		}
	}
}

// withClaim returns a Parquet file whose first page's header has another number: the type of page,
// its bytes, compressed bytes, checksum or number of values, from 0.
func withClaim(file []byte, number int, claim int32) []byte {
	at := len("PAR1")
	for i := 0; ; i++ {
		if file[at] != 0x15 { // the structure of the type of page begins
			at++
		}
		at++ // 0x15, an integer is the next field
		_, length := binary.Varint(file[at:])
		if i == number {
			changed := binary.AppendVarint(slices.Clone(file[:at]), int64(claim))
			return append(changed, file[at+length:]...)
		}
		at += length
	}
}

// The header of a page may claim much more than the file has: reading takes little memory.
func TestParquetPageHeaders(t *testing.T) {
	const bytesClaimed, compressed, values = 1, 2, 4
	var texts []parquet.Value // whose statistics are longer than what is read of a header at first
	for i := range 3 {
		texts = append(texts, parquet.ByteArrayValue(bytes.Repeat([]byte{'a', 'b' + byte(i)}, 1500)))
	}
	dictionary := parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	for _, test := range []struct {
		node            parquet.Node
		version, number int
		claim           int32
		err             string
	}{
		{parquet.String(), 1, bytesClaimed, 1 << 30, "claims 1073741824 bytes, want 0 to 268435456"},
		{parquet.String(), 1, bytesClaimed, -1, "claims -1 bytes, want 0 to 268435456"},
		{parquet.String(), 1, compressed, 1 << 30, "claims 1073741824 compressed bytes, want 0 to"},
		{parquet.String(), 1, compressed, 200_000_000, "a page claims 200000000 bytes, and"},
		{parquet.String(), 1, values, 1 << 30, "claims 1073741824 values, want 0 to 67108864"},
		{parquet.String(), 2, values, 1 << 30, "claims 1073741824 values, want 0 to 67108864"},
		{dictionary, 1, values, 1 << 30, "claims 1073741824 values, want 0 to 67108864"},
	} {
		file := parquetFile(t, test.node, texts, parquet.DataPageVersion(test.version))
		if rows, err := readParquet(t, file); err != nil || len(rows) != 4 {
			t.Fatalf("%d rows (%v)", len(rows)-1, err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := readParquet(t, withClaim(file, test.number, test.claim))
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), "x.parquet: column \"x\": ") ||
			!strings.Contains(err.Error(), test.err) {
			t.Errorf("error is %v, want %s", err, test.err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 1<<24 {
			t.Errorf("%s: reading took %d bytes", test.err, took)
		}
	}
}

// parquetOf returns a file without rows that has a footer.
func parquetOf(footer string) []byte {
	file := append([]byte("PAR1"), footer...)
	return append(binary.LittleEndian.AppendUint32(file, uint32(len(footer))), "PAR1"...)
}

// Pages of every compression and encoding are read as they were written, whether they compress well
// or not.
func TestParquetCompression(t *testing.T) {
	var values []parquet.Value
	var want []string
	for i := range 3000 {
		cell := fmt.Sprintf("%x", uint64(i)*0x9e3779b97f4a7c15)
		if i%3 == 0 {
			cell = "the same"
		}
		values, want = append(values, parquet.ByteArrayValue([]byte(cell))), append(want, cell)
	}
	for _, codec := range []compress.Codec{
		&parquet.Uncompressed, &parquet.Snappy, &parquet.Gzip, &parquet.Brotli, &parquet.Zstd,
	} {
		for _, version := range []int{1, 2} {
			for _, node := range []parquet.Node{
				parquet.String(), parquet.Optional(parquet.String()),
				parquet.Encoded(parquet.String(), &parquet.RLEDictionary),
				parquet.Encoded(parquet.String(), &parquet.DeltaByteArray),
				parquet.Encoded(parquet.String(), &parquet.DeltaLengthByteArray),
			} {
				file := parquetFile(t, node, values, parquet.Compression(codec),
					parquet.DataPageVersion(version),
					parquet.MaxRowsPerRowGroup(1000), parquet.PageBufferSize(2000))
				rows, err := readParquet(t, file)
				if err != nil || !slices.Equal(rows[1:], want) {
					t.Errorf("%v, version %d, %v: %d rows differ (%v)", codec, version, node, len(rows)-1, err)
				}
			}
		}
	}
}

// A sink writes doubles and strings, null where a cell is missing, in several row groups.
func TestParquetSink(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.parquet")
	fields := []data.Field{{Name: "z"}, {Name: "a", Type: data.NumberField}}
	s, err := datafile.Create(path, fields, datafile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const rows = 1<<17 + 5
	for row := range rows {
		if err := s.Write([]string{"", fmt.Sprint(row)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	const want = "message rows {\n\toptional binary z (STRING);\n\toptional double a;\n}"
	if got := file.Schema().String(); got != want || len(file.RowGroups()) != 2 ||
		file.NumRows() != rows {
		t.Errorf("%d row groups, %d rows of %s", len(file.RowGroups()), file.NumRows(), got)
	}
	f, err := datafile.ReadFrame(t.Context(), []string{path, path}, datafile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.Cells("a")
	if err != nil || f.Rows() != 2*rows || c.At(rows-1) != fmt.Sprint(rows-1) || c.At(rows) != "0" ||
		f.Place(rows+1) != path+":2" {
		t.Errorf("%d rows (%v)", f.Rows(), err)
	}
}

// Any bytes give rows or an error that names the file, and no panic.
func FuzzParquet(f *testing.F) {
	values := []parquet.Value{parquet.NullValue(), parquet.ByteArrayValue([]byte("abc")),
		parquet.NullValue(),
		parquet.ByteArrayValue([]byte("abd"))}
	t := &testing.T{}
	f.Add(parquetFile(t, parquet.Optional(parquet.String()), values))
	f.Add(parquetFile(t, parquet.Encoded(parquet.Optional(parquet.String()), &parquet.RLEDictionary),
		values,
		parquet.Compression(&parquet.Snappy)))
	f.Add(parquetFile(t, parquet.Decimal(2, 9, parquet.FixedLenByteArrayType(3)), []parquet.Value{
		parquet.FixedLenByteArrayValue([]byte{1, 2, 3})}))
	f.Add(parquetFile(t, parquet.Timestamp(parquet.Millisecond),
		[]parquet.Value{parquet.Int64Value(1)}))
	f.Add(parquetOf("\x15\x02\x19\x2c\x48\x04rows\x15\x02\x00\x15\x02\x18\x01x\x00\x16\x00" +
		"\x19\x0c\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		path := filepath.Join(t.TempDir(), "x.parquet")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := read(path, datafile.Options{Format: datafile.Parquet})
		if err != nil && !strings.Contains(err.Error(), "x.parquet") {
			t.Errorf("error is %v", err)
		}
	})
}

// Each byte of a small file, changed, gives rows or an error.
func TestParquetDamage(t *testing.T) {
	values := []parquet.Value{parquet.NullValue(), parquet.ByteArrayValue([]byte("abc")),
		parquet.NullValue(),
		parquet.ByteArrayValue([]byte("abd"))}
	file := parquetFile(t, parquet.Encoded(parquet.Optional(parquet.String()), &parquet.RLEDictionary),
		values)
	path := filepath.Join(t.TempDir(), "x.parquet")
	for i := range file {
		for _, flip := range []byte{0x01, 0x80, 0xff} {
			damaged := slices.Clone(file)
			damaged[i] ^= flip
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := read(path, datafile.Options{Format: datafile.Parquet})
			if err != nil && !strings.Contains(err.Error(), path) {
				t.Errorf("byte %d: error is %v", i, err)
			}
		}
	}
}
