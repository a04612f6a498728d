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
		Use:   "ask [MODEL] [IMAGE...] [QUESTION] [flags]",
		Short: "Ask a question about images",
		Long: "Ask tells what a model, a model file or a run folder, says of images: PNG or\n" +
			"JPEG files of any size, or - for standard input. Without MODEL runs/latest is\n" +
			"meant. QUESTION is asked of all images; it is left out where the model takes no\n" +
			"text, and images are where it takes a text alone. A text is read as in training:\n" +
			"what is longer than the model reads is cut, and unknown words stand for the OOV\n" +
			"token; without such a token they are an error.",
		Example: "  braid ask seven.png \"odd number\"\n" +
			"  braid ask runs/best scans/*.jpg \"upper half\" --json\n" +
			"  curl -s https://example.org/seven.png | braid ask - \"odd number\"",
		RunE: func(c *cobra.Command, args []string) error { return ask(c.Context(), s, args, asJSON) },
	}, cobra.ArbitraryArgs)
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON object a line for each image")
	return c
}

func ask(ctx context.Context, s streams, args []string, asJSON bool) error {
	var named []string
	if len(args) > 0 && isModel(args[0]) {
		named, args = args[:1], args[1:]
	}
	if len(args) == 0 {
		return usage(`an image is missing, want such as: braid ask seven.png "odd number"`)
	}
	if _, err := os.Stat(args[0]); named == nil && args[0] != "-" && len(args) > 2 && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: no such file or directory, want a model or an image", args[0]) // it may be a model: another does not answer for it
	}
	path, err := modelPath(named)
	if err != nil {
		return err
	}
	model, err := predictor.Open(path)
	if err != nil {
		return err
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

// questioner asks a model one question of one image after the other.
type questioner struct {
	model    *predictor.Model
	image    *predictor.Input // nil where the model takes none
	text     *predictor.Input // nil where the model takes none
	question string
	rows     *predictor.Rows
	bad      error // why the question cannot be asked
	notes    []string
}

// newQuestioner reads the question, the last argument.
func newQuestioner(m *predictor.Model, args []string) (*questioner, error) {
	q := &questioner{model: m, image: m.Input((*predictor.Input).IsImage), text: m.Input((*predictor.Input).IsText), notes: []string{}}
	if q.image == nil && (q.text == nil || len(m.Inputs) > 1) {
		return nil, fmt.Errorf("model %q takes no image: its inputs are %s", m.Name(), batchpredict.Takes(m))
	}
	if len(m.Inputs) > 2 || len(m.Inputs) == 2 && q.text == nil {
		return nil, fmt.Errorf("model %q takes more than an image and a question, its inputs are %s: braid predict can fill them from JSON lines", m.Name(), batchpredict.Takes(m))
	}
	q.rows = m.Rows(1)
	if q.text == nil {
		return q, nil
	}
	last := args[len(args)-1]
	_, err := os.Stat(last)
	isFile := last == "-" || err == nil
	if q.image == nil {
		if len(args) > 1 || isFile && q.doubtful(last) {
			return nil, usage("model %q takes a text and no image, want such as: braid ask %s",
				m.Name(), shellText(q.text.Suggest()))
		}
		q.read(last)
		return q, nil
	}
	if len(args) == 1 && isFile {
		return nil, usage("the question is missing, want such as: braid ask %s %s",
			shellWord(last), shellText(q.text.Suggest()))
	}
	if len(args) == 1 {
		return nil, usage("an image is missing, want such as: braid ask seven.png %s", shellText(last))
	}
	if isFile && q.doubtful(last) {
		return nil, usage("the question is missing: the last argument, %s, is a file, "+
			"want such as %s", last, shellText(q.text.Suggest()))
	}
	q.read(last)
	return q, nil
}

// doubtful reports whether a file's name is hardly meant as a question: the model does not read
// all of it.
func (q *questioner) doubtful(name string) bool {
	r, err := q.text.Read(make([]int32, q.text.Shape.Size()), name)
	return err != nil || r.Unknown != nil || r.Words == 0 || r.Cut > 0
}

// read reads the question, or sets bad.
func (q *questioner) read(question string) {
	q.question = strings.TrimRight(question, "\r\n")
	ids := q.rows.Inputs[position(q.model, q.text)].Int32s()
	if q.bad = q.text.ReadText(ids, question); q.bad == nil {
		q.notes = append(q.notes, notes(q.text, question)...)
	}
}

// notes returns what a person should know of a question: how it is read, and that the model was not
// trained on it.
func notes(in *predictor.Input, question string) []string {
	list := in.Notes(question)
	ids := make([]int32, in.Shape.Size())
	if _, err := in.Read(ids, question); err == nil && !in.Trained(ids) {
		const format = "%q is none of the questions that the model was trained on: %s"
		list = append(list, fmt.Sprintf(format, question, suggest.List(in.Text.Questions)))
	}
	return list
}

// shellWord is an argument as it is written for a shell.
func shellWord(arg string) string {
	if plainWord.MatchString(arg) {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// shellText is a text as it is written for a shell, in double quotes where these are enough.
func shellText(text string) string {
	if strings.ContainsAny(text, "\\\"$`!") {
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	return strconv.Quote(text)
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./,:=+@%-]+$`)

// reply is what is said of an image. It is a line of --json.
type reply struct {
	Image          string             `json:"image,omitempty"`
	Question       string             `json:"question,omitempty"`
	Model          string             `json:"model"`
	Version        string             `json:"version"`
	Heads          []predictor.Answer `json:"heads"`
	Contradictions []string           `json:"contradictions"`
	Notes          []string           `json:"notes"`
}

// refusal is a line of --json for an image that is not answered.
type refusal struct {
	Image string `json:"image,omitempty"`
	Error string `json:"error"`
}

// askAll asks of all images. One that cannot be answered does not stop the others.
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
			failed = plain(err)
			if q.image != nil {
				failed = fmt.Errorf("%s: %w", spoken(path), failed)
			}
			failures++
		}
		switch {
		case asJSON && err != nil:
			err = printLine(s.out, refusal{path, plain(err).Error()})
		case asJSON:
			err = printLine(s.out, r)
		case len(images) > 1:
			err = printUnder(s.out, i, path, r, err)
		case err == nil:
			_, err = io.WriteString(s.out, describeReply(r))
		default:
			err = nil // it is told at the end
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

// ask asks of one image.
func (q *questioner) ask(ctx context.Context, s streams, path string) (*reply, error) {
	if q.bad != nil {
		return nil, q.bad
	}
	if q.image != nil {
		content, err := readImage(ctx, s, path)
		if err != nil {
			return nil, err
		}
		pixels, err := grey(content, q.image, mostDecoded)
		if err != nil {
			return nil, err
		}
		at := position(q.model, q.image)
		q.image.Pixels.Floats(q.rows.Inputs[at].Float32s(), pixels)
	}
	if err := q.model.Predict(q.rows); err != nil {
		return nil, err
	}
	if err := q.model.CheckAnswers(q.rows, 0); err != nil {
		return nil, err
	}
	r := &reply{Image: path, Question: q.question, Model: q.model.Name(), Version: q.model.Version(), Notes: q.notes}
	for i := range q.model.Heads {
		r.Heads = append(r.Heads, q.model.Heads[i].Answer(q.rows.Answers[i].Float32s()))
	}
	r.Contradictions = append([]string{}, q.model.Contradictions(q.rows, 0, r.Heads)...)
	return r, nil
}

func printLine(w io.Writer, value any) error {
	line, err := json.Marshal(value)
	if err == nil {
		_, err = w.Write(append(line, '\n'))
	}
	return err
}

// position is where an input stands in the model's order.
func position(m *predictor.Model, in *predictor.Input) int {
	for i := range m.Inputs {
		if in == &m.Inputs[i] {
			return i
		}
	}
	return -1
}
