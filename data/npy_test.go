package data_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"braid/data"
)

// npy returns a file of the format's version 1.
func npy(descr, shape string, values ...any) []byte {
	return npyWith(fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape),
		descr,
		values...)
}

func npyWith(header, descr string, values ...any) []byte {
	file := []byte(data.NPYMagic + "\x01\x00")
	file = binary.LittleEndian.AppendUint16(file, uint16(len(header)+1))
	file = append(append(file, header...), '\n')
	var order binary.AppendByteOrder = binary.LittleEndian
	if strings.HasPrefix(descr, ">") {
		order = binary.BigEndian
	}
	for _, v := range values {
		var err error
		if file, err = binary.Append(file, order.(binary.ByteOrder), v); err != nil {
			panic(err)
		}
	}
	return file
}

func readNPY(file []byte) ([]string, error) {
	s, err := data.NewNPY(iotest.HalfReader(bytes.NewReader(file)), "folder/x.npy")
	if err != nil {
		return nil, err
	}
	return rowsOf(s)
}

var npyFiles = []struct {
	name string
	file []byte
	rows string // lines joined by |
	err  string
}{
	{"floats", npy("<f4", "(3,)", []float32{0.1, -2, float32(math.Inf(1))}), "x|1: 0.1|2: -2|3: +Inf",
		""},
	{"two axes", npy("<f8", "(2, 3)", []float64{0.1, 2, 3, 4, 5, 1e21}),
		"x.0·x.1·x.2|1: 0.1·2·3|2: 4·5·1e+21", ""},
	{"big-endian", npy(">i2", "(2,)", []int16{-300, 7}), "x|1: -300|2: 7", ""},
	{"small integers", npy("|i1", "(2,)", []int8{-128, 127}), "x|1: -128|2: 127", ""},
	{"unsigned", npy("<u8", "(1,)", []uint64{math.MaxUint64}), "x|1: 18446744073709551615", ""},
	{"signed", npy("<i4", "(1,)", []int32{math.MinInt32}), "x|1: -2147483648", ""},
	{"booleans", npy("|b1", "(2,)", []byte{0, 1}), "x|1: false|2: true", ""},
	{"halves", npy("<f2", "(6,)", []uint16{0x2e66, 0xc000, 0x7bff, 0x0001, 0x3555, 0x6400}),
		"x|1: 0.1|2: -2|3: 65500|4: 6e-08|5: 0.3333|6: 1024", ""},
	{"texts", npy("<U2", "(2,)", []uint32{'é', 0, '😀', 'x'}), "x|1: é|2: 😀x", ""},
	{"bytes", npy("|S3", "(2,)", []byte("ab\x00\x00\x00\x00")), "x|1: ab|2: ", ""},
	{"empty texts", npy("<U0", "(2,)"), "x|1: |2: ", ""},
	{"no rows", npy("<f4", "(0,)"), "x", ""},
	{"spaces and double quotes", npyWith(`{"shape":(1,2),"descr":"|u1","fortran_order":True}`, "",
		[]byte{7, 8}),
		"x.0·x.1|1: 7·8", ""},

	{"grey pictures", npy("|u1", "(2, 1, 3)", []byte{1, 2, 3, 4, 5, 6}), "x|1: x.npy#0|2: x.npy#1",
		""},
	{"pictures in colour", npy("|u1", "(1, 1, 2, 3)", []byte{1, 2, 3, 4, 5, 6}), "x|1: x.npy#0", ""},

	{"nothing", nil, "", "folder/x.npy: no array of NumPy"},
	{"version", []byte(data.NPYMagic + "\x09\x00"), "", "version 9 of NumPy's format, want 1 to 3"},
	{"header cut short", npy("<f4", "(1,)")[:30], "", "the header is cut short"},
	{"large header", []byte(data.NPYMagic + "\x02\x00\xff\xff\xff\xff"), "",
		"the header has 4294967295 bytes"},
	{"no axis", npy("<f4", "()", []float32{1}), "", "the array has 0 axes, want 1 or 2"},
	{"pictures of floats", npy("<f4", "(1, 1, 1)", []float32{1}), "",
		"the array has pictures, by its number of axes, but not of unsigned bytes: save numpy.uint8"},
	{"pictures of four channels", npy("|u1", "(1, 2, 2, 4)", make([]byte, 16)), "",
		"the array has shape [1 2 2 4], want pictures: [count, height, width]"},
	{"pictures without pixels", npy("|u1", "(1, 0, 2)"), "", "want pictures of 1 x 1 pixels or more"},
	{"very large pictures", npy("|u1", "(9, 9000000000, 9000000000)"), "", "want pictures of at most"},
	{"five axes", npy("|u1", "(1, 1, 1, 1, 1)", []byte{1}), "", "the array has 5 axes, want 1 or 2"},
	{"a picture cut short", npy("|u1", "(2, 1, 2)", []byte{1, 2, 3}), "",
		"folder/x.npy:2: array \"x\": the file is cut short: it has 1 of 2 rows"},
	{"columns first", npyWith("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2)}", ""), "",
		"stored column by column, want row by row"},
	{"no columns", npy("<f4", "(2, 0)"), "", "the array has 0 columns, want 1 to"},
	{"many columns", npy("<f4", "(1, 100000000000)"), "", "the array has 100000000000 columns, want"},
	{"many rows", npy("<f4", "(100000000000,)"), "", "the array has 100000000000 rows, want"},
	{"negative", npy("<f4", "(-1,)"), "", `shape: axis "-1", want a number`},
	{"records", npyWith("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", ""), "",
		"the array has records"},
	{"objects", npy("|O", "(1,)"), "", `elements of type "|O", want booleans`},
	{"complex", npy("<c8", "(1,)"), "", `elements of type "<c8", want booleans`},
	{"dates", npy("<M8[D]", "(1,)"), "", `elements of type "<M8[D]", want booleans`},
	{"no dictionary", npyWith("hello", ""), "", "want a dictionary"},
	{"twice", npyWith("{'descr': '<f4', 'descr': '<f4'}", ""), "", `"descr" is given twice`},
	{"without a shape", npyWith("{'descr': '<f4', 'fortran_order': False}", ""), "",
		"want descr, fortran_order"},
	{"unknown entry", npyWith("{'colour': 1}", ""), "", `unknown entry "colour"`},
	{"cut short", npy("<f4", "(2,)", []float32{1}, []byte{0, 0}), "",
		"folder/x.npy:2: array \"x\": the file is cut short: it has 1 of 2 rows"},
	{"bytes behind", npy("<f4", "(1,)", []float32{1}, []byte{0}), "",
		"bytes follow the last of 1 rows"},
	{"bytes that are no text", npy("|S1", "(1,)", []byte{0xff}), "",
		`folder/x.npy:1: array "x": element 0`},
	{"no character", npy("<U1", "(1,)", []uint32{0xd800}), "", "character 0xd800 is not Unicode"},
}

func TestNPY(t *testing.T) {
	for _, test := range npyFiles {
		rows, err := readNPY(test.file)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: error is %v, want %q", test.name, err, test.err)
			}
		} else if got := strings.Join(rows, "|"); err != nil || got != test.rows {
			t.Errorf("%s: rows are %q (%v), want %q", test.name, got, err, test.rows)
		}
	}
}

// zipped is an .npz file with pairs of names and contents.
func zipped(t *testing.T, method uint16, files ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: files[i].(string), Method: method})
		if err == nil {
			_, err = w.Write(files[i+1].([]byte))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestNPZ(t *testing.T) {
	read := func(file []byte) (string, error) {
		s, err := data.NewNPZ(bytes.NewReader(file), int64(len(file)), "x.npz")
		if err != nil {
			return "", err
		}
		rows, err := rowsOf(s)
		return strings.Join(rows, "|"), err
	}
	y, x := npy("<i4", "(2,)", []int32{3, 4}), npy("<f4", "(2, 2)", []float32{1.5, 2, 3, 4})
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		got, err := read(zipped(t, method, "y.npy", y, "x.npy", x, "readme", []byte("text")))
		if want := "y·x.0·x.1|1: 3·1.5·2|2: 4·3·4"; err != nil || got != want {
			t.Errorf("rows are %q (%v), want %q", got, err, want)
		}
	}
	one := npy("<i4", "(1,)", []int32{3})
	damaged := zipped(t, zip.Store, "y.npy", y)
	damaged[bytes.Index(damaged, []byte("(2,)"))+9] ^= 1 // a value
	for want, file := range map[string][]byte{
		`array "x": 1 rows, want 2 as in array "y"`: zipped(t, zip.Store, "y.npy", y, "x.npy", one),
		"the array has 3 axes, want 1 or 2: save pictures in a .npy file of their own": zipped(t,
			zip.Store, "p.npy", npy("|u1", "(1, 1, 1)", []byte{1})),
		"the file has no arrays":       zipped(t, zip.Store),
		`two columns are named "x.0"`:  zipped(t, zip.Store, "x.npy", x, "x.0.npy", y),
		`array "x": no array of NumPy`: zipped(t, zip.Store, "x.npy", []byte("text")),
		"not a valid zip file":         y,
		"checksum error":               damaged,
	} {
		if _, err := read(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

// The text of each number in half precision is nearer to it than to its neighbours.
func TestHalves(t *testing.T) {
	half := func(bits int) float64 {
		if bits < 1024 {
			return math.Ldexp(float64(bits), -24)
		}
		return math.Ldexp(float64(1024+bits%1024), bits/1024-25)
	}
	longest := 0
	for bits := range 0x7c00 {
		text := string(data.AppendFloat16(nil, uint16(bits)))
		v, err := strconv.ParseFloat(text, 64)
		isNear := v < (half(bits)+half(bits+1))/2 && (bits == 0 || v > (half(bits-1)+half(bits))/2)
		if err != nil || !isNear {
			t.Fatalf("%#04x, %v, is %q (%v)", bits, half(bits), text, err)
		}
		if negative := string(data.AppendFloat16(nil, uint16(bits|0x8000))); negative != "-"+text {
			t.Fatalf("%#04x is %q, its negative %q", bits, text, negative)
		}
		digits := strings.Trim(strings.ReplaceAll(strings.Split(text, "e")[0], ".", ""), "0")
		longest = max(longest, len(digits))
	}
	if longest > 5 {
		t.Errorf("a text has %d digits, want 5 at most", longest)
	}
}

func FuzzNPY(f *testing.F) {
	for _, test := range npyFiles {
		f.Add(test.file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		rows, err := readNPY(file)
		if err == nil && len(rows) == 0 {
			t.Fatal("no columns")
		}
	})
}
