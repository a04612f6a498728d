package serve

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

const notValues = `"data" is not a list of values`

// valueMistakes have values that are out of range, of another type, too few, too many, or nested in
// another way.
func valueMistakes(t testing.TB) []mistake {
	return slices.Concat(pixelMistakes(t), floatAndIDMistakes(t), nestingMistakes(t), textMistakes(t))
}

// zerosBut is a list of 784 zeros with one value replaced.
func zerosBut(at int, value string) string {
	return "[" + strings.Repeat("0,", at) + value + strings.Repeat(",0", 783-at) + "]"
}

// pixelMistakes have bad pixels, each as a UINT8.
func pixelMistakes(t testing.TB) (list []mistake) {
	add := func(pixel, value, says string) {
		name := "a pixel is " + pixel
		list = append(list, changed(t, name, "PIXELS", zerosBut(3, value), 400, says))
	}
	const afterPoint = ": invalid character ',' after decimal point in numeric literal at byte 150"
	add("1.", "1.", notValues+afterPoint)
	for _, v := range []string{
		"NaN", "Infinity", "-Infinity", "nan", "01", "+1", ".5", "0x1", "1_0", "", "1e", "-",
		"'1'", "1-2", "True", "\x01", "\"\\x\"",
	} {
		add(strconv.Quote(v), v, notValues)
	}
	for _, v := range []string{
		"256", "300", "999", "1000", "2560", "65536", "4294967296", "99999999999999999999", "-1",
		"1.5", "1e3", "1E400", `"1"`, "null", "true", "{}",
	} {
		add(v, v, `input "image": pixel 3 is `+v+", want a whole number from 0 to 255")
	}
	return list
}

// floatAndIDMistakes have bad pixels as FP32, or bad token ids.
func floatAndIDMistakes(t testing.TB) (list []mistake) {
	const pixels = `"UINT8","shape":[1,28,28],"data":PIXELS`
	float := func(v, says string) {
		floats := `"FP32","shape":[1,28,28],"data":` + zerosBut(5, v)
		list = append(list, changed(t, "a float is "+v[:min(len(v), 40)], pixels, floats, 400, says))
	}
	for _, v := range []string{
		"1e39", "-1e39", "3.5e38", "1e400", "-1e400", "1e99999", "1" + strings.Repeat("0", 300),
		"1e+39",
	} {
		float(v, "want a finite float32")
	}
	for _, v := range []string{`"1"`, "null", "true", "{}", `""`} {
		float(v, `input "image": number 5 is `+v+`, want a finite float32`)
	}
	for _, v := range []string{"NaN", "Infinity", "-Inf", "1.e3", "00.5", "--1"} {
		float(v, notValues)
	}
	ids := func(name, shape, data, says string) {
		const words = `"BYTES","shape":[1,1],"data":["odd number"]`
		list = append(list,
			changed(t, name, words, `"INT32","shape":`+shape+`,"data":`+data, 400, says))
	}
	id := func(v, says string) { ids("an id is "+v, "[1,2]", "[4,"+v+"]", says) }
	for _, v := range []string{
		"2147483648", "-2147483649", "9999999999", "4294967300",
		"1.5", "1e1", `"4"`, "null", "true", "{}", "1e400",
	} {
		id(v, `input "question": id 1 is `+v+`, want 0 to 7`)
	}
	for _, v := range []string{"9223372036854775808", "99999999999999999999"} {
		id(v, `input "question": id 1 is `+v)
	}
	for _, v := range []string{"-1", "99", "2147483647", "-2147483648"} {
		id(v, v)
	}
	const nested = "its arrays are nested otherwise than 1 x 2, " +
		"want 2 (1 x 2) numbers in one array or nested so"
	for data, says := range map[string]string{
		"[4]":           "got 1 numbers, want 2 (1 x 2)",
		"[4,6,1]":       "got 3 numbers, want 2 (1 x 2)",
		"[[4],[6]]":     "an array within has 1 elements, want 2",
		"[[[4,6]]]":     nested,
		"[[4,6],[4,6]]": "got 2 arrays of numbers, want 1",
		"[4,[6]]":       nested,
		"[[4],6]":       "an array within has 1 elements",
		"[]":            "too little data",
		"[[],[]]":       "an array within has 0 elements",
		"[[4,6],7]":     nested,
		"[[4,6,1]]":     "an array within has 3 elements",
	} {
		ids("ids are "+data, "[1,2]", data, says)
	}
	ids("ids in words' shape", "[1,1]", "[4]",
		`input "question" has shape [1 1], want rows, then [2]`)
	return list
}

// nestingMistakes have too few or too many pixels, or nest them in another way.
func nestingMistakes(t testing.TB) (list []mistake) {
	add := func(name, pixels, says string) {
		list = append(list, changed(t, name, "PIXELS", pixels, 400, says))
	}
	add("783 pixels", listOf("10", 783), `input "image": got 783 numbers, want 784 (1 x 28 x 28)`)
	add("785 pixels", listOf("0", 785), `input "image": got 785 numbers, want 784`)
	add("100,000 pixels", listOf("0", 100_000), `input "image": got 100000 numbers`)
	add("no pixels", "[]", `input "image" has too little data for shape [1 28 28]`)
	add("pixels are text", `"`+strings.Trim(listOf("0", 784), "[]")+`"`,
		`input "image": data is no list`)
	add("pixels are a number", "1"+strings.Repeat("0", 1600), `input "image": data is no list`)

	row := listOf("10", 28)
	square := slices.Repeat([]string{row}, 28)
	rows := func(list ...string) string { return "[[" + strings.Join(list, ",") + "]]" }
	const nested = "its arrays are nested otherwise than 1 x 28 x 28"
	add("27 rows of pixels", rows(square[1:]...), "an array within has 27 elements, want 28")
	add("29 rows of pixels", rows(append(square, row)...),
		"an array within has 29 elements, want 28")
	add("ragged pixels", rows(append(square[2:], listOf("10", 27), listOf("10", 29))...),
		"an array within has 27 elements, want 28")
	add("pixels in lists", rows(append(square[1:], listOf("[10]", 28))...), nested)
	add("pixels in one list", "["+listOf("0", 784)+"]", nested)
	add("pixels in two lists", "[["+listOf("0", 784)+"]]",
		"an array within has 784 elements, want 28")
	add("pixels and a list", zerosBut(783, "[0]"), nested)
	add("a list and pixels", "["+strings.Join(square, ",")+"]", nested)
	return list
}

// textMistakes have questions that cannot be read or answered.
func textMistakes(t testing.TB) (list []mistake) {
	for _, c := range []struct {
		question string
		status   int
		says     string
	}{
		{`prime number`, 422,
			`a word the model does not know: "prime"; it can be asked "lower half"`},
		{`odd number or half`, 422, `a word the model does not know: "or"`},
		{``, 422, `asks nothing`},
		{` ?! `, 422, `asks nothing`},
		{`\ud800 number`, 422, `a word the model does not know`},
		{`\udc00`, 422, `a word the model does not know`},
		{"\xff number", 400, `a string is not UTF-8`},
		{"\xed\xa0\x80", 400, `not UTF-8`},
		{`odd\u0000number`, 422, "does not know"},
		{strings.Repeat("odd ", 16_400), 413, `has a text of 65600 bytes, want at most 65536`},
		{strings.Repeat("x", 4096), 422, `does not know: "xxx`},
		{strings.Repeat("a b c d e ", 400), 422, "words the model does not know"},
		{strings.Repeat("odd ", 1000) + "s", 422, `does not know: "s"`},
		{strings.Repeat("é", 2048), 422, `does not know: "ééé`},
	} {
		name := "question " + c.question[:min(len(c.question), 30)]
		list = append(list, changed(t, name, "odd number", c.question, c.status, c.says))
	}
	for data, says := range map[string]string{
		`[7]`:                             `text 0: got 7, want a string`,
		`[null]`:                          `text 0: got null, want a string`,
		`[{}]`:                            `text 0: got {}, want a string`,
		`[]`:                              `got 0 texts, want 1`,
		`["odd number","odd number"]`:     `got 2 texts, want 1`,
		`[["odd number"],["odd number"]]`: `got 2 arrays of texts, want 1`,
		`[[["odd number"]]]`:              `nested otherwise`,
		`[[]]`:                            `an array within has 0 elements`,
		`["odd number",["odd number"]]`:   `nested otherwise`,
		`["odd \x"]`:                      notValues,
		"[\"odd \n\"]":                    notValues,
		`["odd`:                           notValues,
		`["odd number"`:                   notValues,
		`["\u12"]`:                        notValues,
		`["odd number",]`:                 notValues,
		`[,"odd number"]`:                 notValues,
		`["odd number"}`:                  notValues,
	} {
		name := "question's data is " + strconv.Quote(data)
		list = append(list, changed(t, name, `["odd number"]`, data, 400, says))
	}
	return list
}
