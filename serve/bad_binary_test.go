package serve

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
)

// binaryMistakes have bad binary data, or a wrong header for where it begins.
func binaryMistakes(t testing.TB) (list []mistake) {
	const (
		words = `{"name":"question","datatype":"BYTES","shape":[1,1],"data":["odd number"]}`
		image = `{"inputs":[{"name":"image","datatype":%q,"shape":[1,28,28],` +
			`"parameters":{"binary_data_size":%s}},` + words + `]}`
	)
	add := func(name, text string, rest []byte, length, says string) {
		list = append(list, mistake{
			name: name, path: inferPath, headers: []string{headerLength, length},
			body: append([]byte(text), rest...), status: 400, says: says,
		})
	}
	exact := func(name, text string, rest []byte, says string) { // the header is right
		add(name, text, rest, strconv.Itoa(len(text)), says)
	}
	pixels := leaning(3)
	head := fmt.Sprintf(image, "UINT8", "784")
	size := len(head)
	for _, length := range []string{
		"-1", "abc", "1e3", "99999999", strconv.Itoa(size + 785), "18446744073709551616",
		"-9223372036854775809", "0x10", "12 13", "1.0", "+", "１",
	} {
		add("length "+length, head, pixels, length,
			fmt.Sprintf("%s is %q, want the length of the JSON part: up to the body's %d bytes",
				headerLength, length, size+784))
	}
	const jsonEnds = "unexpected end of JSON input at byte "
	add("length 0", head, pixels, "0", `the body is no JSON object, want {"inputs": [...]}`)
	add("length 1", head, pixels, "1", jsonEnds)
	add("length too short", head, pixels, strconv.Itoa(size-1), jsonEnds)
	add("length too long", head, pixels, strconv.Itoa(size+1), "1 bytes follow the JSON")
	add("length of all", head, pixels, strconv.Itoa(size+784), "784 bytes follow the JSON")
	for size, says := range map[string]string{
		"-1":                   "has binary_data_size -1, want 0 or more",
		"-9223372036854775808": "want 0 or more",
		"0":                    "784 bytes follow the inputs' binary data",
		"1000":                 "has binary_data_size 1000, only 784 bytes follow the JSON part",
		"9223372036854775807":  "only 784 bytes follow",
		"9223372036854775808":  `"binary_data_size" is not a whole number`,
		"784.0":                `"binary_data_size" is not a whole number`,
		"7.84e2":               "not a whole number",
		"783":                  "1 bytes follow the inputs' binary data",
		"22000000000000000000": "only 784 bytes follow",
	} {
		exact("size "+size, fmt.Sprintf(image, "UINT8", size), pixels, says)
	}
	for n, says := range map[int]string{
		0:    "only 0 bytes follow",
		783:  "only 783 bytes follow",
		785:  "1 bytes follow the inputs' binary data",
		5000: "4216 bytes follow",
	} {
		exact(fmt.Sprint(n, " bytes"), head, make([]byte, n), says)
	}
	exact("bytes of floats", fmt.Sprintf(image, "FP32", "784"), pixels,
		"has 784 bytes of binary data, want 3136: 784 values of FP32")
	exact("both", strings.Replace(head, `"parameters"`, `"data":[0],"parameters"`, 1), pixels,
		`input "image" has both data and binary_data_size`)
	exact("no size", strings.Replace(head, "binary_data_size", "binary_size", 1), pixels,
		"784 bytes follow the inputs' binary data")
	for name, v := range map[string]float64{
		"NaN": math.NaN(), "Inf": math.Inf(1), "-Inf": math.Inf(-1),
	} {
		floats := make([]float32, 784)
		floats[100] = float32(v)
		content, err := binary.Append(nil, binary.LittleEndian, floats)
		if err != nil {
			t.Fatal(err)
		}
		exact("a float of "+name, fmt.Sprintf(image, "FP32", "3136"), content,
			`input "image": row 0, element 100 is `)
	}
	list = append(list,
		mistake{
			name: "no length", path: inferPath, body: append([]byte(head), pixels...),
			status: 400, says: "784 bytes follow the JSON",
		},
		mistake{
			name: "no length, no bytes", path: inferPath, body: []byte(head),
			status: 400, says: "only 0 bytes follow the JSON part: is " + headerLength + " right?",
		})
	return append(list, binaryQuestionMistakes(t)...)
}

// binaryQuestionMistakes have bad questions as binary data.
func binaryQuestionMistakes(t testing.TB) (list []mistake) {
	for _, c := range []struct {
		datatype, shape, content string
		status                   int
		says                     string
	}{
		{"BYTES", "[1]", "", 400, "too little data"},
		{"BYTES", "[1]", "\x0a\x00\x00", 400, "too little data"},
		{"BYTES", "[1]", "\x0b\x00\x00\x00odd number", 400,
			"text 0 has no length before it, or is shorter than that"},
		{"BYTES", "[1]", "\xff\xff\xff\xffodd number", 400,
			"text 0 has no length before it, or is shorter"},
		{"BYTES", "[1]", "\xfc\xff\xff\xffodd number", 400, "text 0 has no length"},
		{"BYTES", "[1]", "\x0a\x00\x00\x00odd number!", 400, "1 bytes follow its texts"},
		{"BYTES", "[1]", "\x00\x00\x00\x00odd number", 422, "asks nothing"},
		{"BYTES", "[1]", "\x00\x00\x00\x0aodd number", 400, // big-endian
			"text 0 has no length"},
		{"BYTES", "[1,1]", "\x04\x00\x00\x00\xff\xfe\xfd\xfc", 400, "not UTF-8"},
		{"BYTES", "[1,1]", "\x40\x00\x01\x00" + strings.Repeat("odd ", 16_400), 413,
			"has a text of 65600 bytes"},
		{"BYTES", "[1,1]", "\x05\x00\x00\x00prime", 422, `does not know: "prime"`},
		{"BYTES", "[1,2]", "\x03\x00\x00\x00odd\x06\x00\x00\x00number", 400,
			"want rows, then [1]"},
		{"INT32", "[1,2]", "\x04\x00\x00\x00\x06\x00\x00", 400,
			"has 7 bytes of binary data, want 8: 2 values of INT32"},
		{"INT32", "[1,2]", "\x04\x00\x00\x00\x06\x00\x00\x00\x01", 400, "has 9 bytes"},
		{"INT32", "[1,2]", "\x00\x00\x00\x04\x00\x00\x00\x06", 400, "67108864"},
		{"INT32", "[1,2]", "\xff\xff\xff\xff\x06\x00\x00\x00", 400, "-1"},
	} {
		text := fmt.Sprintf(`{"inputs":[{"name":"question","datatype":%q,"shape":%s,`+
			`"parameters":{"binary_data_size":%d}},`+
			`{"name":"image","datatype":"UINT8","shape":[1,28,28],"data":%s}]}`,
			c.datatype, c.shape, len(c.content), pixelsJSON(t))
		list = append(list, mistake{
			name: fmt.Sprintf("%s %s %.20q", c.datatype, c.shape, c.content),
			path: inferPath, headers: []string{headerLength, strconv.Itoa(len(text))},
			body: []byte(text + c.content), status: c.status, says: c.says,
		})
	}
	return list
}
