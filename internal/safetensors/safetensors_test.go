package safetensors

import (
	"bytes"
	"encoding/binary"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"braid/internal/braidtest"
	"braid/tensor"
)

// container returns a file with a header and data, unchecked.
func container(header, data string) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header+data...)
}

var badContainers = map[string]struct {
	file []byte
	want string
}{
	"empty":       {nil, "0 bytes"},
	"seven bytes": {make([]byte, 7), "7 bytes"},
	"claims 2^60": {
		binary.LittleEndian.AppendUint64(nil, 1<<60),
		"claim a header of 1152921504606846976 bytes",
	},
	"header cut": {container(`{}`, "")[:9], "claim a header"},
	"no brace":   {container(` {}`, ""), "does not begin with {"},
	"no JSON":    {container(`{"a"`, ""), "header"},
	"two values": {container(`{}{}`, ""), "follows its end"},
	"array":      {container(`{"a":[]}`, ""), `tensor "a"`},
	"unknown dtype": {
		container(`{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}`, "1234"),
		`unknown dtype "F31"`,
	},
	"no offsets": {container(`{"a":{"dtype":"F32","shape":[1]}}`, "1234"), "data_offsets"},
	"backwards": {
		container(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, "1234"),
		"data_offsets",
	},
	"negative": {
		container(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, "1234"),
		"out of range",
	},
	"overflows": {
		container(`{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}`, ""),
		"out of range",
	},
	"wrong size": {
		container(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, "1234"),
		"takes 8 bytes",
	},
	"cut short": {
		container(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, "1234"),
		"cut short",
	},
	"gap": {
		container(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, "12"),
		"gap",
	},
	"overlap": {
		container(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},`+
			`"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`, "123"),
		"overlap",
	},
	"bytes follow": {
		container(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, "12"),
		"1 bytes follow",
	},
	"twice": {
		container(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},`+
			`"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, "1"),
		`two entries are named "a"`,
	},
	"metadata number": {container(`{"__metadata__":{"a":1}}`, ""), "__metadata__"},
}

func TestBadContainers(t *testing.T) {
	for name, c := range badContainers {
		if _, err := Parse(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %q", name, err, c.want)
		}
	}
}

func TestContainerRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &Container{Metadata: rapid.MapOfN(rapid.String(), rapid.String(), 1, 3).Draw(t, "metadata")}
		for _, name := range rapid.SliceOfDistinct(rapid.String(), rapid.ID[string]).Draw(t, "names") {
			values := rapid.SliceOf(rapid.Float32()).Draw(t, "values")
			c.Entries = append(c.Entries, Floats(name, values, len(values)))
		}
		_, taken := c.Entry("__metadata__")
		if _, sums := c.Metadata["crc32c"]; taken || sums {
			t.Skip("these names are taken")
		}
		var b bytes.Buffer
		if err := c.Write(&b); err != nil {
			t.Fatal(err)
		}
		if header := binary.LittleEndian.Uint64(b.Bytes()); (8+header)%64 != 0 {
			t.Fatalf("data starts at byte %d, want a multiple of 64", 8+header)
		}
		back, err := Parse(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		for i := range back.Entries {
			if len(back.Entries[i].Data) == 0 {
				back.Entries[i].Data = []byte{}
			}
		}
		same := reflect.DeepEqual(back.Metadata, c.Metadata) &&
			reflect.DeepEqual(back.Entries, c.Entries)
		if !same || !back.Checked() {
			t.Fatalf("got %+v, want %+v", back, c)
		}
	})
}

// strict holds headers that encoding/json would accept.
var strict = map[string]struct{ header, data, want string }{
	"metadata twice": {
		`{"__metadata__":{},"__metadata__":{}}`,
		"", `two entries are named "__metadata__"`,
	},
	"metadata's key": {`{"__metadata__":{"a":"1","a":"2"}}`, "", `two texts are named "a"`},
	"metadata null":  {`{"__metadata__":{"a":null}}`, "", `"a" is null`},
	"metadata list":  {`{"__metadata__":[]}`, "", "want an object"},
	"field twice": {
		`{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}`,
		"1", `two fields are named "dtype"`,
	},
	"other case": {
		`{"a":{"DTYPE":"U8","shape":[1],"data_offsets":[0,1]}}`,
		"1", "unknown dtype",
	},
	"no shape":   {`{"a":{"dtype":"U8","data_offsets":[0,1]}}`, "1", "no shape"},
	"null shape": {`{"a":{"dtype":"U8","shape":null,"data_offsets":[0,1]}}`, "1", "no shape"},
	"null axis": {
		`{"a":{"dtype":"U8","shape":[null],"data_offsets":[0,0]}}`,
		"", "out of range",
	},
	"null offset": {
		`{"a":{"dtype":"U8","shape":[1],"data_offsets":[null,1]}}`,
		"1", "data_offsets",
	},
	"fraction": {`{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}`, "1", `tensor "a"`},
	"not UTF-8": {
		"{\"a\xff\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
		"1", "not UTF-8",
	},
	"escaped the same": {
		`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},` +
			`"\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`,
		"", `two entries are named "a"`,
	},
}

func TestStrictHeaders(t *testing.T) {
	for name, c := range strict {
		got, err := Parse(container(c.header, c.data))
		if err == nil || !strings.Contains(err.Error(), c.want) || got != nil {
			t.Errorf("%s: got %v, error is %v, want %q", name, got, err, c.want)
		}
	}
}

// The limit is a hundred million, not 100<<20: other readers reject longer headers.
func TestHeaderLimit(t *testing.T) {
	file := container("{}", strings.Repeat(" ", 100_000_000))
	file[8] = '[' // fails right after an accepted length, before parsing
	for length, want := range map[uint64]string{
		100_000_000: "does not begin with {",
		100_000_001: "claim a header of 100000001",
	} {
		binary.LittleEndian.PutUint64(file, length)
		_, err := Parse(file)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("header of %d bytes: error is %v, want %q", length, err, want)
		}
	}
}

// Write rejects what Parse could not read.
func TestWriteRefuses(t *testing.T) {
	one := []float32{1}
	for want, c := range map[string]Container{
		`"__metadata__": the name is taken`: {Entries: []Entry{Floats("__metadata__", one, 1)}},
		`"a": the name is taken`:            {Entries: []Entry{Floats("a", one, 1), Floats("a", one, 1)}},
		"name is not UTF-8":                 {Entries: []Entry{Floats("a\xff", one, 1)}},
		`"crc32c" is reserved for the ch`:   {Metadata: map[string]string{"crc32c": ""}},
		`metadata "k" is not UTF-8`:         {Metadata: map[string]string{"k": "\xff"}},
		"axis 0 of shape [-1 -1]":           {Entries: []Entry{Floats("a", one, -1, -1)}},
		"got 4 bytes for F32 of shape [2]":  {Entries: []Entry{Floats("a", one, 2)}},
		`unknown dtype "F31"`:               {Entries: []Entry{{Name: "a", DType: "F31"}}},
		"axis 0 of shape [922": {
			Entries: []Entry{Floats("a", nil, math.MaxInt, math.MaxInt)},
		},
	} {
		var b bytes.Buffer
		err := c.Write(&b)
		if err == nil || !strings.Contains(err.Error(), want) || b.Len() > 0 {
			t.Errorf("%d bytes written, error is %v, want %q", b.Len(), err, want)
		}
	}
}

// The bytes are those of Python's struct and json modules. The entries' order differs from that of
// the data.
func TestTypes(t *testing.T) {
	header := `{"i":{"dtype":"I32","shape":[2],"data_offsets":[8,16]},` +
		`"d":{"dtype":"F64","shape":[],"data_offsets":[0,8]},` +
		`"f":{"dtype":"F32","shape":[1,1],"data_offsets":[16,20]}}   `
	data := "\x00\x00\x00\x00\x00\x00\xf8\xbf" +
		"\xfe\xff\xff\xff\x07\x00\x00\x00" +
		"\x00\x00\x20\x41"
	c, err := Parse(container(header, data))
	if err != nil {
		t.Fatal(err)
	}
	d, f, i := c.Entries[1], c.Entries[2], c.Entries[0]
	if got, err := d.Float64s(); err != nil || !reflect.DeepEqual(got, []float64{-1.5}) {
		t.Errorf("F64 is %v (%v)", got, err)
	}
	if got, err := f.Float64s(); err != nil || !reflect.DeepEqual(got, []float64{10}) {
		t.Errorf("F32 is %v (%v)", got, err)
	}
	if got, err := i.Int32s(); err != nil || !reflect.DeepEqual(got, []int32{-2, 7}) {
		t.Errorf("I32 is %v (%v)", got, err)
	}
	if !d.Shape.Equal(tensor.Shape{}) || !f.Shape.Equal(tensor.Shape{1, 1}) {
		t.Errorf("shapes are %v and %v", d.Shape, f.Shape)
	}
	_, err = i.Float64s()
	if err == nil || !strings.Contains(err.Error(), "is I32, want F32 or F64") {
		t.Errorf("error is %v", err)
	}
}

// FuzzContainer checks that a container that was read can be written, and reads back the same.
func FuzzContainer(f *testing.F) {
	for _, c := range badContainers {
		f.Add(c.file)
	}
	for _, c := range strict {
		f.Add(container(c.header, c.data))
	}
	f.Add(container(
		`{"__metadata__":{"k":"v"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, "1"))
	f.Fuzz(func(t *testing.T, file []byte) {
		c, err := Parse(file)
		if err != nil {
			return
		}
		var first, second bytes.Buffer
		if err := c.Write(&first); err != nil {
			t.Fatalf("read, but not written: %v", err)
		}
		if start := 8 + binary.LittleEndian.Uint64(first.Bytes()); start%64 != 0 {
			t.Fatalf("data starts at byte %d, want a multiple of 64", start)
		}
		back, err := Parse(first.Bytes())
		if err != nil {
			t.Fatalf("written, but not read: %v", err)
		}
		if err := back.Write(&second); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Fatalf("the second file differs from the first (%v)", err)
		}
	})
}

// Names and texts that look like the header's checksum are not mistaken for it.
func TestSums(t *testing.T) {
	c := &Container{
		Metadata: map[string]string{
			`a,"crc32c`:           "00000000",
			`{"crc32c":"00000000`: `,"crc32c":"`,
			"b":                   `"crc32c":"00000000"`,
		},
		Entries: []Entry{
			Floats("crc32c", []float32{1, -2}, 2),
			Doubles("d", []float64{3}, 1),
			Longs("empty", nil, 0),
		},
	}
	var b bytes.Buffer
	if err := c.Write(&b); err != nil {
		t.Fatal(err)
	}
	back, err := Parse(b.Bytes())
	if err != nil || !back.Checked() || !reflect.DeepEqual(back.Metadata, c.Metadata) {
		t.Fatalf("read %+v (%v)", back, err)
	}
	braidtest.EachDamage(b.Bytes(), func(what string, damaged []byte) {
		if c, err := Parse(damaged); err == nil && c.Checked() {
			t.Errorf("%s: no error", what)
		}
	})
	other := container(`{"__metadata__":{"crc32c":"12345678 9"},`+
		`"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, "1")
	if _, err := Parse(other); err == nil || !strings.Contains(err.Error(), "header is damaged") {
		t.Errorf("error is %v", err)
	}
}
