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

// What predict takes as a line, serve takes at /ask, and the other way round, with the same answers and errors.
func TestSameValues(t *testing.T) {
	run, folder := trainRun(t)
	m := newTestRows(t, folder, 1)
	pixels := m.pixels[:30]
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
	with := func(number string) string { // in place of the fourth
		n := 0
		return list(func(v uint8) string {
			if n++; n == 4 {
				return number
			}
			return digits(v)
		}, false)
	}
	images := map[string]bool{ // by value: whether it is taken
		list(digits, false): true, list(digits, true): true,
		list(func(v uint8) string { return fmt.Sprintf("%d.0", v) }, true):           true,
		list(func(v uint8) string { return fmt.Sprintf("%d.00e0", v) }, false):       true,
		list(func(v uint8) string { return fmt.Sprintf("%dE-1", 10*int(v)) }, false): true,
		with("1e2"): true, with("-0"): true, with("-0.0"): true, with("0.255e+3"): true,
		"[" + list(digits, true) + "]": false, with("256"): false, with("-1"): false, with("0.5"): false, with("1e3"): false,
		with("1e-400"): true, with("1e400"): false, with("null"): false, with(`"7"`): false, with("true"): false, with("{}"): false,
		with("[7]"): false, with("1,2"): false, with("1."): false, with(".5"): false, with("01"): false, with("+1"): false,
		with("0x1"): false, with("1_0"): false, with("NaN"): false, with(""): false, with("1 2"): false, with("--1"): false,
		"[]": false, "[[]]": false, "{}": false, "null": false, "true": false, "7": false, "": false, "[": false, "]": false,
		`"` + text + `"`: true, `"` + strings.TrimRight(text, "=") + `"`: true, `"` + wrapped + `\n"`: true,
		`"` + strings.ReplaceAll(wrapped, `\n`, `\r\n`) + `\r\n"`: true, `" ` + text[:8] + ` \t ` + text[8:] + ` "`: true,
		`"` + strings.NewReplacer("+", "-", "/", "_").Replace(text) + `"`:          true,
		`"` + strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(text) + `"`: true,
		`"` + strings.ReplaceAll(text, "/", `\/`) + `"`:                            true, `"\u0069` + text[1:] + `"`: true,
		`"data:image/png;base64,` + text + `"`: true, `"DATA:;Base64,` + text + `\n"`: true, `"\ndata:image/png;a=b;base64, ` + wrapped + `"`: true,
		`"data:image/png,` + text + `"`: false, `"data:` + text + `"`: false, `"` + text[:9] + "=" + text[9:] + `"`: false,
		`"` + text + `=A"`: false, `"` + text[:len(text)-8] + `"`: true, // all pixels are there
		`"` + text[:len(text)/8*4] + `"`: false, `""`: false, `"?"`: false, `"seven.png"`: false,
		`"` + text + "\x01" + `"`: false, `"` + text + `\x"`: false, `"` + text: false, `"A"`: false, `"\ud800"`: false, "\"\xff\"": false,
		`"R0lGODlhAQABAA=="`: false, `"+_AA"`: false,
	}
	questions := map[string]bool{
		`"odd number"`: true, `" Odd, NUMBER! "`: true, `"odd\u0020number"`: true, `"odd\tnumber"`: true, `[1,2]`: true, `[ 1 , 2 ]`: true,
		`["odd","number"]`: false, `[1]`: false, `[1,2,3]`: false, `[[1,2]]`: false, `[1,2.0]`: false, `[1,99]`: false, `[1,-1]`: false,
		`[1,99999999999]`: false, `null`: false, `7`: false, `{}`: false, `""`: false, `"red number"`: false, `"odd number`: false,
		"\"odd\tnumber\"": false, "\"odd\xff\"": false, `"odd\ud800"`: false, `"\x"`: false,
	}
	b := newBoth(t, run)
	for image, taken := range images {
		b.check(t, `{"image":`+image+`,"question":"odd number"}`, taken)
	}
	for question, taken := range questions {
		b.check(t, `{"question":`+question+`,"image":`+list(digits, false)+`}`, taken)
	}
	good := `"image":` + list(digits, true) + `,"question":"odd number"`
	for object, taken := range map[string]bool{
		"{" + good + "}": true, " { " + good + " } ": true, "\ufeff{" + good + "}": true, "{" + good + ",}": false, "{" + good + "}}": false,
		"{" + good + "} {}": false, "{" + good: false, "{" + good + `,"image":[]}`: false, "{" + good + `,"more":1}`: false, "[{" + good + "}]": false,
		"\ufeff\ufeff{" + good + "}": false, strings.Replace("{"+good+"}", "image", `\u0069mage`, 1): true, "{" + good + `,"question":"odd number"}`: false,
		"{}": false, "null": false, "7": false, `"x"`: false, "{" + good + "}\x00": false, "{" + strings.Replace(good, ":", "", 1) + "}": false,
		"{'image':1}": false, "{" + strings.Replace(good, ",", ";", 1) + "}": false,
	} {
		b.check(t, object, taken)
	}

	// Rows of a data set may be blank; a person who asks of a blank image has made a mistake.
	blank := `{"image":[` + strings.Repeat("0,", 29) + `0],"question":"odd number"}`
	if code, status, _, said := b.ask(t, blank); code != 0 || status != 422 {
		t.Errorf("a blank row: exit code %d, status %d: %s", code, status, said)
	}

	b = newBoth(t, otherModel(t))
	for object, taken := range map[string]bool{
		`{"sizes":[0.5,-2e3,7],"ids":[8,0]}`: true, `{"ids":[3,1],"sizes":[[1,2,3]]}`: false, `{"sizes":[0.5,-2e3,1e39],"ids":[8,0]}`: false,
		`{"sizes":[1,2],"ids":[8,0]}`: false, `{"sizes":[1,2,"3"],"ids":[8,0]}`: false, `{"sizes":"AAAA","ids":[8,0]}`: false,
		`{"sizes":[1,2,3],"ids":[9,0]}`: false, `{"sizes":[1,2,3],"ids":"odd"}`: false, `{"sizes":[1,2,3],"ids":[1.0,0]}`: false,
	} {
		b.check(t, object, taken)
	}
}

// both asks predict and serve.
type both struct {
	model  string
	server *serve.Server
	answer []byte // the last one
}

func newBoth(t *testing.T, model string) *both {
	t.Helper()
	s, err := serve.New(serve.Config{Models: []serve.Source{{Name: "m", Path: model}}})
	if err != nil {
		t.Fatal(err)
	}
	return &both{model: model, server: s}
}

// ask gives both the same object.
func (b *both) ask(t *testing.T, object string) (code, status int, line, said string) {
	t.Helper()
	code, line, said = callWith(strings.NewReader(object), "predict", b.model, "--in", "-", "--log", "none")
	r := httptest.NewRequest("POST", "/ask", strings.NewReader(object))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	b.server.ServeHTTP(w, r)
	b.answer = w.Body.Bytes()
	return code, w.Code, line, said
}

// check tests that both take an object, or refuse it.
func (b *both) check(t *testing.T, object string, taken bool) {
	t.Helper()
	code, status, line, said := b.ask(t, object)
	if (code == 0) != taken || (status == 200) != taken {
		t.Errorf("%.120q: predict: exit code %d %s; ask: status %d: %.300s\nwant taken: %v", object, code, said, status, b.answer, taken)
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
		if label, ok := row[h.Name].(string); ok && (label != h.Label || float32(row[h.Name+"_probability"].(float64)) != float32(h.Probability)) {
			t.Errorf("%.120q: predict: %s; ask: %+v", object, line, h)
		}
	}
}

// compareErrors tests that the errors of a value that is JSON say the same.
func (b *both) compareErrors(t *testing.T, object, predict, ask string) {
	t.Helper()
	if !json.Valid([]byte(object)) || !strings.HasPrefix(ask, `"`) {
		return
	}
	name, _, _ := strings.Cut(ask, ": ")
	ask = strings.TrimPrefix(ask, name+": ")
	if !strings.Contains(predict, name+": "+ask) {
		t.Errorf("%.120q: predict: %s\nask: %s: %s", object, predict, name, ask)
	}
}
