package serve

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// askMistake is a body that /ask refuses.
func askMistake(name, kind string, body []byte, status int, says string) mistake {
	m := mistake{name: name, path: "/ask", body: body, status: status, says: says}
	if kind != "" {
		m.headers = []string{"Content-Type", kind}
	}
	return m
}

// fieldMistakes have bad fields in JSON.
func fieldMistakes(t testing.TB) (list []mistake) {
	add := func(name, text string, status int, says string) {
		list = append(list, askMistake(name, asJSON, []byte(text), status, says))
	}
	for text, says := range map[string]string{
		"":     "cannot be read: unexpected end of JSON input at byte 0",
		"null": "is null, want a JSON object",
		"5":    "is 5, want a JSON object",
		"[]":   "is an array, want a JSON object",
		`"x"`:  `is "x", want a JSON object`,
		"}":    "cannot be read: invalid character '}' looking for",
	} {
		add(text, text, 400, "the JSON "+says)
	}
	for _, text := range []string{
		"{", `{"image"`, `{"image":`, `{"image":"x`, `{"image":"x",}`, `{"image":,}`,
	} {
		add(text, text, 400, "the JSON cannot be read: ")
	}
	add("two objects", `{"image":"x"}{}`, 400, "2 bytes follow the JSON")
	add("deep", `{"image":`+strings.Repeat("[", 1000), 400, "nested deeper than 32 levels")
	for name, value := range map[string]string{
		"image": `"x"`, "question": `"odd number"`, "model": `"digitqa"`,
	} {
		add(name+" twice", fmt.Sprintf(`{%q:%s,%q:%s}`, name, value, name, value), 400,
			fmt.Sprintf("two fields are named %q", name))
	}
	pixels := pixelsJSON(t)
	good := `"image":` + pixels + `,"question":"odd number"`
	add("nothing", "{}", 400, `field "image" is missing, want each of "image", "question"`)
	add("no question", `{"image":`+pixels+`}`, 400, `field "question" is missing`)
	add("misspelt", `{`+good+`,"imag":"x"}`, 400,
		`unknown column "imag", want one of "image", "question"; did you mean "image"?`)
	long := strings.Repeat("x", 1<<20)
	add("long field", `{"`+long+`":"y"}`, 400, `a field is named "xxx`)
	add("another model", `{`+good+`,"model":"none"}`, 404,
		`unknown model "none", want one of "digitqa"`)
	add("misspelt model", `{`+good+`,"model":"digitaq"}`, 404, `did you mean "digitqa"?`)
	add("long model", `{"model":"`+long+`"}`, 404, `unknown model "xxx`)
	add("numbers as model", `{`+good+`,"model":[1]}`, 400, `model is no text, want a name`)
	for _, v := range []string{"null", "true", "7", "{}"} {
		add("model is "+v, `{"model":`+v+`}`, 400, "model is no text, want a name")
	}
	inAddress := askMistake("model in the address", asJSON, []byte(`{`+good+`}`), 404,
		`unknown model "none"`)
	inAddress.path += "?model=none"
	return slices.Concat(list, []mistake{inAddress},
		questionFieldMistakes(pixels), imageFieldMistakes(pixels))
}

// questionFieldMistakes have bad questions beside a good image.
func questionFieldMistakes(pixels string) (list []mistake) {
	add := func(name, question string, status int, says string) {
		body := []byte(`{"image":` + pixels + `,"question":` + question + `}`)
		list = append(list, askMistake(name, asJSON, body, status, says))
	}
	add("question is null", "null", 400, `field "question" is missing`)
	add("question is {}", "{}", 400,
		`"question": got {}, want a text, a number, true or false, or 2 ids`)
	for _, v := range []string{"true", "7"} {
		add("question is "+v, v, 422, `does not know: "`+v+`"; it can be asked "lower half"`)
	}
	add("numbers as question", "[1,200]", 400, `"question": id 1 is 200, want 0 to `)
	add("unknown word", `"prime number"`, 422,
		`does not know: "prime"; it can be asked "lower half"`)
	add("no words", `""`, 422, `asks nothing`)
	add("many words", `"odd number or half"`, 422, `does not know: "or"`)
	add("no UTF-8", "\"\xff\"", 400, `not UTF-8`)
	add("lone surrogate", `"\ud800"`, 422, `does not know`)
	add("long question", `"`+strings.Repeat("odd ", 16385)+`"`, 413,
		`got a text of 65540 bytes, want at most 65536`)
	return list
}

// imageFieldMistakes have bad images, as numbers or in base64, beside a good question.
func imageFieldMistakes(pixels string) (list []mistake) {
	add := func(name, image string, status int, says string) {
		body := []byte(`{"image":` + image + `,"question":"odd number"}`)
		list = append(list, askMistake(name, asJSON, body, status, says))
	}
	add("image is null", "null", 400, `field "image" is missing`)
	for _, v := range []string{"true", "7", "{}"} {
		add("image is "+v, v, 400, `"image": got `+v+`, want a picture in base64, or 28 x 28 pixels`)
	}
	const unread = "the JSON cannot be read: "
	add("a wrong escape", `"\x"`, 400,
		unread+"invalid character 'x' in string escape code at byte 12")
	add("a control character", "\"A\x01\"", 400,
		unread+`invalid character '\x01' in string literal at byte 12`)

	numbers := strings.Split(strings.Trim(pixels, "[]"), ",")
	listed := func(numbers ...string) string { return "[" + strings.Join(numbers, ",") + "]" }
	const want784 = " numbers, want 784 (28 x 28)"
	add("783 numbers", listed(numbers[1:]...), 400, `"image": got 783`+want784)
	add("785 numbers", listed(append(numbers, "0")...), 400, `"image": got 785`+want784)
	add("no numbers", "[]", 400, `"image": got 0`+want784)
	add("too many numbers", listOf("0", 1<<20+1), 400, `"image": got 1048577`+want784)
	number := func(v, says string) {
		add("a number is "+v, listed(slices.Concat(numbers[:5], []string{v}, numbers[6:])...), 400, says)
	}
	for _, v := range []string{
		"256", "300", "999", "65536", "-1", "1.5", "1e-2", "2.56e2", "1e400", "99999999999",
		`"1"`, "null", "true", "{}",
	} {
		number(v, `"image": pixel 5 is `+v+`, want a whole number from 0 to 255`)
	}
	number("[0]", `"image": its arrays are nested otherwise than 28 x 28`)
	for v, says := range map[string]string{
		"NaN":      "invalid character 'N'",
		"Infinity": "invalid character 'I'",
		"01":       "invalid character '1' after array element",
		"1.":       "invalid character ',' after decimal point in numeric literal",
		".5":       "invalid character '.'",
		"+1":       "invalid character '+'",
		"":         "invalid character ','",
		"1 2":      "invalid character '2' after array element",
	} {
		number(v, unread+says)
	}
	for text, says := range map[string]string{
		"!!!!":                      "wrong base64",
		"A":                         "wrong base64",
		"AA=A":                      "wrong base64",
		"iVBORw0KGgo+_":             "wrong base64",
		"data:image/png,xx":         "a data URL without base64",
		"data:":                     "a data URL without base64",
		"data:;base64,!":            "wrong base64",
		"data:image/png;base64":     "a data URL without base64",
		"C:\\\\nine.png":            "wrong base64",
		"https://example.org/9.png": "wrong base64",
		"é":                         "wrong base64",
	} {
		add("image "+text, `"`+text+`"`, 400, `"image": `+says)
	}
	add("long base64", `"`+strings.Repeat("A", 1<<20)+`!"`, 400, `"image": wrong base64`)
	return list
}
