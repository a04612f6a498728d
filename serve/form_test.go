package serve

import (
	"encoding/base64"
	"encoding/json"
	"mime/quotedprintable"
	"net/http"
	"net/textproto"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// encodings are a file in the forms that people send.
type encodings struct {
	file   string
	base64 string
	lines  string // base64 in lines of 76 characters
	quoted string // quoted-printable
	pixels string // what the model reads of it, as JSON
}

func encodingsOf(t *testing.T, file, pixels []byte) encodings {
	t.Helper()
	text := base64.StdEncoding.EncodeToString(file)
	var lines, quoted strings.Builder
	for at := 0; at < len(text); at += 76 {
		lines.WriteString(text[at:min(at+76, len(text))] + "\r\n")
	}
	q := quotedprintable.NewWriter(&quoted)
	q.Binary = true
	q.Write(file)
	q.Close()
	return encodings{
		string(file), text, lines.String(), quoted.String(), jsonOf(t, ints(pixels)),
	}
}

// Browsers, curl and libraries write forms in many ways. All of these ask the same.
func TestForms(t *testing.T) {
	r := start(t)
	file, pixels := drawnDigit(t)
	want := r.wantAnswer(t, pixels, 1, 3) // lower half
	as := encodingsOf(t, file, pixels)
	const question = namedQuestion + "\r\n\r\nlower half"
	image := namedImage + "\r\n\r\n" + as.file
	multipart := func(title string, parts ...string) {
		t.Helper()
		r.checkAnswer(t, title, asForm+"b", formBody(parts...), want)
	}
	type field struct{ header, content string } // the header, from the name on
	for title, f := range map[string]field{
		"no file name":              {"", as.file},
		"bytes, no file name":       {withType + "application/octet-stream", as.file},
		"text, no file name":        {withType + "text/plain", as.file},
		"a wrong type":              {withType + "text/html; charset=koi8-r; x", as.file},
		"a file":                    {`; filename="nine.png"` + withType + "image/png", as.file},
		"a file of no type":         {`; filename=nine.png`, as.file},
		"a name with spaces":        {`; filename=my nine (2).png`, as.file},
		"a name with quotes":        {`; filename="a \"b\" %22c%22.png"`, as.file},
		"a name with one quote":     {`; filename="my"nine.png"`, as.file},
		"a path":                    {`; filename="C:\new\9.png"`, as.file},
		"an empty name":             {`; filename=""`, as.file},
		"UTF-8":                     {"; filename=\"neun \u00fc\u4e5d.png\"", as.file},
		"Latin 1":                   {"; filename=\"neun \xfc.png\"", as.file},
		"RFC 5987 of another set":   {`; filename*=gb18030''n%81.png`, as.file},
		"RFC 5987 alone":            {`; filename*=utf-8''n%C3%BC.png`, as.file},
		"RFC 5987":                  {`; filename="n.png"; filename*=UTF-8''neun%20%C3%BC.png`, as.file},
		"RFC 2231":                  {`; filename*0="n"; filename*1="ine.png"`, as.file},
		"two file names":            {`; filename=a; filename=b`, as.file},
		"binary":                    {withCoding + "binary", as.file},
		"8bit":                      {withCoding + "8Bit", as.file},
		"quoted-printable":          {withCoding + "quoted-printable", as.quoted},
		"part in base64":            {"; filename=9.png" + withCoding + "BASE64", as.lines},
		"part in base64, no name":   {withCoding + "base64", as.base64},
		"base64":                    {"", as.base64},
		"base64 in lines":           {"", as.lines},
		"base64 that claims a type": {withType + "image/png", as.base64},
		"base64 in a file": {
			`; filename="9.b64"` + withType + "text/plain; charset=koi8-r", as.lines,
		},
		"base64 with a mark": {`; filename=""`, "\ufeff" + as.lines},
		"a data URL": {
			withType + "text/plain; charset=utf-8", "data:image/png;base64," + as.base64,
		},
		"pixels":           {"", " " + as.pixels + "\n"},
		"pixels in a file": {"; filename=9.json" + withType + "application/json", as.pixels},
	} {
		multipart(title, namedImage+f.header+"\r\n\r\n"+f.content, question)
	}
	const half, blob = "lower half", withType + "application/octet-stream"
	for title, f := range map[string]field{
		"question with a file name":  {`; filename="q.txt"` + withType + "text/plain", half},
		"question of a blob":         {`; filename="blob"` + blob, half},
		"question in UTF-8":          {withType + "text/plain; charset=UTF-8", half},
		"question in ASCII":          {withType + `text/plain; charset="us-ascii"`, half},
		"question in Latin 1":        {withType + "text/plain;charset=ISO-8859-1", half},
		"question in base64":         {withCoding + "base64", "bG93ZXIgaGFsZg=="},
		"question, quoted-printable": {withCoding + "quoted-printable", "lower=20ha=\r\nlf"},
		"question of a strange type": {withType + ";;", half},
		"question with a mark":       {`; filename="q.txt"`, "\ufeff" + half + "\r\n"},
	} {
		multipart(title, namedQuestion+f.header+"\r\n\r\n"+f.content, image)
	}
	for title, header := range map[string]string{
		"the file name first": `Content-Disposition: form-data; filename="9.png"; name="image"`,
		"name in RFC 5987":    `Content-Disposition: form-data; name*=UTF-8''ima%67e`,
		"name without quotes": `content-disposition: Form-Data; Name=image`,
		"no form-data":        `Content-Disposition: attachment; name=image`,
	} {
		multipart(title, header+"\r\n\r\n"+as.file, question)
	}
	multipart("model in a file",
		"Content-Disposition: form-data; name=model; filename=name.txt\r\n\r\ndigitqa\n",
		image, question)
	multipart("_charset_",
		"Content-Disposition: form-data; name=\"_charset_\"\r\n\r\nUTF-8", image, question)

	text := "--b\r\n" + namedImage + "\r\n\r\n" + as.base64 + "\r\n--b\r\n" + question + "\r\n--b--"
	r.checkAnswer(t, "ends of lines", `Multipart/Form-Data; boundary="b"; charset=utf-8`,
		"a preamble\n"+strings.ReplaceAll(text, "\r\n", "\n")+"\nan epilogue", want)
}

// URL-encoded forms and JSON ask the same. JSON is read as such even if its content type is a form.
func TestQueries(t *testing.T) {
	r := start(t)
	file, pixels := drawnDigit(t)
	want := r.wantAnswer(t, pixels, 1, 3) // lower half
	as := encodingsOf(t, file, pixels)
	inJSON := `{"image":"` + as.base64 + `","question":"lower half"}`
	for title, body := range map[string]string{
		"escaped":     url.Values{"image": {as.base64}, "question": {"lower half"}}.Encode(),
		"+ of base64": "question=lower+half&image=" + as.base64,
		"%20": "image=" + url.QueryEscape("data:image/png;base64,"+as.base64) +
			"&question=lower%20half&model=digitqa\r\n",
		"lines":            "question=lower%0ahalf&image=" + url.QueryEscape(as.lines),
		"pixels":           "image=" + as.pixels + "&question=lower half",
		"JSON":             inJSON,
		"JSON with a mark": "\ufeff\n " + inJSON,
		"names":            "im%61ge=" + url.QueryEscape(as.base64) + "&question=lower+half",
	} {
		r.checkAnswer(t, title, asQuery, body, want)
	}
	r.checkAnswer(t, "a mark", asJSON,
		"\ufeff{\"image\":\""+as.base64+`\n","question":"lower half"}`, want)
	r.checkAnswer(t, "ids", asJSON, `{"image":"`+as.base64+`","question":[1,3]}`, want)
}

// checkAnswer tests that a request to /ask gets an answer.
func (r *running) checkAnswer(t *testing.T, title, kind, body string, want answerJSON) {
	t.Helper()
	got := r.call(t, "POST", "/ask", []byte(body), "Content-Type", kind)
	var answer answerJSON
	err := json.Unmarshal(got.body, &answer)
	if err != nil || got.status != http.StatusOK || !reflect.DeepEqual(answer, want) {
		t.Errorf("%s: status %d: %.400s\nwant %+v", title, got.status, got.body, want)
	}
}

// A question in ISO 8859-1 is decoded from it.
func TestLatin(t *testing.T) {
	r := start(t)
	body := formBody(
		"Content-Disposition: form-data; name=image\r\n\r\n"+string(drawing(t, 150, 255, 20)),
		"Content-Disposition: form-data; name=question"+withType+"text/plain; charset=latin1"+
			"\r\n\r\ngr\xf6\xdfer")
	got := r.call(t, "POST", "/ask", []byte(body), "Content-Type", asForm+"b")
	const want = "\"gr\u00f6\u00dfer\" has a word the model does not know"
	if got.status != 422 || !strings.Contains(got.text(t), want) {
		t.Errorf("status %d: %s", got.status, got.body)
	}
}

// Names that hold quotes are written in two ways.
func TestPartName(t *testing.T) {
	for disposition, want := range map[string]string{
		`form-data; name="a \"b\""`:                `a "b"`,
		`form-data; name="a %22b%22"`:              `a "b"`,
		"form-data; name=\"\u00fc\"":               "\u00fc",
		`form-data; name="a%0D%0Ab"`:               "a\r\nb",
		`form-data; name="100%"`:                   "100%",
		`form-data; name="a\b"`:                    `a\b`,
		`form-data; name*=utf-8''%C3%BC`:           "\u00fc",
		`form-data; name="a;b"; filename="name=c"`: "a;b",

		// without a name
		"":                              "",
		"form-data":                     "",
		`form-data; filename="a"`:       "",
		`form-data; name=""`:            "",
		`form-data; name="a`:            "",
		`form-data; name="a"; name="b"`: "",
		"name=a":                        "",
		`"`:                             "",
	} {
		name, err := partName(textproto.MIMEHeader{"Content-Disposition": {disposition}})
		if name != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v, want %q", disposition, name, err, want)
		}
	}
}
