package serve

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// jsonMistakes are texts that are no JSON or no JSON object, or that are nested too deep.
func jsonMistakes(t testing.TB) (list []mistake) {
	add := func(name, text, says string) {
		list = append(list,
			mistake{name: name, path: inferPath, body: []byte(text), status: 400, says: says})
	}
	for _, text := range []string{
		"", " ", "null", "true", "5", `"x"`, "[]", `[{"inputs":[]}]`, "NaN", "}", "]", ",",
		"\xef\xbb\xbf", "\ufeff\ufeff{}", "\xff\xfe{\x00", "\x00", "inputs=1", "<xml/>",
		"\x1f\x8b\x08",
	} {
		add(strconv.Quote(text), text, `the body is no JSON object, want {"inputs": [...]}`)
	}
	const unread = "the JSON cannot be read: "
	for _, text := range []string{
		"{", `{"inputs"`, `{"inputs":`, `{"`, `{"inputs`, `{"inputs" []}`, `{'inputs':[]}`,
		`{inputs:[]}`, `{"inputs":[]`, `{"a":1 "inputs":[]}`, `{,}`, `{"a":1,,"b":2}`,
		`{"a":\u0031}`, `{"\x":1}`, `{"a":tru}`, `{"a":nul}`, `{"a":01}`, `{"a":1.}`,
		`{"a":"` + "\x01" + `"}`, `{"a":"\ud8"}`, `{"a":/* */1}`,
	} {
		add(strconv.Quote(text), text, unread)
	}
	for _, text := range []string{
		`{"inputs":[`, `{"inputs":[{`, `{"inputs":[{}`, `{"inputs":[{},`, `{"inputs":[{"x":1]]}`,
		`{"inputs":[}`, `{"inputs":[{}}}`, `{"inputs":[{} {}]}`, `{"inputs":[,]}`,
	} {
		add(strconv.Quote(text), text, `"inputs" is not a list of objects: `)
	}
	add("an object and a zero", `{"a":1}`+"\x00", "1 bytes follow the JSON")
	add("two objects", `{"inputs":[]}{"inputs":[]}`, "13 bytes follow the JSON")
	add("an object and a word", `{"inputs":[]} x`, "1 bytes follow the JSON")
	add("comma at the end", `{"inputs":[],}`, unread)
	good := fullRequestWith(t, "PIXELS", "PIXELS")
	for at := 30; at < len(good); at += 150 {
		add(fmt.Sprint("cut at ", at), good[:at], "unexpected end of JSON input at byte ")
	}
	const tooDeep = "nested deeper than 32 levels"
	for _, depth := range []int{33, 10_000, 1_000_000} {
		for open, end := range map[string]string{"[": "]", `{"a":`: "}"} {
			deep := strings.Repeat(open, depth)
			name := fmt.Sprintf("%d times %s", depth, open)
			add(name, deep+"1"+strings.Repeat(end, depth), tooDeep)
			add(name+", open", deep, tooDeep)
		}
	}
	add("nested data",
		`{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,28,28],"data":`+
			strings.Repeat("[", 5000),
		tooDeep)
	add("nested unknown",
		`{"more":`+strings.Repeat("[", 32)+strings.Repeat("]", 32)+`,"inputs":[]}`, tooDeep)
	return list
}
