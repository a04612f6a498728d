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

	"braid/digitqa"
	"braid/feature"
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
		return missingValues(named)
	}
	if named == nil && len(args) > 1 && isMissing(args[0]) {
		return noModel(args[0]) // runs/latest must not answer in its place
	}
	path, err := modelPath(named)
	if err != nil {
		return err
	}
	model, err := predictor.Open(path)
	if err != nil {
		return err
	}
	a := &asker{model: model, rules: digitqa.RulesOf(model)}
	image, text, short := shortForm(model)
	a.named = !short || slices.ContainsFunc(args, func(arg string) bool { return isValue(model, arg) })
	files := args
	if text != nil {
		files = args[:len(args)-1] // the last is the question
	}
	a.named = a.named || slices.ContainsFunc(files, isAssignment)
	if named == nil && isMissing(args[0]) && (a.named || text == nil) {
		return noModel(args[0])
	}
	if a.named {
		return a.askRow(ctx, s, args, asJSON)
	}
	q := &questioner{asker: a, image: image, text: text}
	if err := q.readQuestion(args); err != nil {
		return err
	}
	images := args
	switch {
	case q.image == nil:
		images = []string{""}
	case q.text != nil:
		images = args[:len(args)-1]
	}
	return q.askAll(ctx, s, images, asJSON)
}

// isMissing reports whether an argument is neither a file, nor a value, nor standard input.
func isMissing(arg string) bool {
	_, err := os.Stat(arg)
	return arg != "-" && errors.Is(err, fs.ErrNotExist) && !strings.Contains(arg, "=")
}

// isAssignment reports whether an argument is NAME=VALUE and no file.
func isAssignment(arg string) bool {
	_, err := os.Stat(arg)
	return err != nil && strings.Contains(arg, "=")
}

// noModel is the error of a first argument that is neither a model nor a file.
func noModel(path string) error {
	return fmt.Errorf("no model at %s: no such file or directory, want a model or an image", path)
}

// missingValues is the error of a model without anything to answer.
func missingValues(named []string) error {
	if path, err := modelPath(named); err == nil {
		if m, err := predictor.Open(path); err == nil {
			if _, _, short := shortForm(m); !short {
				return usage("values are missing, want such as: braid ask %s", columnExample(m))
			}
		}
	}
	return usage(`an image is missing, want such as: braid ask seven.png "odd number"`)
}

// shortForm returns the columns of a model that can be asked without their names: one of pictures,
// one of texts with a fixed vocabulary, or one of each. A column that it has not is nil.
func shortForm(m *predictor.Model) (image, text *predictor.Column, ok bool) {
	for i := range m.Columns {
		c := &m.Columns[i]
		_, isText := c.Encoder.(*feature.TokensEncoder)
		switch {
		case c.ReadsFiles() && image == nil:
			image = c
		case isText && text == nil:
			text = c
		default:
			return nil, nil, false
		}
	}
	return image, text, true
}

// asker asks a model.
type asker struct {
	model *predictor.Model
	rules *digitqa.Rules
	named bool // values are given by the names of columns
}

// answer answers a row. values has an element for each column.
func (a *asker) answer(values []feature.Value) (*reply, error) {
	b := a.model.NewBatch(1)
	defer a.model.Free(b)
	notes := make([]feature.Note, len(values))
	for i := range a.model.Columns {
		c := &a.model.Columns[i]
		var err error
		switch notes[i], err = c.Encode(b, 0, values[i]); {
		case err != nil && a.named:
			return nil, fmt.Errorf("column %q: %w", c.Name, err)
		case err != nil:
			return nil, err
		}
	}
	if err := a.model.Predict(b); err != nil {
		return nil, err
	}
	if err := a.model.CheckOutputs(b, 0); err != nil {
		return nil, err
	}
	r := &reply{Model: a.model.Name(), Version: a.model.Version(), Notes: []string{}}
	for i := range a.model.Heads {
		r.Heads = append(r.Heads, a.model.Heads[i].Answer(b.Output(i, 0)))
	}
	r.Contradictions = append([]string{}, a.rules.Contradictions(b, 0, r.Heads)...) // [], not null
	for i, v := range values {
		if v.Text != "" || v.Content != nil {
			r.Notes = append(r.Notes, a.model.Columns[i].Remarks(v, notes[i])...)
		}
	}
	return r, nil
}

// questioner asks a model the same question about one image after the other.
type questioner struct {
	*asker
	image    *predictor.Column // nil if the model takes none
	text     *predictor.Column // nil if the model takes none
	question string
	bad      error // why the question cannot be asked
}

// readQuestion reads the question, which is the last argument.
func (q *questioner) readQuestion(args []string) error {
	if q.text == nil {
		return nil
	}
	last := args[len(args)-1]
	_, err := os.Stat(last)
	isFile := last == "-" || err == nil
	example := shellText(q.words().Suggest())
	if q.image == nil {
		if len(args) > 1 || isFile && !q.readsAll(last) {
			return usage("model %q takes a text and no image, want such as: braid ask %s",
				q.model.Name(), example)
		}
		q.read(last)
		return nil
	}
	if len(args) == 1 && isFile {
		return usage("the question is missing, want such as: braid ask %s %s", shellWord(last), example)
	}
	if len(args) == 1 {
		return usage("an image is missing, want such as: braid ask seven.png %s", shellText(last))
	}
	if isFile && !q.readsAll(last) {
		return usage("the question is missing: the last argument, %s, is a file, want such as %s", last,
			example)
	}
	q.read(last)
	return nil
}

// words returns the encoder of the question.
func (q *questioner) words() *feature.TokensEncoder {
	return q.text.Encoder.(*feature.TokensEncoder)
}

// readsAll reports whether the model knows and reads every word of a text. A file's name that it
// does not read is hardly meant as a question.
func (q *questioner) readsAll(text string) bool {
	r, err := q.words().Read(make([]int32, q.words().Padding.Length), text)
	return err == nil && r.Unknown == nil && r.Words > 0 && r.Cut == 0
}

// read sets the question, and bad if the model cannot be asked it.
func (q *questioner) read(question string) {
	q.question = strings.TrimRight(question, "\r\n")
	b := q.model.NewBatch(1)
	defer q.model.Free(b)
	_, q.bad = q.text.Encode(b, 0, feature.Value{Text: question})
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

// reply is the model's answer about a row, or one image, and a line of --json.
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
	values := make([]feature.Value, len(q.model.Columns))
	for i := range q.model.Columns {
		if c := &q.model.Columns[i]; c == q.text {
			values[i].Text = q.question
			continue
		}
		var err error
		if values[i].Content, err = readImage(ctx, s, path); err != nil {
			return nil, err
		}
		values[i].Most = mostDecoded
	}
	r, err := q.answer(values)
	if err != nil {
		return nil, err
	}
	r.Image, r.Question = path, q.question
	return r, nil
}

func printLine(w io.Writer, value any) error {
	line, err := json.Marshal(value)
	if err == nil {
		_, err = w.Write(append(line, '\n'))
	}
	return err
}
