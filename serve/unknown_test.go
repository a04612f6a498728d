package serve

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/layer"
	"braid/modelfile"
	"braid/tensor"
	"braid/text"
)

// films writes a model of a text of three words, read from its first words on.
func films(t testing.TB, path string, o text.Options) *modelfile.File {
	t.Helper()
	tokenizer, err := text.NewTokenizer(o)
	if err != nil {
		t.Fatal(err)
	}
	tokenizer.FitOnTexts([]string{"good film", "bad film", "very good", "very bad"})
	g := braid.NewGraph("films")
	ids := g.Input("review", tensor.Int32, 3)
	words := g.Add("words", layer.Embedding{Vocabulary: 20, Width: 4}, ids)
	g.Head(
		"good",
		layer.Dense{Units: 1, Activation: layer.Sigmoid},
		g.Add("read", layer.LSTM{Units: 4}, words),
	)
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	f := &modelfile.File{Model: m, Inputs: []modelfile.Input{
		{
			Name: "review",
			Text: &modelfile.Text{
				Tokenizer: tokenizer,
				Padding:   text.Padding{Length: 3, CutAfter: true},
			},
		},
	}}
	if err := modelfile.Save(path, f); err != nil {
		t.Fatal(err)
	}
	return f
}

// Where the tokenizer has an OOV token, texts are read as in training, however they come: unknown
// words, too many words, none.
func TestUnknownWords(t *testing.T) {
	o := text.Defaults()
	o.NumWords, o.OOVToken = 10, "<oov>"
	path := filepath.Join(t.TempDir(), "films.safetensors")
	f := films(t, path, o)
	r := start(
		t,
		func(c *Config) { c.Models = append(c.Models, Source{Name: "films", Path: path}) },
	)
	reviews := []string{
		"good",
		"excellent film",
		"very very good film indeed",
		"",
		"?!",
		"Bad, bad film, bad",
		"no idea",
	}
	padded, err := text.PadSequences(
		f.Inputs[0].Text.Tokenizer.TextsToSequences(reviews),
		f.Inputs[0].Text.Padding,
	)
	if err != nil {
		t.Fatal(err)
	}
	out, err := f.Model.Predict(
		braid.Tensors{"review": tensor.Ints(slices.Concat(padded...), len(reviews), 3)},
	)
	if err != nil {
		t.Fatal(err)
	}
	want := out["good"].Float32s()

	const infer = "/v2/models/films/infer"
	given := func(more string) string {
		return fmt.Sprintf(
			`{"inputs":[{"name":"review","datatype":"BYTES","shape":[%d,1],%s}]}`,
			len(reviews),
			more,
		)
	}
	asList, err := json.Marshal(reviews)
	if err != nil {
		t.Fatal(err)
	}
	var raw []byte
	for _, review := range reviews {
		raw = append(binary.LittleEndian.AppendUint32(raw, uint32(len(review))), review...)
	}
	header := given(fmt.Sprintf(`"parameters":{"binary_data_size":%d}`, len(raw)))
	for name, got := range map[string]response{
		"JSON":   r.call(t, "POST", infer, []byte(given(`"data":`+string(asList)))),
		"binary": r.call(t, "POST", infer, append([]byte(header), raw...), headerLength, fmt.Sprint(len(header))),
	} {
		if reply := tensorsOf(t, got); !slices.Equal(reply.Outputs[0].Data, want) {
			t.Errorf("%s: got %v, want %v", name, reply.Outputs[0].Data, want)
		}
	}
	for i, review := range reviews {
		body, err := json.Marshal(map[string]string{"model": "films", "review": review})
		if err != nil {
			t.Fatal(err)
		}
		kind, parts := form(t, "model", "", "films\r\n", "review", "", review+"\r\n")
		for _, got := range []response{
			r.call(t, "POST", "/ask", body, "Content-Type", "application/json"), r.call(t, "POST", "/ask", parts, "Content-Type", kind),
		} {
			var reply answerJSON
			if err := json.Unmarshal(got.body, &reply); err != nil || got.status != http.StatusOK {
				t.Fatalf("%q: status %d: %s", review, got.status, got.body)
			}
			if p := reply.Heads[0].Answers[1].Probability; p != float64(want[i]) {
				t.Errorf("%q: good is %v, want %v", review, p, want[i])
			}
			notes := strings.Join(reply.Notes, "; ")
			if review == reviews[2] &&
				notes != `unknown words were read as <oov>: "indeed"; only the first 3 of 5 words were read` ||
				review == "good" && notes != "" {
				t.Errorf("%q: notes are %q", review, notes)
			}
		}
	}
}

// Without an OOV token an unknown word is an error, and what is longer than the padding is cut,
// as in training.
func TestLongQuestion(t *testing.T) {
	r := start(t)
	pixels := picture(3)
	want := r.asked(t, pixels, 5, 6) // odd number
	body := fmt.Sprintf(
		`{"image":%s,"question":%q}`,
		jsonOf(t, ints(pixels)),
		"half odd number\r\n",
	)
	got := r.call(t, "POST", "/ask", []byte(body), "Content-Type", "application/json")
	var reply answerJSON
	if err := json.Unmarshal(got.body, &reply); err != nil || got.status != http.StatusOK {
		t.Fatalf("status %d: %s", got.status, got.body)
	}
	if reply.Heads[1].Probability != want.Heads[1].Probability ||
		!slices.Equal(reply.Notes, []string{"only the last 2 of 3 words were read"}) {
		t.Errorf("got %+v, want %+v", reply, want)
	}
	input := fmt.Sprintf(
		`{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,28,28],"data":%s},{"name":"question","datatype":"BYTES","shape":[1],"data":[%%q]}]}`,
		jsonOf(t, ints(pixels)),
	)
	values := tensorsOf(t, r.call(t, "POST", inferPath, fmt.Appendf(nil, input, "half odd number")))
	rows := r.want(t, []int{3}, []int32{5, 6})
	if !slices.Equal(values.Outputs[0].Data, rows.Answers[0].Float32s()) {
		t.Errorf("got %v, want %v", values.Outputs[0].Data, rows.Answers[0].Float32s())
	}
	refused := r.call(t, "POST", inferPath, fmt.Appendf(nil, input, "prime odd number"))
	if refused.status != http.StatusUnprocessableEntity ||
		!strings.Contains(refused.text(t), `does not know: "prime"`) {
		t.Errorf("status %d: %s", refused.status, refused.body)
	}
}
