package serve

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/feature"
	"braid/layer"
	"braid/modelfile"
	"braid/tensor"
	"braid/text"
)

// films writes a model that reads the first three words of a text.
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
	last := g.Add("read", layer.LSTM{Units: 4}, words)
	g.Head("good", layer.Dense{Units: 1, Activation: layer.Sigmoid}, last)
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	f := &modelfile.File{Model: m, Features: []modelfile.Feature{
		reading(t, "review", tokenizer, text.Padding{Length: 3, CutAfter: true}, 20)}}
	if err := modelfile.Save(path, f); err != nil {
		t.Fatal(err)
	}
	return f
}

// reviews are texts with known words, unknown words, too many words, and none.
var reviews = []string{
	"good",
	"excellent film",
	"very very good film indeed",
	"",
	"?!",
	"Bad, bad film, bad",
	"no idea",
}

// goodness is what the network says to the reviews as they are read for training.
func goodness(t testing.TB, f *modelfile.File) []float32 {
	t.Helper()
	input := f.Features[0].Encoder.(*feature.TokensEncoder)
	ids, err := text.PadSequences(input.Tokenizer.TextsToSequences(reviews), input.Padding)
	if err != nil {
		t.Fatal(err)
	}
	out, err := f.Model.Predict(braid.Tensors{
		"review": tensor.Ints(slices.Concat(ids...), len(reviews), 3),
	})
	if err != nil {
		t.Fatal(err)
	}
	return out["good"].Float32s()
}

// A tokenizer with an OOV token reads texts as in training, in each way to send them: unknown
// words, too many words, and none.
func TestUnknownWords(t *testing.T) {
	o := text.Defaults()
	o.NumWords, o.OOVToken = 10, "<oov>"
	path := filepath.Join(t.TempDir(), "films.safetensors")
	want := goodness(t, films(t, path, o))
	r := start(t, func(c *Config) {
		c.Models = append(c.Models, ModelPath{Name: "films", Path: path})
	})
	const infer = "/v2/models/films/infer"
	texts := binaryTexts(reviews...)
	binary := inferJSON(binaryInput("review", "BYTES", "[7,1]", len(texts)))
	length := fmt.Sprint(len(binary))
	inJSON := inferJSON(`{"name":"review","datatype":"BYTES","shape":[7,1],"data":` +
		jsonOf(t, reviews) + `}`)
	for name, got := range map[string]response{
		"JSON":   r.call(t, "POST", infer, inJSON),
		"binary": r.call(t, "POST", infer, append(binary, texts...), headerLength, length),
	} {
		if reply := tensorsOf(t, got); !slices.Equal(reply.Outputs[0].Data, want) {
			t.Errorf("%s: got %v, want %v", name, reply.Outputs[0].Data, want)
		}
	}
	for i, review := range reviews {
		body := []byte(jsonOf(t, map[string]string{"model": "films", "review": review}))
		kind, parts := form(t, "model", "", "films\r\n", "review", "", review+"\r\n")
		for _, got := range []response{
			r.call(t, "POST", "/ask", body, "Content-Type", asJSON),
			r.call(t, "POST", "/ask", parts, "Content-Type", kind),
		} {
			answer := answerOf(t, got)
			if p := answer.Heads[0].Answers[1].Probability; p != float64(want[i]) {
				t.Errorf("%q: good is %v, want %v", review, p, want[i])
			}
			notes := strings.Join(answer.Notes, "; ")
			const ofMany = `unknown words were read as <oov>: "indeed"; ` +
				`only the first 3 of 5 words were read`
			if review == reviews[2] && notes != ofMany || review == "good" && notes != "" {
				t.Errorf("%q: notes are %q", review, notes)
			}
		}
	}
}

// Without an OOV token an unknown word is an error. A text that is longer than the padding is cut,
// as in training.
func TestLongQuestion(t *testing.T) {
	r := start(t)
	want := r.wantAnswer(t, leaning(3), 5, 6) // odd number
	body := askJSON(pixelsJSON(t), `half odd number\r\n`)
	answer := answerOf(t, r.call(t, "POST", "/ask", body, "Content-Type", asJSON))
	if answer.Heads[1].Probability != want.Heads[1].Probability ||
		!slices.Equal(answer.Notes, []string{"only the last 2 of 3 words were read"}) {
		t.Errorf("got %+v, want %+v", answer, want)
	}
	long := r.call(t, "POST", inferPath, oneRow(t, 3, "half odd number", ""))
	got, values := tensorsOf(t, long).Outputs[0].Data, r.predict(t, []int{3}, []int32{5, 6}).Outputs[0]
	if !slices.Equal(got, values.Float32s()) {
		t.Errorf("got %v, want %v", got, values.Float32s())
	}
	refused := r.call(t, "POST", inferPath, oneRow(t, 3, "prime odd number", ""))
	if refused.status != http.StatusUnprocessableEntity ||
		!strings.Contains(refused.text(t), `does not know: "prime"`) {
		t.Errorf("status %d: %s", refused.status, refused.body)
	}
}
