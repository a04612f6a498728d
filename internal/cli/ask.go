package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"braid/internal/batchpredict"
	"braid/internal/suggest"
	"braid/predictor"
)

func askVerb(s streams) *cobra.Command {
	var asJSON bool
	c := command(&cobra.Command{
		Use:   "ask [MODEL] [COLUMN=VALUE...] [flags]\n  braid ask [MODEL] [IMAGE...] [QUESTION] [flags]",
		Short: "Ask about one row, or a question about images",
		Long: "Ask prints a model's answers. MODEL is a model file or a run folder, by default\n" +
			"runs/latest.\n\n" +
			"A model of your own data answers one row: values by the names of its columns. The\n" +
			"value of a picture is a file, or - for standard input. A column without a value is\n" +
			"missing. The most probable answers of each head are printed, and notes on values\n" +
			"that training did not have.\n\n" +
			"A digitqa model answers a question about images: PNG or JPEG files of any size,\n" +
			"or - for standard input. QUESTION is asked of every image. Leave it out if the\n" +
			"model takes no text; leave out the images if it takes only a text. A text is read\n" +
			"as in training: words beyond the model's length are cut, and unknown words become\n" +
			"the OOV token. Without an OOV token an unknown word is an error.",
		Example: "  braid ask runs/latest picture=cat.png title=\"A cat on a mat\"\n" +
			"  braid ask seven.png \"odd number\"\n" +
			"  braid ask runs/best scans/*.jpg \"upper half\" --json\n" +
			"  curl -s https://example.org/seven.png | braid ask - \"odd number\"",
		RunE: func(c *cobra.Command, args []string) error {
			return ask(c.Context(), s, args, asJSON)
		},
	}, cobra.ArbitraryArgs)
	c.Flags().BoolVar(&asJSON, "json", false, "print one line of JSON for the row, or for each image")
	return c
}

func ask(ctx context.Context, s streams, args []string, asJSON bool) error {
	var named []string
	if len(args) > 0 && isModel(args[0]) {
		named, args = args[:1], args[1:]
	}
	if len(args) == 0 {
		if m := ownModel(named); m != nil {
			return usage("values are missing, want such as: braid ask %s", columnExample(m))
		}
		return usage(`an image is missing, want such as: braid ask seven.png "odd number"`)
	}
	if named == nil && args[0] != "-" && len(args) > 2 && !strings.Contains(args[0], "=") {
		// A missing first file may be a model, so runs/latest must not answer in its place.
		if _, err := os.Stat(args[0]); errors.Is(err, fs.ErrNotExist) {
			const format = "%s: no such file or directory, want a model or an image"
			return fmt.Errorf(format, args[0])
		}
	}
	path, err := modelPath(named)
	if err != nil {
		return err
	}
	model, err := predictor.Open(path)
	if err != nil {
		return err
	}
	if model.ReadsColumns() {
		return askFile(ctx, s, model, args, asJSON)
	}
	q, err := newQuestioner(model, args)
	if err != nil {
		return err
	}
	defer model.Free(q.rows)
	images := args
	switch {
	case q.image == nil:
		images = []string{""}
	case q.text != nil:
		images = args[:len(args)-1]
	}
	return q.askAll(ctx, s, images, asJSON)
}

// ownModel returns the model that arguments name if it is one of people's own data.
func ownModel(named []string) *predictor.Model {
	path, err := modelPath(named)
	if err != nil {
		return nil
	}
	m, err := predictor.Open(path)
	if err != nil || !m.ReadsColumns() {
		return nil
	}
	return m
}

// questioner asks a model the same question about one image after the other.
type questioner struct {
	model    *predictor.Model
	image    *predictor.Input // nil if the model takes none
	text     *predictor.Input // nil if the model takes none
	question string
	rows     *predictor.Batch
	bad      error // why the question cannot be asked
	notes    []string
}

// readsFiles and readsText report what an input takes.
func readsFiles(in *predictor.Input) bool { return in.Files != nil }
func readsText(in *predictor.Input) bool  { return in.Text != nil }

// newQuestioner reads the question, which is the last argument.
func newQuestioner(m *predictor.Model, args []string) (*questioner, error) {
	q := &questioner{
		model: m,
		image: m.Input(readsFiles),
		text:  m.Input(readsText),
		notes: []string{},
	}
	if q.image == nil && (q.text == nil || len(m.Inputs) > 1) {
		const format = "model %q takes no image: its inputs are %s"
		return nil, fmt.Errorf(format, m.Name(), batchpredict.Takes(m))
	}
	if len(m.Inputs) > 2 || len(m.Inputs) == 2 && q.text == nil {
		return nil, fmt.Errorf("model %q takes more than an image and a question, its inputs are %s: "+
			"braid predict can fill them from JSON lines", m.Name(), batchpredict.Takes(m))
	}
	q.rows = m.NewBatch(1)
	if q.text == nil {
		return q, nil
	}
	last := args[len(args)-1]
	_, err := os.Stat(last)
	isFile := last == "-" || err == nil
	if q.image == nil {
		if len(args) > 1 || isFile && !q.readsAll(last) {
			return nil, usage("model %q takes a text and no image, want such as: braid ask %s",
				m.Name(), shellText(q.text.Text.Suggest()))
		}
		q.read(last)
		return q, nil
	}
	if len(args) == 1 && isFile {
		return nil, usage("the question is missing, want such as: braid ask %s %s",
			shellWord(last), shellText(q.text.Text.Suggest()))
	}
	if len(args) == 1 {
		return nil, usage("an image is missing, want such as: braid ask seven.png %s", shellText(last))
	}
	if isFile && !q.readsAll(last) {
		return nil, usage("the question is missing: the last argument, %s, is a file, "+
			"want such as %s", last, shellText(q.text.Text.Suggest()))
	}
	q.read(last)
	return q, nil
}

// readsAll reports whether the model knows and reads every word of a text. A file's name that it
// does not read is hardly meant as a question.
func (q *questioner) readsAll(text string) bool {
	r, err := q.text.Text.Read(make([]int32, q.text.Shape.Size()), text)
	return err == nil && r.Unknown == nil && r.Words > 0 && r.Cut == 0
}

// read tokenizes the question. It sets bad if that fails.
func (q *questioner) read(question string) {
	q.question = strings.TrimRight(question, "\r\n")
	ids := q.rows.Inputs[position(q.model, q.text)].Int32s()
	if q.bad = q.text.Text.ReadText(ids, question); q.bad == nil {
		q.notes = append(q.notes, notes(q.text, question)...)
	}
}

// notes returns remarks on a question: words that are not read as they are, and that the model was
// not trained on it.
func notes(in *predictor.Input, question string) []string {
	list := in.Text.Remarks(question)
	ids := make([]int32, in.Shape.Size())
	if _, err := in.Text.Read(ids, question); err == nil && !in.Text.Trained(ids) {
		const format = "%q is none of the questions that the model was trained on: %s"
		list = append(list, fmt.Sprintf(format, question, suggest.List(in.Text.Texts)))
	}
	return list
}

// shellWord quotes an argument for a shell if it needs quotes.
func shellWord(arg string) string {
	if plainWord.MatchString(arg) {
		return arg
	}
	return singleQuoted(arg)
}

// shellText quotes a text for a shell, in double quotes if these suffice.
func shellText(text string) string {
	if strings.ContainsAny(text, "\\\"$`!") {
		return singleQuoted(text)
	}
	return strconv.Quote(text)
}

func singleQuoted(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./,:=+@%-]+$`)

// reply is the model's answer about one image, and a line of --json.
type reply struct {
	Image          string             `json:"image,omitempty"`
	Question       string             `json:"question,omitempty"`
	Model          string             `json:"model"`
	Version        string             `json:"version"`
	Heads          []predictor.Answer `json:"heads"`
	Contradictions []string           `json:"contradictions"`
	Notes          []string           `json:"notes"`
}

// refusal is the line of --json for an image without an answer.
type refusal struct {
	Image string `json:"image,omitempty"`
	Error string `json:"error"`
}

// askAll asks about all images. An image that fails does not stop the others.
func (q *questioner) askAll(ctx context.Context, s streams, images []string, asJSON bool) error {
	if slices.Index(images, "-") != lastIndex(images, "-") {
		return usage("- is named twice, but standard input holds one image")
	}
	if q.bad != nil && !asJSON {
		return q.bad
	}
	var failed error
	failures := 0
	for i, path := range images {
		r, err := q.ask(ctx, s, path)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			failed = err
			if q.image != nil {
				failed = fmt.Errorf("%s: %w", displayName(path), err)
			}
			failures++
		}
		switch {
		case asJSON && err != nil:
			err = printLine(s.out, refusal{path, err.Error()})
		case asJSON:
			err = printLine(s.out, r)
		case len(images) > 1:
			err = printUnder(s.out, i, path, r, err)
		case err == nil:
			_, err = io.WriteString(s.out, describeReply(r))
		default:
			err = nil // reported at the end
		}
		if err != nil {
			return err
		}
	}
	switch {
	case failures == 0:
		return nil
	case len(images) == 1:
		return failed
	case q.bad != nil:
		return q.bad
	}
	return fmt.Errorf("%d of %d images could not be answered", failures, len(images))
}

func lastIndex(list []string, value string) int {
	for i := range slices.Backward(list) {
		if list[i] == value {
			return i
		}
	}
	return -1
}

// ask asks about one image.
func (q *questioner) ask(ctx context.Context, s streams, path string) (*reply, error) {
	if q.bad != nil {
		return nil, q.bad
	}
	if q.image != nil {
		content, err := readImage(ctx, s, path)
		if err != nil {
			return nil, err
		}
		pixels, err := q.image.ReadFile(content, mostDecoded)
		if err != nil {
			return nil, err
		}
		input := q.rows.Inputs[position(q.model, q.image)]
		q.image.Pixels.Floats(input.Float32s(), pixels)
	}
	if err := q.model.Predict(q.rows); err != nil {
		return nil, err
	}
	if err := q.model.CheckOutputs(q.rows, 0); err != nil {
		return nil, err
	}
	r := &reply{
		Image: path, Question: q.question, Notes: q.notes,
		Model: q.model.Name(), Version: q.model.Version(),
	}
	for i := range q.model.Heads {
		r.Heads = append(r.Heads, q.model.Heads[i].Answer(q.rows.Outputs[i].Float32s()))
	}
	contradictions := q.model.Contradictions(q.rows, 0, r.Heads)
	r.Contradictions = append([]string{}, contradictions...) // [] in JSON, not null
	return r, nil
}

func printLine(w io.Writer, value any) error {
	line, err := json.Marshal(value)
	if err == nil {
		_, err = w.Write(append(line, '\n'))
	}
	return err
}

// position returns the index of an input in the model's order.
func position(m *predictor.Model, in *predictor.Input) int {
	for i := range m.Inputs {
		if in == &m.Inputs[i] {
			return i
		}
	}
	return -1
}
