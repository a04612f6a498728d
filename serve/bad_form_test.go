package serve

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// asForm is the content type of a multipart form, up to its boundary.
const asForm = "multipart/form-data; boundary="

// noPicture begins the error of a form's text in place of a picture.
const noPicture = `"image": got a text, not a picture such as a PNG or JPEG: `

// formMistakes have a bad content type, or are bad forms.
func formMistakes(t testing.TB) (list []mistake) {
	add := func(name, kind string, body []byte, status int, says string) {
		list = append(list, askMistake(name, kind, body, status, says))
	}
	file := string(drawing(t, 60, 250, 10))
	kind, good := form(t, "image", "image/png", file, "question", "", "odd number")
	boundary := strings.TrimPrefix(kind, asForm)
	for _, kind := range []string{
		"", "text/plain", "application/x-www-form-urlencoded",
		"multipart/mixed; boundary=" + boundary, "image/png", "application/octet-stream",
		`application/json; charset="`, "garbage", "/", ";;", "application",
		"text/" + strings.Repeat("x", 5000), "application/jsonp", "application/json/x",
		"multipart/form-data; boundary=a; boundary=b",
	} {
		add("kind "+kind[:min(len(kind), 40)], kind, good, 415,
			"want application/json or multipart/form-data")
	}
	for _, kind := range []string{
		"multipart/form-data", `multipart/form-data; boundary=""`, "multipart/form-data; bound=x",
	} {
		add(kind, kind, good, 400, "multipart/form-data without a boundary")
	}
	for at := 0; at < len(good)-4; at += len(good)/12 + 1 {
		add(fmt.Sprint("form cut at ", at), kind, good[:at], 400, "cannot be read: ")
	}
	const unread = "the form cannot be read: "
	add("another boundary", kind+"x", good, 400, unread)
	add("JSON as form", kind, []byte(`{"image":"x"}`), 400, unread)
	add("form as JSON", asJSON, good, 400,
		"the JSON cannot be read: invalid character '-' in numeric literal at byte 2")
	raw := func(name, text, says string) { // B stands for the boundary
		body := []byte(strings.ReplaceAll(text, "B", boundary))
		add(name, asForm+boundary, body, 400, says)
	}
	var headers strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&headers, "X-%d: y\r\n", i)
	}
	raw("20,000 headers of a part",
		"--B\r\n"+strings.Repeat(headers.String(), 20)+"\r\nx\r\n--B--", unread)
	raw("1 MB header of a part", "--B\r\nX: "+strings.Repeat("y", 1<<20)+"\r\n\r\nx\r\n--B--",
		"the header of a part has more than 16384 bytes")
	raw("no colon in a part", "--B\r\nnothing\r\n\r\nx\r\n--B--", unread)
	raw("part without a line", "--B\r\n", `field "image" is missing`)
	raw("boundary in a line", "x--B--", unread)
	return slices.Concat(list, formFieldMistakes(t, file, boundary),
		partMistakes(file, boundary), queryMistakes(file))
}

// formFieldMistakes are forms whose fields are missing, repeated, or not what the model reads.
func formFieldMistakes(t testing.TB, file, boundary string) (list []mistake) {
	add := func(name string, status int, says string, parts ...string) {
		kind, body := form(t, parts...)
		random := strings.TrimPrefix(kind, asForm)
		body = bytes.ReplaceAll(body, []byte(random), []byte(boundary))
		list = append(list, askMistake(name, asForm+boundary, body, status, says))
	}
	image := []string{"image", "image/png", file}
	odd := []string{"question", "", "odd number"}
	fields := func(list ...[]string) []string { return slices.Concat(list...) }
	add("no part", 400, `field "image" is missing, want each of "image", "question"`)
	add("no image", 400, `field "image" is missing`, odd...)
	add("no question", 400, `field "question" is missing`, image...)
	add("two images", 400, `two fields are named "image"`, fields(image, odd, image)...)
	add("two questions", 400, `two fields are named "question"`,
		fields(odd, []string{"question", "", "even number"}, image)...)
	add("misspelt", 400,
		`unknown column "qestion", want one of "image", "question"; did you mean "question"?`,
		fields(image, []string{"qestion", "", "odd number"})...)
	add("no name", 400, `a part has no name, want Content-Disposition: form-data; name="..."`,
		fields(image, odd, []string{"", "", "x"})...)
	add("long name", 400, `a field is named "xxx`, strings.Repeat("x", 1000), "", "x")
	add("another model", 404, `unknown model "none", want one of "digitqa"`,
		fields(image, odd, []string{"model", "", "none"})...)
	add("image as model", 400, `model is no text, want a name`,
		fields(image, odd, []string{"model", "image/png", file})...)
	add("image as question", 400, `"question": got image/png, want a text in UTF-8`,
		fields(image, []string{"question", "image/png", file})...)
	add("text as image", 400, noPicture+`wrong base64`,
		fields([]string{"image", "", "a nine!"}, odd)...)
	add("file of text", 400, noPicture+"a data URL without base64; want a picture in base64",
		fields([]string{"image", "image/png", "data: food.csv\nheads: {a: category}\n"}, odd)...)
	add("no image in it", 400, `"image": a picture is missing`,
		fields([]string{"image", "image/png", ""}, odd)...)
	add("unknown word", 422, `does not know: "prime"`,
		fields(image, []string{"question", "", "prime number"})...)
	add("binary question", 400,
		`"question": got bytes of an unknown kind, want a text in UTF-8`,
		fields([]string{"question", "", "\xff\xfe"}, image)...)
	add("long question", 413, "got a text of 65540 bytes",
		fields([]string{"question", "", strings.Repeat("odd ", 16385)}, image)...)
	var many []string
	for i := range 1000 {
		many = append(many, fmt.Sprint("f", i), "", "x")
	}
	add("1000 parts", 400, "there are more than 32 fields", many...)
	return list
}

// partMistakes are forms with a good question and a bad part.
func partMistakes(file, boundary string) (list []mistake) {
	add := func(name, header, content string, status int, says string) {
		text := "--B\r\nContent-Disposition: form-data; name=question\r\n\r\nodd number\r\n" +
			"--B\r\nContent-Disposition: form-data; name=image" + header + "\r\n\r\n" + content +
			"\r\n--B--"
		body := []byte(strings.ReplaceAll(text, "B", boundary))
		list = append(list, askMistake(name, asForm+boundary, body, status, says))
	}
	add("a GIF without a name", "", "GIF89a\x01\x00", 415, `"image": got a GIF image`)
	add("a PDF without a name", "", "%PDF-1.7", 415, `"image": got a PDF file`)
	add("a drawing in XML", "", "<?xml version='1.0'?><svg/>", 415,
		`"image": got text ("<?xml`)
	add("UTF-16", "", "\xff\xfea\x00", 415, `"image": got 4 bytes of an unknown kind`)
	add("a path", "", "@nine.png", 400, noPicture+
		`wrong base64: got "@nine.png" at byte 0; want a picture in base64, or 28 x 28 pixels`)
	add("a list in quotes", "", `["1"]`, 400,
		`"image": pixel 0 is "1", want a whole number from 0 to 255`)
	add("a short list", "", "[1,2]", 400, `"image": got 2 numbers, want 784 (28 x 28)`)
	add("an open list", "", "[1,2", 400, `"image": is not JSON: `)
	const coding = "\r\nContent-Transfer-Encoding: "
	add("another encoding", coding+"x-uuencode", file, 415,
		`"image": Content-Transfer-Encoding is "x-uuencode", want binary, base64 or`)
	add("no base64 in it", "; filename=x"+coding+"base64", "AA!", 400,
		`"image": wrong base64: got "!" at byte 2`)
	const another = "\r\n--B\r\nContent-Disposition: form-data; name="
	add("another charset", "",
		file+another+"model\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\ndigitqa", 415,
		`"model": the charset is "koi8-r", want utf-8`)
	add("two names", "; name=question", "AAAA", 400, "a part has Content-Disposition")
	add("another _charset_", "\r\n\r\nAAAA"+another+"_charset_", "windows-1251", 400,
		`the form is in "windows-1251", want utf-8`)
	return list
}

// queryMistakes are bad URL-encoded forms.
func queryMistakes(file string) (list []mistake) {
	add := func(text string, status int, says string) {
		list = append(list, askMistake("query "+text, asQuery, []byte(text), status, says))
	}
	add("", 400, `field "image" is missing`)
	add("odd number", 400, `the form has "odd number", want NAME=VALUE`)
	add("image=AAAA&question=odd+number&imag=x", 400,
		`unknown column "imag", want one of "image", "question"; did you mean "image"?`)
	add("image=AAAA&image=AAAA", 400, `two fields are named "image"`)
	add("image=%zz&question=odd+number", 400, noPicture+`wrong base64: got "%zz" at byte 0`)
	add("image=R0lGODlh&question=odd+number", 415, `"image": got a GIF image`)
	add("image=["+strings.Repeat("0,", 783)+"9]&question=%ff", 400,
		`"question": got bytes of an unknown kind`)
	add("image=AAAA&question=odd+number&model=n%6Fne", 404, `unknown model "none"`)
	add(`{"image":"AAAA"}`, 400, `field "question" is missing`)
	add(`[{"image":"AAAA"}]`, 400, `want NAME=VALUE`)
	return append(list, askMistake("an image as query", asQuery, []byte(file), 415,
		"Content-Type is application/x-www-form-urlencoded, but the body is image/png, "+
			"want application/json or multipart/form-data"))
}
