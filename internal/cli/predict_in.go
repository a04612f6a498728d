package cli

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"braid/feature"
	"braid/internal/batchpredict"
	"braid/internal/suggest"
	"braid/modelfile"
	"braid/predictor"
)

// rowReader opens the rows and checks the flags that depend on their format.
func (f *predictFlags) rowReader(
	ctx context.Context, s streams, m *predictor.Model,
) (_ batchpredict.RowReader, err error) {
	file, err := batchpredict.Open(ctx, f.in, s.in)
	if err != nil {
		return nil, fmt.Errorf("--in: %w", err)
	}
	defer func() {
		if err != nil {
			file.Close()
		}
	}()
	isIDX, err := file.IsIDX()
	text, words := batchpredict.Text(m)
	switch {
	case err != nil:
		return nil, err
	case f.question != "" && words == nil:
		return nil, usage(takesNoText, "--question", batchpredict.Takes(m))
	case isIDX:
		return f.idx(ctx, s, file, m)
	case f.questions != "":
		return nil, usage("--questions is for IDX images: each JSON line contains its question")
	case f.labels != nil:
		return nil, usage("--labels is for IDX images: each JSON line contains its true answers " +
			"by the heads' names")
	}
	if f.question != "" {
		b := m.NewBatch(1)
		defer m.Free(b)
		if _, err := text.Encode(b, 0, feature.Value{Text: f.question}); err != nil {
			return nil, fmt.Errorf("--question: %w", err)
		}
	}
	return batchpredict.NewJSON(file, m, f.question), nil
}

const takesNoText = "%s: the model takes no text: its inputs are %s"

// idx returns the rows of IDX images with the files of --questions and --labels.
func (f *predictFlags) idx(
	ctx context.Context, s streams, file *batchpredict.File, m *predictor.Model,
) (_ batchpredict.RowReader, err error) {
	reader, err := batchpredict.NewIDX(file, m)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			reader.Close()
		}
	}()
	_, words := batchpredict.Text(m)
	switch {
	case f.questions != "" && words == nil:
		return nil, usage(takesNoText, "--questions", batchpredict.Takes(m))
	case f.questions != "":
		questions, err := batchpredict.Open(ctx, f.questions, s.in)
		if err != nil {
			return nil, fmt.Errorf("--questions: %w", err)
		}
		reader.Questions(questions)
	case f.question != "":
		if err := reader.Ask(f.question); err != nil {
			return nil, fmt.Errorf("--question: %w", err)
		}
	case words != nil:
		return nil, usage("the model reads a question with each image: --question %s for all, "+
			"or --questions FILE with a line for each", shellText(words.Suggest()))
	}
	if err := f.openLabels(ctx, s, reader, m); err != nil {
		return nil, err
	}
	return reader, nil
}

// openLabels opens the files of --labels.
func (f *predictFlags) openLabels(
	ctx context.Context, s streams, reader *batchpredict.IDX, m *predictor.Model,
) error {
	var labelled []int // heads
	for _, flag := range f.labels {
		head, path, err := labelFile(flag, m)
		if err != nil {
			return fmt.Errorf("--labels: %w", err)
		}
		labels, err := batchpredict.Open(ctx, path, s.in)
		if err != nil {
			return fmt.Errorf("--labels: %w", err)
		}
		if err := reader.Labels(head, labels); err != nil {
			return fmt.Errorf("--labels: %w", err)
		}
		if slices.Contains(labelled, head) {
			return usage("--labels: head %q has two files", m.Heads[head].Column)
		}
		labelled = append(labelled, head)
	}
	return nil
}

// labelFile reads a value of --labels: HEAD=FILE, or FILE for the first head that has answers.
func labelFile(flag string, m *predictor.Model) (head int, path string, err error) {
	path = flag
	hasAnswers := func(h predictor.Head) bool { return batchpredict.Answers(&h) != nil }
	head = max(0, slices.IndexFunc(m.Heads, hasAnswers))
	if name, rest, ok := strings.Cut(flag, "="); ok {
		name = strings.TrimSpace(name)
		hasName := func(h predictor.Head) bool { return h.Column == name }
		if named := slices.IndexFunc(m.Heads, hasName); named >= 0 {
			head, path = named, strings.TrimSpace(rest)
		} else if _, missing := os.Stat(flag); missing != nil { // not a file with = in its name
			var known []string
			for i := range m.Heads {
				known = append(known, m.Heads[i].Column)
			}
			return 0, "", suggest.Unknown("head", name, known)
		}
	}
	if !hasAnswers(m.Heads[head]) {
		const format = "head %q gives numbers, not one of some answers"
		return 0, "", fmt.Errorf(format, m.Heads[head].Column)
	}
	return head, path, nil
}

// checkDistinct returns an error if --out is a file that is read, or if two flags read standard
// input.
func (f *predictFlags) checkDistinct(path string, m *predictor.Model) error {
	reads := map[string][]string{
		"--in":        {f.in},
		"--questions": {f.questions},
		"the model":   {path, filepath.Join(path, modelfile.FileName)},
	}
	for _, flag := range f.labels {
		if _, path, err := labelFile(flag, m); err == nil { // openLabels reports the error
			reads["--labels"] = append(reads["--labels"], path)
		}
	}
	out, missing := os.Stat(f.out)
	replaces := func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && missing == nil && f.out != "-" &&
			os.SameFile(info, out) && info.Mode().IsRegular()
	}
	input := "" // the flag that reads standard input
	for _, flag := range slices.Sorted(maps.Keys(reads)) {
		for _, path := range reads[flag] {
			if path == "-" {
				if input != "" {
					return usage("standard input can be one file only, not %s and %s", input, flag)
				}
				input = flag
				continue
			}
			if replaces(path) {
				return usage("--out %s is the file of %s, want another", f.out, flag)
			}
		}
	}
	return nil
}
