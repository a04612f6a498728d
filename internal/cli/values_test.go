package cli

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"braid/serve"
)

// predict and serve's /ask accept the same objects, with the same answers and errors.
func TestSameValues(t *testing.T) {
	run, folder := trainRun(t)
	m := newTestRows(t, folder, 1)
	pixels := m.image(0)
	text := base64.StdEncoding.EncodeToString(encodePNG(t, pixels))
	wrapped := text[:76] + `\n` + text[76:]
	list := func(number func(uint8) string, nested bool) string {
		var b strings.Builder
		for i, v := range pixels {
			switch {
			case nested && i > 0 && i%5 == 0:
				b.WriteString("],[")
			case i > 0:
				b.WriteString(" , ")
			}
			b.WriteString(number(v))
		}
		if nested {
			return "[[" + b.String() + "]]"
		}
		return "[" + b.String() + "]"
	}
	digits := func(v uint8) string { return strconv.Itoa(int(v)) }
	with := func(number string) string { // replaces the fourth pixel
		n := 0
		return list(func(v uint8) string {
			if n++; n == 4 {
				return number
			}
			return digits(v)
		}, false)
	}
	plain := list(digits, false)
	nested := list(digits, true)
	base := newBoth(t, run)
	image := func(taken bool, values ...string) {
		t.Helper()
		for _, v := range values {
			base.check(t, `{"image":`+v+`,"question":"odd number"}`, taken)
		}
	}
	image(true, plain, nested,
		list(func(v uint8) string { return fmt.Sprintf("%d.0", v) }, true),
		list(func(v uint8) string { return fmt.Sprintf("%d.00e0", v) }, false),
		list(func(v uint8) string { return fmt.Sprintf("%dE-1", 10*int(v)) }, false),
		with("1e2"), with("-0"), with("-0.0"), with("0.255e+3"), with("1e-400"))
	image(false,
		with("256"), with("-1"), with("0.5"), with("1e3"), with("1e400"),
		with("null"), with(`"7"`), with("true"), with("{}"), with("[7]"), with("1,2"),
		with("1."), with(".5"), with("01"), with("+1"), with("0x1"), with("1_0"), with("NaN"),
		with(""), with("1 2"), with("--1"),
		"["+nested+"]", "[]", "[[]]", "{}", "null", "true", "7", "", "[", "]")
	webSafe := strings.NewReplacer("+", "-", "/", "_").Replace(text)
	image(true, // base64
		`"`+text+`"`,
		`"`+strings.TrimRight(text, "=")+`"`,
		`"`+webSafe+`"`,
		`"`+strings.ReplaceAll(webSafe, "=", "")+`"`,
		`"`+text[:len(text)-8]+`"`, // all pixels are there
		`"`+wrapped+`\n"`,
		`"`+strings.ReplaceAll(wrapped, `\n`, `\r\n`)+`\r\n"`,
		`" `+text[:8]+` \t `+text[8:]+` "`,
		`"`+strings.ReplaceAll(text, "/", `\/`)+`"`,
		`"\u0069`+text[1:]+`"`,
		`"data:image/png;base64,`+text+`"`,
		`"DATA:;Base64,`+text+`\n"`,
		`"\ndata:image/png;a=b;base64, `+wrapped+`"`)
	image(false,
		`"data:image/png,`+text+`"`, `"data:`+text+`"`,
		`"`+text[:9]+"="+text[9:]+`"`, `"`+text+`=A"`, `"`+text[:len(text)/8*4]+`"`,
		`"`+text+"\x01"+`"`, `"`+text+`\x"`, `"`+text,
		`""`, `"?"`, `"seven.png"`, `"A"`, `"\ud800"`, "\"\xff\"", `"R0lGODlhAQABAA=="`, `"+_AA"`)

	question := func(taken bool, values ...string) {
		t.Helper()
		for _, v := range values {
			base.check(t, `{"question":`+v+`,"image":`+plain+`}`, taken)
		}
	}
	question(true, `"odd number"`, `" Odd, NUMBER! "`, `"odd\u0020number"`, `"odd\tnumber"`,
		`[1,2]`, `[ 1 , 2 ]`)
	question(false, `["odd","number"]`, `[1]`, `[1,2,3]`, `[[1,2]]`, `[1,2.0]`, `[1,99]`, `[1,-1]`,
		`[1,99999999999]`, `null`, `7`, `{}`, `""`, `"red number"`, `"odd number`,
		"\"odd\tnumber\"", "\"odd\xff\"", `"odd\ud800"`, `"\x"`)

	good := `"image":` + nested + `,"question":"odd number"`
	object := "{" + good + "}"
	for _, o := range []string{
		object, " { " + good + " } ", "\ufeff" + object,
		strings.Replace(object, "image", `\u0069mage`, 1),
	} {
		base.check(t, o, true)
	}
	for _, o := range []string{
		"{" + good + ",}", object + "}", object + " {}", "{" + good, "[" + object + "]",
		"{" + good + `,"image":[]}`, "{" + good + `,"question":"odd number"}`,
		"\ufeff\ufeff" + object, object + "\x00",
		"{" + strings.Replace(good, ":", "", 1) + "}", "{" + strings.Replace(good, ",", ";", 1) + "}",
		"{}", "null", "7", `"x"`, "{'image':1}",
	} {
		base.check(t, o, false)
	}

	// Other members of a row are columns that the model does not read.
	more := "{" + good + `,"more":{"x":1}}`
	if code, status, _, said := base.ask(t, more); code != 0 || status != 400 {
		t.Errorf("a row with another member: exit code %d, status %d: %s", code, status, said)
	}

	// A blank image is a valid row of a data set.
	blank := `{"image":[` + strings.Repeat("0,", 29) + `0],"question":"odd number"}`
	if code, status, _, said := base.ask(t, blank); code != 0 || status != 200 {
		t.Errorf("a blank row: exit code %d, status %d: %s", code, status, said)
	}

	other := newBoth(t, otherModel(t))
	other.check(t, `{"sizes":[0.5,-2e3,7],"ids":[8,0]}`, true)
	for _, o := range []string{
		`{"ids":[3,1],"sizes":[[1,2,3]]}`,
		`{"sizes":[0.5,-2e3,1e39],"ids":[8,0]}`,
		`{"sizes":[1,2],"ids":[8,0]}`,
		`{"sizes":[1,2,"3"],"ids":[8,0]}`,
		`{"sizes":"AAAA","ids":[8,0]}`,
		`{"sizes":[1,2,3],"ids":[9,0]}`,
		`{"sizes":[1,2,3],"ids":"odd"}`,
		`{"sizes":[1,2,3],"ids":[1.0,0]}`,
	} {
		other.check(t, o, false)
	}
}

// both gives objects to predict and to serve.
type both struct {
	model  string
	server *serve.Server
	answer []byte // serve's last answer
}

func newBoth(t *testing.T, model string) *both {
	t.Helper()
	s, err := serve.New(serve.Config{Models: []serve.ModelPath{{Name: "m", Path: model}}})
	if err != nil {
		t.Fatal(err)
	}
	return &both{model: model, server: s}
}

// ask gives the same object to both.
func (b *both) ask(t *testing.T, object string) (code, status int, line, said string) {
	t.Helper()
	args := words("predict --in - --log none", b.model)
	code, line, said = callWith(strings.NewReader(object), args...)
	r := httptest.NewRequest("POST", "/ask", strings.NewReader(object))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	b.server.ServeHTTP(w, r)
	b.answer = w.Body.Bytes()
	return code, w.Code, line, said
}

// check tests that both accept an object, or that both refuse it.
func (b *both) check(t *testing.T, object string, taken bool) {
	t.Helper()
	code, status, line, said := b.ask(t, object)
	if (code == 0) != taken || (status == 200) != taken {
		const format = "%.120q: predict: exit code %d %s; ask: status %d: %.300s\nwant taken: %v"
		t.Errorf(format, object, code, said, status, b.answer, taken)
		return
	}
	var answer struct {
		Error string
		Heads []struct {
			Name, Label string
			Probability float64
		}
	}
	if err := json.Unmarshal(b.answer, &answer); err != nil {
		t.Fatal(err)
	}
	if !taken {
		b.compareErrors(t, object, said, answer.Error)
		return
	}
	var row map[string]any
	if err := json.Unmarshal([]byte(line), &row); err != nil {
		t.Fatal(err)
	}
	for _, h := range answer.Heads {
		label, ok := row[h.Name].(string)
		if !ok {
			continue
		}
		probability := row[h.Name+"_probability"].(float64)
		if label != h.Label || float32(probability) != float32(h.Probability) {
			t.Errorf("%.120q: predict: %s; ask: %+v", object, line, h)
		}
	}
}

// compareErrors tests that both give the same error for a value that is valid JSON.
func (b *both) compareErrors(t *testing.T, object, predict, ask string) {
	t.Helper()
	if !json.Valid([]byte(object)) || !strings.HasPrefix(ask, `"`) ||
		strings.Contains(predict, "no such file") { // predict reads paths of pictures, too
		return
	}
	name, _, _ := strings.Cut(ask, ": ")
	ask = strings.TrimPrefix(ask, name+": ")
	if !strings.Contains(predict, name+": "+ask) {
		t.Errorf("%.120q: predict: %s\nask: %s: %s", object, predict, name, ask)
	}
}
