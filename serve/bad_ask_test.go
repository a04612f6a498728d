package serve

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"

	"braid/internal/braidtest"
)

// formMistakes are made with the kind of the body, and with the parts of a form.
func formMistakes(t testing.TB) (list []mistake) {
	add := func(name, kind string, body []byte, status int, says string) {
		m := mistake{name: name, path: "/ask", body: body, status: status, says: says}
		if kind != "" {
			m.headers = []string{"Content-Type", kind}
		}
		list = append(list, m)
	}
	file := string(drawing(t, 60, 250, 10))
	kind, good := form(t, "image", "image/png", file, "question", "", "odd number")
	boundary := strings.TrimPrefix(kind, "multipart/form-data; boundary=")
	const other = "want application/json or multipart/form-data"
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/mixed; boundary=" + boundary, "image/png", "application/octet-stream", `application/json; charset="`,
		"garbage", "/", ";;", "application", "text/" + strings.Repeat("x", 5000), "application/jsonp", "application/json/x", "multipart/form-data; boundary=a; boundary=b"} {
		add("kind "+kind[:min(len(kind), 40)], kind, good, 415, other)
	}
	for _, kind := range []string{"multipart/form-data", `multipart/form-data; boundary=""`, "multipart/form-data; bound=x"} {
		add(kind, kind, good, 400, "multipart/form-data without a boundary")
	}
	for at := 0; at < len(good)-4; at += len(good)/12 + 1 {
		add(fmt.Sprint("form cut at ", at), kind, good[:at], 400, "cannot be read: ")
	}
	add("another boundary", kind+"x", good, 400, "the form cannot be read: ")
	add("JSON as form", kind, []byte(`{"image":"x"}`), 400, "the form cannot be read: ")
	add("form as JSON", asJSON, good, 400, "the JSON cannot be read: invalid character '-' in numeric literal at byte 2")
	parts := func(name string, status int, says string, parts ...string) {
		kind, body := form(t, parts...)
		add(name, kind, bytes.ReplaceAll(body, []byte(strings.TrimPrefix(kind, "multipart/form-data; boundary=")), []byte(boundary)), status, says)
		list[len(list)-1].headers[1] = "multipart/form-data; boundary=" + boundary
	}
	parts("no part", 400, `field "image" is missing, want each of "image", "question"`)
	parts("no image", 400, `field "image" is missing`, "question", "", "odd number")
	parts("no question", 400, `field "question" is missing`, "image", "image/png", file)
	parts("two images", 400, `two fields are named "image"`, "image", "image/png", file, "question", "", "odd number", "image", "image/png", file)
	parts("two questions", 400, `two fields are named "question"`, "question", "", "odd number", "question", "", "even number", "image", "image/png", file)
	parts("misspelt", 400, `unknown field "qestion", want one of "image", "question"; did you mean "question"?`, "image", "image/png", file, "qestion", "", "odd number")
	parts("no name", 400, `a part has no name, want Content-Disposition: form-data; name="..."`, "image", "image/png", file, "question", "", "odd number", "", "", "x")
	parts("long name", 400, `a field is named "xxx`, strings.Repeat("x", 1000), "", "x")
	parts("another model", 404, `unknown model "none", want one of "digitqa"`, "image", "image/png", file, "question", "", "odd number", "model", "", "none")
	parts("image as model", 400, `model is no text, want a name`, "image", "image/png", file, "question", "", "odd number", "model", "image/png", file)
	parts("image as question", 400, `"question": got image/png, want a text in UTF-8`, "image", "image/png", file, "question", "image/png", file)
	parts("text as image", 400, `"image": wrong base64`, "image", "", "a nine!", "question", "", "odd number")
	parts("no image in it", 415, `got no bytes: want a PNG or a JPEG`, "image", "image/png", "", "question", "", "odd number")
	parts("unknown word", 422, `does not know: "prime"`, "image", "image/png", file, "question", "", "prime number")
	parts("binary question", 400, `"question": got bytes of an unknown kind, want a text in UTF-8`, "question", "", "\xff\xfe", "image", "image/png", file)
	parts("long question", 413, "has a text of 5000 bytes", "question", "", strings.Repeat("odd ", 1250), "image", "image/png", file)
	odd := "--B\r\nContent-Disposition: form-data; name=question\r\n\r\nodd number\r\n"
	part := func(name, header, content string, status int, says string) {
		text := odd + "--B\r\nContent-Disposition: form-data; name=image" + header + "\r\n\r\n" + content + "\r\n--B--"
		add(name, "multipart/form-data; boundary="+boundary, []byte(strings.ReplaceAll(text, "B", boundary)), status, says)
	}
	part("a GIF without a name", "", "GIF89a\x01\x00", 415, `"image": got a GIF image`)
	part("a PDF without a name", "", "%PDF-1.7", 415, `"image": got a PDF file`)
	part("a drawing in XML", "", "<?xml version='1.0'?><svg/>", 415, `"image": got text ("<?xml`)
	part("UTF-16", "", "\xff\xfea\x00", 415, `"image": got 4 bytes of an unknown kind`)
	part("a path", "", "@nine.png", 400, `"image": wrong base64: got "@nine.png" at byte 0; want a PNG or JPEG in base64, or 28 x 28 pixels`)
	part("a list in quotes", "", `["1"]`, 400, `"image": pixel 0 is "1", want a whole number from 0 to 255`)
	part("a short list", "", "[1,2]", 400, `"image": got 2 numbers, want 784 (28 x 28)`)
	part("an open list", "", "[1,2", 400, `"image": is not JSON: `)
	part("another encoding", "\r\nContent-Transfer-Encoding: x-uuencode", file, 415, `"image": Content-Transfer-Encoding is "x-uuencode", want binary, base64 or`)
	part("no base64 in it", "; filename=x\r\nContent-Transfer-Encoding: base64", "AA!", 400, `"image": wrong base64: got "!" at byte 2`)
	part("another charset", "", file+"\r\n--B\r\nContent-Disposition: form-data; name=model\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\ndigitqa", 415, `"model": the charset is "koi8-r", want utf-8`)
	part("two names", "; name=question", "AAAA", 400, "a part has Content-Disposition")
	part("another _charset_", "\r\n\r\nAAAA\r\n--B\r\nContent-Disposition: form-data; name=_charset_", "windows-1251", 400, `the form is in "windows-1251", want utf-8`)
	query := func(text string, status int, says string) { add("query "+text, asQuery, []byte(text), status, says) }
	query("", 400, `field "image" is missing`)
	query("odd number", 400, `the form has "odd number", want NAME=VALUE`)
	query("image=AAAA&question=odd+number&imag=x", 400, `unknown field "imag", want one of "image", "question"; did you mean "image"?`)
	query("image=AAAA&image=AAAA", 400, `two fields are named "image"`)
	query("image=%zz&question=odd+number", 400, `"image": wrong base64: got "%zz" at byte 0`)
	query("image=R0lGODlh&question=odd+number", 415, `"image": got a GIF image`)
	query("image=["+strings.Repeat("0,", 783)+"9]&question=%ff", 400, `"question": got bytes of an unknown kind`)
	query("image=AAAA&question=odd+number&model=n%6Fne", 404, `unknown model "none"`)
	query(`{"image":"AAAA"}`, 400, `field "question" is missing`)
	query(`[{"image":"AAAA"}]`, 400, `want NAME=VALUE`)
	add("an image as query", asQuery, []byte(file), 415, "Content-Type is application/x-www-form-urlencoded, but the body is image/png, want application/json or multipart/form-data")
	var many, headers []string
	for i := range 1000 {
		many = append(many, fmt.Sprint("f", i), "", "x")
		headers = append(headers, fmt.Sprintf("X-%d: y\r\n", i))
	}
	parts("1000 parts", 400, "there are more than 32 fields", many...)
	raw := func(name, text, says string) {
		add(name, "multipart/form-data; boundary="+boundary, []byte(strings.ReplaceAll(text, "B", boundary)), 400, says)
	}
	raw("20,000 headers of a part", "--B\r\n"+strings.Repeat(strings.Join(headers, ""), 20)+"\r\nx\r\n--B--", "the form cannot be read: ")
	raw("1 MB header of a part", "--B\r\nX: "+strings.Repeat("y", 1<<20)+"\r\n\r\nx\r\n--B--", "the header of a part has more than 16384 bytes")
	raw("no colon in a part", "--B\r\nnothing\r\n\r\nx\r\n--B--", "the form cannot be read: ")
	raw("part without a line", "--B\r\n", `field "image" is missing`)
	raw("boundary in a line", "x--B--", "the form cannot be read: ")
	return list
}

// fieldMistakes are made with the fields that people give as JSON.
func fieldMistakes(t testing.TB) (list []mistake) {
	add := func(name, text string, status int, says string) {
		list = append(list, mistake{name: name, path: "/ask", headers: []string{"Content-Type", asJSON}, body: []byte(text), status: status, says: says})
	}
	pixels := strings.Trim(pixelsJSON(t), "[]")
	for text, says := range map[string]string{
		"": "cannot be read: unexpected end of JSON input at byte 0", "null": "is null, want a JSON object", "5": "is 5, want a JSON object",
		"[]": "is an array, want a JSON object", `"x"`: `is "x", want a JSON object`, "}": "cannot be read: invalid character '}' looking for",
	} {
		add(text, text, 400, "the JSON "+says)
	}
	for _, text := range []string{"{", `{"image"`, `{"image":`, `{"image":"x`, `{"image":"x",}`, `{"image":,}`} {
		add(text, text, 400, "the JSON cannot be read: ")
	}
	add("two objects", `{"image":"x"}{}`, 400, "2 bytes follow the JSON")
	add("deep", `{"image":`+strings.Repeat("[", 1000), 400, "nested deeper than 32 levels")
	for name, value := range map[string]string{"image": `"x"`, "question": `"odd number"`, "model": `"digitqa"`} {
		add(name+" twice", fmt.Sprintf(`{%q:%s,%q:%s}`, name, value, name, value), 400, fmt.Sprintf("the JSON has two members named %q", name))
	}
	ask := func(name, image, question string, status int, says string) {
		add(name, `{"image":`+image+`,"question":`+question+`}`, status, says)
	}
	const odd = `"odd number"`
	for _, v := range []string{"null", "true", "7", "{}"} {
		ask("image is "+v, v, odd, 400, `"image": got `+v+`, want 784 (28 x 28) numbers, or a PNG or JPEG in base64`)
		ask("question is "+v, "["+pixels+"]", v, 400, `"question": got `+v+`, want 2 numbers, or a text`)
		add("model is "+v, `{"model":`+v+`}`, 400, "model is no text, want a name")
	}
	ask("a wrong escape", `"\x"`, odd, 400, "the JSON cannot be read: invalid character 'x' in string escape code at byte 12")
	ask("a control character", "\"A\x01\"", odd, 400, `the JSON cannot be read: invalid character '\x01' in string literal at byte 12`)
	add("nothing", "{}", 400, `field "image" is missing, want each of "image", "question"`)
	add("no question", `{"image":[`+pixels+`]}`, 400, `field "question" is missing`)
	add("misspelt", `{"image":[`+pixels+`],"question":"odd number","imag":"x"}`, 400, `unknown field "imag", want one of "image", "question"; did you mean "image"?`)
	add("long field", `{"`+strings.Repeat("x", 1<<20)+`":"y"}`, 400, `a field is named "xxx`)
	add("many fields", "{"+strings.ReplaceAll(manyMembers(65), ":", `:"","n`+`":"",`)+"}", 400, "")
	list = list[:len(list)-1]
	add("another model", `{"image":[`+pixels+`],"question":"odd number","model":"none"}`, 404, `unknown model "none", want one of "digitqa"`)
	add("misspelt model", `{"image":[`+pixels+`],"question":"odd number","model":"digitaq"}`, 404, `did you mean "digitqa"?`)
	add("long model", `{"model":"`+strings.Repeat("x", 1<<20)+`"}`, 404, `unknown model "xxx`)
	add("numbers as model", `{"image":[`+pixels+`],"question":"odd number","model":[1]}`, 400, `model is no text, want a name`)
	ask("numbers as question", "["+pixels+"]", "[1,200]", 400, `"question": id 1 is 200, want 0 to `)
	ask("unknown word", "["+pixels+"]", `"prime number"`, 422, `does not know: "prime"; it can be asked "lower half"`)
	ask("no words", "["+pixels+"]", `""`, 422, `asks nothing`)
	ask("many words", "["+pixels+"]", `"odd number or half"`, 422, `does not know: "or"`)
	ask("no UTF-8", "["+pixels+"]", "\"\xff\"", 400, `not UTF-8`)
	ask("lone surrogate", "["+pixels+"]", `"\ud800"`, 422, `does not know`)
	ask("long question", "["+pixels+"]", `"`+strings.Repeat("odd ", 1250)+`"`, 413, `has a text of 5000 bytes, want at most 4096`)
	numbers := strings.Split(pixels, ",")
	ask("783 numbers", "["+strings.Join(numbers[1:], ",")+"]", odd, 400, `"image": got 783 numbers, want 784 (28 x 28)`)
	ask("785 numbers", "["+pixels+",0]", odd, 400, `"image": got 785 numbers, want 784 (28 x 28)`)
	for _, v := range []string{"0", "255", "17"} {
		ask("blank of "+v, "["+strings.Repeat(v+",", 783)+v+"]", odd, 422, `"image": the image is blank, want one with a digit`)
	}
	ask("no numbers", "[]", odd, 400, `"image": got 0 numbers, want 784 (28 x 28)`)
	ask("too many numbers", "["+strings.Repeat("0,", 1<<20)+"0]", odd, 400, `"image": got 1048577 numbers, want 784 (28 x 28)`)
	number := func(v, says string) {
		list := slices.Concat(numbers[:5], []string{v}, numbers[6:])
		ask("a number is "+v, "["+strings.Join(list, ",")+"]", odd, 400, says)
	}
	for _, v := range []string{"256", "300", "999", "65536", "-1", "1.5", "1e-2", "2.56e2", "1e400", "99999999999"} {
		number(v, `"image": pixel 5 is `+v+`, want a whole number from 0 to 255`)
	}
	for _, v := range []string{`"1"`, "null", "true", "{}"} {
		number(v, `"image": pixel 5 is `+v+`, want a whole number from 0 to 255`)
	}
	number("[0]", `"image": its arrays are nested otherwise than 28 x 28`)
	for v, says := range map[string]string{
		"NaN": "invalid character 'N'", "Infinity": "invalid character 'I'", "01": "invalid character '1' after array element",
		"1.": "invalid character ',' after decimal point in numeric literal", ".5": "invalid character '.'", "+1": "invalid character '+'",
		"": "invalid character ','", "1 2": "invalid character '2' after array element",
	} {
		number(v, "the JSON cannot be read: "+says)
	}
	for text, says := range map[string]string{
		"!!!!": "wrong base64", "A": "wrong base64", "AA=A": "wrong base64", "iVBORw0KGgo+_": "wrong base64", "data:image/png,xx": "a data URL without base64", "data:": "a data URL without base64",
		"data:;base64,!": "wrong base64", "data:image/png;base64": "a data URL without base64", "C:\\\\nine.png": "wrong base64", "https://example.org/9.png": "wrong base64", "é": "wrong base64",
	} {
		ask("image "+text, `"`+text+`"`, odd, 400, `"image": `+says)
	}
	ask("long base64", `"`+strings.Repeat("A", 1<<20)+`!"`, odd, 400, `"image": wrong base64`)
	list = append(list, mistake{name: "model in the address", path: "/ask?model=none", headers: []string{"Content-Type", asJSON}, body: []byte(`{"image":[` + pixels + `],"question":"odd number"}`), status: 404, says: `unknown model "none"`})
	return list
}

// imageMistakes are files that are no images, or damaged, or too large when they are decoded.
func imageMistakes(t testing.TB) (list []mistake) {
	add := func(name string, file []byte, status int, says string) {
		text := `{"image":"` + base64.StdEncoding.EncodeToString(file) + `","question":"odd number"}`
		list = append(list, mistake{name: name, path: "/ask", headers: []string{"Content-Type", asJSON}, body: []byte(text), status: status, says: `"image": ` + says})
	}
	for content, kind := range map[string]string{
		"": "no bytes", "GIF89a\x01\x00\x01\x00": "a GIF image", "RIFF\x10\x00\x00\x00WEBPVP8 ": "a WebP image", "BM\x36\x00\x00": "a BMP image", "%PDF-1.7": "a PDF file", "II*\x00\x08": "a TIFF image",
		"MM\x00*": "a TIFF image", "\x00\x00\x00\x18ftypheic": "a HEIC or AVIF image", "a nine": `text ("a nine")`, "<svg/>": `text ("<svg/>")`, "\x89PNG": "the first 4 bytes of a PNG image", "\x00\x01\x02": "3 bytes of an unknown kind (00 01 02)",
		"\x1f\x8b\x08\x00": "4 bytes of an unknown kind", "PK\x03\x04": "4 bytes of an unknown kind",
	} {
		add(kind, []byte(content), 415, "got "+kind)
	}
	const side = 60_000
	large := fmt.Sprintf("an image of %d x %d pixels counts as ", side, side)
	for name, file := range map[string][]byte{
		"PNG grey": braidtest.PNGStart(side, side, 8, 0, 0), "PNG 1 bit": braidtest.PNGStart(side, side, 1, 0, 0), "PNG RGB": braidtest.PNGStart(side, side, 8, 2, 0), "PNG RGB 16": braidtest.PNGStart(side, side, 16, 2, 0),
		"PNG opacity": braidtest.PNGStart(side, side, 16, 6, 0), "PNG interlaced": braidtest.PNGStart(side, side, 8, 6, 1), "PNG grey opacity": braidtest.PNGStart(side, side, 8, 4, 0),
		"JPEG grey": jpegStart(side, side, false, 0x11), "JPEG 4:4:4": jpegStart(side, side, false, 0x11, 0x11, 0x11), "JPEG 4:2:0": jpegStart(side, side, false, 0x22, 0x11, 0x11),
		"JPEG progressive": jpegStart(side, side, true, 0x11, 0x11, 0x11), "JPEG CMYK": jpegStart(side, side, false, 0x11, 0x11, 0x11, 0x11),
	} {
		add(name+" of 60,000 x 60,000", file, 413, large)
	}
	add("PNG of 2^31-1 x 2^31-1", braidtest.PNGStart(1<<31-1, 1<<31-1, 8, 6, 0), 413, "an image of 2147483647 x 2147483647 pixels")
	add("PNG of 2^30 x 2^28", braidtest.PNGStart(1<<30, 1<<28, 8, 0, 0), 413, "an image of 1073741824 x 268435456 pixels")
	add("PNG of 1 x 20,000,000", braidtest.PNGStart(1, 20_000_000, 8, 0, 0), 413, "an image of 1 x 20000000 pixels")
	add("PNG of 0 x 9", braidtest.PNGStart(0, 9, 8, 0, 0), 400, "the PNG cannot be read")
	add("PNG of 9 x -1", braidtest.PNGStart(9, -1, 8, 0, 0), 400, "the PNG cannot be read")
	add("PNG of 3 bits", braidtest.PNGStart(9, 9, 3, 0, 0), 400, "the PNG cannot be read")
	add("JPEG of 0 x 0", jpegStart(0, 0, false, 0x11), 400, "the JPEG cannot be read")
	add("JPEG of no component", jpegStart(9, 9, false), 400, "the JPEG cannot be read")
	add("JPEG of 5 components", jpegStart(9, 9, false, 0x11, 0x11, 0x11, 0x11, 0x11), 400, "the JPEG cannot be read")
	add("JPEG without a frame", []byte("\xff\xd8\xff\xd9"), 400, "the JPEG cannot be read")
	add("JPEG of nothing", []byte("\xff\xd8"), 400, "the JPEG cannot be read")
	start := jpegStart(90, 90, true, 0x11)
	add("JPEG of 500 scans", slices.Concat(start[:len(start)-4], bytes.Repeat([]byte("\xff\xda\x00\x08\x01\x01\x00\x00\x00\x10"), 500)), 400,
		"the JPEG cannot be read, it is damaged or of a rare kind: scan 1: coefficient 0 of component 1 is sent twice, or not from its highest bit on")
	add("JPEG header that ends", jpegStart(90, 90, false, 0x11)[:12], 400, "the JPEG cannot be read")

	bomb := pngOf(8_000, 8_000, 1)
	if len(bomb) > 50_000 {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	add("PNG of 50 KB that has 64 MB", bomb, 413, "an image of 8000 x 8000 pixels counts as 66048000 bytes")
	const blank = "the image is blank, want one with a digit"
	if !testing.Short() { // as large as is allowed
		add("blank PNG of 2,800 x 2,800", pngOf(2800, 2800, 8), 422, blank)
		add("blank PNG of 2,800 x 2,800 in 1 bit", pngOf(2800, 2800, 1), 422, blank)
		add("blank PNG of 2,000,000 x 1", pngOf(2_000_000, 1, 1), 422, blank)
		add("blank PNG of 1 x 190,000", pngOf(1, 190_000, 1), 422, blank)
		add("PNG of 1 x 4,000,000", pngOf(1, 4_000_000, 1), 413, "an image of 1 x 4000000 pixels counts as ")
	}
	for _, n := range []int{1, 2, 28, 200} {
		add(fmt.Sprint("blank PNG of ", n), pngOf(n, n, 8), 422, blank)
	}
	add("white PNG", drawing(t, 50, 255, 255), 422, blank)
	add("grey PNG", drawing(t, 50, 128, 128), 422, blank)
	file := drawing(t, 60, 250, 10)
	for at := 8; at < len(file)-30; at += len(file)/8 + 1 { // behind that all pixels are there
		add(fmt.Sprint("PNG cut at ", at), file[:at], 400, "the PNG cannot be read")
	}
	for _, at := range []int{20, 29, 45, len(file) - 20} {
		damaged := slices.Clone(file)
		damaged[at] ^= 0x55
		add(fmt.Sprint("PNG damaged at ", at), damaged, 400, "the PNG cannot be read")
	}
	add("PNG of no pixels", append(braidtest.PNGStart(9, 9, 8, 0, 0), braidtest.PNGChunk("IEND", nil)...), 400, "the PNG cannot be read")
	add("PNG of too few pixels", slices.Concat(braidtest.PNGStart(9, 9, 8, 0, 0), braidtest.PNGChunk("IDAT", zipped([]byte{0, 1})), braidtest.PNGChunk("IEND", nil)), 400, "the PNG cannot be read")
	add("PNG of no palette", slices.Concat(braidtest.PNGStart(9, 9, 8, 3, 0), braidtest.PNGChunk("IDAT", zipped(make([]byte, 90))), braidtest.PNGChunk("IEND", nil)), 400, "the PNG cannot be read")
	add("PNG chunk of 4 GB", append(braidtest.PNGStart(9, 9, 8, 0, 0), "\xff\xff\xff\xffIDAT"...), 400, "the PNG cannot be read")
	var jpg bytes.Buffer
	if img, err := png.Decode(bytes.NewReader(file)); err != nil {
		t.Fatal(err)
	} else if err := jpeg.Encode(&jpg, img, nil); err != nil {
		t.Fatal(err)
	}
	for at := 30; at < jpg.Len()-2; at += jpg.Len() / 6 {
		add(fmt.Sprint("JPEG cut at ", at), jpg.Bytes()[:at], 400, "the JPEG cannot be read")
	}
	jpg.Reset()
	if err := jpeg.Encode(&jpg, image.NewGray(image.Rect(0, 0, 2000, 2000)), nil); err != nil {
		t.Fatal(err)
	}
	add("blank JPEG of 2,000 x 2,000", jpg.Bytes(), 422, blank)
	list = append(list, mistake{name: "a GIF in a form", path: "/ask", headers: []string{"Content-Type", "multipart/form-data; boundary=b"}, status: http.StatusUnsupportedMediaType, says: "got a GIF image: want a PNG or a JPEG image",
		body: []byte("--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"9.gif\"\r\n\r\nGIF89a\r\n--b\r\nContent-Disposition: form-data; name=\"question\"\r\n\r\nodd number\r\n--b--\r\n")})
	return list
}

// pngOf is a whole PNG of zeros in greys of some bits.
func pngOf(width, height int, depth byte) []byte {
	rows := make([]byte, height*(1+(width*int(depth)+7)/8))
	return slices.Concat(braidtest.PNGStart(width, height, depth, 0, 0), braidtest.PNGChunk("IDAT", zipped(rows)), braidtest.PNGChunk("IEND", nil))
}

func zipped(content []byte) []byte {
	var b bytes.Buffer
	w, _ := zlib.NewWriterLevel(&b, zlib.BestSpeed)
	w.Write(content)
	w.Close()
	return b.Bytes()
}

// jpegStart is a JPEG up to its first scan, of components with the given numbers of blocks.
func jpegStart(width, height int, progressive bool, blocks ...byte) []byte {
	marker := byte(0xc0)
	if progressive {
		marker = 0xc2
	}
	header := []byte{8, byte(height >> 8), byte(height), byte(width >> 8), byte(width), byte(len(blocks))}
	for i, b := range blocks {
		header = append(header, byte(i+1), b, 0)
	}
	start := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, marker}, uint16(len(header)+2))
	return append(append(start, header...), 0xff, 0xda, 0, 2)
}
