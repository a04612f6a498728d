package serve

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"mime/quotedprintable"
	"net/http"
	"net/textproto"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"braid/vision"
	"braid/vision/digit"
)

// Browsers, curl and libraries write forms in many ways. All of these ask the same.
func TestForms(t *testing.T) {
	r := start(t)
	file := drawing(t, 150, 255, 20)
	grey, err := vision.Decode(file, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	pixels, err := digit.MNIST(grey, 28, 28)
	if err != nil {
		t.Fatal(err)
	}
	want := r.asked(t, pixels, 1, 3) // lower half
	text := base64.StdEncoding.EncodeToString(file)
	var lines, quoted strings.Builder
	for at := 0; at < len(text); at += 76 {
		lines.WriteString(text[at:min(at+76, len(text))] + "\r\n")
	}
	q := quotedprintable.NewWriter(&quoted)
	q.Binary = true
	q.Write(file)
	q.Close()
	const name, question = `Content-Disposition: form-data; name="image"`, "Content-Disposition: form-data; name=\"question\"\r\n\r\nlower half"
	const another = "Content-Disposition: form-data; name=\"question\"\r\n"
	whole := name + "\r\n\r\n" + string(file)
	for title, parts := range map[string][]string{
		"no file name":               {whole, question},
		"bytes, no file name":        {name + "\r\nContent-Type: application/octet-stream\r\n\r\n" + string(file), question},
		"text, no file name":         {name + "\r\nContent-Type: text/plain\r\n\r\n" + string(file), question},
		"a wrong type":               {name + "\r\nContent-Type: text/html; charset=koi8-r; x\r\n\r\n" + string(file), question},
		"a file":                     {name + "; filename=\"nine.png\"\r\nContent-Type: image/png\r\n\r\n" + string(file), question},
		"a file of no type":          {name + "; filename=nine.png\r\n\r\n" + string(file), question},
		"a name with spaces":         {name + "; filename=my nine (2).png\r\n\r\n" + string(file), question},
		"a name with quotes":         {name + "; filename=\"a \\\"b\\\" %22c%22.png\"\r\n\r\n" + string(file), question},
		"a name with one quote":      {name + "; filename=\"my\"nine.png\"\r\n\r\n" + string(file), question},
		"a path":                     {name + "; filename=\"C:\\new\\9.png\"\r\n\r\n" + string(file), question},
		"base64 in a file":           {name + "; filename=\"9.b64\"\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n" + lines.String(), question},
		"base64 that claims a type":  {name + "\r\nContent-Type: image/png\r\n\r\n" + text, question},
		"pixels in a file":           {name + "; filename=9.json\r\nContent-Type: application/json\r\n\r\n" + jsonOf(t, ints(pixels)), question},
		"model in a file":            {"Content-Disposition: form-data; name=model; filename=name.txt\r\n\r\ndigitqa\n", whole, question},
		"an empty name":              {name + "; filename=\"\"\r\n\r\n" + string(file), question},
		"UTF-8":                      {name + "; filename=\"neun \u00fc\u4e5d.png\"\r\n\r\n" + string(file), question},
		"Latin 1":                    {name + "; filename=\"neun \xfc.png\"\r\n\r\n" + string(file), question},
		"RFC 5987":                   {name + "; filename=\"n.png\"; filename*=UTF-8''neun%20%C3%BC.png\r\n\r\n" + string(file), question},
		"RFC 5987 alone":             {name + "; filename*=utf-8''n%C3%BC.png\r\n\r\n" + string(file), question},
		"RFC 5987 of another set":    {name + "; filename*=gb18030''n%81.png\r\n\r\n" + string(file), question},
		"RFC 2231":                   {name + "; filename*0=\"n\"; filename*1=\"ine.png\"\r\n\r\n" + string(file), question},
		"two file names":             {name + "; filename=a; filename=b\r\n\r\n" + string(file), question},
		"the file name first":        {"Content-Disposition: form-data; filename=\"9.png\"; name=\"image\"\r\n\r\n" + string(file), question},
		"name in RFC 5987":           {"Content-Disposition: form-data; name*=UTF-8''ima%67e\r\n\r\n" + string(file), question},
		"name without quotes":        {"content-disposition: Form-Data; Name=image\r\n\r\n" + string(file), question},
		"no form-data":               {"Content-Disposition: attachment; name=image\r\n\r\n" + string(file), question},
		"binary":                     {name + "\r\nContent-Transfer-Encoding: binary\r\n\r\n" + string(file), question},
		"8bit":                       {name + "\r\nContent-Transfer-Encoding: 8Bit\r\n\r\n" + string(file), question},
		"part in base64":             {name + "; filename=9.png\r\nContent-Transfer-Encoding: BASE64\r\n\r\n" + lines.String(), question},
		"part in base64, no name":    {name + "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + text, question},
		"quoted-printable":           {name + "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + quoted.String(), question},
		"base64":                     {name + "\r\n\r\n" + text, question},
		"base64 in lines":            {name + "\r\n\r\n" + lines.String(), question},
		"a data URL":                 {name + "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\ndata:image/png;base64," + text, question},
		"pixels":                     {name + "\r\n\r\n " + jsonOf(t, ints(pixels)) + "\n", question},
		"question with a file name":  {another[:len(another)-2] + "; filename=\"q.txt\"\r\nContent-Type: text/plain\r\n\r\nlower half", whole},
		"question of a blob":         {another[:len(another)-2] + "; filename=\"blob\"\r\nContent-Type: application/octet-stream\r\n\r\nlower half", whole},
		"question in UTF-8":          {another + "Content-Type: text/plain; charset=UTF-8\r\n\r\nlower half", whole},
		"question in ASCII":          {another + "Content-Type: text/plain; charset=\"us-ascii\"\r\n\r\nlower half", whole},
		"question in Latin 1":        {another + "Content-Type: text/plain;charset=ISO-8859-1\r\n\r\nlower half", whole},
		"question in base64":         {another + "Content-Transfer-Encoding: base64\r\n\r\nbG93ZXIgaGFsZg==", whole},
		"question, quoted-printable": {another + "Content-Transfer-Encoding: quoted-printable\r\n\r\nlower=20ha=\r\nlf", whole},
		"question of a strange type": {another + "Content-Type: ;;\r\n\r\nlower half", whole},
		"question with a mark":       {another[:len(another)-2] + "; filename=\"q.txt\"\r\n\r\n\ufefflower half\r\n", whole},
		"base64 with a mark":         {name + "; filename=\"\"\r\n\r\n\ufeff" + lines.String(), question},
		"_charset_":                  {"Content-Disposition: form-data; name=\"_charset_\"\r\n\r\nUTF-8", whole, question},
	} {
		body := "--b\r\n" + strings.Join(parts, "\r\n--b\r\n") + "\r\n--b--\r\n"
		r.asksSame(t, title, "multipart/form-data; boundary=b", body, want)
	}
	newlines := "--b\n" + strings.ReplaceAll(name+"\r\n\r\n"+text+"\r\n--b\r\n"+question, "\r\n", "\n") + "\n--b--"
	r.asksSame(t, "ends of lines", "Multipart/Form-Data; boundary=\"b\"; charset=utf-8", "a preamble\n"+newlines+"\nan epilogue", want)

	for title, body := range map[string]string{
		"escaped":          url.Values{"image": {text}, "question": {"lower half"}}.Encode(),
		"+ of base64":      "question=lower+half&image=" + text,
		"%20":              "image=" + url.QueryEscape("data:image/png;base64,"+text) + "&question=lower%20half&model=digitqa\r\n",
		"lines":            "question=lower%0ahalf&image=" + url.QueryEscape(lines.String()),
		"pixels":           "image=" + jsonOf(t, ints(pixels)) + "&question=lower half",
		"JSON":             `{"image":"` + text + `","question":"lower half"}`,
		"JSON with a mark": "\ufeff\n {\"image\":\"" + text + `","question":"lower half"}`,
		"names":            "im%61ge=" + url.QueryEscape(text) + "&question=lower+half",
	} {
		r.asksSame(t, title, asQuery, body, want)
	}
	r.asksSame(t, "a mark", asJSON, "\ufeff{\"image\":\""+text+`\n","question":"lower half"}`, want)
	r.asksSame(t, "ids", asJSON, `{"image":"`+text+`","question":[1,3]}`, want)
}

// asksSame tests that a body gets an answer.
func (r *running) asksSame(t *testing.T, title, kind, body string, want answerJSON) {
	t.Helper()
	got := r.call(t, "POST", "/ask", []byte(body), "Content-Type", kind)
	var told answerJSON
	if err := json.Unmarshal(got.body, &told); err != nil || got.status != http.StatusOK || !reflect.DeepEqual(told, want) {
		t.Errorf("%s: status %d: %.400s", title, got.status, got.body)
	}
}

// A question in ISO 8859-1 is read in it.
func TestLatin(t *testing.T) {
	r := start(t)
	body := "--b\r\nContent-Disposition: form-data; name=image\r\n\r\n" + string(drawing(t, 150, 255, 20)) +
		"\r\n--b\r\nContent-Disposition: form-data; name=question\r\nContent-Type: text/plain; charset=latin1\r\n\r\ngr\xf6\xdfer\r\n--b--\r\n"
	got := r.call(t, "POST", "/ask", []byte(body), "Content-Type", "multipart/form-data; boundary=b")
	if want := `"gr` + "\u00f6\u00df" + `er" has a word the model does not know`; got.status != 422 || !bytes.Contains([]byte(got.text(t)), []byte(want)) {
		t.Errorf("status %d: %s", got.status, got.body)
	}
}

// Names that hold quotes are written in two ways.
func TestPartName(t *testing.T) {
	for disposition, want := range map[string]string{
		`form-data; name="a \"b\""`: `a "b"`, `form-data; name="a %22b%22"`: `a "b"`, "form-data; name=\"\u00fc\"": "\u00fc", `form-data; name="a%0D%0Ab"`: "a\r\nb",
		`form-data; name="100%"`: "100%", `form-data; name="a\b"`: `a\b`, `form-data; name*=utf-8''%C3%BC`: "\u00fc", `form-data; name="a;b"; filename="name=c"`: "a;b",
		"": "", "form-data": "", `form-data; filename="a"`: "", `form-data; name=""`: "", `form-data; name="a`: "", `form-data; name="a"; name="b"`: "", "name=a": "", `"`: "",
	} {
		name, err := partName(textproto.MIMEHeader{"Content-Disposition": {disposition}})
		if name != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v, want %q", disposition, name, err, want)
		}
	}
}
