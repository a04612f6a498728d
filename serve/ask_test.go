package serve

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"net/http"
	"reflect"
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

// drawnDigit is a drawing as PNG, and the pixels that the model reads of it.
func drawnDigit(t testing.TB) (file, pixels []byte) {
	t.Helper()
	file = drawing(t, 150, 255, 20)
	grey, err := vision.Decode(file, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if pixels, err = digit.MNIST(grey, 28, 28); err != nil {
		t.Fatal(err)
	}
	return file, pixels
}

// wantAnswer returns the model's answer to an image of 28 x 28 pixels.
func (r *running) wantAnswer(t testing.TB, pixels []uint8, ids ...int32) answerJSON {
	t.Helper()
	v := r.models[0].current.Load()
	rows := v.NewBatch(1)
	copy(rows.Bytes(0), pixels)
	v.Columns[0].Standardize(rows, 0, 1)
	copy(rows.Inputs[1].Int32s(), ids)
	if err := v.Predict(rows); err != nil {
		t.Fatal(err)
	}
	a := answerJSON{Model: "digitqa", Version: v.Version()}
	for i := range v.Heads {
		a.Heads = append(a.Heads, v.Heads[i].Answer(rows.Outputs[i].Float32s()))
	}
	a.Contradictions = v.rules.Contradictions(rows, 0, a.Heads)
	var err error
	if a.Saw, err = vision.PNG(pixels, 28, 28); err != nil {
		t.Fatal(err)
	}
	return a
}

// answerOf reads an answer of /ask.
func answerOf(t testing.TB, r response) (answer answerJSON) {
	t.Helper()
	if err := json.Unmarshal(r.body, &answer); err != nil || r.status != http.StatusOK {
		t.Fatalf("status %d, %v: %.400s", r.status, err, r.body)
	}
	return answer
}

// An image and a question get the same answer in each form, with what the network saw.
func TestAsk(t *testing.T) {
	r := start(t)
	file, pixels := drawnDigit(t)
	want := r.wantAnswer(t, pixels, 1, 3) // lower half
	text := base64.StdEncoding.EncodeToString(file)
	const question = `","question":"lower half"}`
	inForm := func(parts ...string) [2]string {
		kind, body := form(t, parts...)
		return [2]string{kind, string(body)}
	}
	for name, request := range map[string][2]string{ // content type and body
		"base64":   {asJSON, `{"image":"` + text + question},
		"unpadded": {asJSON, `{"image":"` + strings.TrimRight(text, "=") + question},
		"URL base64": {
			asJSON + "; charset=utf-8",
			`{"image":"` + base64.URLEncoding.EncodeToString(file) + question,
		},
		"data URL": {
			asJSON, `{"model":"digitqa","image":"data:image/png;base64,` + text + question,
		},
		"numbers": {
			asJSON, `{"question":"lower half","image":` + jsonOf(t, ints(pixels)) + `}`,
		},
		"form": inForm("question", "", "lower half", "image", "image/png", string(file)),
		"form model": inForm(
			"image", "image/png", string(file), "model", "", "digitqa",
			"question", "", "Lower, half!"),
	} {
		r.checkAnswer(t, name, request[0], request[1], want)
	}
	img, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	jpg := string(jpegFrom(t, img, &jpeg.Options{Quality: 100}))
	kind, body := form(t, "image", "image/jpeg", jpg, "question", "", "lower half")
	if got := r.call(t, "POST", "/ask", body, "Content-Type", kind); got.status != http.StatusOK {
		t.Errorf("a JPEG: status %d: %s", got.status, got.body)
	}
}

// What cannot be answered is an error, and what is doubtful has a note.
func TestAskDoubts(t *testing.T) {
	r := start(t)
	ask := func(image, question string) response {
		body := askJSON(image, question)
		return r.call(t, "POST", "/ask", body, "Content-Type", asJSON)
	}
	const questions = `"lower half", "upper half", "even number", "odd number"`
	blank := inBase64(drawing(t, 60, 200, 200))
	pixels := pixelsJSON(t)
	for _, c := range []struct{ image, question, want string }{
		{blank, "odd number", "blank"},
		{pixels, "prime number",
			`a word the model does not know: "prime"; it can be asked ` + questions},
		{pixels, "", "asks nothing"},
		{pixels, "odd number or half", `a word the model does not know: "or"`},
	} {
		got := ask(c.image, c.question)
		if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.text(t), c.want) {
			t.Errorf("%s: status %d: %s", c.question, got.status, got.body)
		}
	}
	answer := answerOf(t, ask(pixels, "half number"))
	const note = `"half number" is none of the texts that the model was trained on: ` + questions
	if !slices.Equal(answer.Notes, []string{note}) {
		t.Errorf("%+v", answer)
	}
}

// An answer says whether its heads contradict each other.
func TestAskContradictions(t *testing.T) {
	r := start(t)
	contradictions := 0
	for n := range 12 { // an untrained network contradicts itself half the time
		for at, question := range []string{"lower half", "odd number"} {
			body := askJSON(jsonOf(t, ints(leaning(n))), question)
			answer := answerOf(t, r.call(t, "POST", "/ask", body, "Content-Type", asJSON))
			digit := answer.Heads[0].Label[0] - '0'
			truth := at == 0 && digit < 5 || at == 1 && digit%2 == 1
			fits := truth == (answer.Heads[1].Label == "yes")
			if fits != (answer.Contradictions == nil) {
				t.Errorf("%d, %s: %+v", n, question, answer)
			} else if !fits {
				contradictions++
			}
		}
	}
	if contradictions == 0 || contradictions == 24 {
		t.Errorf("%d of 24 answers contradict themselves", contradictions)
	}
}

// The page reads the models' properties as their files hold them.
func TestModels(t *testing.T) {
	r := start(t)
	var reply struct{ Models []about }
	err := json.Unmarshal(r.call(t, "GET", "/models", nil).body, &reply)
	if err != nil || len(reply.Models) != 1 {
		t.Fatalf("%v: %+v", err, reply)
	}
	m := reply.Models[0]
	good := 0.9527
	want := []scoreAbout{{"val_digit_accuracy", &good}, {"val_loss", nil}}
	if !reflect.DeepEqual(m.Scores, want) {
		t.Errorf("scores are %+v", m.Scores)
	}
	if len(m.Samples) != 3 || !slices.Equal(m.Samples[2].Image, leaning(2)) {
		t.Errorf("%d samples, the last is %v", len(m.Samples), m.Samples[len(m.Samples)-1])
	}
	image, question := m.Inputs[0], m.Inputs[1]
	if *image.Image != (imageAbout{28, 28}) || image.Text != nil {
		t.Errorf("the image is %+v", image)
	}
	words := []string{"lower", "upper", "half", "even", "odd", "number"}
	if question.Image != nil || question.Text.Most != 2 ||
		!slices.Equal(question.Text.Words, words) || question.Text.Questions[2] != "even number" {
		t.Errorf("the question is %+v", question)
	}
	h := m.Heads
	if len(h) != 2 || h[0].Name != "digit" || !slices.Equal(h[1].Labels, []string{"no", "yes"}) {
		t.Errorf("heads are %+v", h)
	}
	version := r.models[0].current.Load().Version()
	if m.Name != "digitqa" || m.Version != version || !m.Ready {
		t.Errorf("the model is %+v", m)
	}
}

// A network whose numbers overflow gives an error that says so. It is not a server error.
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
	body := askJSON(pixelsJSON(t), "odd number")
	got := r.call(t, "POST", "/ask", body, "Content-Type", asJSON)
	const want = `head \"digit\" gives NaN, which is no answer`
	if got.status != http.StatusUnprocessableEntity || !strings.Contains(string(got.body), want) {
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
	body := askJSON(inBase64(drawing(t, 60, 255, 0)), "odd number")
	got := r.call(t, "POST", "/ask", body, "Content-Type", asJSON)
	if got.status != http.StatusGatewayTimeout {
		t.Errorf("status %d: %s", got.status, got.body)
	}
}

// A list of equal pixels is no digit, and the answer says so.
func TestAskBlankPixels(t *testing.T) {
	r := start(t)
	body := askJSON("[17"+strings.Repeat(",17", 783)+"]", "odd number")
	answer := answerOf(t, r.call(t, "POST", "/ask", body, "Content-Type", asJSON))
	if !slices.Equal(answer.Notes, []string{"image is blank"}) {
		t.Errorf("notes are %q", answer.Notes)
	}
}
