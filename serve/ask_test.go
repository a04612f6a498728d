package serve

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"braid/modelfile"
	"braid/vision"
	"braid/vision/digit"
)

// drawing is a stroke on a large canvas, as PNG.
func drawing(t testing.TB, width int, paper, ink uint8) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, width, width))
	for y := range width {
		for x := range width {
			c := paper
			if y > width/8 && y < width/2 && x > width/3+y/9 && x < width/3+y/9+width/20 {
				c = ink
			}
			img.SetGray(x, y, color.Gray{Y: c})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// form is a multipart form; parts are name, content type ("" for a plain field) and content in turn.
func form(t testing.TB, parts ...string) (contentType string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(parts); i += 3 {
		header := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + parts[i] + `"`}}
		if parts[i+1] != "" {
			header.Set("Content-Type", parts[i+1])
		}
		part, err := w.CreatePart(header)
		if err != nil {
			t.Fatal(err)
		}
		part.Write([]byte(parts[i+2]))
	}
	w.Close()
	return w.FormDataContentType(), b.Bytes()
}

// asked is the answer that the model gives to an image's 28 x 28 pixels.
func (r *running) asked(t testing.TB, pixels []uint8, ids ...int32) answerJSON {
	t.Helper()
	v := r.models[0].current.Load()
	rows := v.Rows(1)
	v.Inputs[0].Pixels.Floats(rows.Inputs[0].Float32s(), pixels)
	copy(rows.Inputs[1].Int32s(), ids)
	if err := v.Predict(rows); err != nil {
		t.Fatal(err)
	}
	a := answerJSON{Model: "digitqa", Version: v.Version()}
	for i := range v.Heads {
		a.Heads = append(a.Heads, v.Heads[i].Answer(rows.Answers[i].Float32s()))
	}
	a.Contradictions = v.Contradictions(rows, 0, a.Heads)
	var err error
	if a.Saw, err = vision.PNG(pixels, 28, 28); err != nil {
		t.Fatal(err)
	}
	return a
}

// An image and a question get the same answer in each form, with what the network saw.
func TestAsk(t *testing.T) {
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
	img, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var jpg bytes.Buffer
	if err := jpeg.Encode(&jpg, img, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	want := r.asked(t, pixels, 1, 3) // lower half
	text := base64.StdEncoding.EncodeToString(file)
	const asJSON = "application/json"
	type request struct {
		kind string
		body []byte
	}
	multi := func(parts ...string) request {
		kind, body := form(t, parts...)
		return request{kind, body}
	}
	question := `","question":"lower half"}`
	for name, q := range map[string]request{
		"base64":     {asJSON, []byte(`{"image":"` + text + question)},
		"unpadded":   {asJSON, []byte(`{"image":"` + strings.TrimRight(text, "=") + question)},
		"URL base64": {asJSON + "; charset=utf-8", []byte(`{"image":"` + base64.URLEncoding.EncodeToString(file) + question)},
		"data URL":   {asJSON, []byte(`{"model":"digitqa","image":"data:image/png;base64,` + text + question)},
		"numbers":    {asJSON, []byte(`{"question":"lower half","image":` + jsonOf(t, ints(pixels)) + `}`)},
		"form":       multi("question", "", "lower half", "image", "image/png", string(file)),
		"form model": multi("image", "image/png", string(file), "model", "", "digitqa", "question", "", "Lower, half!"),
	} {
		got := r.call(t, "POST", "/ask", q.body, "Content-Type", q.kind)
		var told answerJSON
		if err := json.Unmarshal(got.body, &told); err != nil || got.status != http.StatusOK {
			t.Fatalf("%s: status %d: %s", name, got.status, got.body)
		}
		if !reflect.DeepEqual(told, want) {
			t.Errorf("%s: got  %+v\nwant %+v", name, told, want)
		}
	}
	kind, body := form(t, "image", "image/jpeg", jpg.String(), "question", "", "lower half")
	if got := r.call(t, "POST", "/ask", body, "Content-Type", kind); got.status != http.StatusOK {
		t.Errorf("a JPEG: status %d: %s", got.status, got.body)
	}
}

// What cannot be answered is said, and what is doubtful too.
func TestAskDoubts(t *testing.T) {
	r := start(t)
	ask := func(image, question string) response {
		return r.call(t, "POST", "/ask", []byte(`{"image":`+image+`,"question":"`+question+`"}`), "Content-Type", "application/json")
	}
	blank := `"` + base64.StdEncoding.EncodeToString(drawing(t, 60, 200, 200)) + `"`
	for _, c := range []struct{ image, question, want string }{
		{blank, "odd number", "blank"},
		{jsonOf(t, ints(picture(3))), "prime number", `a word the model does not know: "prime"; it can be asked "lower half", "upper half", "even number", "odd number"`},
		{jsonOf(t, ints(picture(3))), "", "asks nothing"},
		{jsonOf(t, ints(picture(3))), "odd number or half", `a word the model does not know: "or"`},
	} {
		if got := ask(c.image, c.question); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.text(t), c.want) {
			t.Errorf("%s: status %d: %s", c.question, got.status, got.body)
		}
	}
	var told answerJSON
	if err := json.Unmarshal(ask(jsonOf(t, ints(picture(3))), "half number").body, &told); err != nil || len(told.Notes) != 1 ||
		told.Notes[0] != `the model was not trained on this question, but on "lower half", "upper half", "even number", "odd number"` {
		t.Errorf("%v: %+v", err, told)
	}
	contradicts := 0
	for n := range 12 { // an untrained network contradicts itself half the time
		for at, q := range []string{"lower half", "odd number"} {
			var told answerJSON
			if err := json.Unmarshal(ask(jsonOf(t, ints(picture(n))), q).body, &told); err != nil {
				t.Fatal(err)
			}
			digit := told.Heads[0].Label[0] - '0'
			truth := at == 0 && digit < 5 || at == 1 && digit%2 == 1
			if fits := truth == (told.Heads[1].Label == "yes"); fits != (told.Contradictions == nil) {
				t.Errorf("%d, %s: %+v", n, q, told)
			} else if !fits {
				contradicts++
			}
		}
	}
	if contradicts == 0 || contradicts == 24 {
		t.Errorf("%d of 24 answers contradict themselves", contradicts)
	}
}

// What the page is told is what the model's file holds.
func TestModels(t *testing.T) {
	r := start(t)
	var told struct{ Models []about }
	if err := json.Unmarshal(r.call(t, "GET", "/models", nil).body, &told); err != nil || len(told.Models) != 1 {
		t.Fatalf("%v: %+v", err, told)
	}
	m := told.Models[0]
	good := 0.9527
	if want := []scoreAbout{{"val_digit_accuracy", &good}, {"val_loss", nil}}; !reflect.DeepEqual(m.Scores, want) {
		t.Errorf("scores are %+v", m.Scores)
	}
	if len(m.Samples) != 3 || !slices.Equal(m.Samples[2].Image, picture(2)) {
		t.Errorf("%d samples, the last is %v", len(m.Samples), m.Samples[len(m.Samples)-1])
	}
	image, question := m.Inputs[0], m.Inputs[1]
	if *image.Image != (imageAbout{28, 28}) || image.Text != nil || question.Image != nil || question.Text.Most != 2 ||
		!slices.Equal(question.Text.Words, []string{"lower", "upper", "half", "even", "odd", "number"}) || question.Text.Questions[2] != "even number" {
		t.Errorf("inputs are %+v, %+v", image, question)
	}
	if h := m.Heads; len(h) != 2 || h[0].Name != "digit" || !slices.Equal(h[1].Labels, []string{"no", "yes"}) {
		t.Errorf("heads are %+v", h)
	}
	if m.Name != "digitqa" || m.Version != r.models[0].current.Load().Version() || !m.Ready {
		t.Errorf("the model is %+v", m)
	}
}

// Where the network's numbers overflow, that is said; it is no fault of the server's.
func TestAskOverflow(t *testing.T) {
	r := start(t, func(c *Config) {
		f, err := modelfile.Open(c.Models[0].Path)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range f.Model.Weights() {
			values := w.Values()
			for i := range values {
				values[i] = math.MaxFloat32 * float32(1-i%3)
			}
			if err := w.Set(values); err != nil {
				t.Fatal(err)
			}
		}
		f.Samples = nil
		if err := modelfile.Save(c.Models[0].Path, f); err != nil {
			t.Fatal(err)
		}
	})
	body := []byte(`{"image":` + jsonOf(t, ints(picture(3))) + `,"question":"odd number"}`)
	got := r.call(t, "POST", "/ask", body, "Content-Type", asJSON)
	if want := `head \"digit\" gives NaN, which is no answer`; got.status != http.StatusUnprocessableEntity || !strings.Contains(string(got.body), want) {
		t.Errorf("status %d: %s", got.status, got.body)
	}
}

// An image that waits for its turn to be decoded waits no longer than the deadline.
func TestAskDeadline(t *testing.T) {
	r := start(t, func(c *Config) { c.Deadline = 30 * time.Millisecond })
	for range cap(r.decodes) {
		r.decodes <- struct{}{}
	}
	defer func() {
		for range cap(r.decodes) {
			<-r.decodes
		}
	}()
	body := []byte(`{"image":"` + base64.StdEncoding.EncodeToString(drawing(t, 60, 255, 0)) + `","question":"odd number"}`)
	if got := r.call(t, "POST", "/ask", body, "Content-Type", "application/json"); got.status != http.StatusGatewayTimeout {
		t.Errorf("status %d: %s", got.status, got.body)
	}
}

// asQuery is the kind of a form that is written like the end of an address.
const asQuery = "application/x-www-form-urlencoded"

// raw is a form of a question and another field, which has a header.
func raw(name, more, header, content string) string {
	return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"" + more + "\r\n" + header + "\r\n\r\n" + content +
		"\r\n--b\r\nContent-Disposition: form-data; name=\"question\"\r\n\r\nodd number\r\n--b--\r\n"
}

// What a request copies of its body comes out of the server's budget, like the body itself, and goes back.
func TestCopies(t *testing.T) {
	s := start(t).Server
	file := strings.Repeat("no image, \x00\xff?>", 40_000)
	text := base64.StdEncoding.EncodeToString([]byte(file))
	kind, inForm := form(t, "image", "image/png", file, "question", "", "odd number")
	_, textForm := form(t, "image", "", text, "question", "", "odd number")
	boundary := strings.TrimPrefix(kind, "multipart/form-data; boundary=")
	textForm = bytes.ReplaceAll(textForm, textForm[2:2+len(boundary)], []byte(boundary))
	long := strings.Repeat("x", 1<<19)
	escaped := strings.Repeat(`\n`, 1<<18)
	input := func(of, data string) string {
		return strings.Replace(strings.Replace(whole, of, data, 1), "PIXELS", pixelsJSON(t), 1)
	}
	for _, c := range []struct {
		name, path, kind, body string
		status                 int
	}{
		{"form", "/ask", kind, string(inForm), 415},
		{"base64 in a form", "/ask", kind, string(textForm), 415},
		{"base64", "/ask", asJSON, `{"image":"` + text + `","question":"odd number"}`, 415},
		{"base64 with escapes", "/ask", asJSON, `{"image":"` + strings.ReplaceAll(text, "/", `\/`) + `","question":"odd number"}`, 415},
		{"data URL", "/ask", asJSON, `{"image":"data:image/png;base64,` + text + `","question":"odd number"}`, 415},
		{"query", "/ask", asQuery, "question=odd+number&image=" + strings.ReplaceAll(text, "+", "%2B"), 415},
		{"long name in a query", "/ask", asQuery, long + "=x", 400},
		{"many fields in a query", "/ask", asQuery, strings.Repeat("a=&b=&", 1<<17), 400},
		{"part in base64", "/ask", "multipart/form-data; boundary=b", raw("image", "; filename=x", "Content-Transfer-Encoding: base64", text), 415},
		{"Latin 1", "/ask", "multipart/form-data; boundary=b", raw("model", "", "Content-Type: text/plain; charset=latin1", strings.Repeat("\xfc", 1<<18)), 404},
		{"long name in a form", "/ask", "multipart/form-data; boundary=b", raw(strings.Repeat("x", 3000), "", "X: y", long), 400},
		{"long field in UTF-8", "/ask", asJSON, `{"` + strings.Repeat("\u00fc", 1<<18) + `":"y"}`, 400},
		{"numbers", "/ask", asJSON, `{"image":[` + strings.Repeat("0,", 1<<18) + `0],"question":"odd number"}`, 400},
		{"many numbers", "/ask", asJSON, `{"image":[` + strings.Repeat("0,", 1<<19) + `0],"question":"odd number"}`, 400},
		{"long field", "/ask", asJSON, `{"` + long + `":"y"}`, 400},
		{"long field with escapes", "/ask", asJSON, `{"` + escaped + `":"y"}`, 413},
		{"long model", "/ask", asJSON, `{"model":"` + long + `"}`, 404},
		{"long question", "/ask", asJSON, `{"image":[1],"question":"` + long + `"}`, 400},
		{"long id", inferPath, asJSON, `{"id":"` + long + `"}`, 400},
		{"long name", inferPath, asJSON, input(`"name":"image"`, `"name":"`+long+`"`), 400},
		{"long datatype", inferPath, asJSON, input(`"BYTES"`, `"`+long+`"`), 400},
		{"long output", inferPath, asJSON, input(`"name":"answer"`, `"name":"`+long+`"`), 400},
		{"long text with escapes", inferPath, asJSON, input(`odd number`, escaped), 413},
		{"long member", inferPath, asJSON, input(`"none":0`, `"`+long+`":0`), 200},
		{"long member with escapes", inferPath, asJSON, input(`"none":0`, `"`+escaped+`":0`), 413},
		{"200,000 pixels", inferPath, asJSON, input("PIXELS", "["+strings.Repeat("0,", 200_000)+"0]"), 400},
		{"200,000 pixels as floats", inferPath, asJSON, input(`"UINT8","shape":[1,28,28],"data":PIXELS`, `"FP32","shape":[1,28,28],"data":[`+strings.Repeat("0,", 200_000)+"0]"), 400},
		{"200 images", inferPath, asJSON, images(200, strings.Repeat("7,", 200*784-1)+"7"), 422},
		{"classes of 200 rows", inferPath, asJSON, classified(false), 200},
		{"classes of 200 rows in binary", inferPath, asJSON, classified(true), 200},
		{"200 nested images", inferPath, asJSON, images(200, lists("7", 28, 28, 200)), 422},
	} {
		need, cost := s.needs(t, c.path, c.kind, c.body, c.status)
		bare, read := s.needs(t, "/ask", "text/plain", c.body, 415) // the body itself
		need, cost = need-bare, cost-read
		t.Logf("%s: a body of %d bytes, then %d of the budget, %d allocated", c.name, len(c.body), need, cost)
		const little = 60_000 // what small requests cost too, and other goroutines
		if cost > need+little {
			t.Errorf("%s: a body of %d bytes takes %d of the budget more, and allocates %d", c.name, len(c.body), need, cost)
		}
	}
}

// images is a request of many rows, the last of which asks what the model does not know.
func images(rows int, pixels string) string {
	return fmt.Sprintf(`{"inputs":[{"name":"image","datatype":"UINT8","shape":[%d,28,28],"data":[%s]},`+
		`{"name":"question","datatype":"BYTES","shape":[%d],"data":[%s"prime number"]}]}`, rows, pixels, rows, strings.Repeat(`"odd number",`, rows-1))
}

// classified asks for all classes of many rows.
func classified(binary bool) string {
	text := images(200, strings.Repeat("7,", 200*784-1)+"7")
	return fmt.Sprintf(`{"parameters":{"binary_data_output":%v},"outputs":[{"name":"digit","parameters":{"classification":10}}],`, binary) +
		strings.Replace(text, "prime number", "odd number", 1)[1:]
}

// lists are lists of lists, the innermost first, without the outermost's brackets.
func lists(of string, lengths ...int) string {
	for i, n := range lengths {
		of = strings.TrimSuffix(strings.Repeat(of+",", n), ",")
		if i < len(lengths)-1 {
			of = "[" + of + "]"
		}
	}
	return of
}

// needs is how much of the budget a request takes at its peak, and how much it allocates.
func (s *Server) needs(t *testing.T, path, kind, body string, status int) (need, cost int64) {
	t.Helper()
	cost = 1 << 62
	// With the race detector a sync.Pool drops a quarter of what it is given, and a predictor costs more than
	// what is looked for: three tries all met that once in 64 runs, ten do once in a million.
	for range 10 {
		r, err := http.NewRequest(http.MethodPost, path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", kind)
		w := &recorder{header: http.Header{}}
		w.body.Grow(1 << 16) // the test's own copy of the reply is not the server's
		s.memory.peak = 0
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s.ServeHTTP(w, r)
		runtime.ReadMemStats(&after)
		if held := s.memory.held(); held != 0 || w.status != status {
			t.Fatalf("%d bytes of the budget are held: status %d, want %d: %.300s", held, w.status, status, w.body.String())
		}
		need, cost = s.memory.peak, min(cost, int64(after.TotalAlloc-before.TotalAlloc))
	}
	return need, cost
}
