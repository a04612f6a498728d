package serve

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
)

// typeMistakes are members of the JSON that are missing, twice, or of another type.
func typeMistakes(t testing.TB) (list []mistake) {
	values := []struct{ text, says string }{
		{`null`, "null"}, {`true`, "a truth value"}, {`7`, "a number"}, {`"x"`, "a string"}, {`[]`, "a list"}, {`{}`, "an object"}, {``, "no JSON"},
	}
	for _, c := range []struct{ member, is, want string }{
		{`"id":"7"`, "a string", "a string"},
		{`"parameters":{"timeout":5000000,"binary_data_output":false}`, "an object", "an object"},
		{`"timeout":5000000`, "a number", "a whole number"},
		{`"binary_data_output":false`, "a truth value", "true or false"},
		{`"name":"image"`, "a string", "a string"},
		{`"datatype":"BYTES"`, "a string", "a string"},
		{`"shape":[1,28,28]`, "a list", "a list of whole numbers"},
		{`"parameters":{"none":0}`, "an object", "an object"},
		{`"name":"digit"`, "a string", "a string"},
		{`"parameters":{"binary_data":false}`, "an object", "an object"},
		{`"binary_data":false`, "a truth value", "true or false"},
	} {
		key, _, _ := strings.Cut(c.member, ":")
		for _, v := range values {
			if v.says != c.is && !(v.says == "null" && memberTypes[strings.Trim(key, `"`)].optional) {
				says := fmt.Sprintf("%s is %s, want %s", key, v.says, c.want)
				list = append(list, changed(t, c.member+" is "+v.text, c.member, key+":"+v.text, 400, says))
			}
		}
		list = append(list, changed(t, c.member+" twice", c.member, c.member+","+c.member, 400, "has two members named "+key))
	}
	for _, v := range values { // where data is binary
		says := fmt.Sprintf(`"binary_data_size" is %s, want a whole number`, v.says)
		if v.says != "a number" && v.says != "null" {
			list = append(list, changed(t, "size is "+v.text, `"none":0`, `"binary_data_size":`+v.text, 400, says))
		}
	}
	list = append(list, changed(t, "data is null", `["odd number"]`, "null", 400, `input "question" has no data`))
	for _, v := range []string{"null", "true", "7", `"x"`, "{}"} {
		list = append(list, changed(t, "inputs are "+v, `"inputs":[`, `"inputs":`+v+`,"more":[`, 400, `"inputs" is `))
		if v != "null" {
			list = append(list,
				changed(t, "data is "+v, `["odd number"]`, v, 400, `input "question": data is no list`),
				changed(t, "outputs are "+v, `"outputs":[`, `"outputs":`+v+`,"more":[`, 400, `"outputs" is `))
		}
		if v != "{}" {
			list = append(list,
				changed(t, "an input is "+v, `"inputs":[`, `"inputs":[`+v+`,`, 400, `"inputs" is not a list of objects: got `),
				changed(t, "an output is "+v, `"outputs":[`, `"outputs":[`+v+`,`, 400, `"outputs" is not a list of objects: got `))
		}
	}
	missing := func(member string, says string) {
		list = append(list, changed(t, "no "+member, member, `"none":0`, 400, says))
	}
	missing(`"name":"image"`, `unknown input "", want one of "image", "question"`)
	missing(`"datatype":"UINT8"`, `input "image" has datatype "", want one of "UINT8", "FP32"`)
	missing(`"shape":[1,28,28]`, `input "image" has shape [], want rows first`)
	missing(`"data":["odd number"]`, `input "question" has no data`)
	missing(`"name":"digit"`, `unknown output "", want one of "digit", "answer"`)
	for _, c := range []struct{ name, old, new, says string }{
		{"no inputs", `"inputs":[`, `"input":[`, `the request has no "inputs"`},
		{"no image", `{"name":"image","datatype":"UINT8","shape":[1,28,28],"data":PIXELS},`, ``, `input "image" is missing, want each of "image", "question"`},
		{"inputs empty", `"inputs":[`, `"inputs":[],"others":[`, `input "image" is missing`},
		{"misspelt", `"name":"image"`, `"name":"imgae"`, `unknown input "imgae", want one of "image", "question"; did you mean "image"?`},
		{"case", `"name":"question"`, `"name":"Question"`, `did you mean "question"?`},
		{"two questions", `"name":"image","datatype":"UINT8","shape":[1,28,28],"data":PIXELS`, `"name":"question","datatype":"BYTES","shape":[1],"data":["odd number"]`, `two inputs are named "question"`},
		{"long name", `"name":"image"`, `"name":"` + strings.Repeat("x", 5000) + `"`, `unknown input "xxx`},
		{"unknown output", `"name":"answer"`, `"name":"awnser"`, `unknown output "awnser", want one of "digit", "answer"; did you mean "answer"?`},
		{"two outputs", `"name":"answer"`, `"name":"digit"`, `two outputs are named "digit"`},
		{"65 outputs", `{"name":"answer"}`, strings.Repeat(`{"name":"answer"},`, 64) + `{"name":"answer"}`, `"outputs" has more than 64 entries`},
		{"66 inputs", `"inputs":[`, `"inputs":[` + strings.Repeat(`{"name":"image"},`, 64), `"inputs" has more than 64 entries`},
		{"many members", `"id":"7"`, manyMembers(64), `more than 64 members`},
		{"long id", `"id":"7"`, `"id":"` + strings.Repeat("7", 1025) + `"`, `the id has 1025 bytes, want at most 1024`},
		{"id of bytes", `"id":"7"`, "\"id\":\"\xff\"", `the id is not UTF-8`},
		{"id null twice", `"id":"7"`, `"id":null,"id":"7"`, `has two members named "id"`},
		{"classification negative", `"binary_data":false`, `"classification":-1`, `output "digit" has classification -1, want how many classes`},
		{"classification of a half", `"binary_data":false`, `"classification":0.5`, `"classification" is not a whole number`},
		{"classification is a text", `"binary_data":false`, `"classification":"3"`, `"classification" is a string, want a whole number`},
		{"classification is true", `"binary_data":false`, `"classification":true`, `"classification" is a truth value, want a whole number`},
		{"shared output", `"binary_data":false`, `"shared_memory_region":"out","shared_memory_byte_size":40`, `output "digit" names shared memory, which this server does not have: send the data in the request`},
		{"shared output by its offset", `{"name":"answer"}`, `{"parameters":{"shared_memory_offset":0},"name":"answer"}`, `output "answer" names shared memory`},
		{"shared input", `"none":0`, `"shared_memory_region":"in"`, `input "question" names shared memory, which this server does not have`},
		{"shared input without data", `"data":["odd number"],"parameters":{"none":0}`, `"parameters":{"shared_memory_region":"in","shared_memory_byte_size":14}`, `input "question" names shared memory`},
		{"timeout negative", `5000000`, `-1`, `timeout is -1 microseconds, want 0 to an hour`},
		{"timeout long", `5000000`, `3600000001`, `timeout is 3600000001 microseconds`},
		{"timeout longer", `5000000`, `22000000000000000000`, `timeout is 3553255926290448384 microseconds`}, // the decoder's overflow
		{"timeout longest", `5000000`, `1` + strings.Repeat("0", 400), `"timeout" is not a whole number`},
		{"timeout broken", `5000000`, `1.5`, `"timeout" is not a whole number`},
		{"timeout 1e3", `5000000`, `1e3`, `"timeout" is not a whole number`},
	} {
		list = append(list, changed(t, c.name, c.old, c.new, 400, c.says))
	}
	return list
}

func manyMembers(n int) string {
	var members []string
	for i := range n {
		members = append(members, fmt.Sprintf(`"m%d":%d`, i, i))
	}
	return strings.Join(members, ",")
}

// shapeMistakes are datatypes and shapes that do not fit.
func shapeMistakes(t testing.TB) (list []mistake) {
	for _, c := range []struct{ was, types, says string }{
		{"UINT8", "BOOL UINT16 UINT32 INT8 INT32 INT64 FP16 BF16 FP64 BYTES uint8 float32", `input "image" has datatype %q, want one of "UINT8", "FP32"`},
		{"BYTES", "BOOL UINT8 INT64 FP32 STRING bytes object", `input "question" has datatype %q, want one of "BYTES", "INT32"`},
	} {
		for kind := range strings.FieldsSeq(c.types) {
			list = append(list, changed(t, c.was+" is "+kind, `"`+c.was+`"`, `"`+kind+`"`, 400, fmt.Sprintf(c.says, kind)))
		}
	}
	const fit, whole = `input "image" has shape [%s], want rows, then [28 28]`, `"shape" is not a list of whole numbers`
	for shape, says := range map[string]string{
		"1": fit, "1,784": fit, "1,28": fit, "1,28,28,1": fit, "1,28,-28": fit, "1,-28,-28": fit, "1,0,28": fit, "1,28,29": fit,
		"1,1,784": fit, "1,4294967296,4294967296": fit, "1,28,9223372036854775807": fit, "1,1,28,28": fit,
		"0,28,28": `has shape [0 28 28], want rows first, 1 or more`, "-1,28,28": `has shape [-1 28 28], want rows first, 1 or more`,
		"-9223372036854775808,28,28": `want rows first, 1 or more`,
		"2,28,28":                    `input "question" has 1 rows, the inputs before it have 2`, "28,28": `input "question" has 1 rows, the inputs before it have 28`,
		"1,28,28,1,1,1,1,1,1": `has a shape of more than 8 axes`, "9223372036854775808,28,28": whole, "18446744073709551617,28,28": whole,
		"1.0,28,28": whole, "1e0,28,28": whole, `"1",28,28`: whole, "[1],28,28": whole, "null,28,28": whole, "true,28,28": whole, "1.5,28,28": whole,
		"1,28,NaN": whole, "1,28,": whole, ",28,28": whole, "1 28 28": whole, "01,28,28": whole, "1" + strings.Repeat("0", 5000): whole,
	} {
		if says == fit {
			says = fmt.Sprintf(says, strings.ReplaceAll(shape, ",", " "))
		}
		list = append(list, changed(t, "image of "+shape[:min(len(shape), 40)], "[1,28,28]", "["+shape+"]", 400, says))
	}
	for _, rows := range []string{"10001", "4294967296", "4294967297", "9223372036854775807", "22000000000000000000", "1317624576693539402"} {
		list = append(list, changed(t, rows+" rows", "[1,28,28]", "["+rows+",28,28]", 413, "rows, at most 10000 are answered at once"))
	}
	for shape, says := range map[string]string{
		"[0]": `want rows first`, "[]": `want rows first`, "[1,0]": `has shape [1 0], want rows, then [1]`, "[1,2]": `has shape [1 2], want rows, then [1]`,
		"[1,1,1]": `want rows, then [1]`, "[2]": `has 2 rows, the inputs before it have 1`, "[2,1]": `has 2 rows`, "[1,-1]": `want rows, then [1]`,
	} {
		list = append(list, changed(t, "question of "+shape, "[1,1]", shape, 400, says))
	}
	list = append(list,
		mistake{name: "both of 9999 rows", path: inferPath, status: 400, says: `input "image" has too little data for shape [9999 28 28]`, body: []byte(
			`{"inputs":[{"name":"image","datatype":"UINT8","shape":[9999,28,28],"data":[0]},{"name":"question","datatype":"BYTES","shape":[9999],"data":["odd number"]}]}`)},
		mistake{name: "question of 9999 rows", path: inferPath, status: 400, says: `input "question" has too little data for shape [9999]`, body: []byte(
			`{"inputs":[{"name":"question","datatype":"BYTES","shape":[9999],"data":["odd number"]},{"name":"image","datatype":"UINT8","shape":[9999,28,28],"data":[0]}]}`)})
	return list
}

// valueMistakes are values that are out of range, of another type, too few, too many, or nested otherwise.
func valueMistakes(t testing.TB) (list []mistake) {
	add := func(name, old, new string, status int, says string) {
		list = append(list, changed(t, name, old, new, status, says))
	}
	at := func(values []string, i int, value string) string { // a list with one value replaced
		values = append([]string(nil), values...)
		values[i] = value
		return "[" + strings.Join(values, ",") + "]"
	}
	zeros := strings.Split(strings.Repeat("0,", 783)+"0", ",")
	const syntax = `"data" is not a list of values`
	add("a pixel is 1.", "PIXELS", at(zeros, 3, "1."), 400, syntax+": invalid character ',' after decimal point in numeric literal at byte 150")
	noJSON := []string{"NaN", "Infinity", "-Infinity", "nan", "01", "+1", ".5", "0x1", "1_0", "", "1e", "-", "'1'", "1-2", "True", "\x01", "\"\\x\""}
	for _, v := range noJSON {
		add("a pixel is "+strconv.Quote(v), "PIXELS", at(zeros, 3, v), 400, syntax)
	}
	for _, v := range []string{
		"256", "300", "999", "1000", "2560", "65536", "4294967296", "99999999999999999999", "-1", "1.5", "1e3", "1E400",
		`"1"`, "null", "true", "{}",
	} {
		add("a pixel is "+v, "PIXELS", at(zeros, 3, v), 400, `input "image": pixel 3 is `+v+", want a whole number from 0 to 255")
	}
	floats := `"FP32","shape":[1,28,28],"data":`
	const bytes = `"UINT8","shape":[1,28,28],"data":PIXELS`
	for _, v := range []string{"1e39", "-1e39", "3.5e38", "1e400", "-1e400", "1e99999", "1" + strings.Repeat("0", 300), "1e+39"} {
		add("a float is "+v[:min(len(v), 40)], bytes, floats+at(zeros, 5, v), 400, "want a finite float32")
	}
	for _, v := range []string{`"1"`, "null", "true", "{}", `""`} {
		add("a float is "+v, bytes, floats+at(zeros, 5, v), 400, `input "image": number 5 is `+v+`, want a finite float32`)
	}
	for _, v := range []string{"NaN", "Infinity", "-Inf", "1.e3", "00.5", "--1"} {
		add("a float is "+v, bytes, floats+at(zeros, 5, v), 400, syntax)
	}
	ids := func(shape, data string) string { return `"INT32","shape":` + shape + `,"data":` + data }
	const words = `"BYTES","shape":[1,1],"data":["odd number"]`
	for _, v := range []string{"2147483648", "-2147483649", "9999999999", "4294967300"} {
		add("an id is "+v, words, ids("[1,2]", "[4,"+v+"]"), 400, `input "question": id 1 is `+v+`, want 0 to 7`)
	}
	for _, v := range []string{"1.5", "1e1", `"4"`, "null", "true", "{}", "1e400"} {
		add("an id is "+v, words, ids("[1,2]", "[4,"+v+"]"), 400, `input "question": id 1 is `+v+`, want 0 to 7`)
	}
	for _, v := range []string{"9223372036854775808", "99999999999999999999"} {
		add("an id is "+v, words, ids("[1,2]", "[4,"+v+"]"), 400, `input "question": id 1 is `+v)
	}
	for _, v := range []string{"-1", "99", "2147483647", "-2147483648"} {
		add("an id is "+v, words, ids("[1,2]", "[4,"+v+"]"), 400, v)
	}
	const nested = "its arrays are nested otherwise than 1 x 2, want 2 (1 x 2) numbers in one array or nested so"
	for data, says := range map[string]string{
		"[4]": "got 1 numbers, want 2 (1 x 2)", "[4,6,1]": "got 3 numbers, want 2 (1 x 2)", "[[4],[6]]": "an array within has 1 elements, want 2",
		"[[[4,6]]]": nested, "[[4,6],[4,6]]": "got 2 arrays of numbers, want 1", "[4,[6]]": nested, "[[4],6]": "an array within has 1 elements",
		"[]": "too little data", "[[],[]]": "an array within has 0 elements", "[[4,6],7]": nested, "[[4,6,1]]": "an array within has 3 elements",
	} {
		add("ids are "+data, words, ids("[1,2]", data), 400, says)
	}
	add("ids in words' shape", words, ids("[1,1]", "[4]"), 400, `input "question" has shape [1 1], want rows, then [2]`)
	add("783 pixels", "PIXELS", "["+strings.Repeat("10,", 782)+"10]", 400, `input "image": got 783 numbers, want 784 (1 x 28 x 28)`)
	add("785 pixels", "PIXELS", "["+strings.Repeat("0,", 784)+"0]", 400, `input "image": got 785 numbers, want 784`)
	add("100,000 pixels", "PIXELS", "["+strings.Repeat("0,", 99_999)+"0]", 400, `input "image": got 100000 numbers`)
	add("no pixels", "PIXELS", "[]", 400, `input "image" has too little data for shape [1 28 28]`)
	add("pixels are text", "PIXELS", `"`+strings.Repeat("0,", 783)+`0"`, 400, `input "image": data is no list`)
	add("pixels are a number", "PIXELS", "1"+strings.Repeat("0", 1600), 400, `input "image": data is no list`)
	row := "[" + strings.Repeat("10,", 27) + "10]"
	rows := func(list ...string) string { return "[[" + strings.Join(list, ",") + "]]" }
	square := strings.Split(strings.Repeat(row+" ", 27)+row, " ")
	add("27 rows of pixels", "PIXELS", rows(square[1:]...), 400, "an array within has 27 elements, want 28")
	add("29 rows of pixels", "PIXELS", rows(append(square, row)...), 400, "an array within has 29 elements, want 28")
	add("ragged pixels", "PIXELS", rows(append(square[2:], strings.Replace(row, "10,", "", 1), strings.Replace(row, "10,", "10,10,", 1))...), 400, "an array within has 27 elements, want 28")
	add("pixels in lists", "PIXELS", rows(append(square[1:], "["+strings.Repeat("[10],", 27)+"[10]]")...), 400, "its arrays are nested otherwise than 1 x 28 x 28")
	add("pixels in one list", "PIXELS", "[["+strings.Repeat("0,", 783)+"0]]", 400, "its arrays are nested otherwise than 1 x 28 x 28")
	add("pixels in two lists", "PIXELS", "[[["+strings.Repeat("0,", 783)+"0]]]", 400, "an array within has 784 elements, want 28")
	add("pixels and a list", "PIXELS", "["+strings.Repeat("0,", 783)+"[0]]", 400, "its arrays are nested otherwise than 1 x 28 x 28")
	add("a list and pixels", "PIXELS", "["+strings.Join(square, ",")+"]", 400, "its arrays are nested otherwise than 1 x 28 x 28")
	for question, c := range map[string]struct {
		status int
		says   string
	}{
		`prime number`: {422, `a word the model does not know: "prime"; it can be asked "lower half"`}, `odd number or half`: {422, `a word the model does not know: "or"`},
		``: {422, `asks nothing`}, ` ?! `: {422, `asks nothing`}, `\ud800 number`: {422, `a word the model does not know`}, `\udc00`: {422, `a word the model does not know`},
		"\xff number": {400, `a string is not UTF-8`}, "\xed\xa0\x80": {400, `not UTF-8`}, `odd\u0000number`: {422, "does not know"},
		strings.Repeat("odd ", 1250): {413, `has a text of 5000 bytes, want at most 4096`}, strings.Repeat("x", 4096): {422, `does not know: "xxx`},
		strings.Repeat("a b c d e ", 400): {422, "words the model does not know"}, strings.Repeat("odd ", 1000) + "s": {422, `does not know: "s"`},
		strings.Repeat("é", 2048): {422, `does not know: "ééé`},
	} {
		add("question "+question[:min(len(question), 30)], "odd number", question, c.status, c.says)
	}
	for data, says := range map[string]string{
		`[7]`: `text 0: got 7, want a string`, `[null]`: `text 0: got null, want a string`, `[{}]`: `text 0: got {}, want a string`, `[]`: `got 0 texts, want 1`, `["odd number","odd number"]`: `got 2 texts, want 1`,
		`[["odd number"],["odd number"]]`: `got 2 arrays of texts, want 1`, `[[["odd number"]]]`: `nested otherwise`, `[[]]`: `an array within has 0 elements`, `["odd number",["odd number"]]`: `nested otherwise`,
		`["odd \x"]`: syntax, "[\"odd \n\"]": syntax, `["odd`: syntax, `["odd number"`: syntax, `["\u12"]`: syntax, `["odd number",]`: syntax, `[,"odd number"]`: syntax, `["odd number"}`: syntax,
	} {
		add("question's data is "+strconv.Quote(data), `["odd number"]`, data, 400, says)
	}
	return list
}

// binaryMistakes are made with binary data and the header that says where it begins.
func binaryMistakes(t testing.TB) (list []mistake) {
	const (
		text  = `{"name":"question","datatype":"BYTES","shape":[1,1],"data":["odd number"]}`
		image = `{"inputs":[{"name":"image","datatype":%q,"shape":[1,28,28],"parameters":{"binary_data_size":%s}},%s]}`
	)
	add := func(name, text string, rest []byte, length string, status int, says string) {
		list = append(list, mistake{name: name, path: inferPath, headers: []string{headerLength, length}, body: append([]byte(text), rest...), status: status, says: says})
	}
	head := fmt.Sprintf(image, "UINT8", "784", text)
	size := len(head)
	for _, length := range []string{"-1", "abc", "1e3", "99999999", strconv.Itoa(size + 785), "18446744073709551616", "-9223372036854775809", "0x10", "12 13", "1.0", "+", "１"} {
		add("length "+length, head, picture(3), length, 400, fmt.Sprintf("%s is %q, want the length of the JSON part: up to the body's %d bytes", headerLength, length, size+784))
	}
	add("length 0", head, picture(3), "0", 400, `the body is no JSON object, want {"inputs": [...]}`)
	add("length 1", head, picture(3), "1", 400, "unexpected end of JSON input at byte ")
	add("length too short", head, picture(3), strconv.Itoa(size-1), 400, "unexpected end of JSON input at byte ")
	add("length too long", head, picture(3), strconv.Itoa(size+1), 400, "1 bytes follow the JSON")
	add("length of all", head, picture(3), strconv.Itoa(size+784), 400, "784 bytes follow the JSON")
	for _, c := range []struct{ size, says string }{
		{"-1", "has binary_data_size -1, want 0 or more"}, {"-9223372036854775808", "want 0 or more"}, {"0", "784 bytes follow the inputs' binary data"},
		{"1000", "has binary_data_size 1000, only 784 bytes follow the JSON part"}, {"9223372036854775807", "only 784 bytes follow"}, {"9223372036854775808", `"binary_data_size" is not a whole number`},
		{"784.0", `"binary_data_size" is not a whole number`}, {"7.84e2", "not a whole number"}, {"783", "1 bytes follow the inputs' binary data"}, {"22000000000000000000", "only 784 bytes follow"},
	} {
		text := fmt.Sprintf(image, "UINT8", c.size, text)
		add("size "+c.size, text, picture(3), strconv.Itoa(len(text)), 400, c.says)
	}
	for n, says := range map[int]string{0: "only 0 bytes follow", 783: "only 783 bytes follow", 785: "1 bytes follow the inputs' binary data", 5000: "4216 bytes follow"} {
		add(fmt.Sprint(n, " bytes"), head, make([]byte, n), strconv.Itoa(size), 400, says)
	}
	add("bytes of floats", fmt.Sprintf(image, "FP32", "784", text), picture(3), strconv.Itoa(size-1), 400, "has 784 bytes of binary data, want 3136: 784 values of FP32")
	both := strings.Replace(head, `"parameters"`, `"data":[0],"parameters"`, 1)
	add("both", both, picture(3), strconv.Itoa(len(both)), 400, `input "image" has both data and binary_data_size`)
	none := strings.Replace(head, "binary_data_size", "binary_size", 1)
	add("no size", none, picture(3), strconv.Itoa(len(none)), 400, "784 bytes follow the inputs' binary data")
	list = append(list, mistake{name: "no length", path: inferPath, body: append([]byte(head), picture(3)...), status: 400, says: "784 bytes follow the JSON"})
	list = append(list, mistake{name: "no length, no bytes", path: inferPath, body: []byte(head), status: 400, says: "only 0 bytes follow the JSON part: is " + headerLength + " right?"})
	for name, v := range map[string]float32{"NaN": float32(math.NaN()), "Inf": float32(math.Inf(1)), "-Inf": float32(math.Inf(-1))} {
		floats := make([]float32, 784)
		floats[100] = v
		content, err := binary.Append(nil, binary.LittleEndian, floats)
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf(image, "FP32", "3136", text)
		add("a float of "+name, text, content, strconv.Itoa(len(text)), 400, `input "image": row 0, element 100 is `)
	}
	const question = `{"inputs":[{"name":"question","datatype":%q,"shape":%s,"parameters":{"binary_data_size":%d}},{"name":"image","datatype":"UINT8","shape":[1,28,28],"data":%s}]}`
	for _, c := range []struct {
		kind, shape string
		bytes       string
		status      int
		says        string
	}{
		{"BYTES", "[1]", "", 400, "too little data"}, {"BYTES", "[1]", "\x0a\x00\x00", 400, "too little data"},
		{"BYTES", "[1]", "\x0b\x00\x00\x00odd number", 400, "text 0 has no length before it, or is shorter than that"}, {"BYTES", "[1]", "\xff\xff\xff\xffodd number", 400, "text 0 has no length before it, or is shorter"},
		{"BYTES", "[1]", "\xfc\xff\xff\xffodd number", 400, "text 0 has no length"}, {"BYTES", "[1]", "\x0a\x00\x00\x00odd number!", 400, "1 bytes follow its texts"},
		{"BYTES", "[1]", "\x00\x00\x00\x00odd number", 422, "asks nothing"}, {"BYTES", "[1]", "\x00\x00\x00\x0aodd number", 400, "text 0 has no length"}, // big-endian
		{"BYTES", "[1,1]", "\x04\x00\x00\x00\xff\xfe\xfd\xfc", 400, "not UTF-8"}, {"BYTES", "[1,1]", "\x88\x13\x00\x00" + strings.Repeat("odd ", 1250), 413, "has a text of 5000 bytes"},
		{"BYTES", "[1,1]", "\x05\x00\x00\x00prime", 422, `does not know: "prime"`}, {"BYTES", "[1,2]", "\x03\x00\x00\x00odd\x06\x00\x00\x00number", 400, "want rows, then [1]"},
		{"INT32", "[1,2]", "\x04\x00\x00\x00\x06\x00\x00", 400, "has 7 bytes of binary data, want 8: 2 values of INT32"}, {"INT32", "[1,2]", "\x04\x00\x00\x00\x06\x00\x00\x00\x01", 400, "has 9 bytes"},
		{"INT32", "[1,2]", "\x00\x00\x00\x04\x00\x00\x00\x06", 400, "67108864"}, {"INT32", "[1,2]", "\xff\xff\xff\xff\x06\x00\x00\x00", 400, "-1"},
	} {
		text := fmt.Sprintf(question, c.kind, c.shape, len(c.bytes), pixelsJSON(t))
		add(fmt.Sprintf("%s %s %.20q", c.kind, c.shape, c.bytes), text, []byte(c.bytes), strconv.Itoa(len(text)), c.status, c.says)
	}
	return list
}

// jsonMistakes are texts that are no JSON, or no JSON object, or nested too deep.
func jsonMistakes(t testing.TB) (list []mistake) {
	add := func(name, text, says string) {
		list = append(list, mistake{name: name, path: inferPath, body: []byte(text), status: 400, says: says})
	}
	for _, text := range []string{"", " ", "null", "true", "5", `"x"`, "[]", `[{"inputs":[]}]`, "NaN", "}", "]", ",", "\xef\xbb\xbf", "\ufeff\ufeff{}", "\xff\xfe{\x00", "\x00", "inputs=1", "<xml/>", "\x1f\x8b\x08"} {
		add(strconv.Quote(text), text, `the body is no JSON object, want {"inputs": [...]}`)
	}
	const unread = "the JSON cannot be read: "
	for _, text := range []string{"{", `{"inputs"`, `{"inputs":`, `{"`, `{"inputs`, `{"inputs" []}`, `{'inputs':[]}`, `{inputs:[]}`, `{"inputs":[]`, `{"a":1 "inputs":[]}`, `{,}`, `{"a":1,,"b":2}`, `{"a":\u0031}`, `{"\x":1}`, `{"a":tru}`, `{"a":nul}`, `{"a":01}`, `{"a":1.}`, `{"a":"` + "\x01" + `"}`, `{"a":"\ud8"}`, `{"a":/* */1}`, `{"a":1}` + "\x00"} {
		says := unread
		if strings.HasSuffix(text, "\x00") {
			says = "1 bytes follow the JSON"
		}
		add(strconv.Quote(text), text, says)
	}
	for _, text := range []string{`{"inputs":[`, `{"inputs":[{`, `{"inputs":[{}`, `{"inputs":[{},`, `{"inputs":[{"x":1]]}`, `{"inputs":[}`, `{"inputs":[{}}}`, `{"inputs":[{} {}]}`, `{"inputs":[,]}`} {
		add(strconv.Quote(text), text, `"inputs" is not a list of objects: `)
	}
	add("two objects", `{"inputs":[]}{"inputs":[]}`, "13 bytes follow the JSON")
	add("an object and a word", `{"inputs":[]} x`, "1 bytes follow the JSON")
	add("comma at the end", `{"inputs":[],}`, unread)
	good := string(bytes.Replace([]byte(whole), []byte("PIXELS"), []byte(pixelsJSON(t)), 1))
	for at := 30; at < len(good); at += 150 {
		add(fmt.Sprint("cut at ", at), good[:at], "unexpected end of JSON input at byte ")
	}
	for _, depth := range []int{33, 10_000, 1_000_000} {
		for _, open := range []string{"[", `{"a":`} {
			closing := map[string]string{"[": "]", `{"a":`: "}"}[open]
			deep := strings.Repeat(open, depth)
			add(fmt.Sprintf("%d times %s", depth, open), deep+"1"+strings.Repeat(closing, depth), "nested deeper than 32 levels")
			add(fmt.Sprintf("%d times %s, open", depth, open), deep, "nested deeper than 32 levels")
		}
	}
	add("nested data", `{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,28,28],"data":`+strings.Repeat("[", 5000), "nested deeper than 32 levels")
	add("nested unknown", `{"more":`+strings.Repeat("[", 32)+strings.Repeat("]", 32)+`,"inputs":[]}`, "nested deeper than 32 levels")
	return list
}
